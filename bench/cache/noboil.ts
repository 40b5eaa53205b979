/** noboil's cache as a contestant. Frozen values are a help while developing and off here, as in production. */
import { createAppCache, type CreateCacheOptions } from 'noboil/cache'
import type { CacheContestant, CacheRun, Place } from './contestants.ts'

const options = { type: 'articles', ttlMs: 3_600_000 } as const
const quiet = { log: { level: 'silent' }, freeze: false } as const

export const noboilMemory: CacheContestant = {
  name: 'noboil',
  note: 'remember, in memory, bounded by entries and by bytes',
  open: async (place) => open(place, {}),
}

export const noboilRedis: CacheContestant = {
  name: 'noboil',
  note: 'remember, memory and Redis in tiers',
  open: async (place) => open(place, { redis: `redis://127.0.0.1:${place.port}` }),
}

async function open(place: Place, more: Partial<CreateCacheOptions>): Promise<CacheRun> {
  const cache = createAppCache({
    dependencies: { articles: ['pictures'] },
    limits: { maxEntries: place.entries, maxBytes: 4 * 1024 ** 3 },
    ...quiet,
    ...more,
  })
  await cache.ready()
  return {
    ask: (key, load) => cache.remember(key, options, load),
    invalidate: () => cache.invalidate('articles'),
    cold: () => open(place, more),
    close: () => cache.close(),
  }
}
