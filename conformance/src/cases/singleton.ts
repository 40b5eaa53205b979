/**
 * singleton: one row per person. `profile` is limited and has hooks, `draft` has neither.
 */
import { expect } from 'vitest'
import { limits } from '../app.ts'
import { anId, timesUntil, trace } from '../fixture.ts'
import type { AnyRow, Who, World } from '../world.ts'
import { type Case, cases } from './case.ts'

const upsert = (w: World, payload: object, more: object = {}, who: Who = 'ann'): Promise<AnyRow> =>
  w.call('profile.upsert', { payload, ...more }, who)
const get = (w: World, who: Who = 'ann', more: object = {}): Promise<AnyRow | null> =>
  w.call<AnyRow | null>('profile.get', more, who)

export const singletonCases: readonly Case[] = cases({
  'profile.upsert': {
    happy: {
      'makes the row, defaults filled in': async (w) => {
        const row = await upsert(w, { name: 'Ann' })
        expect(row).toEqual({
          _id: anId,
          _creationTime: w.now,
          userId: w.ids.ann,
          updatedAt: w.now,
          name: 'Ann',
          theme: 'light',
        })
        expect(await get(w)).toEqual(row)
      },
      'changes the named fields alone': async (w) => {
        const first = await upsert(w, { name: 'Ann', theme: 'dark' })
        await w.advance(7)
        const second = await upsert(w, { bio: 'x' })
        expect(second).toEqual({ ...first, bio: 'x', updatedAt: w.now })
        expect(await get(w)).toEqual(second)
      },
      'clears optional fields that unset names': async (w) => {
        await upsert(w, { name: 'Ann', bio: 'x' })
        expect('bio' in (await upsert(w, {}, { unset: ['bio'] }))).toBe(false)
      },
      'keeps each person’s row apart': async (w) => {
        await upsert(w, { name: 'Ann' })
        await upsert(w, { name: 'Bob' }, {}, 'bob')
        expect([(await get(w))?.['name'], (await get(w, 'bob'))?.['name']]).toEqual(['Ann', 'Bob'])
      },
    },
    anonymous: {
      'needs somebody': async (w) => {
        const args = { payload: { name: 'x' } }
        expect(await w.code('profile.upsert', args, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    forbidden: {
      'is for one’s own row alone, also for admins': async (w) => {
        const args = { payload: { name: 'x' }, userId: w.ids.bob }
        for (const who of ['ann', 'admin'] as const) {
          expect(await w.code('profile.upsert', args, who)).toBe('FORBIDDEN')
        }
        expect(await get(w, 'bob')).toBeNull()
      },
    },
    system: {
      'names whose row it is': async (w) => {
        const args = { payload: { name: 'x' }, userId: w.ids.ann }
        expect(await w.call('profile.upsert', args, 'system')).toMatchObject({ userId: w.ids.ann })
        expect(await w.code('profile.upsert', { payload: { name: 'x' } }, 'system')).toBe(
          'VALIDATION_FAILED',
        )
      },
    },
    malformed: {
      'must be complete the first time, and names what is missing': async (w) => {
        expect(await w.refusal('profile.upsert', { payload: { bio: 'x' } }, 'ann')).toMatchObject({
          code: 'VALIDATION_FAILED',
          data: { issues: [{ path: 'payload.name' }] },
        })
        expect(await get(w)).toBeNull()
      },
      'refuses to clear what the row must have, and fields that there are not': async (w) => {
        await upsert(w, { name: 'Ann' })
        for (const unset of [['name'], ['nope'], ['userId']]) {
          expect(await w.code('profile.upsert', { payload: {}, unset }, 'ann')).toBe(
            'VALIDATION_FAILED',
          )
        }
        for (const payload of [{ nope: 1 }, { userId: 'x' }, { theme: 'blue' }, [], null, 'x']) {
          expect(await w.code('profile.upsert', { payload }, 'ann')).toBe('VALIDATION_FAILED')
        }
      },
    },
    conflicting: {
      'is a CONFLICT with the current updatedAt when somebody was faster': async (w) => {
        const { updatedAt } = await upsert(w, { name: 'a' })
        await upsert(w, { name: 'b' }, { expectedUpdatedAt: updatedAt })
        const args = { payload: { name: 'c' }, expectedUpdatedAt: updatedAt }
        expect(await w.refusal('profile.upsert', args, 'ann')).toEqual({
          code: 'CONFLICT',
          data: { updatedAt: updatedAt + 1 },
        })
      },
      'with null, wants no row there': async (w) => {
        const { updatedAt } = await upsert(w, { name: 'a' }, { expectedUpdatedAt: null })
        const args = { payload: { name: 'b' }, expectedUpdatedAt: null }
        expect(await w.refusal('profile.upsert', args, 'ann')).toEqual({
          code: 'CONFLICT',
          data: { updatedAt },
        })
      },
    },
    limited: {
      'is refused at the limit, and a refused call counts nothing': async (w) => {
        expect(await w.code('profile.upsert', { payload: {} }, 'ann')).toBe('VALIDATION_FAILED')
        expect(await w.code('profile.upsert', { payload: { name: 'crash' } }, 'ann')).toBe(
          'INTERNAL',
        )
        expect(await timesUntil('RATE_LIMITED', () => upsert(w, { name: 'a' }))).toBe(
          limits.profile.max,
        )
        await w.advance(limits.profile.window)
        expect(await upsert(w, { name: 'b' })).toMatchObject({ name: 'b' })
      },
    },
    hooked: {
      'writes what beforeUpsert returns and then runs afterUpsert': async (w) => {
        expect(await upsert(w, { name: ' Ann ' })).toMatchObject({ name: 'Ann' })
        expect(await trace(w, 'profile.afterUpsert')).toBe('Ann')
        expect(await w.code('profile.upsert', { payload: { name: 'refuse' } }, 'ann')).toBe(
          'FORBIDDEN',
        )
        expect(await get(w)).toMatchObject({ name: 'Ann' })
      },
    },
  },
  'profile.get': {
    happy: {
      'answers null before the first write': async (w) => {
        expect(await get(w)).toBeNull()
      },
    },
    anonymous: {
      'answers nobody null': async (w) => {
        await upsert(w, { name: 'Ann' })
        expect(await get(w, 'nobody')).toBeNull()
      },
    },
    invisible: {
      'answers null for somebody else’s row, also to admins': async (w) => {
        await upsert(w, { name: 'Ann' })
        for (const who of ['bob', 'admin', 'nobody'] as const) {
          expect(await get(w, who, { userId: w.ids.ann })).toBeNull()
        }
      },
    },
    system: {
      'may name whose row it is': async (w) => {
        await upsert(w, { name: 'Ann' })
        expect(await get(w, 'system', { userId: w.ids.ann })).toMatchObject({ name: 'Ann' })
      },
    },
  },
  'draft.upsert': {
    happy: {
      'moves updatedAt within one millisecond and when the clock goes back': async (w) => {
        const write = (text: string): Promise<AnyRow> =>
          w.call('draft.upsert', { payload: { text } }, 'ann')
        const first = await write('a')
        expect((await write('a')).updatedAt).toBe(first.updatedAt + 1)
        await w.advance(-60_000)
        expect((await write('b')).updatedAt).toBe(first.updatedAt + 2)
      },
    },
  },
})
