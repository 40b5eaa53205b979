/**
 * Appending once: idempotency keys, and hooks around an append. `entry` and `laterEntry` have hooks.
 */
import { expect } from 'vitest'
import { append, memo, seqs, shared, tail, trace } from '../fixture.ts'
import type { AnyRow, Who, World } from '../world.ts'
import { type Case, cases } from './case.ts'

interface Appended {
  readonly seq: number
  readonly created: boolean
}

const cast = (w: World, parent: string, more: object = {}, who: Who = 'bob'): Promise<Appended> =>
  w.call<Appended>('vote.append', { parent, payload: { optionIdx: 0 }, ...more }, who)

const refused = (w: World, parent: string, more: object = {}, who: Who = 'bob'): Promise<string> =>
  w.code('vote.append', { parent, payload: { optionIdx: 0 }, ...more }, who)

const occur = (w: World, parent: string, who: Who = 'bob', more: object = {}): Promise<Appended> =>
  w.call<Appended>('event.append', { parent, payload: { kind: 'tick' }, ...more }, who)

const note = (w: World, parent: string, text: string, who: Who = 'ann'): Promise<Appended> =>
  w.call<Appended>('entry.append', { parent, payload: { text } }, who)

const replaying: readonly Case[] = cases({
  'vote.append': {
    happy: {
      'with a key that was sent, answers the first append again': async (w) => {
        const parent = await shared(w)
        await cast(w, parent)
        const first = await cast(w, parent, { idempotencyKey: 'k' })
        await cast(w, parent)
        expect(await cast(w, parent, { idempotencyKey: 'k' })).toEqual({
          seq: first.seq,
          created: false,
        })
        expect(await seqs(w, 'vote', parent)).toEqual([1, 2, 3])
      },
      'takes one key under two parents for two appends': async (w) => {
        const [one, two] = [await shared(w), await shared(w)]
        for (const parent of [one, two]) {
          expect(await cast(w, parent, { idempotencyKey: 'k' })).toEqual({ seq: 1, created: true })
        }
      },
      'replays a payload whose fields come in another order': async (w) => {
        const parent = await shared(w)
        const send = (payload: object): Promise<Appended> =>
          w.call<Appended>('vote.append', { parent, payload, idempotencyKey: 'k' }, 'bob')
        await send({ optionIdx: 1, why: 'x' })
        expect(await send({ why: 'x', optionIdx: 1 })).toEqual({ seq: 1, created: false })
      },
      'replays although the log ends elsewhere by now': async (w) => {
        const parent = await shared(w)
        await cast(w, parent, { idempotencyKey: 'k', expectedSeq: 0 })
        expect(await cast(w, parent, { idempotencyKey: 'k', expectedSeq: 0 })).toEqual({
          seq: 1,
          created: false,
        })
      },
      'replays after the row was edited': async (w) => {
        const parent = await shared(w)
        await cast(w, parent, { idempotencyKey: 'k' })
        const [row] = await tail(w, 'vote', parent)
        await w.call('vote.update', { id: row?._id, patch: { optionIdx: 5 } }, 'bob')
        expect(await cast(w, parent, { idempotencyKey: 'k' })).toEqual({ seq: 1, created: false })
      },
    },
    conflicting: {
      'refuses a key that was sent with another payload': async (w) => {
        const parent = await shared(w)
        await cast(w, parent, { idempotencyKey: 'k' })
        const other = { idempotencyKey: 'k', payload: { optionIdx: 1 } }
        expect(await refused(w, parent, other)).toBe('IDEMPOTENCY_MISMATCH')
        expect(await seqs(w, 'vote', parent)).toEqual([1])
      },
      'refuses the key of another author': async (w) => {
        const parent = await shared(w)
        await cast(w, parent, { idempotencyKey: 'k' })
        expect(await refused(w, parent, { idempotencyKey: 'k' }, 'ann')).toBe(
          'IDEMPOTENCY_MISMATCH',
        )
      },
    },
    deleted: {
      'replays a key whose row is soft-deleted': async (w) => {
        const parent = await shared(w)
        await cast(w, parent, { idempotencyKey: 'k' })
        const [row] = await tail(w, 'vote', parent)
        await w.call('vote.rm', { id: row?._id }, 'bob')
        expect(await cast(w, parent, { idempotencyKey: 'k' })).toEqual({ seq: 1, created: false })
        expect(await seqs(w, 'vote', parent)).toEqual([])
      },
      'takes a key whose row was removed for good for a new one': async (w) => {
        const parent = await shared(w)
        await cast(w, parent, { idempotencyKey: 'k' })
        const [row] = await tail(w, 'vote', parent)
        await w.call('vote.rm', { id: row?._id, hard: true }, 'bob')
        expect(await cast(w, parent, { idempotencyKey: 'k' })).toEqual({ seq: 2, created: true })
      },
    },
    purged: {
      'replays a key whose row is purged and may come back': async (w) => {
        const parent = await shared(w)
        await cast(w, parent, { idempotencyKey: 'k' })
        await w.call('vote.purgeByParent', { parent }, 'ann')
        expect(await cast(w, parent, { idempotencyKey: 'k' })).toEqual({ seq: 1, created: false })
      },
      'takes a key that was purged for good for a new one, before and after the sweep': async (
        w,
      ) => {
        const parent = await shared(w)
        for (const sweep of [false, true]) {
          await occur(w, parent, 'ann', { idempotencyKey: 'k' })
          const before = await seqs(w, 'event', parent)
          await w.call('event.purgeByParent', { parent }, 'ann')
          if (sweep) await w.host.idle()
          const next = await occur(w, parent, 'system', { idempotencyKey: 'k' })
          expect(next).toEqual({ seq: (before.at(-1) as number) + 1, created: true })
          await w.call('event.purgeByParent', { parent }, 'ann')
        }
      },
    },
  },
})

const hooks: readonly Case[] = cases({
  'entry.append': {
    hooked: {
      'writes what beforeAppend returns and then runs afterAppend': async (w) => {
        const { _id } = await memo(w)
        await note(w, _id, 'a')
        expect(await tail(w, 'entry', _id)).toMatchObject([{ text: `a (${w.ids.ann})` }])
        expect(await trace(w, 'entry.afterAppend')).toBe(`1 a (${w.ids.ann})`)
      },
      'gives a hook the server as its user in a call of the server': async (w) => {
        const { _id } = await memo(w)
        await note(w, _id, 'a', 'system')
        expect(await tail(w, 'entry', _id)).toMatchObject([{ text: 'a (system)' }])
      },
      'leaves no gap and no trace where a hook fails, before or after': async (w) => {
        const { _id: parent } = await memo(w)
        const fails: readonly (readonly [string, string])[] = [
          ['crash', 'INTERNAL'],
          ['refuse', 'FORBIDDEN'],
          ['late crash', 'INTERNAL'],
          ['extra', 'VALIDATION_FAILED'],
        ]
        for (const [text, code] of fails) {
          expect(await w.code('entry.append', { parent, payload: { text } }, 'ann')).toBe(code)
        }
        expect(await trace(w, 'entry.afterAppend')).toBeNull()
        expect(await note(w, parent, 'ok')).toEqual({ seq: 1, created: true })
      },
      'runs no hook for a replay': async (w) => {
        const { _id: parent } = await memo(w)
        const send = (): Promise<AnyRow> =>
          w.call('entry.append', { parent, payload: { text: 'a' }, idempotencyKey: 'k' }, 'ann')
        await send()
        await w.call('trace.rm', { key: 'entry.afterAppend' }, 'system')
        expect(await send()).toEqual({ seq: 1, created: false })
        expect(await trace(w, 'entry.afterAppend')).toBeNull()
      },
      'validates again what beforeAppend returns': async (w) => {
        const { _id: parent } = await memo(w)
        const payload = { text: 'x'.repeat(195) }
        expect(await w.code('entry.append', { parent, payload }, 'ann')).toBe('VALIDATION_FAILED')
        expect(await tail(w, 'entry', parent)).toEqual([])
      },
      'runs its hooks for each item of a bulk call, all or nothing': async (w) => {
        const { _id: parent } = await memo(w)
        const items = [{ text: 'a' }, { text: 'crash' }]
        expect(await w.code('entry.appendBulk', { parent, items }, 'ann')).toBe('INTERNAL')
        expect(await tail(w, 'entry', parent)).toEqual([])
        await w.call('entry.appendBulk', { parent, items: [{ text: 'a' }, { text: 'b' }] }, 'ann')
        expect(await trace(w, 'entry.afterAppend')).toBe(`2 b (${w.ids.ann})`)
      },
    },
  },
  'laterEntry.append': {
    hooked: {
      'waits for hooks that read the database and wait': async (w) => {
        const { _id: parent } = await memo(w)
        await append(w, 'laterEntry', parent, { text: 'a' })
        expect(await tail(w, 'laterEntry', parent)).toMatchObject([{ text: 'a by ann the user' }])
        expect(await trace(w, 'laterEntry.afterAppend')).toBe('a by ann the user')
      },
      'is refused by a hook that waited': async (w) => {
        const { _id: parent } = await memo(w)
        const payload = { text: 'crash' }
        expect(await w.code('laterEntry.append', { parent, payload }, 'ann')).toBe('INTERNAL')
        expect(await tail(w, 'laterEntry', parent)).toEqual([])
      },
    },
  },
})

export const logReplayCases: readonly Case[] = [...replaying, ...hooks]
