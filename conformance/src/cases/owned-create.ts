/**
 * Making owned rows. `poll` is shared, public where it says so and soft-deleted; `memo` is private, refined, limited, has hooks
 * and is removed for good; `page` is public by a value.
 */
import { expect } from 'vitest'
import { limits } from '../app.ts'
import { anId, memo, poll, timesUntil, trace, upTo } from '../fixture.ts'
import { type AnyRow, firstPage, type Page, type Who, type World } from '../world.ts'
import { type Case, cases } from './case.ts'

const read = (w: World, id: string, who: Who = 'ann', table = 'poll'): Promise<AnyRow | null> =>
  w.call<AnyRow | null>(`${table}.read`, { id }, who)

const rm = (w: World, id: string, who: Who = 'ann', more: object = {}): Promise<unknown> =>
  w.call('poll.rm', { id, ...more }, who)

const creating: readonly Case[] = cases({
  'poll.create': {
    happy: {
      'answers the whole row, defaults filled in': async (w) => {
        expect(await w.call('poll.create', { payload: { title: 'Tea?' } }, 'ann')).toEqual({
          _id: anId,
          _creationTime: w.now,
          userId: w.ids.ann,
          updatedAt: w.now,
          title: 'Tea?',
          rank: 0,
          isPublic: false,
          memberIds: [],
        })
      },
      'keeps null and missing apart': async (w) => {
        const [nothing, missing] = [await poll(w, { note: null }), await poll(w)]
        expect((await read(w, nothing))?.['note']).toBeNull()
        expect('note' in ((await read(w, missing)) as AnyRow)).toBe(false)
      },
      'fills in a declared userId, and takes none': async (w) => {
        const payload = { text: 'x' }
        expect(await w.call('notice.create', { payload }, 'ann')).toMatchObject({
          userId: w.ids.ann,
        })
        for (const userId of [w.ids.ann, w.ids.bob]) {
          const args = { payload: { ...payload, userId } }
          expect(await w.code('notice.create', args, 'ann')).toBe('VALIDATION_FAILED')
        }
      },
      'keeps names of every object as keys like any other': async (w) => {
        const labels: unknown = JSON.parse('{"constructor":2,"toString":3}')
        const { _id } = await memo(w, { labels })
        const row = await w.call('memo.read', { id: _id }, 'ann')
        expect(JSON.stringify(row['labels'])).toBe(JSON.stringify(labels))
        const args = { payload: { text: 'x', labels: JSON.parse('{"__proto__":1}') as unknown } }
        expect(await w.code('memo.create', args, 'ann')).toBe('VALIDATION_FAILED')
      },
      'keeps nested values, numbers and texts as they are': async (w) => {
        const payload = {
          text: '🙂 é\n"\\ \u2028 .',
          low: -1.5e-7,
          high: Number.MAX_SAFE_INTEGER,
          labels: { a: 1, '': 2, 'x y': 3 },
        }
        const { _id } = await memo(w, payload)
        expect(await read(w, _id, 'ann', 'memo')).toMatchObject(payload)
      },
    },
    anonymous: {
      'needs somebody': async (w) => {
        const args = { payload: { title: 'x' } }
        expect(await w.code('poll.create', args, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    system: {
      'writes a row of the server': async (w) => {
        expect(await w.call('poll.create', { payload: { title: 'x' } }, 'system')).toMatchObject({
          userId: 'system',
        })
      },
    },
    malformed: {
      'names the path of what is wrong': async (w) => {
        const args = { payload: { title: 'x', memberIds: ['users.a', 7] } }
        expect(await w.refusal('poll.create', args, 'ann')).toMatchObject({
          code: 'VALIDATION_FAILED',
          data: { issues: [{ path: 'payload.memberIds[1]' }] },
        })
      },
      'refuses what no host can store': async (w) => {
        for (const title of ['a\0b', 'half \ud800 of a pair']) {
          expect(await w.code('poll.create', { payload: { title } }, 'ann')).toBe(
            'VALIDATION_FAILED',
          )
        }
        for (const low of [Number.NaN, Number.NEGATIVE_INFINITY]) {
          const args = { payload: { text: 'x', low } }
          expect(await w.code('memo.create', args, 'ann')).toBe('VALIDATION_FAILED')
        }
      },
      'reads minus zero as zero': async (w) => {
        expect(Object.is((await memo(w, { low: -0 }))['low'], 0)).toBe(true)
      },
    },
    conflicting: {
      'is a DUPLICATE for a value that may not repeat, and names the field': async (w) => {
        await poll(w, { slug: 'tea' })
        const args = { payload: { title: 'x', slug: 'tea' } }
        expect(await w.refusal('poll.create', args, 'bob')).toEqual({
          code: 'DUPLICATE',
          data: { fields: ['slug'] },
        })
      },
      'takes any number of rows without a value that may not repeat': async (w) => {
        expect(await poll(w)).not.toBe(await poll(w))
      },
      'keeps the value of a soft-deleted row, and frees that of a removed one': async (w) => {
        const id = await poll(w, { slug: 'tea' })
        await rm(w, id)
        const args = { payload: { title: 'x', slug: 'tea' } }
        expect(await w.code('poll.create', args, 'bob')).toBe('DUPLICATE')
        await rm(w, id, 'ann', { hard: true })
        expect(await w.call('poll.create', args, 'bob')).toMatchObject({ slug: 'tea' })
      },
      'compares all fields of a unique list of fields': async (w) => {
        const make = (title: string, area: string): object => ({ payload: { title, area } })
        await w.call('page.create', make('a', 'x'), 'ann')
        await w.call('page.create', make('a', 'y'), 'ann')
        expect(await w.refusal('page.create', make('a', 'x'), 'ann')).toEqual({
          code: 'DUPLICATE',
          data: { fields: ['area', 'title'] },
        })
      },
    },
    limited: {
      'refuses 1,001 members, naming the limit': async (w) => {
        const memberIds = upTo(1_001).map((n) => `users.${n}`)
        const args = { payload: { title: 'x', memberIds } }
        expect(await w.refusal('poll.create', args, 'ann')).toMatchObject({
          code: 'LIMIT_EXCEEDED',
          data: { limit: 'maxMembers', max: 1_000 },
        })
      },
      'is refused at the limit, and a refused call counts nothing': async (w) => {
        for (const _ of upTo(10)) {
          const args = { payload: { text: 'refuse' } }
          expect(await w.code('memo.create', args, 'ann')).toBe('FORBIDDEN')
        }
        expect(await timesUntil('RATE_LIMITED', () => memo(w))).toBe(limits.memo.max)
        expect(await memo(w, {}, 'bob')).toMatchObject({ userId: w.ids.bob })
      },
    },
    hooked: {
      'writes what beforeCreate returns and then runs afterCreate': async (w) => {
        expect(await memo(w, { text: '  tea ' })).toMatchObject({ text: 'tea' })
        expect(await trace(w, 'memo.afterCreate')).toBe('tea')
      },
      'refuses a field that the hook adds and the schema does not have': async (w) => {
        const args = { payload: { text: 'extra' } }
        expect(await w.code('memo.create', args, 'ann')).toBe('VALIDATION_FAILED')
      },
    },
  },
  'memo.createBulk': {
    bulk: {
      'makes all rows or none': async (w) => {
        const items = [{ text: 'a' }, { text: 'b' }]
        const made = await w.call<{ count: number; ids: string[] }>(
          'memo.createBulk',
          { items },
          'ann',
        )
        expect(made).toEqual({ count: 2, ids: [anId, anId] })
        const failing = [{ text: 'c' }, { text: 'crash' }]
        expect(await w.code('memo.createBulk', { items: failing }, 'ann')).toBe('INTERNAL')
        const { page } = await w.call<Page>('memo.list', { paginationOpts: firstPage() }, 'ann')
        expect(page.map((row) => row._id)).toEqual(made.ids.toReversed())
        expect(await trace(w, 'memo.afterCreate')).toBe('b')
      },
      'undoes the first row when the second is a DUPLICATE': async (w) => {
        const items = [
          { title: 'a', slug: 's' },
          { title: 'b', slug: 's' },
        ]
        expect(await w.code('poll.createBulk', { items }, 'ann')).toBe('DUPLICATE')
        expect(
          (await w.call<Page>('poll.list', { paginationOpts: firstPage() }, 'ann')).page,
        ).toEqual([])
      },
    },
    limited: {
      'spends its item count': async (w) => {
        const items = upTo(4).map((n) => ({ text: `${n}` }))
        await w.call('memo.createBulk', { items }, 'ann')
        expect(await w.code('memo.createBulk', { items: items.slice(2) }, 'ann')).toBe(
          'RATE_LIMITED',
        )
        expect(await timesUntil('RATE_LIMITED', () => memo(w))).toBe(limits.memo.max - 4)
      },
      'refuses 1,001 items': async (w) => {
        const items = upTo(1_001).map((n) => ({ title: `${n}` }))
        expect(await w.code('poll.createBulk', { items }, 'ann')).toBe('LIMIT_EXCEEDED')
      },
    },
  },
})

export const ownedCreateCases: readonly Case[] = [...creating]
