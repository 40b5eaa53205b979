/** The benchmarks that time calls: who plays, and the table that comes out of it. */
import {
  appendContestants,
  BASELINE,
  bulkContestants,
  countsContestants,
  SINGLE_LOOP,
  tailContestants,
} from './contestants.ts'
import { AUTOCHECKPOINT_PAGES, CACHE_KIB } from './floor/store.ts'
import { type Entry, type Outcome, play, type Played } from './lib/rounds.ts'
import { digits, type Summary, table, times } from './lib/stats.ts'
import { BULK, GROUP, PARENTS, TAIL } from './workload.ts'

export interface Context {
  readonly rounds: number
  /** A folder on a real disk, for data sets and for the databases of a round. */
  readonly cacheDir: string
}

export async function benchAppend({ rounds, cacheDir }: Context): Promise<string> {
  const entries = appendContestants.map(({ name }): Entry => ({
    bench: 'append',
    contestant: name,
  }))
  const played = await play(entries, rounds, cacheDir)
  const rate = rateOf(played)
  const rows = appendContestants.flatMap(({ name, note, callers }) => {
    const outcome = one(played, name)
    if (outcome === undefined) return []
    const { median } = outcome.summary
    return [
      [
        name,
        String(callers),
        ...spread(outcome.summary),
        ratio(median, rate(BASELINE)),
        ratio(median, rate(SINGLE_LOOP)),
        note,
      ],
    ]
  })
  return section(
    `Appends acknowledged durably, per second: ${digits(PARENTS)} parents, random ones, groups of ${GROUP}.`,
    table(
      ['contestant', 'callers', 'median/s', 'min–max', '÷ floor', '÷ single loop', 'what it is'],
      rows,
    ),
    played,
  )
}

export async function benchBulk({ rounds, cacheDir }: Context): Promise<string> {
  const entries = bulkContestants.map(({ name }): Entry => ({ bench: 'bulk', contestant: name }))
  const played = await play(entries, rounds, cacheDir)
  const rate = rateOf(played)
  const rows = bulkContestants.flatMap(({ name, note }) => {
    const outcome = one(played, name)
    if (outcome === undefined) return []
    return [[name, ...spread(outcome.summary), ratio(outcome.summary.median, rate(BASELINE)), note]]
  })
  return section(
    `Rows stored durably, per second: ${digits(BULK)} rows of one parent per transaction, one caller.`,
    table(['contestant', 'median/s', 'min–max', '÷ floor', 'what it is'], rows),
    played,
  )
}

export async function benchTail(context: Context): Promise<string> {
  return benchReads(context, {
    bench: 'tail',
    contestants: tailContestants,
    sizes: [10_000, 1_000_000, 10_000_000],
    what: `µs per read of ${TAIL} rows after a random position of a random parent, warm.`,
  })
}

export async function benchCounts(context: Context): Promise<string> {
  return benchReads(context, {
    bench: 'counts',
    contestants: countsContestants,
    sizes: [100, 1_000_000],
    what: 'µs per tally of one log, by the number of its rows.',
  })
}

interface Reads {
  readonly bench: 'tail' | 'counts'
  readonly contestants: readonly { readonly name: string; readonly note: string }[]
  readonly sizes: readonly number[]
  readonly what: string
}

async function benchReads({ rounds, cacheDir }: Context, reads: Reads): Promise<string> {
  const { bench, contestants, sizes, what } = reads
  const entries = sizes.flatMap((rows) =>
    contestants.map(({ name }): Entry => ({ bench, contestant: name, rows })),
  )
  const played = await play(entries, rounds, cacheDir)
  const [smallest = 0] = sizes
  const rows = contestants.flatMap(({ name, note }) =>
    sizes.flatMap((size) => {
      const outcome = one(played, name, size)
      if (outcome === undefined) return []
      const { median } = outcome.summary
      return [
        [
          name,
          digits(size),
          ...spread(outcome.summary),
          ratio(median, one(played, name, smallest)?.summary.median),
          ratio(one(played, BASELINE, size)?.summary.median, median),
          note,
        ],
      ]
    }),
  )
  const head = [
    `median µs`,
    'min–max',
    `time ÷ at ${digits(smallest)}`,
    'speed ÷ floor',
    'what it is',
  ]
  return section(what, table(['contestant', 'rows', ...head], rows), played)
}

function section(what: string, results: string, played: Played): string {
  const settings = `Hand-written contestants: WAL, synchronous=FULL, wal_autocheckpoint ${digits(AUTOCHECKPOINT_PAGES)} pages, page cache ${CACHE_KIB / 1_024} MiB.`
  const remarks = played.outcomes.flatMap(({ entry, remark }) =>
    remark === undefined ? [] : [`- ${entry.contestant}: ${remark}.`],
  )
  const absent = [...played.missing].map(([name, why]) => `- ${name} was not measured: ${why}.`)
  return [`${what} ${settings} ${played.noise}`, results, [...remarks, ...absent].join('\n')]
    .filter((part) => part !== '')
    .join('\n\n')
}

function rateOf(played: Played): (name: string) => number | undefined {
  return (name) => one(played, name)?.summary.median
}

function one(played: Played, name: string, rows?: number): Outcome | undefined {
  return played.outcomes.find(
    ({ entry }) => entry.contestant === name && (rows === undefined || entry.rows === rows),
  )
}

function spread({ median, min, max }: Summary): readonly [string, string] {
  return [digits(median), `${digits(min)}–${digits(max)}`]
}

function ratio(value: number | undefined, base: number | undefined): string {
  return value === undefined || base === undefined ? '–' : times(value / base)
}
