/** One measurement of one cache, in a process of its own. */
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  type CacheContestant,
  type CacheRun,
  memoryContestants,
  redisContestants,
  stampedeContestants,
} from './contestants.ts'
import { startRedisServer } from '../../scripts/redis-server.ts'
import { CALLERS, FETCH_MS, keyOf, KEYS, makeArticle, SMALL, STAMPEDE, zipf } from './workload.ts'

export type CacheBench =
  | 'cache-hit'
  | 'cache-redis'
  | 'cache-stampede'
  | 'cache-bytes'
  | 'cache-invalidate'

/** Hits per second, ms of the stampede, bytes per entry, or µs per invalidation, as the benchmark has it. */
export function measureCache(bench: CacheBench, name: string, rows: number): Promise<number> {
  if (bench === 'cache-redis') return measureRedis(find(redisContestants, name))
  if (bench === 'cache-stampede') return measureStampede(find(stampedeContestants, name))
  const contestant = find(memoryContestants, name)
  if (bench === 'cache-hit') return measureHit(contestant)
  return bench === 'cache-bytes' ? measureBytes(contestant) : measureInvalidate(contestant, rows)
}

async function measureHit(contestant: CacheContestant): Promise<number> {
  const run = await contestant.open({ entries: KEYS, port: 0 })
  await fill(run, KEYS)
  const keys = Array.from(zipf(KEYS, 400_000), keyOf)
  const read = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      const value = await run.ask(keys[at] as string, missing)
      if (value === undefined) throw new Error('nothing was remembered')
    }
  }
  await read(100_000)
  const from = performance.now()
  await read(keys.length)
  const spentMs = performance.now() - from
  await run.close()
  return (keys.length / spentMs) * 1_000
}

async function measureRedis(contestant: CacheContestant): Promise<number> {
  const redis = await startRedisServer()
  const place = { entries: KEYS, port: redis.port }
  const writer = await contestant.open(place)
  await fill(writer, KEYS)
  const run = await (writer.cold?.() ?? Promise.reject(new Error('knows no Redis')))
  const keys = Array.from({ length: KEYS }, (_, at) => keyOf(at))
  let next = 0
  const caller = async (until: number): Promise<void> => {
    while (next < until) await run.ask(keys[next++] as string, missing)
  }
  const all = (until: number): Promise<unknown> =>
    Promise.all(Array.from({ length: CALLERS }, () => caller(until)))
  await all(KEYS / 5)
  const from = performance.now()
  await all(KEYS)
  const spentMs = performance.now() - from
  await Promise.all([run.close(), writer.close()])
  await redis.close()
  return ((KEYS * 0.8) / spentMs) * 1_000
}

async function measureStampede(contestant: CacheContestant): Promise<number> {
  const run = await contestant.open({ entries: KEYS, port: 0 })
  const timesMs: number[] = []
  for (let round = 0; round < 6; round++) {
    let fetches = 0
    const load = async (): Promise<unknown> => {
      fetches++
      await wait(FETCH_MS)
      return makeArticle(round)
    }
    const from = performance.now()
    const calls = Array.from({ length: STAMPEDE }, () => run.ask(`stampede:${round}`, load))
    await Promise.all(calls)
    // The first round compiles.
    if (round > 0) timesMs.push(performance.now() - from)
    if (fetches !== 1) throw new Error(`fetched ${fetches} times`)
  }
  await run.close()
  return timesMs.toSorted((a, b) => a - b)[timesMs.length >> 1] as number
}

async function measureBytes(contestant: CacheContestant): Promise<number> {
  const run = await contestant.open({ entries: SMALL, port: 0 })
  const before = usedBytes()
  for (let at = 0; at < SMALL; at++) await run.ask(keyOf(at), async () => ({ at }))
  const bytes = (usedBytes() - before) / SMALL
  if ((await run.ask(keyOf(7), missing)) === undefined) throw new Error('nothing was remembered')
  await run.close()
  return bytes
}

async function measureInvalidate(contestant: CacheContestant, keys: number): Promise<number> {
  const run = await contestant.open({ entries: KEYS, port: 0 })
  const { invalidate } = run
  if (invalidate === undefined) throw new Error('has no tags')
  const timesUs: number[] = []
  for (let round = 0; round < 5; round++) {
    await fill(run, keys)
    const from = performance.now()
    await invalidate()
    timesUs.push((performance.now() - from) * 1_000)
    const fresh = await run.ask(keyOf(keys - 1), async () => 'loaded anew')
    if (fresh !== 'loaded anew') throw new Error('served what was invalidated')
    await invalidate()
  }
  await run.close()
  return timesUs.toSorted((a, b) => a - b)[2] as number
}

async function fill(run: CacheRun, count: number): Promise<void> {
  let next = 0
  const filler = async (): Promise<void> => {
    while (next < count) {
      const at = next++
      await run.ask(keyOf(at), async () => makeArticle(at))
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, filler))
}

async function missing(): Promise<never> {
  throw new Error('asked for what should have been there')
}

function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let pass = 0; pass < 4; pass++) collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function find(contestants: readonly CacheContestant[], name: string): CacheContestant {
  const found = contestants.find((contestant) => contestant.name === name)
  if (found === undefined) throw new Error(`no contestant ${name}`)
  return found
}
