/** The tables of the cache benchmarks. */
import { type Entry, type Outcome, play, type Played } from '../lib/rounds.ts'
import { digits, table, times } from '../lib/stats.ts'
import type { Context } from '../reports.ts'
import {
  type CacheContestant,
  memoryContestants,
  redisContestants,
  stampedeContestants,
} from './contestants.ts'
import type { CacheBench } from './measure.ts'
import { CALLERS, FETCH_MS, KEYS, SMALL, STAMPEDE } from './workload.ts'

interface Part {
  readonly bench: CacheBench
  readonly title: string
  readonly unit: string
  readonly contestants: readonly CacheContestant[]
  /** Against whom noboil and the others are held. */
  readonly bases: readonly string[]
  readonly sizes?: readonly number[]
}

const withTags = memoryContestants.filter(({ name }) => ['noboil', 'bentocache'].includes(name))

const parts: readonly Part[] = [
  {
    bench: 'cache-hit',
    title: `Hits in memory per second: ${digits(KEYS)} keys, objects of 1 KB, one caller.`,
    unit: '/s',
    contestants: memoryContestants,
    bases: ['bentocache', 'lru-cache'],
  },
  {
    bench: 'cache-redis',
    title: `Hits in Redis per second behind an empty memory tier: objects of 1 KB, ${CALLERS} callers, every key once.`,
    unit: '/s',
    contestants: redisContestants,
    bases: ['bentocache', 'GET with redis', 'GET with ioredis'],
  },
  {
    bench: 'cache-stampede',
    title: `Until the last of ${digits(STAMPEDE)} callers of one missing key has its value, which takes ${FETCH_MS} ms to fetch.`,
    unit: 'ms',
    contestants: stampedeContestants,
    bases: ['map of promises'],
  },
  {
    bench: 'cache-bytes',
    title: `Bytes per small entry, at ${digits(SMALL)} entries.`,
    unit: 'bytes',
    contestants: memoryContestants,
    bases: ['lru-cache', 'bentocache'],
  },
  {
    bench: 'cache-invalidate',
    title: 'Making everything of one type stale, by the number of its keys.',
    unit: 'µs',
    contestants: withTags,
    bases: [],
    sizes: [100, KEYS],
  },
]

export async function benchCache({ rounds, cacheDir }: Context): Promise<string> {
  const texts: string[] = []
  for (const part of parts) texts.push(await report(part, rounds, cacheDir))
  return texts.join('\n\n')
}

async function report(part: Part, rounds: number, cacheDir: string): Promise<string> {
  const { bench, title, unit, contestants, bases, sizes = [0] } = part
  const entries = sizes.flatMap((rows) =>
    contestants.map(({ name }): Entry => ({ bench, contestant: name, rows })),
  )
  const played = await play(entries, rounds, cacheDir)
  const rows = contestants.flatMap(({ name, note }) =>
    sizes.flatMap((size) => {
      const outcome = one(played, name, size)
      if (outcome === undefined) return []
      const { median, min, max } = outcome.summary
      const ratios = bases.map((base) => ratio(median, one(played, base, size)?.summary.median))
      const keys = sizes.length > 1 ? [digits(size)] : []
      return [[name, ...keys, digits(median), `${digits(min)}–${digits(max)}`, ...ratios, note]]
    }),
  )
  const head = [
    'contestant',
    ...(sizes.length > 1 ? ['keys'] : []),
    `median ${unit}`,
    'min–max',
    ...bases.map((base) => `÷ ${base}`),
    'what it is',
  ]
  const absent = [...played.missing].map(([name, why]) => `- ${name} was not measured: ${why}.`)
  return [`${title} ${played.noise}`, table(head, rows), absent.join('\n')]
    .filter((text) => text !== '')
    .join('\n\n')
}

function one(played: Played, name: string, rows: number): Outcome | undefined {
  return played.outcomes.find(({ entry }) => entry.contestant === name && entry.rows === rows)
}

function ratio(value: number, base: number | undefined): string {
  return base === undefined ? '–' : times(value / base)
}
