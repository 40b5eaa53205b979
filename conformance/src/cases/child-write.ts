/**
 * child: rows under a poll or memo. `comment` is made by readers, public with its poll and soft-deleted; `task` is made by
 * owner and members, ordered, unique by label, and removed for good; `remark` has hooks.
 */
import { expect } from 'vitest'
import { limits } from '../app.ts'
import { anId, comment, memo, poll, shared, task, timesUntil, trace } from '../fixture.ts'
import { allPages, type AnyRow, type Who, type World } from '../world.ts'
import { type Case, cases } from './case.ts'

const list = (
  w: World,
  path: string,
  parent: string,
  who: Who,
  more: object = {},
): Promise<AnyRow[]> => allPages(w, path, { parent, ...more }, who)

const labels = async (w: World, parent: string, more: object = {}): Promise<unknown[]> =>
  (await list(w, 'task.list', parent, 'ann', more)).map((row) => row['label'])

const said = async (
  w: World,
  parent: string,
  who: Who,
  path = 'comment.list',
): Promise<unknown[]> => (await list(w, path, parent, who)).map((row) => row['text'])

const read = (w: World, id: string, who: Who = 'ann', table = 'comment'): Promise<AnyRow | null> =>
  w.call<AnyRow | null>(`${table}.read`, { id }, who)

const writing: readonly Case[] = cases({
  'comment.create': {
    happy: {
      'answers the whole row': async (w) => {
        const parent = await shared(w)
        expect(await comment(w, parent)).toEqual({
          _id: anId,
          _creationTime: w.now,
          parent,
          userId: w.ids.bob,
          updatedAt: w.now,
          text: 'Nice',
        })
      },
      'is for every signed-in reader where the table says so': async (w) => {
        expect(await comment(w, await poll(w, { isPublic: true }), 'eve')).toMatchObject({
          text: 'Nice',
        })
      },
    },
    anonymous: {
      'needs somebody, also where everybody may read': async (w) => {
        const args = { parent: await poll(w, { isPublic: true }), payload: { text: 'x' } }
        expect(await w.code('comment.create', args, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    invisible: {
      'is NOT_FOUND under a parent that the caller may not read, as under none': async (w) => {
        const parent = await shared(w)
        for (const [id, who] of [
          [parent, 'eve'],
          [parent, 'admin'],
          [`${parent}x`, 'ann'],
        ] as const) {
          const args = { parent: id, payload: { text: 'x' } }
          expect(await w.code('comment.create', args, who)).toBe('NOT_FOUND')
        }
      },
    },
    system: {
      'writes a row of the server': async (w) => {
        expect(await comment(w, await shared(w), 'system')).toMatchObject({ userId: 'system' })
      },
    },
    malformed: {
      'names the path of what is wrong': async (w) => {
        const args = { parent: await shared(w), payload: { text: '' } }
        expect(await w.refusal('comment.create', args, 'bob')).toMatchObject({
          code: 'VALIDATION_FAILED',
          data: { issues: [{ path: 'payload.text' }] },
        })
      },
    },
    deleted: {
      'is NOT_FOUND under a removed parent': async (w) => {
        const parent = await shared(w)
        await w.call('poll.rm', { id: parent }, 'ann')
        const args = { parent, payload: { text: 'x' } }
        expect(await w.code('comment.create', args, 'ann')).toBe('NOT_FOUND')
      },
    },
    limited: {
      'is refused at the limit and says exactly when it is not': async (w) => {
        const parent = await shared(w)
        expect(await timesUntil('RATE_LIMITED', () => comment(w, parent))).toBe(limits.comment.max)
        await w.advance(limits.comment.window - 1)
        const args = { parent, payload: { text: 'x' } }
        expect(await w.refusal('comment.create', args, 'bob')).toMatchObject({
          data: { retryAfter: 1 },
        })
        await w.advance(1)
        expect(await comment(w, parent)).toMatchObject({ text: 'Nice' })
      },
    },
  },
  'task.create': {
    happy: {
      'is for the owner and members of the parent': async (w) => {
        const parent = await shared(w)
        for (const who of ['ann', 'bob'] as const) {
          const args = { parent, payload: { label: who } }
          expect(await w.call('task.create', args, who)).toMatchObject({ label: who, done: false })
        }
      },
    },
    forbidden: {
      'is FORBIDDEN for other readers of the parent': async (w) => {
        const args = { parent: await poll(w, { isPublic: true }), payload: { label: 'x' } }
        expect(await w.code('task.create', args, 'eve')).toBe('FORBIDDEN')
        expect(await w.code('task.create', args, 'admin')).toBe('FORBIDDEN')
      },
    },
    conflicting: {
      'is a DUPLICATE within one parent, never across parents': async (w) => {
        const [one, two] = [await poll(w), await poll(w)]
        await task(w, one, 'a')
        await task(w, two, 'a')
        const args = { parent: one, payload: { label: 'a' } }
        expect(await w.code('task.create', args, 'ann')).toBe('DUPLICATE')
      },
    },
  },
  'remark.create': {
    hooked: {
      'runs its hooks with the parent': async (w) => {
        const { _id: parent } = await memo(w)
        const args = (text: string): object => ({ parent, payload: { text } })
        expect(await w.code('remark.create', args('refuse'), 'ann')).toBe('FORBIDDEN')
        await w.call('remark.create', args('x'), 'ann')
        expect(await trace(w, 'remark.afterCreate')).toBe(parent)
      },
    },
  },
  'task.createBulk': {
    bulk: {
      'makes all rows or none': async (w) => {
        const parent = await poll(w)
        const items = [{ label: 'a' }, { label: 'b' }]
        expect(await w.call('task.createBulk', { parent, items }, 'ann')).toEqual({
          count: 2,
          ids: [anId, anId],
        })
        const failing = { parent, items: [{ label: 'c' }, { label: 'a' }] }
        expect(await w.code('task.createBulk', failing, 'ann')).toBe('DUPLICATE')
        expect(await labels(w, parent)).toEqual(['b', 'a'])
      },
    },
    invisible: {
      'is NOT_FOUND under a parent that the caller may not read': async (w) => {
        const args = { parent: await poll(w), items: [{ label: 'a' }] }
        expect(await w.code('task.createBulk', args, 'eve')).toBe('NOT_FOUND')
      },
    },
  },
  'comment.createBulk': {
    limited: {
      'spends its item count': async (w) => {
        const parent = await shared(w)
        const items = [{ text: 'a' }, { text: 'b' }]
        await w.call('comment.createBulk', { parent, items }, 'bob')
        expect(await w.code('comment.createBulk', { parent, items }, 'bob')).toBe('RATE_LIMITED')
      },
    },
  },
})

const editing: readonly Case[] = cases({
  'comment.update': {
    happy: {
      'is for whoever made it and for the owner of the parent': async (w) => {
        const row = await comment(w, await shared(w))
        for (const [at, who] of (['bob', 'ann', 'system'] as const).entries()) {
          const args = { id: row._id, patch: { text: who } }
          expect(await w.call('comment.update', args, who)).toEqual({
            ...row,
            text: who,
            updatedAt: row.updatedAt + at + 1,
          })
        }
      },
    },
    forbidden: {
      'is not for other readers, and not for admins': async (w) => {
        const row = await comment(w, await shared(w, { isPublic: true }), 'ann')
        for (const who of ['bob', 'eve', 'admin'] as const) {
          expect(await w.code('comment.update', { id: row._id, patch: {} }, who)).toBe('FORBIDDEN')
        }
      },
    },
    invisible: {
      'is NOT_FOUND for a row that the caller may not see, as for none': async (w) => {
        const row = await comment(w, await shared(w))
        for (const id of [row._id, `${row._id}x`, row['parent']]) {
          expect(await w.code('comment.update', { id, patch: {} }, 'eve')).toBe('NOT_FOUND')
        }
      },
      'is NOT_FOUND for its own author once they may not see the parent': async (w) => {
        const parent = await shared(w)
        const row = await comment(w, parent)
        await w.call('poll.update', { id: parent, patch: { memberIds: [] } }, 'ann')
        expect(await w.code('comment.update', { id: row._id, patch: {} }, 'bob')).toBe('NOT_FOUND')
        expect(await w.call('comment.rm', { id: row._id }, 'bob')).toEqual({ deleted: false })
      },
    },
    malformed: {
      'never moves a row to another parent': async (w) => {
        const [row, other] = [await comment(w, await shared(w)), await shared(w)]
        const args = { id: row._id, patch: { parent: other } }
        expect(await w.code('comment.update', args, 'bob')).toBe('VALIDATION_FAILED')
      },
    },
    conflicting: {
      'is a CONFLICT with the current updatedAt when somebody was faster': async (w) => {
        const row = await comment(w, await shared(w))
        const args = { id: row._id, patch: { text: 'x' }, expectedUpdatedAt: row.updatedAt }
        const { updatedAt } = await w.call('comment.update', args, 'bob')
        expect(await w.refusal('comment.update', args, 'bob')).toEqual({
          code: 'CONFLICT',
          data: { updatedAt },
        })
      },
    },
    deleted: {
      'is NOT_FOUND after rm and under a removed parent': async (w) => {
        const parent = await shared(w)
        const [gone, orphan] = [await comment(w, parent), await comment(w, parent)]
        await w.call('comment.rm', { id: gone._id }, 'bob')
        await w.call('poll.rm', { id: parent }, 'ann')
        for (const { _id: id } of [gone, orphan]) {
          expect(await w.code('comment.update', { id, patch: {} }, 'bob')).toBe('NOT_FOUND')
        }
      },
    },
  },
  'task.updateBulk': {
    bulk: {
      'changes all rows or none': async (w) => {
        const parent = await shared(w)
        const [one, two] = [await task(w, parent, 'a'), await task(w, parent, 'b')]
        const items = [one, two].map(({ _id: id }) => ({ id, patch: { done: true } }))
        expect(await w.call('task.updateBulk', { items }, 'ann')).toEqual({ count: 2 })
        const failing = [
          { id: one._id, patch: { done: false } },
          { id: two._id, patch: { label: 'a' } },
        ]
        expect(await w.code('task.updateBulk', { items: failing }, 'ann')).toBe('DUPLICATE')
        expect(await read(w, one._id, 'ann', 'task')).toMatchObject({ done: true })
        expect(await w.code('task.updateBulk', { items }, 'bob')).toBe('FORBIDDEN')
      },
    },
  },
  'comment.rm': {
    happy: {
      'is for whoever made it, the owner of the parent, and admins': async (w) => {
        const parent = await shared(w)
        for (const who of ['bob', 'ann', 'admin'] as const) {
          const row = await comment(w, parent)
          expect(await w.call('comment.rm', { id: row._id }, who)).toEqual({ deleted: true })
          expect(await w.call('comment.rm', { id: row._id }, who)).toEqual({ deleted: false })
        }
        expect(await said(w, parent, 'ann')).toEqual([])
      },
    },
    forbidden: {
      'is not for other readers': async (w) => {
        const row = await comment(w, await poll(w, { isPublic: true }), 'bob')
        expect(await w.code('comment.rm', { id: row._id }, 'eve')).toBe('FORBIDDEN')
      },
    },
    invisible: {
      'answers false for a row that the caller may not see, as for none': async (w) => {
        const row = await comment(w, await shared(w))
        for (const id of [row._id, 'nonsense']) {
          expect(await w.call('comment.rm', { id }, 'eve')).toEqual({ deleted: false })
        }
      },
    },
  },
  'comment.rmBulk': {
    bulk: {
      'skips what may not be removed and counts what was': async (w) => {
        const parent = await poll(w, { isPublic: true })
        const [mine, theirs] = [await comment(w, parent), await comment(w, parent, 'eve')]
        const ids = [mine._id, theirs._id, 'nonsense', mine._id]
        expect(await w.call('comment.rmBulk', { ids }, 'bob')).toEqual({ count: 1 })
        expect(await said(w, parent, 'nobody')).toEqual(['Nice'])
      },
    },
  },
  'comment.restore': {
    restored: {
      'brings the row back, later than it was deleted': async (w) => {
        const row = await comment(w, await shared(w))
        for (const [at, who] of (['bob', 'ann', 'admin'] as const).entries()) {
          await w.call('comment.rm', { id: row._id }, 'bob')
          const back = await w.call('comment.restore', { id: row._id }, who)
          expect(back).toEqual({ ...row, updatedAt: row.updatedAt + 2 * at + 2 })
        }
        expect(await read(w, row._id)).toMatchObject({ text: 'Nice' })
      },
    },
    forbidden: {
      'is NOT_FOUND for everybody else: the row is gone': async (w) => {
        const row = await comment(w, await shared(w, { isPublic: true }), 'ann')
        await w.call('comment.rm', { id: row._id }, 'ann')
        for (const who of ['bob', 'eve'] as const) {
          expect(await w.code('comment.restore', { id: row._id }, who)).toBe('NOT_FOUND')
        }
      },
    },
  },
})

export const childWriteCases: readonly Case[] = [...writing, ...editing]
