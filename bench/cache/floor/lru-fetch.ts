/** lru-cache with a time to live, by its own `fetch`. */
import { LRUCache } from 'lru-cache'
import type { CacheContestant } from '../contestants.ts'

export const lruFetch: CacheContestant = {
  name: 'lru-cache',
  note: 'lru-cache 11.5.3, ttl, fetch with its fetchMethod',
  open: async ({ entries }) => {
    const cache = new LRUCache<string, object, () => Promise<unknown>>({
      max: entries,
      ttl: 3_600_000,
      fetchMethod: async (_key, _stale, { context }) => (await context()) as object,
    })
    return {
      ask: (key, load) => cache.fetch(key, { context: load }),
      close: async () => cache.clear(),
    }
  },
}
