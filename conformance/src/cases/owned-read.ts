/**
 * Reading owned rows: one's own and shared ones (flat), one's own (`auth`), public ones (`pub`); filters, orders, search.
 */
import { expect } from 'vitest'
import { memo, poll, shared } from '../fixture.ts'
import { allPages, type AnyRow, firstPage, type Page, type Who, type World } from '../world.ts'
import { type Case, cases } from './case.ts'

type List = (w: World, path: string, who: Who, more?: object) => Promise<AnyRow[]>
const list: List = (w, path, who, more = {}) => allPages(w, path, more, who)
const titles = async (...given: Parameters<List>): Promise<unknown[]> =>
  (await list(...given)).map((row) => row['title'])
const texts = async (w: World, more: object, who: Who = 'ann'): Promise<unknown[]> =>
  (await list(w, 'memo.list', who, more)).map((row) => row['text'])
const refused = (w: World, path: string, more: object, who: Who = 'ann'): Promise<string> =>
  w.code(path, { paginationOpts: firstPage(), ...more }, who)

const visibility: readonly Case[] = cases({
  'poll.list': {
    invisible: {
      'shows what is one’s own and what is shared, in one order': async (w) => {
        for (const [title, owner, members] of [
          ['1', 'ann', []],
          ['2', 'bob', ['ann']],
          ['3', 'bob', []],
          ['4', 'ann', ['bob']],
          ['5', 'eve', ['bob', 'ann']],
        ] as const) {
          await poll(w, { title, members }, owner)
          await w.advance(1)
        }
        expect(await titles(w, 'poll.list', 'ann')).toEqual(['5', '4', '2', '1'])
        expect(await titles(w, 'poll.list', 'bob')).toEqual(['5', '4', '3', '2'])
        expect(await titles(w, 'poll.auth.list', 'ann')).toEqual(['4', '1'])
        expect(await titles(w, 'poll.list', 'admin')).toEqual([])
        expect(await titles(w, 'poll.list', 'nobody')).toEqual([])
        expect(await titles(w, 'poll.list', 'system')).toEqual(['5', '4', '3', '2', '1'])
      },
      'follows who comes and goes': async (w) => {
        const id = await poll(w)
        const share = (memberIds: string[]): Promise<unknown> =>
          w.call('poll.update', { id, patch: { memberIds } }, 'ann')
        await share([w.ids.bob, w.ids.eve])
        expect(await list(w, 'poll.list', 'eve')).toHaveLength(1)
        await share([w.ids.bob])
        expect(await list(w, 'poll.list', 'eve')).toEqual([])
        expect(await list(w, 'poll.list', 'bob')).toHaveLength(1)
        await w.call('poll.rm', { id }, 'ann')
        expect(await list(w, 'poll.list', 'bob')).toEqual([])
        await w.call('poll.restore', { id }, 'ann')
        expect(await list(w, 'poll.list', 'bob')).toHaveLength(1)
      },
      'shows the public what is public, by a flag, a value, or always': async (w) => {
        const open = await poll(w, { isPublic: true, title: 'open' })
        await shared(w)
        expect(await titles(w, 'poll.pub.list', 'nobody')).toEqual(['open'])
        expect(await titles(w, 'poll.pub.list', 'ann')).toEqual(['open'])
        await w.call('poll.update', { id: open, patch: { isPublic: false } }, 'ann')
        expect(await titles(w, 'poll.pub.list', 'ann')).toEqual([])
        for (const state of ['draft', 'published'] as const) {
          await w.call('page.create', { payload: { title: state, state } }, 'ann')
        }
        expect(await titles(w, 'page.pub.list', 'nobody')).toEqual(['published'])
        await w.call('notice.create', { payload: { text: 'all' } }, 'ann')
        expect(await list(w, 'notice.pub.list', 'nobody')).toHaveLength(1)
      },
    },
  },
  'poll.read': {
    happy: {
      'joins the author where the table asks for it': async (w) => {
        const id = await poll(w)
        expect(await w.call('poll.read', { id }, 'ann')).toMatchObject({
          author: { _id: w.ids.ann, name: 'ann the user', image: 'https://example.org/ann.png' },
        })
      },
    },
    invisible: {
      'answers owner, members and, where it is public, everybody': async (w) => {
        const [closed, open] = [await shared(w), await poll(w, { isPublic: true })]
        for (const who of ['ann', 'bob', 'system'] as const) {
          expect(await w.call('poll.read', { id: closed }, who)).toMatchObject({ _id: closed })
        }
        for (const who of ['eve', 'admin', 'nobody'] as const) {
          expect(await w.call('poll.read', { id: closed }, who)).toBeNull()
          expect(await w.call('poll.read', { id: open }, who)).toMatchObject({ _id: open })
        }
        expect(await w.call('poll.pub.read', { id: closed }, 'ann')).toBeNull()
        expect(await w.call('poll.auth.read', { id: closed }, 'bob')).toBeNull()
      },
      'answers null for what is no row': async (w) => {
        for (const id of ['nonsense', 'poll.', 'poll.nothing', w.ids.ann, '__proto__', '.']) {
          expect(await w.call('poll.read', { id }, 'ann')).toBeNull()
        }
      },
    },
  },
})

async function memos(w: World): Promise<void> {
  for (const [text, status, low] of [
    ['a', 'draft', 3],
    ['b', 'done', 1],
    ['c', 'draft', 2],
    ['d', 'draft', 1],
  ] as const) {
    await memo(w, { text, status, low })
  }
  await memo(w, { text: 'theirs', status: 'draft', low: 1 }, 'bob')
}

const filtering: readonly Case[] = cases({
  'memo.list': {
    happy: {
      'answers the newest first': async (w) => {
        await memos(w)
        expect(await texts(w, {})).toEqual(['d', 'c', 'b', 'a'])
        expect(await texts(w, { order: 'asc' })).toEqual(['a', 'b', 'c', 'd'])
      },
      'filters by indexed fields': async (w) => {
        await memos(w)
        expect(await texts(w, { where: { status: 'draft' } })).toEqual(['d', 'c', 'a'])
        expect(await texts(w, { where: { status: 'draft', low: 1 } })).toEqual(['d'])
        expect(await texts(w, { where: { status: 'draft', low: { $gte: 2 } } })).toEqual(['c', 'a'])
      },
      'orders by an indexed field, equal values by age, on every page': async (w) => {
        await memos(w)
        expect(await texts(w, { orderBy: 'low' })).toEqual(['b', 'd', 'c', 'a'])
        expect(await texts(w, { orderBy: 'low', order: 'desc' })).toEqual(['a', 'c', 'd', 'b'])
      },
      'takes every comparison': async (w) => {
        await memos(w)
        const sorted = async (low: object): Promise<unknown[]> =>
          (await texts(w, { where: { low } })).sort()
        expect(await sorted({ $gt: 1 })).toEqual(['a', 'c'])
        expect(await sorted({ $gte: 2 })).toEqual(['a', 'c'])
        expect(await sorted({ $lt: 2 })).toEqual(['b', 'd'])
        expect(await sorted({ $lte: 2 })).toEqual(['b', 'c', 'd'])
        expect(await sorted({ $between: [2, 3] })).toEqual(['a', 'c'])
        expect(await sorted({ $gt: 1, $lt: 3 })).toEqual(['c'])
        expect(await sorted({ $gt: 3, $lt: 1 })).toEqual([])
      },
    },
    malformed: {
      'refuses filters and orders that no index serves': async (w) => {
        for (const more of [
          { where: { text: 'a' } },
          { where: { nope: 1 } },
          { where: { userId: w.ids.bob } },
          { where: { _id: 'x' } },
          { where: { high: 1 } },
          { orderBy: 'text' },
          { orderBy: 'userId' },
          { order: 'up' },
        ]) {
          expect(await refused(w, 'memo.list', more)).toBe('VALIDATION_FAILED')
        }
      },
      'refuses values and comparisons that the field does not have': async (w) => {
        for (const low of [
          '1',
          null,
          { $ne: 1 },
          { $in: [1] },
          { $gt: '1' },
          { $between: [1] },
          {},
          [1],
        ]) {
          expect(await refused(w, 'memo.list', { where: { low } })).toBe('VALIDATION_FAILED')
        }
        expect(await refused(w, 'memo.list', { where: { status: 'nope' } })).toBe(
          'VALIDATION_FAILED',
        )
        expect(await refused(w, 'memo.list', { where: [] })).toBe('VALIDATION_FAILED')
      },
      'refuses a cursor of another filter, and of another person': async (w) => {
        await memos(w)
        const first = { paginationOpts: firstPage(1) }
        const { continueCursor: cursor } = await w.call<Page>('memo.list', first, 'ann')
        const paginationOpts = { numItems: 1, cursor }
        expect(await refused(w, 'memo.list', { paginationOpts, order: 'asc' })).toBe(
          'INVALID_CURSOR',
        )
        expect(await refused(w, 'memo.list', { paginationOpts }, 'bob')).toBe('INVALID_CURSOR')
        expect(await refused(w, 'poll.list', { paginationOpts })).toBe('INVALID_CURSOR')
      },
    },
    invisible: {
      'never lets a filter reach another person’s rows': async (w) => {
        await memos(w)
        expect(await texts(w, { where: { low: 1 } })).toEqual(['d', 'b'])
        expect(await texts(w, { where: { low: 1 } }, 'eve')).toEqual([])
      },
    },
  },
  'poll.list': {
    happy: {
      'filters and orders what is shared like what is one’s own': async (w) => {
        await poll(w, { title: 'a', rank: 2 })
        await poll(w, { title: 'b', rank: 1, members: ['ann'] }, 'bob')
        const third = await poll(w, { title: 'c', rank: 3, members: ['ann'] }, 'eve')
        expect(await titles(w, 'poll.list', 'ann', { orderBy: 'rank' })).toEqual(['b', 'a', 'c'])
        await w.call('poll.update', { id: third, patch: { rank: 0 } }, 'eve')
        expect(await titles(w, 'poll.list', 'ann', { orderBy: 'rank' })).toEqual(['c', 'b', 'a'])
        expect(await titles(w, 'poll.list', 'ann', { where: { rank: { $lt: 2 } } })).toEqual([
          'c',
          'b',
        ])
      },
      'pages exactly, however the rows are mixed and whatever goes meanwhile': async (w) => {
        const ids: string[] = []
        for (const n of [1, 2, 3, 4, 5, 6]) {
          ids.push(await poll(w, { title: `${n}`, members: ['ann'] }, n % 2 ? 'ann' : 'bob'))
        }
        const page = (cursor: string | null): Promise<Page> =>
          w.call<Page>('poll.list', { paginationOpts: { numItems: 2, cursor } }, 'ann')
        const first = await page(null)
        await w.call('poll.rm', { id: ids[3] }, 'bob')
        const second = await page(first.continueCursor)
        const third = await page(second.continueCursor)
        const rows = [first, second, third].flatMap((each) => each.page.map((row) => row['title']))
        expect(rows).toEqual(['6', '5', '3', '2', '1'])
      },
    },
  },
})

const find = async (w: World, query: string, who: Who, path = 'poll.search'): Promise<unknown[]> =>
  (await w.call<AnyRow[]>(path, { query }, who)).map((row) => row['title'])

const searching: readonly Case[] = cases({
  'poll.search': {
    happy: {
      'finds one’s own and shared rows by the beginnings of words, newest first': async (w) => {
        await poll(w, { title: 'Green tea' })
        await poll(w, { title: 'Tea for two', members: ['ann'] }, 'bob')
        await poll(w, { title: 'Steam' })
        expect(await find(w, 'tea', 'ann')).toEqual(['Tea for two', 'Green tea'])
        expect(await find(w, 'gre TE', 'ann')).toEqual(['Green tea'])
        expect(await find(w, '', 'ann')).toEqual([])
      },
      'follows updates': async (w) => {
        const id = await poll(w, { title: 'before', members: ['bob'] })
        await w.call('poll.update', { id, patch: { title: 'after' } }, 'ann')
        expect(await find(w, 'before', 'bob')).toEqual([])
        expect(await find(w, 'after', 'bob')).toEqual(['after'])
      },
    },
    invisible: {
      'finds nothing that a list would not show': async (w) => {
        await poll(w, { title: 'tea', isPublic: true })
        await poll(w, { title: 'tea closed' })
        for (const who of ['eve', 'admin', 'nobody'] as const) {
          expect(await find(w, 'tea', who)).toEqual([])
          expect(await find(w, 'tea', who, 'poll.auth.search')).toEqual([])
          expect(await find(w, 'tea', who, 'poll.pub.search')).toEqual(['tea'])
        }
      },
    },
    deleted: {
      'leaves soft-deleted rows out': async (w) => {
        const id = await poll(w, { title: 'tea', isPublic: true })
        await w.call('poll.rm', { id }, 'ann')
        expect(await find(w, 'tea', 'ann')).toEqual([])
        expect(await find(w, 'tea', 'nobody', 'poll.pub.search')).toEqual([])
      },
    },
    malformed: {
      'is UNSUPPORTED where the table names no field': async (w) => {
        expect(await w.code('memo.search', { query: 'x' }, 'ann')).toBe('UNSUPPORTED')
      },
      'refuses a query of 1,001 characters': async (w) => {
        expect(await w.code('poll.search', { query: 'x'.repeat(1_001) }, 'ann')).toBe(
          'LIMIT_EXCEEDED',
        )
      },
    },
  },
})

export const ownedReadCases: readonly Case[] = [...visibility, ...filtering, ...searching]
