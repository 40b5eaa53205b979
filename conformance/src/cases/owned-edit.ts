/**
 * Changing, removing and restoring owned rows.
 */
import { expect } from 'vitest'
import { append, comment, memo, poll, shared, tail, task, trace, vote } from '../fixture.ts'
import { type AnyRow, firstPage, type Page, type Who, type World } from '../world.ts'
import { type Case, cases } from './case.ts'

const read = (w: World, id: string, who: Who = 'ann', table = 'poll'): Promise<AnyRow | null> =>
  w.call<AnyRow | null>(`${table}.read`, { id }, who)

const update = (
  w: World,
  id: string,
  patch: object,
  more: object = {},
  who: Who = 'ann',
): Promise<AnyRow> => w.call('poll.update', { id, patch, ...more }, who)

const rm = (w: World, id: string, who: Who = 'ann', more: object = {}): Promise<unknown> =>
  w.call('poll.rm', { id, ...more }, who)

const updating: readonly Case[] = cases({
  'poll.update': {
    happy: {
      'changes the named fields alone and answers the row': async (w) => {
        const id = await poll(w, { rank: 3 })
        const before = (await read(w, id)) as AnyRow
        const { author: _, ...row } = before
        const changed = await update(w, id, { title: 'Coffee?' })
        expect(changed).toEqual({ ...row, title: 'Coffee?', updatedAt: before.updatedAt + 1 })
        expect(await read(w, id)).toMatchObject(changed)
      },
      'does not fill in a default that nobody asked for': async (w) => {
        const { _id } = await memo(w, { status: 'done', low: 2, high: 5 })
        const args = { id: _id, patch: { text: 'x' } }
        expect(await w.call('memo.update', args, 'ann')).toMatchObject({
          status: 'done',
          low: 2,
          high: 5,
        })
      },
      'clears optional fields that unset names, and gives back what they reserved': async (w) => {
        const id = await poll(w, { slug: 'tea', note: 'x' })
        const changed = await update(w, id, {}, { unset: ['slug', 'note'] })
        expect('slug' in changed || 'note' in changed).toBe(false)
        expect(await poll(w, { slug: 'tea' })).toBeTypeOf('string')
      },
    },
    forbidden: {
      'is for the owner: members, other readers and admins see, and may not': async (w) => {
        const id = await shared(w, { isPublic: true })
        for (const who of ['bob', 'eve', 'admin'] as const) {
          expect(await w.code('poll.update', { id, patch: { title: 'x' } }, who)).toBe('FORBIDDEN')
        }
      },
    },
    invisible: {
      'is NOT_FOUND for a row that the caller may not see, as for none': async (w) => {
        const id = await shared(w)
        for (const each of [id, `${id}x`, 'nonsense', w.ids.ann]) {
          expect(await w.code('poll.update', { id: each, patch: {} }, 'eve')).toBe('NOT_FOUND')
        }
      },
    },
    malformed: {
      'checks the whole row as it would be': async (w) => {
        const { _id: id } = await memo(w, { low: 2, high: 5 })
        const refusal = await w.refusal('memo.update', { id, patch: { low: 6 } }, 'ann')
        expect(refusal).toMatchObject({ code: 'VALIDATION_FAILED' })
        expect(
          await w.call('memo.update', { id, patch: { low: 6, high: 7 } }, 'ann'),
        ).toMatchObject({ low: 6 })
        const unset = { id, patch: {}, unset: ['high'] }
        const back = await w.call('memo.update', { ...unset, patch: { low: 1 } }, 'ann')
        expect(back).toMatchObject({ low: 1, high: 10 })
      },
      'refuses fields that there are not, in patch and unset': async (w) => {
        const id = await poll(w)
        for (const patch of [{ nope: 1 }, { userId: 'x' }, { _id: 'x' }, { deletedAt: 1 }]) {
          expect(await w.code('poll.update', { id, patch }, 'ann')).toBe('VALIDATION_FAILED')
        }
        for (const unset of [['nope'], ['title'], ['userId'], [7], 'note']) {
          expect(await w.code('poll.update', { id, patch: {}, unset }, 'ann')).toBe(
            'VALIDATION_FAILED',
          )
        }
      },
    },
    conflicting: {
      'is a CONFLICT with the current updatedAt when somebody was faster': async (w) => {
        const id = await poll(w)
        const { updatedAt } = (await read(w, id)) as AnyRow
        await update(w, id, { rank: 1 }, { expectedUpdatedAt: updatedAt })
        const args = { id, patch: { rank: 2 }, expectedUpdatedAt: updatedAt }
        expect(await w.refusal('poll.update', args, 'ann')).toEqual({
          code: 'CONFLICT',
          data: { updatedAt: updatedAt + 1 },
        })
        expect(await read(w, id)).toMatchObject({ rank: 1 })
      },
      'is a DUPLICATE for another row’s value, never for its own': async (w) => {
        const [one] = [await poll(w, { slug: 'a' }), await poll(w, { slug: 'b' })]
        expect(await update(w, one, { slug: 'a' })).toMatchObject({ slug: 'a' })
        expect(await w.code('poll.update', { id: one, patch: { slug: 'b' } }, 'ann')).toBe(
          'DUPLICATE',
        )
        expect(await read(w, one)).toMatchObject({ slug: 'a' })
      },
    },
    deleted: {
      'is NOT_FOUND after rm': async (w) => {
        const id = await poll(w)
        await rm(w, id)
        expect(await w.code('poll.update', { id, patch: {} }, 'ann')).toBe('NOT_FOUND')
      },
    },
  },
  'memo.update': {
    hooked: {
      'writes what beforeUpdate returns, and is undone by afterUpdate': async (w) => {
        const { _id: id } = await memo(w)
        expect(await w.call('memo.update', { id, patch: { text: ' x ' } }, 'ann')).toMatchObject({
          text: 'x',
        })
        expect(await trace(w, 'memo.afterUpdate')).toBe('Buy tea > x')
        expect(await w.code('memo.update', { id, patch: { text: 'late crash' } }, 'ann')).toBe(
          'INTERNAL',
        )
        expect(await read(w, id, 'ann', 'memo')).toMatchObject({ text: 'x' })
        expect(await trace(w, 'memo.afterUpdate')).toBe('Buy tea > x')
      },
    },
  },
  'poll.updateBulk': {
    bulk: {
      'changes all rows or none': async (w) => {
        const [one, two, theirs] = [
          await poll(w),
          await poll(w),
          await poll(w, { isPublic: true }, 'bob'),
        ]
        const items = [one, two].map((id) => ({ id, patch: { rank: 5 } }))
        expect(await w.call('poll.updateBulk', { items }, 'ann')).toEqual({ count: 2 })
        const failing = [one, theirs].map((id) => ({ id, patch: { rank: 6 } }))
        expect(await w.code('poll.updateBulk', { items: failing }, 'ann')).toBe('FORBIDDEN')
        expect(await read(w, one)).toMatchObject({ rank: 5 })
      },
      'refuses to change a row twice': async (w) => {
        const id = await poll(w)
        const items = [1, 2].map((rank) => ({ id, patch: { rank } }))
        expect(await w.code('poll.updateBulk', { items }, 'ann')).toBe('VALIDATION_FAILED')
      },
      'undoes the first change when the second is a CONFLICT': async (w) => {
        const [one, two] = [await poll(w), await poll(w)]
        const items = [
          { id: one, patch: { rank: 1 } },
          { id: two, patch: { rank: 1 }, expectedUpdatedAt: 1 },
        ]
        expect(await w.code('poll.updateBulk', { items }, 'ann')).toBe('CONFLICT')
        expect(await read(w, one)).toMatchObject({ rank: 0 })
      },
    },
  },
})

const removing: readonly Case[] = cases({
  'poll.rm': {
    happy: {
      'removes the row once, from every read': async (w) => {
        const id = await shared(w, { isPublic: true })
        expect(await rm(w, id)).toEqual({ deleted: true })
        expect(await rm(w, id)).toEqual({ deleted: false })
        for (const who of ['ann', 'bob', 'nobody', 'system'] as const) {
          expect(await read(w, id, who)).toBeNull()
          const { page } = await w.call<Page>('poll.list', { paginationOpts: firstPage() }, who)
          expect(page).toEqual([])
        }
      },
      'takes its logs and children out of sight, and back': async (w) => {
        const id = await shared(w)
        const [cast, said] = [await vote(w, id), await comment(w, id)]
        await rm(w, id)
        expect(await tail(w, 'vote', id)).toEqual([])
        expect(await read(w, said._id, 'bob', 'comment')).toBeNull()
        await w.call('poll.restore', { id }, 'ann')
        expect(await tail(w, 'vote', id)).toEqual([cast])
        expect(await read(w, said._id, 'bob', 'comment')).toMatchObject({ text: 'Nice' })
      },
      'takes its logs and children along for good': async (w) => {
        const { _id } = await memo(w)
        await append(w, 'entry', _id, { text: 'a' })
        const remark = await w.call('remark.create', { parent: _id, payload: { text: 'b' } }, 'ann')
        await w.call('memo.rm', { id: _id }, 'ann')
        expect(await tail(w, 'entry', _id)).toEqual([])
        await w.host.idle()
        expect(await read(w, remark._id, 'system', 'remark')).toBeNull()
        expect(await w.code('memo.restore', { id: _id }, 'ann')).toBe('NOT_FOUND')
      },
      'is for admins too, also where they may not look': async (w) => {
        const id = await poll(w)
        expect(await read(w, id, 'admin')).toBeNull()
        expect(await rm(w, id, 'admin')).toEqual({ deleted: true })
      },
    },
    forbidden: {
      'is not for members and other readers': async (w) => {
        const id = await shared(w, { isPublic: true })
        for (const who of ['bob', 'eve'] as const) {
          expect(await w.code('poll.rm', { id }, who)).toBe('FORBIDDEN')
        }
      },
    },
    invisible: {
      'answers false for a row that the caller may not see, as for none': async (w) => {
        const id = await poll(w)
        for (const each of [id, `${id}x`, 'nonsense']) {
          expect(await rm(w, each, 'eve')).toEqual({ deleted: false })
        }
        expect(await read(w, id)).not.toBeNull()
      },
    },
    deleted: {
      'with hard, removes a live and a soft-deleted row for good': async (w) => {
        for (const soft of [true, false]) {
          const id = await poll(w)
          if (soft) await rm(w, id)
          expect(await rm(w, id, 'ann', { hard: true })).toEqual({ deleted: true })
          expect(await w.code('poll.restore', { id }, 'ann')).toBe('NOT_FOUND')
        }
      },
    },
  },
  'memo.rm': {
    hooked: {
      'is undone by beforeRm, and followed by afterRm': async (w) => {
        const kept = await memo(w, { text: 'keep' })
        expect(await w.code('memo.rm', { id: kept._id }, 'ann')).toBe('FORBIDDEN')
        const { _id } = await memo(w)
        await w.call('memo.rm', { id: _id }, 'ann')
        expect(await trace(w, 'memo.afterRm')).toBe(_id)
      },
    },
  },
  'poll.rmBulk': {
    bulk: {
      'skips what may not be removed and counts what was': async (w) => {
        const [mine, hidden] = [await poll(w), await poll(w, {}, 'bob')]
        const open = await poll(w, { isPublic: true }, 'eve')
        const ids = [mine, hidden, open, 'nonsense', mine]
        expect(await w.call('poll.rmBulk', { ids }, 'ann')).toEqual({ count: 1 })
        expect(await read(w, hidden, 'bob')).not.toBeNull()
        expect(await read(w, open, 'eve')).not.toBeNull()
      },
    },
  },
  'poll.restore': {
    restored: {
      'brings the row back, later than it was deleted': async (w) => {
        const id = await poll(w)
        const before = (await read(w, id)) as AnyRow
        await rm(w, id)
        const back = await w.call('poll.restore', { id }, 'ann')
        expect(back.updatedAt).toBe(before.updatedAt + 2)
        expect(await read(w, id)).toEqual({ ...before, updatedAt: back.updatedAt })
        const args = { id, patch: {}, expectedUpdatedAt: before.updatedAt }
        expect(await w.code('poll.update', args, 'ann')).toBe('CONFLICT')
      },
      'revives only what went with the row': async (w) => {
        const id = await shared(w)
        const [gone, kept] = [await comment(w, id), await comment(w, id)]
        const cast = await vote(w, id)
        await w.call('comment.rm', { id: gone._id }, 'bob')
        await w.call('vote.rm', { id: cast._id }, 'bob')
        await rm(w, id)
        await w.call('poll.restore', { id }, 'ann')
        expect(await read(w, gone._id, 'ann', 'comment')).toBeNull()
        expect(await read(w, kept._id, 'ann', 'comment')).not.toBeNull()
        expect(await tail(w, 'vote', id)).toEqual([])
      },
      'answers a row that is not removed as it is': async (w) => {
        const id = await poll(w)
        const { author: _, ...row } = (await read(w, id)) as AnyRow
        expect(await w.call('poll.restore', { id }, 'ann')).toEqual(row)
      },
      'is for admins too': async (w) => {
        const id = await poll(w)
        await rm(w, id)
        expect(await w.call('poll.restore', { id }, 'admin')).toMatchObject({ _id: id })
      },
    },
    forbidden: {
      'is NOT_FOUND for everybody else: the row is gone': async (w) => {
        const id = await shared(w, { isPublic: true })
        await rm(w, id)
        for (const who of ['bob', 'eve'] as const) {
          expect(await w.code('poll.restore', { id }, who)).toBe('NOT_FOUND')
        }
        expect(await w.code('poll.restore', { id }, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    deleted: {
      'is NOT_FOUND for what is gone for good': async (w) => {
        const made = await task(w, await poll(w), 'a')
        await w.call('task.rm', { id: made._id }, 'ann')
        expect(await w.code('task.restore', { id: made._id }, 'ann')).toBe('NOT_FOUND')
      },
    },
  },
})

export const ownedEditCases: readonly Case[] = [...updating, ...removing]
