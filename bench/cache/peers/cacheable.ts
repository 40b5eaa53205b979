/** cacheable in memory, by its `getOrSet`. */
import type { CacheContestant } from '../contestants.ts'
import { load } from './load.ts'

interface Cacheable {
  readonly Cacheable: new (options: object) => {
    getOrSet(key: string, load: () => Promise<unknown>, options: object): Promise<unknown>
    disconnect(): Promise<unknown>
  }
  readonly createKeyv?: (options: object) => unknown
  readonly KeyvCacheableMemory?: unknown
}

export const cacheable: CacheContestant = {
  name: 'cacheable',
  note: 'cacheable 2.5.0, its memory store without cloning, getOrSet',
  open: async ({ entries }) => {
    const { Cacheable, createKeyv } = await load<Cacheable>('cacheable')
    const primary = createKeyv?.({ useClone: false, lruSize: entries })
    const cache = new Cacheable({ primary, ttl: 3_600_000 })
    return {
      ask: (key, load) => cache.getOrSet(key, load, { ttl: 3_600_000 }),
      close: () => cache.disconnect(),
    }
  },
}
