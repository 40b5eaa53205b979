/** bentocache, by its `getOrSet`; without serialising what it keeps in memory. */
import type { CacheContestant, CacheRun, Place } from '../contestants.ts'
import { load } from './load.ts'

interface Layers {
  useL1Layer(driver: unknown): Layers
  useL2Layer(driver: unknown): Layers
  useBus(driver: unknown): Layers
}

interface Cache {
  getOrSet(options: object): Promise<unknown>
  deleteByTag(options: object): Promise<unknown>
  disconnectAll(): Promise<unknown>
}

interface Bentocache {
  readonly BentoCache: new (options: object) => Cache
  readonly bentostore: () => Layers
}

interface MemoryDriver {
  readonly memoryDriver: (options: object) => unknown
}

interface RedisDriver {
  readonly redisDriver: (options: object) => unknown
  readonly redisBusDriver: (options: object) => unknown
}

export const bentocacheMemory: CacheContestant = {
  name: 'bentocache',
  note: 'bentocache 1.6.1, memory layer, serialize: false, getOrSet',
  open: (place) => open(place, false),
}

export const bentocacheRedis: CacheContestant = {
  name: 'bentocache',
  note: 'bentocache 1.6.1, memory and Redis layers with its bus, serialize: false, getOrSet',
  open: (place) => open(place, true),
}

async function open(place: Place, withRedis: boolean): Promise<CacheRun> {
  const { BentoCache, bentostore } = await load<Bentocache>('bentocache')
  const { memoryDriver } = await load<MemoryDriver>('bentocache/drivers/memory')
  // It keeps an entry per tag beside them.
  const memory = memoryDriver({ maxItems: place.entries + 100, serialize: false })
  let layers = bentostore().useL1Layer(memory)
  if (withRedis) {
    const { redisDriver, redisBusDriver } = await load<RedisDriver>('bentocache/drivers/redis')
    const connection = { host: '127.0.0.1', port: place.port }
    layers = layers.useL2Layer(redisDriver({ connection })).useBus(redisBusDriver({ connection }))
  }
  const cache = new BentoCache({ default: 'main', stores: { main: layers } })
  return {
    ask: (key, factory) => cache.getOrSet({ key, ttl: '1h', tags: ['articles'], factory }),
    invalidate: () => cache.deleteByTag({ tags: ['articles'] }),
    cold: () => open(place, withRedis),
    close: () => cache.disconnectAll(),
  }
}
