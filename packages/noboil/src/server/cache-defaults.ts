/** The cache on Node: its clock, its chance, its log, and the one that a process shares. */
import { randomUUID } from 'node:crypto'
import { AppCache, type AppCacheOptions, type RedisParts } from '../cache/cache.ts'
import type { CacheClock, CacheLogger, CachePorts, CacheRandom } from '../cache/ports.ts'
import type { RedisDriver } from '../cache/redis/driver.ts'
import { defaultRedisSettings, type RedisSettings } from '../cache/redis/settings.ts'
import { DefinitionError } from '../errors/assert.ts'
import { type CacheLogOptions, makeCacheLogger } from './cache-log.ts'
import { redisDriver } from './cache-redis.ts'

export interface RedisOptions extends Partial<RedisSettings> {
  /** Such as `redis://user:password@host:6379/0`, or a driver of one's own. */
  readonly url: string | RedisDriver
}

export interface CreateCacheOptions extends AppCacheOptions {
  /** The Redis that processes share: its address, or the address with settings. Default: none, and values are in memory alone. */
  readonly redis?: string | RedisOptions
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

/**
 * A cache of its own: in memory; with `redis` in memory and Redis; with `limits: { maxEntries: 0 }` beside it in Redis alone. Throws
 * {@link DefinitionError} for options that cannot hold.
 */
export function createAppCache(options: CreateCacheOptions): AppCache {
  const {
    redis,
    log = {},
    ports,
    freeze = process.env['NODE_ENV'] !== 'production',
    ...rest
  } = options
  return new AppCache(
    { ...rest, freeze },
    { clock, random, ...ports, log: 'info' in log ? log : makeCacheLogger(log) },
    redis === undefined ? undefined : redisParts(redis),
  )
}

function redisParts(redis: string | RedisOptions): RedisParts {
  const { url, ...settings } = typeof redis === 'string' ? { url: redis } : redis
  if (typeof url === 'object') return { driver: url, settings }
  // Messages of one Redis reach all its databases: those of another must not be taken for one's own.
  const database = /^\/([1-9]\d*)$/.exec(URL.parse(url)?.pathname ?? '')?.[1]
  const prefix =
    database === undefined ? {} : { prefix: `${defaultRedisSettings.prefix}.${database}` }
  return { driver: redisDriver(url), settings: { ...prefix, ...settings } }
}

let shared: AppCache | undefined

/**
 * The cache of this process: made by the first call, which says how; every further call answers the same one. Where the options say
 * nothing of Redis, the environment's `REDIS_URL` does. Throws
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
  const { REDIS_URL: url } = process.env
  return (shared = createAppCache(url ? { redis: url, ...options } : options))
}
