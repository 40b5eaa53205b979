/**
 * base, answering what is stale: `weather` while it fetches in the background, `price` when its source fails, for half a minute.
 */
import { expect } from 'vitest'
import type { AnyRow, World } from '../world.ts'
import { load, kept } from './base-load.ts'
import { type Case, cases } from './case.ts'

const weather = (w: World): Promise<AnyRow> => load(w, 'Oslo', 'weather')
const price = (w: World): Promise<AnyRow> => load(w, 'a', 'price')

/** A row that is stale whatever the jitter took, and a source that says something new. */
async function staleWeather(w: World): Promise<AnyRow> {
  const row = await weather(w)
  await w.advance(10_000)
  w.upstream.version = 2
  return row
}

export const baseStaleCases: readonly Case[] = cases({
  'weather.load': {
    happy: {
      'takes at most its part off the time to live': async (w) => {
        for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
          const row = await load(w, key, 'weather')
          const ttlMs = (row['expiresAt'] as number) - w.now
          expect(ttlMs).toBeGreaterThanOrEqual(5_000)
          expect(ttlMs).toBeLessThanOrEqual(10_000)
        }
      },
      'takes keys that are names of every object': async (w) => {
        for (const key of ['__proto__', 'constructor', 'a.b', "'; --", '🙂']) {
          expect(await load(w, key, 'weather')).toMatchObject({ key, city: key })
          expect(await kept(w, key, 'weather')).toMatchObject({ key, city: key })
        }
      },
    },
    stale: {
      'answers a stale row at once and fetches once in the background': async (w) => {
        const row = await staleWeather(w)
        for (let i = 0; i < 3; i++) expect(await weather(w)).toEqual(row)
        await w.host.idle()
        expect(await kept(w, 'Oslo', 'weather')).toMatchObject({ degrees: 2, fetchedAt: w.now })
        expect(w.upstream.asked).toEqual(['Oslo', 'Oslo'])
        expect(await weather(w)).toMatchObject({ degrees: 2 })
      },
      'waits for a row that there is not': async (w) => {
        expect(await weather(w)).toMatchObject({ degrees: 1 })
      },
      'answers an invalidated row, and fetches it': async (w) => {
        const row = await weather(w)
        w.upstream.version = 2
        await w.call('weather.invalidate', { key: 'Oslo' }, 'system')
        expect(await weather(w)).toMatchObject({ degrees: 1, fetchedAt: row['fetchedAt'] })
        await w.host.idle()
        expect(await weather(w)).toMatchObject({ degrees: 2 })
      },
    },
    failing: {
      'keeps the row when the background fails, and asks again only after a while': async (w) => {
        const row = await staleWeather(w)
        w.upstream.failure = 'down'
        for (let i = 0; i < 3; i++) {
          expect(await weather(w)).toEqual(row)
          await w.host.idle()
        }
        expect(w.upstream.asked).toHaveLength(2)
        w.upstream.failure = undefined
        await w.advance(1_000)
        expect(await weather(w)).toEqual(row)
        await w.host.idle()
        expect(await weather(w)).toMatchObject({ degrees: 2 })
      },
    },
  },
  'price.load': {
    stale: {
      'waits for a fetch where nothing says otherwise': async (w) => {
        await price(w)
        await w.advance(10_000)
        w.upstream.version = 2
        expect(await price(w)).toMatchObject({ cents: 2 })
      },
    },
    failing: {
      'answers the stale row, and leaves the source alone for a second': async (w) => {
        const row = await price(w)
        await w.advance(10_000)
        w.upstream.failure = 'down'
        expect(await price(w)).toEqual(row)
        await w.advance(999)
        expect(await price(w)).toEqual(row)
        expect(w.upstream.asked).toHaveLength(2)
        await w.advance(1)
        expect(await price(w)).toEqual(row)
        expect(w.upstream.asked).toHaveLength(3)
      },
      'is FETCH_FAILED once the row is older than the app accepts, and keeps it': async (w) => {
        const row = await price(w)
        w.upstream.failure = 'down'
        await w.advance(29_999)
        expect(await price(w)).toEqual(row)
        await w.advance(1)
        expect(await w.code('price.load', { key: 'a' }, 'nobody')).toBe('FETCH_FAILED')
        expect(await kept(w, 'a', 'price')).toEqual(row)
      },
    },
  },
  'price.refresh': {
    failing: {
      'answers the row that there is, and asks in any case': async (w) => {
        const row = await price(w)
        w.upstream.failure = 'down'
        for (let i = 0; i < 2; i++) {
          expect(await w.call('price.refresh', { key: 'a' }, 'nobody')).toEqual(row)
        }
        expect(w.upstream.asked).toHaveLength(3)
      },
    },
  },
})
