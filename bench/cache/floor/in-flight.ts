/** The least that keeps a crowd from fetching the same thing: a map of promises. */
import type { CacheContestant } from '../contestants.ts'

export const inFlightMap: CacheContestant = {
  name: 'map of promises',
  note: 'by hand: callers get the promise of the first one; nothing is kept',
  open: async () => {
    const loading = new Map<string, Promise<unknown>>()
    return {
      ask: (key, load) => {
        const present = loading.get(key)
        if (present !== undefined) return present
        const value = load().finally(() => loading.delete(key))
        loading.set(key, value)
        return value
      },
      close: async () => loading.clear(),
    }
  },
}
