/**
 * kv: named values. `banner` is written by admins and soft-deleted, `flag` by everybody and removed for good, `health` by the
 * server, `trace` by the server because it says nothing else, `laterSetting` by whom an async predicate finds.
 */
import { expect } from 'vitest'
import { limits } from '../app.ts'
import { anId, timesUntil, trace } from '../fixture.ts'
import { allPages, type AnyRow, firstPage, type Page, type Who, type World } from '../world.ts'
import { type Case, cases } from './case.ts'

const set = (w: World, message = 'hi', more: object = {}, who: Who = 'admin'): Promise<AnyRow> =>
  w.call('banner.set', { key: 'banner', payload: { active: true, message }, ...more }, who)
const get = (w: World, who: Who = 'nobody'): Promise<AnyRow | null> =>
  w.call<AnyRow | null>('banner.get', { key: 'banner' }, who)
const rm = (w: World, who: Who = 'admin'): Promise<unknown> =>
  w.call('banner.rm', { key: 'banner' }, who)
const flag = (w: World, key: string, more: object = {}, who: Who = 'eve'): Promise<AnyRow> =>
  w.call('flag.set', { key, payload: { on: true }, ...more }, who)

const setting: readonly Case[] = cases({
  'banner.set': {
    happy: {
      'answers the whole row': async (w) => {
        expect(await set(w)).toEqual({
          _id: anId,
          _creationTime: w.now,
          key: 'banner',
          updatedAt: w.now,
          active: true,
          message: 'hi',
          updatedBy: w.ids.admin,
        })
      },
      'keeps the row and its id, and replaces the whole payload': async (w) => {
        const first = await w.call(
          'flag.set',
          { key: 'a', payload: { on: true, why: 'test' } },
          'eve',
        )
        await w.advance(5)
        const second = await flag(w, 'a')
        expect(second).toEqual({ ...first, why: undefined, updatedAt: w.now })
        expect('why' in second).toBe(false)
      },
      'moves updatedAt within one millisecond': async (w) => {
        const [a, b, c] = [await set(w), await set(w), await set(w)]
        expect([b.updatedAt, c.updatedAt]).toEqual([a.updatedAt + 1, a.updatedAt + 2])
      },
      'moves updatedAt when the clock goes back': async (w) => {
        const first = await set(w)
        await w.advance(-60_000)
        expect((await set(w)).updatedAt).toBe(first.updatedAt + 1)
      },
    },
    anonymous: {
      'needs somebody where there is a role': async (w) => {
        const args = { key: 'banner', payload: { active: true, message: 'x' } }
        expect(await w.code('banner.set', args, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
      'is open to everybody where writeRole is true': async (w) => {
        expect(await flag(w, 'open', {}, 'nobody')).toMatchObject({ key: 'open', on: true })
      },
    },
    forbidden: {
      'needs the role': async (w) => {
        for (const who of ['ann', 'editor'] as const) {
          const args = { key: 'banner', payload: { active: true, message: 'x' } }
          expect(await w.code('banner.set', args, who)).toBe('FORBIDDEN')
        }
        expect(await get(w)).toBeNull()
      },
      'is for the server itself where no role is given': async (w) => {
        const args = { key: 'k', payload: { by: 'x', what: 'y' } }
        expect(await w.code('trace.set', args, 'admin')).toBe('FORBIDDEN')
        expect(await w.call('trace.set', args, 'system')).toMatchObject({ key: 'k' })
      },
      'is for the server itself where isInternal says so': async (w) => {
        const args = { key: 'db', payload: { ok: true } }
        expect(await w.code('health.set', args, 'admin')).toBe('FORBIDDEN')
        expect(await w.call('health.set', args, 'system')).toMatchObject({ ok: true })
      },
      'asks a predicate that reads the database and waits': async (w) => {
        const args = { key: 'a', payload: { value: 'x' } }
        expect(await w.code('laterSetting.set', args, 'admin')).toBe('FORBIDDEN')
        expect(await w.call('laterSetting.set', args, 'editor')).toMatchObject({ value: 'x' })
      },
    },
    system: {
      'passes the role': async (w) => {
        expect(await set(w, 'by the server', {}, 'system')).toMatchObject({ updatedBy: 'system' })
      },
    },
    malformed: {
      'refuses a key that the table does not name, and names those it does': async (w) => {
        const args = { key: 'nope', payload: { active: true, message: 'x' } }
        expect(await w.refusal('banner.set', args, 'admin')).toEqual({
          code: 'INVALID_KEY',
          data: { key: 'nope', keys: ['banner', 'maintenance'] },
        })
      },
      'refuses a key of 257 bytes and takes one of 256': async (w) => {
        expect(await flag(w, 'k'.repeat(256))).toMatchObject({ on: true })
        const args = { key: 'é'.repeat(129), payload: { on: true } }
        expect(await w.code('flag.set', args, 'eve')).toBe('LIMIT_EXCEEDED')
      },
      'takes keys that are names of every object': async (w) => {
        for (const key of ['__proto__', 'constructor', 'toString', 'a.b', "'; --", '🙂']) {
          expect(await w.call('flag.get', { key }, 'nobody')).toBeNull()
          expect((await flag(w, key))['key']).toBe(key)
          expect(await w.call('flag.get', { key }, 'nobody')).toMatchObject({ key, on: true })
        }
      },
      'names the path of what is wrong with the payload': async (w) => {
        const args = { key: 'banner', payload: { active: 'yes', message: 'x' } }
        expect(await w.refusal('banner.set', args, 'admin')).toMatchObject({
          code: 'VALIDATION_FAILED',
          data: { issues: [{ path: 'payload.active' }] },
        })
      },
      'refuses a payload over the limit and names the limit': async (w) => {
        const args = { key: 'big', payload: { on: true, why: 'x'.repeat(300_000) } }
        expect(await w.refusal('flag.set', args, 'eve')).toMatchObject({
          code: 'LIMIT_EXCEEDED',
          data: { limit: 'maxPayloadBytes' },
        })
      },
    },
    conflicting: {
      'goes through when the row is as expected': async (w) => {
        const { updatedAt } = await set(w)
        expect(await set(w, 'two', { expectedUpdatedAt: updatedAt })).toMatchObject({
          message: 'two',
        })
      },
      'is a CONFLICT with the current updatedAt when it is not': async (w) => {
        const first = await set(w)
        const second = await set(w, 'two')
        const args = {
          key: 'banner',
          payload: { active: true, message: 'lost' },
          expectedUpdatedAt: first.updatedAt,
        }
        expect(await w.refusal('banner.set', args, 'admin')).toEqual({
          code: 'CONFLICT',
          data: { updatedAt: second.updatedAt },
        })
        expect(await get(w)).toEqual(second)
      },
      'with null, wants nothing there': async (w) => {
        const first = await set(w, 'one', { expectedUpdatedAt: null })
        const args = {
          key: 'banner',
          payload: { active: true, message: 'x' },
          expectedUpdatedAt: null,
        }
        expect(await w.refusal('banner.set', args, 'admin')).toEqual({
          code: 'CONFLICT',
          data: { updatedAt: first.updatedAt },
        })
      },
      'with a time, wants a row there': async (w) => {
        const args = { key: 'x', payload: { on: true }, expectedUpdatedAt: w.now }
        expect(await w.refusal('flag.set', args, 'eve')).toEqual({
          code: 'CONFLICT',
          data: { updatedAt: null },
        })
      },
    },
    limited: {
      'is refused at the limit and says exactly when it is not': async (w) => {
        const start = w.now
        expect(await timesUntil('RATE_LIMITED', () => set(w))).toBe(limits.banner.max)
        await w.advance(limits.banner.window - 1)
        const args = { key: 'banner', payload: { active: true, message: 'x' } }
        expect(await w.refusal('banner.set', args, 'admin')).toEqual({
          code: 'RATE_LIMITED',
          data: { retryAfter: 1, max: limits.banner.max, windowMs: limits.banner.window },
        })
        await w.advance(1)
        expect((await set(w, 'again')).updatedAt).toBe(start + limits.banner.window)
      },
      'counts nothing for a refused call': async (w) => {
        const { updatedAt } = await set(w)
        for (let times = 0; times < 20; times++) {
          const stale = { active: true, message: 'x' }
          const args = { key: 'banner', payload: stale, expectedUpdatedAt: updatedAt + 9 }
          expect(await w.code('banner.set', args, 'admin')).toBe('CONFLICT')
          const crash = { key: 'banner', payload: { active: true, message: 'crash' } }
          expect(await w.code('banner.set', crash, 'admin')).toBe('INTERNAL')
        }
        expect(await timesUntil('RATE_LIMITED', () => set(w))).toBe(limits.banner.max - 1)
      },
      'does not limit the server itself': async (w) => {
        for (let times = 0; times < 2 * limits.banner.max; times++) {
          await set(w, `${times}`, {}, 'system')
        }
        expect(await get(w)).toMatchObject({ message: `${2 * limits.banner.max - 1}` })
      },
    },
    deleted: {
      'revives a soft-deleted key, later than it was deleted': async (w) => {
        const first = await set(w)
        await rm(w)
        const revived = await set(w, 'back')
        expect(revived).toEqual({ ...first, message: 'back', updatedAt: first.updatedAt + 2 })
        expect(await get(w)).toEqual(revived)
      },
      'takes a soft-deleted key for one that is not there': async (w) => {
        const { updatedAt } = await set(w)
        await rm(w)
        const args = { key: 'banner', payload: { active: true, message: 'x' } }
        expect(await w.code('banner.set', { ...args, expectedUpdatedAt: updatedAt }, 'admin')).toBe(
          'CONFLICT',
        )
        expect(await set(w, 'new', { expectedUpdatedAt: null })).toMatchObject({ message: 'new' })
      },
      'never goes back in time on a key that was removed for good': async (w) => {
        const first = await flag(w, 'a')
        await w.call('flag.rm', { key: 'a' }, 'eve')
        await w.advance(-60_000)
        const second = await flag(w, 'a')
        expect(second.updatedAt).toBeGreaterThan(first.updatedAt + 1)
        const args = { key: 'a', payload: { on: true }, expectedUpdatedAt: first.updatedAt }
        expect(await w.code('flag.set', args, 'eve')).toBe('CONFLICT')
      },
    },
    hooked: {
      'writes what beforeUpdate returns and then runs afterUpdate': async (w) => {
        expect(await set(w, 'hello')).toMatchObject({ updatedBy: w.ids.admin })
        expect(await trace(w, 'banner.afterUpdate')).toBe('banner: hello')
      },
      'passes an error of the app on, and hides a defect': async (w) => {
        const args = (message: string): object => ({
          key: 'banner',
          payload: { active: true, message },
        })
        expect(await w.code('banner.set', args('refuse'), 'admin')).toBe('FORBIDDEN')
        expect(await w.code('banner.set', args('crash'), 'admin')).toBe('INTERNAL')
        expect(await get(w)).toBeNull()
        expect(await trace(w, 'banner.afterUpdate')).toBeNull()
      },
      'refuses a field that the hook adds and the schema does not have': async (w) => {
        const args = { key: 'banner', payload: { active: true, message: 'extra' } }
        expect(await w.refusal('banner.set', args, 'admin')).toMatchObject({
          code: 'VALIDATION_FAILED',
          data: { issues: [{ path: expect.stringContaining('extra') as string }] },
        })
      },
    },
  },
})

const reading: readonly Case[] = cases({
  'banner.get': {
    happy: {
      'answers everybody the row': async (w) => {
        const row = await set(w)
        for (const who of ['nobody', 'eve', 'admin', 'system'] as const) {
          expect(await get(w, who)).toEqual(row)
        }
      },
      'answers null for a key that was never set': async (w) => {
        expect(await w.call('banner.get', { key: 'maintenance' }, 'nobody')).toBeNull()
      },
    },
    malformed: {
      'refuses a key that the table does not name': async (w) => {
        expect(await w.code('banner.get', { key: 'nope' }, 'nobody')).toBe('INVALID_KEY')
      },
    },
    deleted: {
      'answers null after rm': async (w) => {
        await set(w)
        await rm(w)
        expect(await get(w)).toBeNull()
        expect(await get(w, 'system')).toBeNull()
      },
    },
  },
  'banner.list': {
    happy: {
      'answers the role every key, in their order': async (w) => {
        for (const key of ['b', 'a', 'ä', 'c'])
          await w.call('flag.set', { key, payload: { on: true } }, 'eve')
        const rows = await allPages(w, 'flag.list', {}, 'eve', 3)
        expect(rows.map((row) => row['key'])).toEqual(['a', 'b', 'c', 'ä'])
      },
      'says where the page ends': async (w) => {
        await flag(w, 'a')
        await flag(w, 'b')
        const args = { paginationOpts: firstPage(1) }
        const page = await w.call<Page>('flag.list', args, 'eve')
        expect(page).toEqual({
          page: [expect.objectContaining({ key: 'a' })],
          continueCursor: anId,
          isDone: false,
        })
      },
    },
    forbidden: {
      'is empty without the role': async (w) => {
        await set(w)
        for (const who of ['nobody', 'ann', 'editor'] as const) {
          const page = await w.call<Page>('banner.list', { paginationOpts: firstPage() }, who)
          expect(page.page).toEqual([])
          expect(page.isDone).toBe(true)
        }
      },
    },
    deleted: {
      'leaves soft-deleted keys out': async (w) => {
        await set(w)
        await rm(w)
        expect(await allPages(w, 'banner.list', {}, 'admin')).toEqual([])
      },
    },
  },
})

const removing: readonly Case[] = cases({
  'banner.rm': {
    happy: {
      'removes the key once': async (w) => {
        await set(w)
        expect(await rm(w)).toEqual({ deleted: true })
        expect(await rm(w)).toEqual({ deleted: false })
        expect(await get(w)).toBeNull()
      },
      'removes for good without soft delete': async (w) => {
        await flag(w, 'a')
        expect(await w.call('flag.rm', { key: 'a' }, 'eve')).toEqual({ deleted: true })
        expect(await w.code('flag.restore', { key: 'a' }, 'eve')).toBe('NOT_FOUND')
      },
    },
    anonymous: {
      'needs somebody': async (w) => {
        expect(await w.code('banner.rm', { key: 'banner' }, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    forbidden: {
      'needs the role': async (w) => {
        const row = await set(w)
        expect(await w.code('banner.rm', { key: 'banner' }, 'eve')).toBe('FORBIDDEN')
        expect(await get(w)).toEqual(row)
      },
    },
    deleted: {
      'answers false for what was never there': async (w) => {
        expect(await rm(w)).toEqual({ deleted: false })
      },
    },
    hooked: {
      'is undone by beforeRm, and followed by afterRm': async (w) => {
        await set(w, 'keep')
        expect(await w.code('banner.rm', { key: 'banner' }, 'admin')).toBe('FORBIDDEN')
        expect(await get(w)).toMatchObject({ message: 'keep' })
        await set(w, 'go')
        await rm(w)
        expect(await trace(w, 'banner.afterRm')).toBe('banner')
      },
    },
  },
  'banner.restore': {
    restored: {
      'brings the row back, later than it was deleted': async (w) => {
        const row = await set(w)
        await rm(w)
        const back = await w.call('banner.restore', { key: 'banner' }, 'admin')
        expect(back).toEqual({ ...row, updatedAt: row.updatedAt + 2 })
        expect(await get(w)).toEqual(back)
      },
      'answers a row that is not removed as it is': async (w) => {
        const row = await set(w)
        expect(await w.call('banner.restore', { key: 'banner' }, 'admin')).toEqual(row)
        const open = await flag(w, 'a')
        expect(await w.call('flag.restore', { key: 'a' }, 'eve')).toEqual(open)
      },
      'is NOT_FOUND for what was never there': async (w) => {
        expect(await w.code('banner.restore', { key: 'banner' }, 'admin')).toBe('NOT_FOUND')
      },
    },
    forbidden: {
      'needs the role': async (w) => {
        await set(w)
        await rm(w)
        expect(await w.code('banner.restore', { key: 'banner' }, 'eve')).toBe('FORBIDDEN')
        expect(await w.code('banner.restore', { key: 'banner' }, 'nobody')).toBe(
          'NOT_AUTHENTICATED',
        )
      },
    },
  },
})

export const kvCases: readonly Case[] = [...setting, ...reading, ...removing]
