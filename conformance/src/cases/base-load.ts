/**
 * base, fetching: `film` is keyed by a number, remembers what its source lacks, and limits refreshes; `price` fetches for 3 seconds
 * at most.
 */
import { expect } from 'vitest'
import { limits } from '../app.ts'
import { anId, timesUntil } from '../fixture.ts'
import type { AnyRow, Who, World } from '../world.ts'
import { type Case, cases } from './case.ts'

export const load = (w: World, key = '7', table = 'film', who: Who = 'nobody'): Promise<AnyRow> =>
  w.call(`${table}.load`, { key }, who)
export const refresh = (w: World, key = '7', who: Who = 'nobody'): Promise<AnyRow> =>
  w.call('film.refresh', { key }, who)
export const kept = (w: World, key = '7', table = 'film'): Promise<AnyRow | null> =>
  w.call<AnyRow | null>(`${table}.get`, { key }, 'nobody')

/** Keys that a positive whole number has no other form for. */
const notNumbers = ['abc', '07', '1.5', '-1', '0', ' 1', '1e3', '+1', 'NaN', 'Infinity', '0x10']

export const baseLoadCases: readonly Case[] = cases({
  'film.get': {
    happy: {
      'answers what is kept, and asks nobody': async (w) => {
        expect(await kept(w)).toBeNull()
        expect(w.upstream.asked).toEqual([])
        const row = await load(w)
        expect(await kept(w)).toEqual(row)
        await w.advance(3_600_000)
        expect(await kept(w)).toEqual(row)
        expect(w.upstream.asked).toEqual(['7'])
      },
    },
    malformed: {
      'refuses a key that is no number, in any form but one': async (w) => {
        for (const key of notNumbers) {
          expect(await w.refusal('film.get', { key }, 'nobody')).toEqual({
            code: 'INVALID_KEY',
            data: { key },
          })
        }
      },
    },
  },
  'film.load': {
    happy: {
      'fetches what is missing and answers the row': async (w) => {
        expect(await load(w)).toEqual({
          _id: anId,
          _creationTime: w.now,
          key: '7',
          filmId: 7,
          title: 'film 1',
          note: 'FILM 1',
          fetchedAt: w.now,
          expiresAt: w.now + 60_000,
          updatedAt: w.now,
        })
      },
      'answers what is fresh without asking': async (w) => {
        const row = await load(w)
        await w.advance(59_999)
        expect(await load(w)).toEqual(row)
        expect(w.upstream.asked).toEqual(['7'])
      },
      'is for everybody': async (w) => {
        for (const who of ['nobody', 'eve', 'admin', 'system'] as const) {
          expect(await load(w, '7', 'film', who)).toMatchObject({ filmId: 7 })
        }
      },
      'counts nothing': async (w) => {
        for (let key = 1; key <= limits.film.max + 2; key++) await load(w, `${key}`)
      },
      'fetches once for calls at the same time': async (w) => {
        w.upstream.hold()
        const calls = Array.from({ length: 8 }, () => load(w))
        await w.upstream.isAsked(1)
        w.upstream.release()
        const rows = await Promise.all(calls)
        expect(new Set(rows.map(({ _id }) => _id)).size).toBe(1)
        expect(w.upstream.asked).toEqual(['7'])
      },
      'fetches different keys side by side': async (w) => {
        w.upstream.hold()
        const calls = [load(w, '1'), load(w, '2')]
        await w.upstream.isAsked(2)
        w.upstream.release()
        expect(await Promise.all(calls)).toMatchObject([{ filmId: 1 }, { filmId: 2 }])
      },
    },
    malformed: {
      'refuses a key that is no number before anybody is asked': async (w) => {
        for (const key of notNumbers) {
          expect(await w.code('film.load', { key }, 'nobody')).toBe('INVALID_KEY')
          expect(await w.code('film.refresh', { key }, 'nobody')).toBe('INVALID_KEY')
        }
        expect(w.upstream.asked).toEqual([])
      },
      'refuses a key of 257 bytes': async (w) => {
        const args = { key: 'k'.repeat(257) }
        expect(await w.code('price.load', args, 'nobody')).toBe('LIMIT_EXCEEDED')
      },
    },
    stale: {
      'fetches again from the millisecond on in which the row is stale': async (w) => {
        const first = await load(w)
        await w.advance(60_000)
        w.upstream.version = 2
        expect(await load(w)).toEqual({
          ...first,
          title: 'film 2',
          note: 'FILM 2',
          fetchedAt: w.now,
          expiresAt: w.now + 60_000,
          updatedAt: w.now,
        })
      },
      'keeps the row, fresh again, when the source says that it holds': async (w) => {
        const first = await load(w)
        await w.advance(60_000)
        w.upstream.version = 2
        w.upstream.isUnchanged = true
        expect(await load(w)).toEqual({
          ...first,
          fetchedAt: w.now,
          expiresAt: w.now + 60_000,
          updatedAt: w.now,
        })
      },
      'moves updatedAt when the clock has gone back': async (w) => {
        const first = await load(w)
        await w.call('film.invalidate', { key: '7' }, 'admin')
        await w.advance(-1_000)
        expect((await load(w)).updatedAt).toBe(first.updatedAt + 2)
      },
    },
    failing: {
      'is FETCH_FAILED, says nothing of why, and stores nothing': async (w) => {
        w.upstream.failure = 'password=hunter2'
        const refusal = await w.refusal('film.load', { key: '7' }, 'nobody')
        expect(refusal).toEqual({ code: 'FETCH_FAILED', data: undefined })
        expect(await kept(w)).toBeNull()
      },
      'asks again at the next call': async (w) => {
        w.upstream.failure = 'down'
        await w.code('film.load', { key: '7' }, 'nobody')
        w.upstream.failure = undefined
        expect(await load(w)).toMatchObject({ filmId: 7 })
      },
      'refuses an answer of another key, of another shape, and with more than the schema has':
        async (w) => {
          for (const nonsense of [
            { filmId: 8, title: 'x' },
            { filmId: 7, title: 7 },
            { filmId: 7 },
            { filmId: 7, title: 'x', extra: 1 },
            'x',
            [],
          ]) {
            w.upstream.nonsense = nonsense
            expect(await w.code('film.load', { key: '7' }, 'nobody')).toBe('FETCH_FAILED')
          }
          expect(await kept(w)).toBeNull()
        },
      'is NOT_FOUND where the source has nothing, and believes that for a while': async (w) => {
        w.upstream.isEmpty = true
        expect(await w.code('film.load', { key: '7' }, 'nobody')).toBe('NOT_FOUND')
        await w.advance(4_999)
        expect(await w.code('film.load', { key: '7' }, 'nobody')).toBe('NOT_FOUND')
        expect(w.upstream.asked).toEqual(['7'])
        await w.advance(1)
        w.upstream.isEmpty = false
        expect(await load(w)).toMatchObject({ filmId: 7 })
      },
    },
  },
  'film.refresh': {
    happy: {
      'fetches what is fresh, too': async (w) => {
        const first = await load(w)
        await w.advance(5)
        w.upstream.version = 2
        const second = await refresh(w)
        expect(second).toEqual({
          ...first,
          title: 'film 2',
          note: 'FILM 2',
          fetchedAt: w.now,
          expiresAt: w.now + 60_000,
          updatedAt: w.now,
        })
        expect(await kept(w)).toEqual(second)
      },
      'fetches what is missing': async (w) => {
        expect(await refresh(w)).toMatchObject({ filmId: 7 })
      },
    },
    limited: {
      'admits so many per caller, then says exactly when to come back': async (w) => {
        const again = (): Promise<unknown> => refresh(w, '7', 'eve')
        expect(await timesUntil('RATE_LIMITED', again)).toBe(limits.film.max)
        expect(w.upstream.asked).toHaveLength(limits.film.max)
        expect(await refresh(w, '7', 'bob')).toMatchObject({ filmId: 7 })
        await w.advance(limits.film.window - 1)
        expect((await w.refusal('film.refresh', { key: '7' }, 'eve')).data).toMatchObject({
          retryAfter: 1,
        })
        await w.advance(1)
        expect(await again()).toMatchObject({ filmId: 7 })
      },
      'does not limit the server': async (w) => {
        for (let i = 0; i < limits.film.max + 2; i++) await refresh(w, '7', 'system')
      },
    },
    failing: {
      'leaves the row that there is': async (w) => {
        const row = await load(w)
        w.upstream.failure = 'down'
        expect(await w.code('film.refresh', { key: '7' }, 'nobody')).toBe('FETCH_FAILED')
        expect(await kept(w)).toEqual(row)
        expect(await load(w)).toEqual(row)
      },
      'takes the row away when the source has it no more': async (w) => {
        await load(w)
        w.upstream.isEmpty = true
        expect(await w.code('film.refresh', { key: '7' }, 'nobody')).toBe('NOT_FOUND')
        expect(await kept(w)).toBeNull()
      },
    },
  },
  'price.load': {
    failing: {
      'is FETCH_FAILED when the source takes too long': async (w) => {
        w.upstream.hold()
        const call = w.code('price.load', { key: 'a' }, 'nobody')
        await w.upstream.isAsked(1)
        await w.advance(3_000)
        expect(await call).toBe('FETCH_FAILED')
        w.upstream.release()
        expect(await load(w, 'a', 'price')).toMatchObject({ sku: 'a' })
      },
    },
  },
})
