/** cache-manager on its default store, by its `wrap`. */
import type { CacheContestant } from '../contestants.ts'
import { load } from './load.ts'

interface CacheManager {
  readonly createCache: (options: object) => {
    wrap(key: string, load: () => Promise<unknown>, ttlMs: number): Promise<unknown>
    disconnect(): Promise<unknown>
  }
}

export const cacheManager: CacheContestant = {
  name: 'cache-manager',
  note: 'cache-manager 7.2.9, its default store, wrap',
  open: async () => {
    const { createCache } = await load<CacheManager>('cache-manager')
    const cache = createCache({ ttl: 3_600_000 })
    return {
      ask: (key, load) => cache.wrap(key, load, 3_600_000),
      close: () => cache.disconnect(),
    }
  },
}
