/** Which caches are measured, and how each is used: as its own documentation says, with its copying switched off where it can be. */
import { bentocacheMemory, bentocacheRedis } from './peers/bentocache.ts'
import { cacheManager } from './peers/cache-manager.ts'
import { cacheable } from './peers/cacheable.ts'
import { ioredisFloor } from './peers/ioredis.ts'
import { lruFetch } from './floor/lru-fetch.ts'
import { nodeRedisFloor } from './floor/node-redis.ts'
import { inFlightMap } from './floor/in-flight.ts'
import { noboilMemory, noboilRedis } from './noboil.ts'

export interface CacheRun {
  /** The value of a key, out of the cache or from `load`. */
  readonly ask: (key: string, load: () => Promise<unknown>) => Promise<unknown>
  /** Makes everything of one type or tag stale, where that can be done. */
  readonly invalidate?: () => Promise<unknown>
  /** The same cache with nothing in memory, on the same Redis. */
  readonly cold?: () => Promise<CacheRun>
  readonly close: () => Promise<unknown>
}

export interface CacheContestant {
  readonly name: string
  readonly note: string
  readonly open: (place: Place) => Promise<CacheRun>
}

export interface Place {
  /** Most entries it will be given. */
  readonly entries: number
  /** Port of a Redis on this machine; 0 where none is needed. */
  readonly port: number
}

export const memoryContestants: readonly CacheContestant[] = [
  lruFetch,
  noboilMemory,
  bentocacheMemory,
  cacheable,
  cacheManager,
]
export const stampedeContestants: readonly CacheContestant[] = [inFlightMap, ...memoryContestants]
export const redisContestants: readonly CacheContestant[] = [
  nodeRedisFloor,
  ioredisFloor,
  noboilRedis,
  bentocacheRedis,
]
