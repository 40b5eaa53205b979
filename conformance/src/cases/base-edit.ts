/**
 * base, doubting and forgetting: `film` for admins, `weather` for the server, `price` for everybody.
 */
import { expect } from 'vitest'
import { allPages, firstPage, type Page, type Who, type World } from '../world.ts'
import { kept, load, refresh } from './base-load.ts'
import { type Case, cases } from './case.ts'

const invalidate = (w: World, key = '7', who: Who = 'admin'): Promise<unknown> =>
  w.call('film.invalidate', { key }, who)
const purge = (w: World, keys?: readonly string[], who: Who = 'admin'): Promise<unknown> =>
  w.call('film.purge', keys === undefined ? {} : { keys }, who)

export const baseEditCases: readonly Case[] = cases({
  'film.invalidate': {
    happy: {
      'marks the row as stale, and keeps what it says': async (w) => {
        const row = await load(w)
        expect(await invalidate(w)).toEqual({ invalidated: true })
        expect(await kept(w)).toEqual({ ...row, expiresAt: 0, updatedAt: row.updatedAt + 1 })
        w.upstream.version = 2
        expect(await load(w)).toMatchObject({ title: 'film 2', expiresAt: w.now + 60_000 })
      },
      'of what is not there does nothing': async (w) => {
        expect(await invalidate(w)).toEqual({ invalidated: false })
        expect(await kept(w)).toBeNull()
      },
      'twice is as once': async (w) => {
        await load(w)
        await invalidate(w)
        const row = await kept(w)
        expect(await invalidate(w)).toEqual({ invalidated: true })
        expect(await kept(w)).toEqual(row)
      },
      'forgets that the source had nothing': async (w) => {
        w.upstream.isEmpty = true
        await w.code('film.load', { key: '7' }, 'nobody')
        w.upstream.isEmpty = false
        expect(await invalidate(w)).toEqual({ invalidated: true })
        expect(await load(w)).toMatchObject({ filmId: 7 })
      },
    },
    conflicting: {
      'during a fetch wins: what was fetched before it is stored as stale': async (w) => {
        w.upstream.hold()
        const call = load(w)
        await w.upstream.isAsked(1)
        expect(await invalidate(w)).toEqual({ invalidated: true })
        w.upstream.version = 2
        w.upstream.release()
        expect(await call).toMatchObject({ title: 'film 1', expiresAt: 0 })
        expect(await kept(w)).toMatchObject({ title: 'film 1', expiresAt: 0 })
        expect(await load(w)).toMatchObject({ title: 'film 2' })
      },
    },
    anonymous: {
      'needs somebody where there is a role': async (w) => {
        expect(await w.code('film.invalidate', { key: '7' }, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    forbidden: {
      'needs the role': async (w) => {
        const row = await load(w)
        for (const who of ['ann', 'editor'] as const) {
          expect(await w.code('film.invalidate', { key: '7' }, who)).toBe('FORBIDDEN')
        }
        expect(await kept(w)).toEqual(row)
      },
      'is for the server itself where no role is given': async (w) => {
        expect(await w.code('weather.invalidate', { key: 'a' }, 'admin')).toBe('FORBIDDEN')
        expect(await w.call('weather.invalidate', { key: 'a' }, 'system')).toEqual({
          invalidated: false,
        })
      },
    },
    malformed: {
      'refuses a key that is none': async (w) => {
        expect(await w.code('film.invalidate', { key: 'abc' }, 'admin')).toBe('INVALID_KEY')
      },
    },
  },
  'film.purge': {
    purged: {
      'removes the rows of some keys, and answers how many there were': async (w) => {
        for (const key of ['1', '2', '3']) await load(w, key)
        expect(await purge(w, ['1', '3', '3', '4'])).toEqual({ deleted: 2 })
        expect([await kept(w, '1'), await kept(w, '3')]).toEqual([null, null])
        expect(await kept(w, '2')).toMatchObject({ filmId: 2 })
      },
      'of no keys removes nothing': async (w) => {
        await load(w)
        expect(await purge(w, [])).toEqual({ deleted: 0 })
        expect(await kept(w)).not.toBeNull()
      },
      'without keys removes everything at once, before and after the sweep': async (w) => {
        for (let key = 1; key <= 12; key++) await load(w, `${key}`)
        expect(await purge(w)).toEqual({ deleted: 12 })
        const empty = async (): Promise<void> => {
          expect(await kept(w, '4')).toBeNull()
          const page = await w.call<Page>('film.list', { paginationOpts: firstPage() }, 'admin')
          expect(page.page).toEqual([])
        }
        await empty()
        await w.host.idle()
        await empty()
        expect(await purge(w)).toEqual({ deleted: 0 })
      },
      'leaves what is fetched again before the sweep': async (w) => {
        await load(w)
        await load(w, '8')
        await purge(w)
        await w.advance(5)
        w.upstream.version = 2
        const row = await load(w)
        expect(row).toMatchObject({ title: 'film 2', _creationTime: w.now })
        await w.host.idle()
        expect(await kept(w)).toEqual(row)
        expect(await purge(w)).toEqual({ deleted: 1 })
      },
      'during a fetch wins: what was fetched before it is stored as stale': async (w) => {
        for (const keys of [['7'], undefined]) {
          w.upstream.version = 1
          await load(w)
          w.upstream.hold()
          const asked = w.upstream.asked.length
          const call = refresh(w, '7', 'system')
          await w.upstream.isAsked(asked + 1)
          expect(await purge(w, keys)).toEqual({ deleted: 1 })
          expect(await kept(w)).toBeNull()
          w.upstream.version = 2
          w.upstream.release()
          expect(await call).toMatchObject({ title: 'film 1', expiresAt: 0 })
          expect(await load(w)).toMatchObject({ title: 'film 2' })
          await purge(w)
        }
      },
    },
    anonymous: {
      'needs somebody where there is a role': async (w) => {
        expect(await w.code('film.purge', {}, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    forbidden: {
      'needs the role': async (w) => {
        await load(w)
        expect(await w.code('film.purge', {}, 'ann')).toBe('FORBIDDEN')
        expect(await w.code('weather.purge', {}, 'admin')).toBe('FORBIDDEN')
        expect(await kept(w)).not.toBeNull()
      },
    },
    malformed: {
      'removes nothing when one key is none': async (w) => {
        await load(w)
        expect(await w.code('film.purge', { keys: ['7', 'abc'] }, 'admin')).toBe('INVALID_KEY')
        expect(await kept(w)).not.toBeNull()
      },
      'refuses more than 1,000 keys': async (w) => {
        const keys = Array.from({ length: 1_001 }, (_, at) => `${at + 1}`)
        expect(await w.refusal('film.purge', { keys }, 'admin')).toMatchObject({
          code: 'LIMIT_EXCEEDED',
          data: { limit: 'maxBulkItems', max: 1_000, actual: 1_001 },
        })
      },
    },
  },
  'film.list': {
    happy: {
      'shows all rows in the order of their keys, stale or not': async (w) => {
        for (const key of ['2', '1', '10', '30']) await load(w, key)
        await invalidate(w, '30')
        for (const path of ['film.list', 'film.all']) {
          const rows = await allPages(w, path, {}, 'admin')
          expect(rows.map((row) => row['key'])).toEqual(['1', '10', '2', '30'])
          expect(rows.map(({ _id }) => _id)).toEqual(
            await Promise.all(rows.map(async (row) => (await kept(w, `${row['key']}`))?._id)),
          )
        }
      },
    },
    forbidden: {
      'is empty without the role': async (w) => {
        await load(w)
        for (const who of ['nobody', 'ann', 'editor'] as const) {
          const page = await w.call<Page>('film.list', { paginationOpts: firstPage() }, who)
          expect(page.page).toEqual([])
        }
      },
    },
  },
})
