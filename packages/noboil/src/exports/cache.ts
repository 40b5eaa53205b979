/** A cache in tiers with a dependency graph, for servers on Node; usable without the rest of noboil. @module */
export {
  AppCache,
  type AppCacheOptions,
  type InvalidateOptions,
  type RedisParts,
} from '../cache/cache.ts'
export type {
  ChangeAction,
  Invalidation,
  Notification,
  Origin,
  Unsubscribe,
} from '../cache/events.ts'
export type { Dependencies } from '../cache/graph.ts'
export type { Load, LoadContext } from '../cache/load.ts'
export type { EntityId, RememberDefaults, RememberOptions, SetOptions } from '../cache/options.ts'
export type { CacheClock, CacheLimits, CacheLogger, CacheRandom } from '../cache/ports.ts'
export type { CacheCodec } from '../cache/redis/codec.ts'
export type { RedisDriver, RedisEvents, RedisSession } from '../cache/redis/driver.ts'
export type { RedisSettings } from '../cache/redis/settings.ts'
export type { CacheStats, EntityStats } from '../cache/stats.ts'
export { cacheStatus, type Remembered } from '../cache/status.ts'
export { DefinitionError } from '../errors/assert.ts'
export { isNoboilError, NoboilError } from '../errors/error.ts'
export {
  createAppCache,
  type CreateCacheOptions,
  getCache,
  type RedisOptions,
} from '../server/cache-defaults.ts'
export { type CacheLogOptions, makeCacheLogger } from '../server/cache-log.ts'
export { redisDriver } from '../server/cache-redis.ts'
