/**
 * What is made of the rows of a log: counts, groups, what a search finds, authors.
 */
import { expect } from 'vitest'
import { append, shared, upTo, vote, votes } from '../fixture.ts'
import { type AnyRow, firstPage, type Page, type Who, type World } from '../world.ts'
import { type Case, cases } from './case.ts'

const counts = (
  w: World,
  parent: string,
  who: Who = 'bob',
  field = 'optionIdx',
): Promise<unknown> => w.call('vote.counts', { parent, field }, who)

const found = async (
  w: World,
  parent: string,
  query: string,
  who: Who = 'bob',
): Promise<unknown[]> =>
  (await w.call<AnyRow[]>('event.search', { parent, query }, who)).map((row) => row['body'])

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
    limited: {
      'refuses the 1,001st value of a counted field, and writes nothing': async (w) => {
        const parent = await shared(w)
        const items = upTo(1_000).map((optionIdx) => ({ optionIdx }))
        await w.call('vote.appendBulk', { parent, items }, 'bob')
        const args = { parent, payload: { optionIdx: 0 } }
        expect(await w.refusal('vote.append', args, 'bob')).toMatchObject({
          code: 'LIMIT_EXCEEDED',
          data: { limit: 'maxCountedValues', max: 1_000 },
        })
        expect(await w.call('vote.append', { parent, payload: { optionIdx: 1 } }, 'bob')).toEqual({
          seq: 1_001,
          created: true,
        })
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

export const logDeriveCases: readonly Case[] = [...deriving, ...searching]
