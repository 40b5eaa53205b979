/**
 * Changing and removing rows of a log, purging and restoring all rows of a parent.
 */
import { expect } from 'vitest'
import { append, memo, poll, seqs, shared, tail, trace, upTo, vote, votes } from '../fixture.ts'
import type { AnyRow, Who, World } from '../world.ts'
import { type Case, cases } from './case.ts'

const change = (w: World, id: string, more: object = {}, who: Who = 'bob'): Promise<AnyRow> =>
  w.call('vote.update', { id, patch: { optionIdx: 7 }, ...more }, who)
const rm = (w: World, id: string, more: object = {}, who: Who = 'bob'): Promise<unknown> =>
  w.call('vote.rm', { id, ...more }, who)
const purge = (w: World, parent: string, who: Who = 'ann', log = 'vote'): Promise<unknown> =>
  w.call(`${log}.purgeByParent`, { parent }, who)
const restore = (w: World, parent: string, who: Who = 'ann', log = 'vote'): Promise<unknown> =>
  w.call(`${log}.restoreByParent`, { parent }, who)
const read = (w: World, id: string): Promise<AnyRow | null> =>
  w.call<AnyRow | null>('vote.read', { id }, 'system')

const updating: readonly Case[] = cases({
  'vote.update': {
    happy: {
      'changes the named fields, never seq and parent, and moves updatedAt': async (w) => {
        const row = await vote(w, await shared(w))
        const changed = await change(w, row._id, { patch: { why: 'x' } })
        expect(changed).toEqual({ ...row, why: 'x', updatedAt: row.updatedAt + 1 })
        expect(await read(w, row._id)).toEqual(changed)
      },
      'clears optional fields that unset names': async (w) => {
        const row = await append(w, 'vote', await shared(w), { optionIdx: 0, why: 'x' }, 'bob')
        const changed = await change(w, row._id, { patch: {}, unset: ['why'] })
        expect('why' in changed).toBe(false)
        expect(await read(w, row._id)).toEqual(changed)
      },
      'moves updatedAt to the clock once that is later': async (w) => {
        const row = await vote(w, await shared(w))
        await w.advance(500)
        expect((await change(w, row._id)).updatedAt).toBe(w.now)
        await w.advance(-10_000)
        expect((await change(w, row._id)).updatedAt).toBe(row.updatedAt + 501)
      },
    },
    anonymous: {
      'needs somebody': async (w) => {
        const row = await vote(w, await poll(w, { isPublic: true }))
        const args = { id: row._id, patch: {} }
        expect(await w.code('vote.update', args, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    forbidden: {
      'is for the author: the owner of the parent and admins see, and may not': async (w) => {
        const row = await vote(w, await poll(w, { isPublic: true }), 'eve')
        for (const who of ['ann', 'bob', 'admin'] as const) {
          expect(await w.code('vote.update', { id: row._id, patch: {} }, who)).toBe('FORBIDDEN')
        }
      },
    },
    invisible: {
      'is NOT_FOUND for a row that the caller may not see, as for none': async (w) => {
        const row = await vote(w, await shared(w))
        for (const id of [row._id, `${row._id}x`, 'vote.9.poll.x', 'nonsense']) {
          expect(await w.code('vote.update', { id, patch: {} }, 'eve')).toBe('NOT_FOUND')
        }
      },
    },
    system: {
      'changes every row': async (w) => {
        const row = await vote(w, await shared(w))
        expect(await change(w, row._id, {}, 'system')).toMatchObject({
          userId: w.ids.bob,
          optionIdx: 7,
        })
      },
    },
    malformed: {
      'refuses to change what the factory keeps': async (w) => {
        const row = await vote(w, await shared(w))
        for (const patch of [{ seq: 9 }, { parent: 'x' }, { userId: 'x' }, { createdAt: 1 }]) {
          expect(await w.code('vote.update', { id: row._id, patch }, 'bob')).toBe(
            'VALIDATION_FAILED',
          )
        }
      },
      'refuses to unset a field that the row must have': async (w) => {
        const row = await vote(w, await shared(w))
        const args = { id: row._id, patch: {}, unset: ['optionIdx'] }
        expect(await w.code('vote.update', args, 'bob')).toBe('VALIDATION_FAILED')
      },
      'refuses an id of another table': async (w) => {
        const parent = await shared(w)
        expect(await w.code('vote.update', { id: parent, patch: {} }, 'ann')).toBe('NOT_FOUND')
      },
    },
    conflicting: {
      'is a CONFLICT with the current updatedAt when somebody was faster': async (w) => {
        const row = await vote(w, await shared(w))
        const next = await change(w, row._id, { expectedUpdatedAt: row.updatedAt })
        const args = { id: row._id, patch: {}, expectedUpdatedAt: row.updatedAt }
        expect(await w.refusal('vote.update', args, 'bob')).toEqual({
          code: 'CONFLICT',
          data: { updatedAt: next.updatedAt },
        })
      },
    },
    deleted: {
      'is NOT_FOUND after rm, after a purge, and under a removed parent': async (w) => {
        const parent = await shared(w)
        const [one, two, three] = (await votes(w, parent, [0, 1, 2])) as [AnyRow, AnyRow, AnyRow]
        await rm(w, one._id)
        expect(await w.code('vote.update', { id: one._id, patch: {} }, 'bob')).toBe('NOT_FOUND')
        await purge(w, parent)
        expect(await w.code('vote.update', { id: two._id, patch: {} }, 'bob')).toBe('NOT_FOUND')
        await restore(w, parent)
        await w.call('poll.rm', { id: parent }, 'ann')
        expect(await w.code('vote.update', { id: three._id, patch: {} }, 'bob')).toBe('NOT_FOUND')
      },
    },
  },
  'entry.update': {
    hooked: {
      'runs its hooks with what was there': async (w) => {
        const { _id } = await memo(w)
        const row = await append(w, 'entry', _id, { text: 'a' })
        await w.call('entry.update', { id: row._id, patch: { text: 'b' } }, 'ann')
        expect(await trace(w, 'entry.afterUpdate')).toBe(`a (${w.ids.ann}) > b`)
        const args = { id: row._id, patch: { text: 'refuse' } }
        expect(await w.code('entry.update', args, 'ann')).toBe('FORBIDDEN')
        expect(await tail(w, 'entry', _id)).toMatchObject([{ text: 'b' }])
      },
    },
  },
})

const removing: readonly Case[] = cases({
  'vote.rm': {
    happy: {
      'removes the row of its author once': async (w) => {
        const row = await vote(w, await shared(w))
        expect(await rm(w, row._id)).toEqual({ deleted: true })
        expect(await rm(w, row._id)).toEqual({ deleted: false })
        expect(await read(w, row._id)).toBeNull()
      },
      'is for the owner of the parent and for admins too': async (w) => {
        const parent = await shared(w)
        const [one, two] = (await votes(w, parent, [0, 1])) as [AnyRow, AnyRow]
        expect(await rm(w, one._id, {}, 'ann')).toEqual({ deleted: true })
        expect(await rm(w, two._id, {}, 'admin')).toEqual({ deleted: true })
      },
      'leaves a gap that stays': async (w) => {
        const parent = await shared(w)
        const [, two] = (await votes(w, parent, [0, 1, 2])) as [AnyRow, AnyRow]
        await rm(w, two._id)
        await vote(w, parent)
        expect(await seqs(w, 'vote', parent)).toEqual([1, 3, 4])
      },
    },
    anonymous: {
      'needs somebody': async (w) => {
        const row = await vote(w, await poll(w, { isPublic: true }))
        expect(await w.code('vote.rm', { id: row._id }, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    forbidden: {
      'is not for other readers': async (w) => {
        const row = await vote(w, await poll(w, { isPublic: true }))
        expect(await w.code('vote.rm', { id: row._id }, 'eve')).toBe('FORBIDDEN')
        expect(await read(w, row._id)).toEqual(row)
      },
    },
    invisible: {
      'answers false for a row that the caller may not see, as for none': async (w) => {
        const row = await vote(w, await shared(w))
        expect(await rm(w, row._id, {}, 'eve')).toEqual({ deleted: false })
        expect(await rm(w, 'vote.1.nothing', {}, 'eve')).toEqual({ deleted: false })
        expect(await read(w, row._id)).toEqual(row)
      },
    },
    deleted: {
      'with hard, answers false for a removed row that is not the caller’s to remove': async (
        w,
      ) => {
        const row = await vote(w, await poll(w, { isPublic: true }))
        await rm(w, row._id)
        expect(await rm(w, row._id, { hard: true }, 'eve')).toEqual({ deleted: false })
      },
      'is for admins and the server also under a removed parent': async (w) => {
        for (const who of ['admin', 'system'] as const) {
          const parent = await shared(w)
          const row = await vote(w, parent)
          await w.call('poll.rm', { id: parent }, 'ann')
          expect(await rm(w, row._id, {}, 'bob')).toEqual({ deleted: false })
          expect(await rm(w, row._id, {}, who)).toEqual({ deleted: true })
        }
      },
      'with hard, removes a live and a soft-deleted row for good': async (w) => {
        const parent = await shared(w)
        const [one, two] = (await votes(w, parent, [0, 1])) as [AnyRow, AnyRow]
        await rm(w, one._id)
        expect(await rm(w, one._id, { hard: true })).toEqual({ deleted: true })
        expect(await rm(w, two._id, { hard: true })).toEqual({ deleted: true })
        expect(await restore(w, parent)).toEqual({ restored: 0 })
        expect(await seqs(w, 'vote', parent)).toEqual([])
      },
    },
  },
  'entry.rm': {
    hooked: {
      'is undone by beforeRm, and followed by afterRm': async (w) => {
        const { _id } = await memo(w)
        const kept = await append(w, 'entry', _id, { text: 'keep' })
        expect(await w.code('entry.rm', { id: kept._id }, 'ann')).toBe('FORBIDDEN')
        const gone = await append(w, 'entry', _id, { text: 'go' })
        await w.call('entry.rm', { id: gone._id }, 'ann')
        expect(await trace(w, 'entry.afterRm')).toBe(gone._id)
        expect(await seqs(w, 'entry', _id)).toEqual([1])
      },
    },
  },
  'vote.rmBulk': {
    bulk: {
      'skips what may not be removed and counts what was': async (w) => {
        const parent = await poll(w, { isPublic: true })
        const mine = await vote(w, parent, 'bob')
        const theirs = await vote(w, parent, 'eve')
        const hidden = await vote(w, await poll(w), 'ann')
        const ids = [mine._id, theirs._id, hidden._id, 'vote.1.nothing', mine._id]
        expect(await w.call('vote.rmBulk', { ids }, 'bob')).toEqual({ count: 1 })
        expect(await read(w, theirs._id)).toEqual(theirs)
        expect(await read(w, hidden._id)).toEqual(hidden)
      },
    },
    anonymous: {
      'needs somebody': async (w) => {
        expect(await w.code('vote.rmBulk', { ids: [] }, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    limited: {
      'refuses 1,001 ids': async (w) => {
        const ids = upTo(1_001).map((n) => `vote.${n}.x`)
        expect(await w.code('vote.rmBulk', { ids }, 'bob')).toBe('LIMIT_EXCEEDED')
      },
    },
    hooked: {
      'fails as a whole where a hook does': async (w) => {
        const { _id } = await memo(w)
        const rows = [
          await append(w, 'entry', _id, { text: 'go' }),
          await append(w, 'entry', _id, { text: 'keep' }),
        ]
        const ids = rows.map((row) => row._id)
        expect(await w.code('entry.rmBulk', { ids }, 'ann')).toBe('FORBIDDEN')
        expect(await seqs(w, 'entry', _id)).toEqual([1, 2])
      },
    },
  },
})

const purging: readonly Case[] = cases({
  'vote.purgeByParent': {
    purged: {
      'hides every row at once and counts what it hid': async (w) => {
        const [parent, other] = [await shared(w), await shared(w)]
        await votes(w, parent, [0, 1, 2])
        await vote(w, other)
        const [row] = await tail(w, 'vote', parent)
        await rm(w, row?._id as string)
        expect(await purge(w, parent)).toEqual({ deleted: 2 })
        expect(await seqs(w, 'vote', parent)).toEqual([])
        expect(await seqs(w, 'vote', other)).toEqual([1])
        expect(await purge(w, parent)).toEqual({ deleted: 0 })
      },
      'is for the owner of the parent, admins and the server': async (w) => {
        const parent = await shared(w)
        for (const who of ['ann', 'admin', 'system'] as const) {
          await vote(w, parent)
          expect(await purge(w, parent, who)).toEqual({ deleted: 1 })
        }
      },
      'leaves what is appended afterwards': async (w) => {
        const parent = await shared(w)
        await vote(w, parent)
        await purge(w, parent)
        await vote(w, parent)
        await w.host.idle()
        expect(await seqs(w, 'vote', parent)).toEqual([2])
      },
      'without soft delete, is for good': async (w) => {
        const parent = await shared(w)
        for (const _ of upTo(3)) await append(w, 'event', parent, { kind: 'tick' })
        expect(await purge(w, parent, 'ann', 'event')).toEqual({ deleted: 3 })
        expect(await seqs(w, 'event', parent)).toEqual([])
        expect(await restore(w, parent, 'ann', 'event')).toEqual({ restored: 0 })
        await w.host.idle()
        expect(await seqs(w, 'event', parent)).toEqual([])
      },
    },
    anonymous: {
      'needs somebody': async (w) => {
        const parent = await poll(w, { isPublic: true })
        expect(await w.code('vote.purgeByParent', { parent }, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    forbidden: {
      'is not for members and other readers': async (w) => {
        const parent = await shared(w, { isPublic: true })
        for (const who of ['bob', 'eve'] as const) {
          expect(await w.code('vote.purgeByParent', { parent }, who)).toBe('FORBIDDEN')
        }
      },
    },
    invisible: {
      'is NOT_FOUND under a parent that the caller may not see, as under none': async (w) => {
        const parent = await shared(w)
        for (const id of [parent, `${parent}x`]) {
          expect(await w.code('vote.purgeByParent', { parent: id }, 'eve')).toBe('NOT_FOUND')
          expect(await w.code('vote.restoreByParent', { parent: id }, 'eve')).toBe('NOT_FOUND')
        }
      },
    },
  },
  'vote.restoreByParent': {
    restored: {
      'brings every row back, purged or removed, later than before': async (w) => {
        const parent = await shared(w)
        const rows = await votes(w, parent, [0, 1, 2])
        await rm(w, rows[0]?._id as string)
        await purge(w, parent)
        await w.advance(1_000)
        expect(await restore(w, parent)).toEqual({ restored: 3 })
        const back = await tail(w, 'vote', parent)
        expect(back).toEqual(rows.map((row) => ({ ...row, updatedAt: w.now })))
        expect(await restore(w, parent)).toEqual({ restored: 0 })
      },
      'keeps live rows live and moves the updatedAt of what it revives': async (w) => {
        const parent = await shared(w)
        const [one] = (await votes(w, parent, [0, 1])) as [AnyRow]
        await rm(w, one._id)
        expect(await restore(w, parent)).toEqual({ restored: 1 })
        const [back] = await tail(w, 'vote', parent)
        expect(back?.updatedAt).toBeGreaterThan(one.updatedAt + 1)
        const args = { id: one._id, patch: {}, expectedUpdatedAt: one.updatedAt }
        expect(await w.code('vote.update', args, 'bob')).toBe('CONFLICT')
        expect(await change(w, one._id, { expectedUpdatedAt: back?.updatedAt })).toMatchObject({
          optionIdx: 7,
        })
      },
      'purges and restores again and again': async (w) => {
        const parent = await shared(w)
        let previous = 0
        for (const round of upTo(4)) {
          await vote(w, parent)
          expect(await purge(w, parent)).toEqual({ deleted: round })
          expect(await restore(w, parent)).toEqual({ restored: round })
          const [first] = await tail(w, 'vote', parent)
          expect(first?.updatedAt).toBeGreaterThan(previous)
          previous = first?.updatedAt as number
        }
      },
    },
    forbidden: {
      'is not for members and other readers': async (w) => {
        const parent = await shared(w, { isPublic: true })
        for (const who of ['bob', 'eve'] as const) {
          expect(await w.code('vote.restoreByParent', { parent }, who)).toBe('FORBIDDEN')
        }
      },
    },
    deleted: {
      'is NOT_FOUND under a removed parent': async (w) => {
        const parent = await shared(w)
        await w.call('poll.rm', { id: parent }, 'ann')
        expect(await w.code('vote.restoreByParent', { parent }, 'ann')).toBe('NOT_FOUND')
      },
    },
  },
})

export const logEditCases: readonly Case[] = [...updating, ...removing, ...purging]
