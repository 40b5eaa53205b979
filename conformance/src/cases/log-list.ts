/**
 * Reading a log: by whoever may read the parent, by its owner (`auth`), by anybody of what is public (`pub`).
 */
import { expect } from 'vitest'
import { anId, poll, shared, tail, upTo, vote, votes } from '../fixture.ts'
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

export const logListCases: readonly Case[] = [...visibility, ...paging]
