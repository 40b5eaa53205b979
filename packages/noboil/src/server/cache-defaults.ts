/** The cache on Node: its clock, its chance, its log, and the one that a process shares. */
import { randomUUID } from 'node:crypto'
import { AppCache, type AppCacheOptions } from '../cache/cache.ts'
import type { CacheClock, CacheLogger, CachePorts, CacheRandom } from '../cache/ports.ts'
import { DefinitionError } from '../errors/assert.ts'
import { type CacheLogOptions, makeCacheLogger } from './cache-log.ts'

export interface CreateCacheOptions extends AppCacheOptions {
  /** Where the log goes; default: pino, to `logs/cache.json`. */
  readonly log?: CacheLogOptions | CacheLogger
  /** Stand-ins for the machine's clock and its randomness. */
  readonly ports?: Partial<Pick<CachePorts, 'clock' | 'random'>>
}

const clock: CacheClock = {
  now: () => Math.floor(performance.now()),
  setTimer(ms, ring) {
    const timer = setTimeout(ring, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

const random: CacheRandom = { unit: Math.random, token: randomUUID }

/** A cache of its own. Throws {@link DefinitionError} for options that contradict themselves. */
export function createAppCache(options: CreateCacheOptions): AppCache {
  const { log = {}, ports, freeze = process.env['NODE_ENV'] !== 'production', ...rest } = options
  return new AppCache(
    { ...rest, freeze },
    { clock, random, ...ports, log: 'info' in log ? log : makeCacheLogger(log) },
  )
}

let shared: AppCache | undefined

/**
 * The cache of this process: made by the first call, which says how; every further call answers the same one. Throws
 * {@link DefinitionError} when it is not made yet and nothing says what it is to know, or when it is to be made twice.
 */
export function getCache(options?: CreateCacheOptions): AppCache {
  if (options === undefined) {
    if (shared !== undefined) return shared
    throw new DefinitionError(
      "This process has no cache yet: call getCache({ dependencies: { posts: ['pictures'] } }) once, at start, with the app's entities.",
    )
  }
  if (shared !== undefined) {
    throw new DefinitionError(
      'This process has a cache already: give options to the first getCache alone, or make another with createAppCache.',
    )
  }
  return (shared = createAppCache(options))
}
