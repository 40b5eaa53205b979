/**
 * Reading a log: by whoever may read the parent, by its owner (`auth`), by anybody of what is public (`pub`).
 */
import { expect } from 'vitest'
import { anId, append, poll, shared, tail, upTo, vote, votes } from '../fixture.ts'
import { allPages, type AnyRow, firstPage, type Page, type Who, type World } from '../world.ts'
import { type Case, cases } from './case.ts'

const audiences = ['vote', 'vote.auth', 'vote.pub'] as const

const list = (
  w: World,
  parent: string,
  who: Who,
  numItems = 100,
  cursor: string | null = null,
): Promise<Page> => w.call<Page>('vote.list', { parent, paginationOpts: { numItems, cursor } }, who)
const seqsOf = (rows: readonly AnyRow[]): unknown[] => rows.map((row) => row['seq'])
const counts = (
  w: World,
  parent: string,
  who: Who = 'bob',
  field = 'optionIdx',
): Promise<unknown> => w.call('vote.counts', { parent, field }, who)

/** What each of the three sets of reads answers to `who`: the numbers of the rows they show. */
async function shownTo(w: World, parent: string, who: Who): Promise<Record<string, unknown[]>> {
  const shown: Record<string, unknown[]> = {}
  const [row] = await tail(w, 'vote', parent)
  for (const group of audiences) {
    const page = await w.call<Page>(`${group}.list`, { parent, paginationOpts: firstPage() }, who)
    const after = await w.call<AnyRow[]>(`${group}.listAfter`, { parent, seq: 0 }, who)
    const one = await w.call<AnyRow | null>(`${group}.read`, { id: row?._id }, who)
    const sums = await w.call<object>(`${group}.counts`, { parent, field: 'optionIdx' }, who)
    shown[group] = seqsOf(after)
    expect(seqsOf(page.page)).toEqual(seqsOf(after).toReversed())
    expect(one === null).toBe(after.length === 0)
    expect(Object.keys(sums).length === 0).toBe(after.length === 0)
  }
  return shown
}

const visibility: readonly Case[] = cases({
  'vote.list': {
    invisible: {
      'under a private parent, shows its readers the flat reads and its owner auth as well': async (
        w,
      ) => {
        const parent = await shared(w)
        await votes(w, parent, [0, 1])
        const none = { vote: [], 'vote.auth': [], 'vote.pub': [] }
        for (const who of ['nobody', 'eve', 'admin'] as const) {
          expect(await shownTo(w, parent, who)).toEqual(none)
        }
        expect(await shownTo(w, parent, 'bob')).toEqual({ ...none, vote: [1, 2] })
        expect(await shownTo(w, parent, 'ann')).toEqual({
          vote: [1, 2],
          'vote.auth': [1, 2],
          'vote.pub': [],
        })
      },
      'under a public parent, shows everybody the flat and the public reads': async (w) => {
        const parent = await poll(w, { isPublic: true })
        await votes(w, parent, [0, 1])
        for (const who of ['nobody', 'eve', 'admin'] as const) {
          expect(await shownTo(w, parent, who)).toEqual({
            vote: [1, 2],
            'vote.auth': [],
            'vote.pub': [1, 2],
          })
        }
        expect((await shownTo(w, parent, 'ann'))['vote.auth']).toEqual([1, 2])
      },
      'follows the parent into and out of the public': async (w) => {
        const parent = await poll(w)
        await vote(w, parent, 'ann')
        const publish = (isPublic: boolean): Promise<unknown> =>
          w.call('poll.update', { id: parent, patch: { isPublic } }, 'ann')
        expect((await list(w, parent, 'nobody')).page).toEqual([])
        await publish(true)
        expect((await list(w, parent, 'nobody')).page).toHaveLength(1)
        await publish(false)
        expect((await list(w, parent, 'nobody')).page).toEqual([])
      },
      'is empty under a parent that there is not': async (w) => {
        const { page, isDone } = await list(w, 'poll.00000000000000000000000000', 'ann')
        expect({ page, isDone }).toEqual({ page: [], isDone: true })
      },
    },
    deleted: {
      'is empty under a removed parent, also for its owner, until that is restored': async (w) => {
        const parent = await poll(w, { isPublic: true })
        const row = await vote(w, parent)
        await w.call('poll.rm', { id: parent }, 'ann')
        for (const group of audiences) {
          const args = { parent, paginationOpts: firstPage() }
          expect((await w.call<Page>(`${group}.list`, args, 'ann')).page).toEqual([])
          expect(await w.call(`${group}.listAfter`, { parent, seq: 0 }, 'ann')).toEqual([])
          expect(await w.call(`${group}.read`, { id: row._id }, 'ann')).toBeNull()
        }
        await w.call('poll.restore', { id: parent }, 'ann')
        expect((await list(w, parent, 'nobody')).page).toEqual([row])
      },
    },
  },
})

const paging: readonly Case[] = cases({
  'vote.list': {
    happy: {
      'answers the newest first, page by page': async (w) => {
        const parent = await shared(w)
        await votes(w, parent, [0, 1, 2, 3, 4])
        const first = await list(w, parent, 'bob', 2)
        expect(first).toEqual({
          page: [expect.objectContaining({ seq: 5 }), expect.objectContaining({ seq: 4 })],
          continueCursor: anId,
          isDone: false,
        })
        expect(seqsOf(await allPages(w, 'vote.list', { parent }, 'bob', 2))).toEqual([
          5, 4, 3, 2, 1,
        ])
      },
      'goes on after the last row, whatever came or went meanwhile': async (w) => {
        const parent = await shared(w)
        const rows = await votes(w, parent, [0, 1, 2, 3, 4])
        const first = await list(w, parent, 'bob', 2)
        await vote(w, parent)
        await w.call('vote.rm', { id: rows[3]?._id }, 'bob')
        expect(seqsOf((await list(w, parent, 'bob', 9, first.continueCursor)).page)).toEqual([
          3, 2, 1,
        ])
      },
      'pins a page between two cursors': async (w) => {
        const parent = await shared(w)
        await votes(w, parent, [0, 1, 2, 3])
        const { continueCursor } = await list(w, parent, 'bob', 2)
        await vote(w, parent)
        const opts = { numItems: 2, cursor: null, endCursor: continueCursor }
        const pinned = await w.call<Page>('vote.list', { parent, paginationOpts: opts }, 'bob')
        expect(seqsOf(pinned.page)).toEqual([5, 4, 3])
      },
    },
    malformed: {
      'refuses a cursor that was not made for this list': async (w) => {
        const [one, two] = [await shared(w), await shared(w)]
        await votes(w, one, [0, 1, 2])
        await votes(w, two, [0, 1, 2])
        const { continueCursor: own } = await list(w, one, 'bob', 1)
        const forged = `${own.slice(0, -2)}${own.endsWith('AA') ? 'BB' : 'AA'}`
        for (const cursor of [forged, 'nonsense', own.slice(1), 'x'.repeat(5_000)]) {
          const args = { parent: one, paginationOpts: { numItems: 1, cursor } }
          expect(await w.code('vote.list', args, 'bob')).toBe('INVALID_CURSOR')
        }
        const foreign = { parent: two, paginationOpts: { numItems: 1, cursor: own } }
        expect(await w.code('vote.list', foreign, 'bob')).toBe('INVALID_CURSOR')
      },
      'refuses a page of no, negative, broken or too many rows': async (w) => {
        const parent = await shared(w)
        for (const numItems of [0, -1, 1.5, Number.NaN, '10', null]) {
          const args = { parent, paginationOpts: { numItems, cursor: null } }
          expect(await w.code('vote.list', args, 'bob')).toBe('VALIDATION_FAILED')
        }
        const args = { parent, paginationOpts: { numItems: 1_001, cursor: null } }
        expect(await w.code('vote.list', args, 'bob')).toBe('LIMIT_EXCEEDED')
      },
    },
  },
  'vote.listAfter': {
    happy: {
      'answers the oldest first after a number': async (w) => {
        const parent = await shared(w)
        await votes(w, parent, [0, 1, 2, 3])
        const after = (seq: number, limit?: number): Promise<AnyRow[]> =>
          w.call<AnyRow[]>('vote.listAfter', { parent, seq, ...(limit ? { limit } : {}) }, 'bob')
        expect(seqsOf(await after(2))).toEqual([3, 4])
        expect(seqsOf(await after(0, 3))).toEqual([1, 2, 3])
        expect(seqsOf(await after(4))).toEqual([])
        expect(seqsOf(await after(400))).toEqual([])
      },
      'answers 500 rows unless it is told otherwise': async (w) => {
        const parent = await shared(w)
        const items = upTo(600).map((optionIdx) => ({ optionIdx }))
        await w.call('vote.appendBulk', { parent, items }, 'system')
        expect(seqsOf(await tail(w, 'vote', parent))).toEqual(upTo(500))
        const args = { parent, seq: 0, limit: 600 }
        expect(await w.call('vote.listAfter', args, 'bob')).toHaveLength(600)
      },
    },
    malformed: {
      'refuses negative and broken numbers and over 1,000 rows': async (w) => {
        const parent = await shared(w)
        for (const more of [{ seq: -1 }, { seq: 0.5 }, { seq: '1' }, { seq: 0, limit: 0 }]) {
          expect(await w.code('vote.listAfter', { parent, ...more }, 'bob')).toBe(
            'VALIDATION_FAILED',
          )
        }
        const args = { parent, seq: 0, limit: 1_001 }
        expect(await w.code('vote.listAfter', args, 'bob')).toBe('LIMIT_EXCEEDED')
      },
    },
  },
  'vote.read': {
    happy: {
      'answers one row, without what only the factory needs': async (w) => {
        const parent = await shared(w)
        const { _id } = await vote(w, parent)
        await w.call('vote.purgeByParent', { parent }, 'ann')
        await w.call('vote.restoreByParent', { parent }, 'ann')
        const row = await w.call('vote.read', { id: _id }, 'bob')
        expect(Object.keys(row).sort()).toEqual([
          '_creationTime',
          '_id',
          'createdAt',
          'optionIdx',
          'parent',
          'seq',
          'updatedAt',
          'userId',
        ])
      },
    },
    invisible: {
      'answers null for what is no row, or of another table': async (w) => {
        const parent = await shared(w)
        for (const id of ['nonsense', 'vote.1.nothing', 'vote..', parent, w.ids.ann, '__proto__']) {
          expect(await w.call('vote.read', { id }, 'ann')).toBeNull()
        }
      },
    },
  },
})

const deriving: readonly Case[] = cases({
  'vote.counts': {
    happy: {
      'counts live rows by the value of the field': async (w) => {
        const parent = await shared(w)
        const rows = await votes(w, parent, [0, 1, 1, 2])
        expect(await counts(w, parent)).toEqual({ 0: 1, 1: 2, 2: 1 })
        await w.call('vote.update', { id: rows[0]?._id, patch: { optionIdx: 1 } }, 'bob')
        expect(await counts(w, parent)).toEqual({ 1: 3, 2: 1 })
        await w.call('vote.rm', { id: rows[3]?._id }, 'bob')
        expect(await counts(w, parent)).toEqual({ 1: 3 })
      },
      'counts each item of a bulk append': async (w) => {
        const parent = await shared(w)
        const items = [{ optionIdx: 4 }, { optionIdx: 4 }, { optionIdx: 5 }]
        await w.call('vote.appendBulk', { parent, items }, 'bob')
        expect(await counts(w, parent)).toEqual({ 4: 2, 5: 1 })
      },
      'takes names of every object for values like any other': async (w) => {
        const parent = await shared(w)
        await append(w, 'event', parent, { kind: 'start' })
        const args = { parent, field: 'kind' }
        expect(await w.call('event.counts', args, 'bob')).toEqual({ start: 1 })
      },
    },
    purged: {
      'follows a purge and a restore, rows removed before among them': async (w) => {
        const parent = await shared(w)
        const rows = await votes(w, parent, [0, 1, 1])
        await w.call('vote.rm', { id: rows[1]?._id }, 'bob')
        await w.call('vote.purgeByParent', { parent }, 'ann')
        expect(await counts(w, parent)).toEqual({})
        await vote(w, parent, 'bob', 9)
        expect(await counts(w, parent)).toEqual({ 9: 1 })
        await w.call('vote.restoreByParent', { parent }, 'ann')
        expect(await counts(w, parent)).toEqual({ 0: 1, 1: 2, 9: 1 })
      },
      'starts again after a purge for good': async (w) => {
        const parent = await shared(w)
        await append(w, 'event', parent, { kind: 'start' })
        await w.call('event.purgeByParent', { parent }, 'ann')
        await append(w, 'event', parent, { kind: 'stop' })
        await w.host.idle()
        const args = { parent, field: 'kind' }
        expect(await w.call('event.counts', args, 'bob')).toEqual({ stop: 1 })
      },
    },
    invisible: {
      'is empty for those who may not read': async (w) => {
        const parent = await shared(w)
        await vote(w, parent)
        expect(await counts(w, parent, 'eve')).toEqual({})
        expect(await counts(w, parent, 'nobody')).toEqual({})
      },
    },
    malformed: {
      'refuses a field that is not counted': async (w) => {
        const parent = await shared(w)
        for (const field of ['voter', 'nope', '__proto__']) {
          expect(await w.code('vote.counts', { parent, field }, 'bob')).toBe('VALIDATION_FAILED')
        }
      },
    },
  },
  'vote.authIndexed': {
    happy: {
      'groups rows by the value of a field, for the owner': async (w) => {
        const parent = await shared(w, { isPublic: true })
        const rows = await votes(w, parent, [0, 1, 0])
        const args = { parent, indexBy: 'optionIdx' }
        const groups = { 0: [rows[0], rows[2]], 1: [rows[1]] }
        expect(await w.call('vote.authIndexed', args, 'ann')).toEqual(groups)
        expect(await w.call('vote.pubIndexed', args, 'nobody')).toEqual(groups)
      },
    },
    invisible: {
      'is empty for others': async (w) => {
        const parent = await shared(w)
        await vote(w, parent)
        const args = { parent, indexBy: 'optionIdx' }
        expect(await w.call('vote.authIndexed', args, 'bob')).toEqual({})
        expect(await w.call('vote.pubIndexed', args, 'ann')).toEqual({})
      },
    },
    malformed: {
      'refuses a field that there is not': async (w) => {
        const parent = await shared(w)
        const args = { parent, indexBy: 'nope' }
        expect(await w.code('vote.authIndexed', args, 'ann')).toBe('VALIDATION_FAILED')
      },
    },
    limited: {
      'refuses to group over 1,000 rows': async (w) => {
        const parent = await shared(w)
        const items = upTo(1_000).map(() => ({ optionIdx: 0 }))
        const args = { parent, indexBy: 'optionIdx' }
        await w.call('vote.appendBulk', { parent, items }, 'ann')
        const groups = await w.call<Record<string, unknown[]>>('vote.authIndexed', args, 'ann')
        expect(groups[0]).toHaveLength(1_000)
        await vote(w, parent)
        expect(await w.code('vote.authIndexed', args, 'ann')).toBe('LIMIT_EXCEEDED')
      },
    },
  },
})

const found = async (
  w: World,
  parent: string,
  query: string,
  who: Who = 'bob',
): Promise<unknown[]> =>
  (await w.call<AnyRow[]>('event.search', { parent, query }, who)).map((row) => row['body'])

const searching: readonly Case[] = cases({
  'event.search': {
    happy: {
      'finds rows in which every word begins a word, newest first': async (w) => {
        const [parent, other] = [await shared(w), await shared(w)]
        for (const body of ['Green tea', 'black TEAPOT', 'steam', 'tea, green!']) {
          await append(w, 'event', parent, { kind: 'tick', body }, 'system')
        }
        await append(w, 'event', other, { kind: 'tick', body: 'green tea' }, 'system')
        expect(await found(w, parent, 'tea')).toEqual(['tea, green!', 'black TEAPOT', 'Green tea'])
        expect(await found(w, parent, 'GRE te')).toEqual(['tea, green!', 'Green tea'])
        expect(await found(w, parent, 'eam')).toEqual([])
        expect(await found(w, parent, '  ')).toEqual([])
      },
      'takes what it is given for words, never for a query language': async (w) => {
        const parent = await shared(w)
        await append(w, 'event', parent, { kind: 'tick', body: 'one OR two near' }, 'system')
        for (const query of [
          '"',
          '*',
          'one*',
          'a OR one',
          'NOT x',
          'body:one',
          "';--",
          '(',
          '%',
          '🙂',
        ]) {
          const bodies = await found(w, parent, query)
          expect(bodies.length).toBe(query === 'one*' ? 1 : 0)
        }
      },
      'finds what words of every script say': async (w) => {
        const parent = await shared(w)
        for (const body of ['Chè xanh', 'Ærø', 'ΣΊΣΥΦΟΣ']) {
          await append(w, 'event', parent, { kind: 'tick', body }, 'system')
        }
        expect(await found(w, parent, 'chè')).toEqual(['Chè xanh'])
        expect(await found(w, parent, 'ær')).toEqual(['Ærø'])
      },
      'follows updates': async (w) => {
        const parent = await shared(w)
        const row = await append(w, 'event', parent, { kind: 'tick', body: 'before' }, 'bob')
        await w.call('event.update', { id: row._id, patch: { body: 'after' } }, 'bob')
        expect(await found(w, parent, 'before')).toEqual([])
        expect(await found(w, parent, 'after')).toEqual(['after'])
      },
    },
    deleted: {
      'leaves out what was removed or purged': async (w) => {
        const parent = await shared(w)
        const row = await append(w, 'event', parent, { kind: 'tick', body: 'tea' }, 'bob')
        await append(w, 'event', parent, { kind: 'tick', body: 'tea' }, 'bob')
        await w.call('event.rm', { id: row._id }, 'bob')
        expect(await found(w, parent, 'tea')).toEqual(['tea'])
        await w.call('event.purgeByParent', { parent }, 'ann')
        expect(await found(w, parent, 'tea')).toEqual([])
      },
    },
    invisible: {
      'is empty for those who may not read': async (w) => {
        const parent = await shared(w)
        await append(w, 'event', parent, { kind: 'tick', body: 'tea' }, 'bob')
        expect(await found(w, parent, 'tea', 'eve')).toEqual([])
        expect(await found(w, parent, 'tea', 'nobody')).toEqual([])
      },
    },
    limited: {
      'answers at most 100 rows': async (w) => {
        const parent = await shared(w)
        const items = upTo(120).map((n) => ({ kind: 'tick', body: `tea ${n}` }))
        await w.call('event.appendBulk', { parent, items }, 'system')
        const bodies = await found(w, parent, 'tea')
        expect(bodies).toHaveLength(100)
        expect(bodies[0]).toBe('tea 120')
      },
    },
    malformed: {
      'is UNSUPPORTED where the table names no field': async (w) => {
        const parent = await shared(w)
        expect(await w.code('vote.search', { parent, query: 'x' }, 'bob')).toBe('UNSUPPORTED')
      },
    },
  },
  'event.list': {
    happy: {
      'joins the author where the table asks for it': async (w) => {
        const parent = await shared(w)
        await append(w, 'event', parent, { kind: 'tick' }, 'ann')
        await append(w, 'event', parent, { kind: 'tick' }, 'system')
        const { page } = await w.call<Page>(
          'event.list',
          { parent, paginationOpts: firstPage() },
          'bob',
        )
        expect(page.map((row) => row['author'])).toEqual([
          { _id: 'system', name: 'system', image: null },
          { _id: w.ids.ann, name: 'ann the user', image: 'https://example.org/ann.png' },
        ])
      },
    },
  },
})

export const logReadCases: readonly Case[] = [...visibility, ...paging, ...deriving, ...searching]
