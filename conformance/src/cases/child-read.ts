/**
 * Reading children: lists, filters, search, within one parent.
 */
import { expect } from 'vitest'
import { comment, poll, shared, task } from '../fixture.ts'
import { allPages, type AnyRow, firstPage, type Page, type Who, type World } from '../world.ts'
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

const reading: readonly Case[] = cases({
  'comment.list': {
    happy: {
      'answers the newest first, with authors': async (w) => {
        const parent = await shared(w)
        for (const text of ['1', '2', '3']) await comment(w, parent, 'bob', text)
        expect(await said(w, parent, 'bob')).toEqual(['3', '2', '1'])
        const { page } = await w.call<Page>(
          'comment.list',
          { parent, paginationOpts: firstPage(1) },
          'bob',
        )
        expect(page[0]?.['author']).toEqual({ _id: w.ids.bob, name: 'bob the user', image: null })
      },
    },
    invisible: {
      'shows readers of the parent the flat reads, its owner auth, everybody the public ones':
        async (w) => {
          const [closed, open] = [await shared(w), await poll(w, { isPublic: true })]
          await comment(w, closed)
          await comment(w, open)
          const shownTo = async (parent: string, who: Who): Promise<number[]> => {
            const groups = ['comment.list', 'comment.auth.list', 'comment.pub.list']
            return await Promise.all(
              groups.map(async (path) => (await said(w, parent, who, path)).length),
            )
          }
          expect(await shownTo(closed, 'ann')).toEqual([1, 1, 0])
          expect(await shownTo(closed, 'bob')).toEqual([1, 0, 0])
          expect(await shownTo(open, 'ann')).toEqual([1, 1, 1])
          for (const who of ['eve', 'admin', 'nobody'] as const) {
            expect(await shownTo(closed, who)).toEqual([0, 0, 0])
            expect(await shownTo(open, who)).toEqual([1, 0, 1])
          }
        },
    },
    deleted: {
      'leaves soft-deleted rows out': async (w) => {
        const parent = await shared(w)
        const row = await comment(w, parent)
        await comment(w, parent, 'bob', 'stays')
        await w.call('comment.rm', { id: row._id }, 'bob')
        expect(await said(w, parent, 'ann')).toEqual(['stays'])
        expect(await read(w, row._id)).toBeNull()
      },
    },
  },
  'task.list': {
    happy: {
      'filters and orders by indexed fields, within the parent': async (w) => {
        const [parent, other] = [await poll(w), await poll(w)]
        await task(w, parent, 'a', { due: 3 })
        await task(w, parent, 'b', { due: 1, done: true })
        await task(w, parent, 'c', { due: 2 })
        await task(w, parent, 'd')
        await task(w, other, 'e', { due: 2 })
        expect(await labels(w, parent)).toEqual(['d', 'c', 'b', 'a'])
        expect(await labels(w, parent, { orderBy: 'due' })).toEqual(['d', 'b', 'c', 'a'])
        expect(await labels(w, parent, { where: { due: { $lt: 3 } } })).toEqual(['b', 'c'])
        expect(
          await labels(w, parent, { where: { done: false }, orderBy: 'due', order: 'desc' }),
        ).toEqual(['a', 'c', 'd'])
        expect(await labels(w, parent, { where: { parent: other } }).catch(() => 'refused')).toBe(
          'refused',
        )
      },
    },
    malformed: {
      'refuses filters that no index serves, and cursors of another parent': async (w) => {
        const [parent, other] = [await poll(w), await poll(w)]
        await task(w, parent, 'a')
        await task(w, parent, 'b')
        const args = { parent, paginationOpts: firstPage(1) }
        for (const where of [{ label: 'a' }, { parent: other }, { userId: 'x' }]) {
          expect(await w.code('task.list', { ...args, where }, 'ann')).toBe('VALIDATION_FAILED')
        }
        const { continueCursor: cursor } = await w.call<Page>('task.list', args, 'ann')
        const foreign = { parent: other, paginationOpts: { numItems: 1, cursor } }
        expect(await w.code('task.list', foreign, 'ann')).toBe('INVALID_CURSOR')
      },
    },
  },
  'comment.read': {
    invisible: {
      'answers readers of the parent the row, others null': async (w) => {
        const row = await comment(w, await shared(w))
        expect(await read(w, row._id, 'bob')).toMatchObject({ text: 'Nice' })
        for (const who of ['eve', 'admin', 'nobody'] as const)
          expect(await read(w, row._id, who)).toBeNull()
        expect(await w.call('comment.pub.read', { id: row._id }, 'ann')).toBeNull()
        expect(await w.call('comment.auth.read', { id: row._id }, 'bob')).toBeNull()
      },
    },
  },
  'comment.search': {
    happy: {
      'finds within the parent, what the caller may read': async (w) => {
        const [one, two] = [await shared(w), await shared(w)]
        await comment(w, one, 'bob', 'Green tea')
        await comment(w, two, 'bob', 'Tea')
        const find = async (who: Who): Promise<unknown[]> =>
          (await w.call<AnyRow[]>('comment.search', { parent: one, query: 'te' }, who)).map(
            (row) => row['text'],
          )
        expect(await find('bob')).toEqual(['Green tea'])
        expect(await find('eve')).toEqual([])
      },
    },
  },
})

export const childReadCases: readonly Case[] = [...reading]
