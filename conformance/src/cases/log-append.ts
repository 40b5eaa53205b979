/**
 * Appending to a log. `vote` is soft-deleted, public with its poll and counted; `event` is removed for good and limited.
 */
import { expect } from 'vitest'
import { limits } from '../app.ts'
import { anId, append, poll, seqs, shared, tail, timesUntil, upTo } from '../fixture.ts'
import type { Who, World } from '../world.ts'
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

const appending: readonly Case[] = cases({
  'vote.append': {
    happy: {
      'numbers the rows of each parent from 1': async (w) => {
        const [one, two] = [await shared(w), await shared(w)]
        expect(await cast(w, one)).toEqual({ seq: 1, created: true })
        expect(await cast(w, one)).toEqual({ seq: 2, created: true })
        expect(await cast(w, two)).toEqual({ seq: 1, created: true })
      },
      'writes the row with its author and times': async (w) => {
        const parent = await shared(w)
        await cast(w, parent, { idempotencyKey: 'k' })
        expect(await tail(w, 'vote', parent, 'bob')).toEqual([
          {
            _id: anId,
            _creationTime: w.now,
            parent,
            seq: 1,
            userId: w.ids.bob,
            idempotencyKey: 'k',
            createdAt: w.now,
            updatedAt: w.now,
            optionIdx: 0,
          },
        ])
      },
      'fills in defaults': async (w) => {
        const parent = await shared(w)
        await occur(w, parent)
        expect(await tail(w, 'event', parent)).toMatchObject([{ kind: 'tick', body: '' }])
      },
      'takes two equal payloads without a key for two rows': async (w) => {
        const parent = await shared(w)
        await cast(w, parent)
        await cast(w, parent)
        expect(await seqs(w, 'vote', parent)).toEqual([1, 2])
      },
      'is open to every signed-in reader of a public parent': async (w) => {
        const parent = await poll(w, { isPublic: true })
        expect(await cast(w, parent, {}, 'eve')).toEqual({ seq: 1, created: true })
      },
    },
    anonymous: {
      'needs somebody, also where everybody may read': async (w) => {
        const parent = await poll(w, { isPublic: true })
        expect(await refused(w, parent, {}, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    invisible: {
      'is NOT_FOUND under a parent that the caller may not read, as under none': async (w) => {
        const parent = await shared(w)
        expect(await refused(w, parent, {}, 'eve')).toBe('NOT_FOUND')
        expect(await refused(w, parent, {}, 'admin')).toBe('NOT_FOUND')
        expect(await refused(w, `${parent}x`, {}, 'bob')).toBe('NOT_FOUND')
      },
      'ends with the membership': async (w) => {
        const parent = await shared(w)
        await cast(w, parent)
        await w.call('poll.update', { id: parent, patch: { memberIds: [] } }, 'ann')
        expect(await refused(w, parent)).toBe('NOT_FOUND')
      },
    },
    system: {
      'writes as the server': async (w) => {
        const parent = await shared(w)
        await cast(w, parent, {}, 'system')
        expect(await tail(w, 'vote', parent)).toMatchObject([{ userId: 'system' }])
      },
    },
    malformed: {
      'names the path of what is wrong': async (w) => {
        const parent = await shared(w)
        const args = { parent, payload: { optionIdx: -1 } }
        expect(await w.refusal('vote.append', args, 'bob')).toMatchObject({
          code: 'VALIDATION_FAILED',
          data: { issues: [{ path: 'payload.optionIdx' }] },
        })
      },
      'refuses a field that the schema does not have': async (w) => {
        const parent = await shared(w)
        for (const extra of ['seq', 'userId', 'deletedAt', 'fingerprint', '__proto__x']) {
          const payload = { optionIdx: 0, [extra]: 1 }
          expect(await w.code('vote.append', { parent, payload }, 'bob')).toBe('VALIDATION_FAILED')
        }
        expect(await seqs(w, 'vote', parent)).toEqual([])
      },
      'refuses a long idempotency key': async (w) => {
        const parent = await shared(w)
        expect(await refused(w, parent, { idempotencyKey: 'k'.repeat(257) })).toBe('LIMIT_EXCEEDED')
      },
    },
    conflicting: {
      'with expectedSeq, appends only where the log ends there': async (w) => {
        const parent = await shared(w)
        expect(await cast(w, parent, { expectedSeq: 0 })).toEqual({ seq: 1, created: true })
        const args = { parent, payload: { optionIdx: 0 }, expectedSeq: 0 }
        expect(await w.refusal('vote.append', args, 'bob')).toEqual({
          code: 'CONFLICT',
          data: { seq: 1 },
        })
        expect(await cast(w, parent, { expectedSeq: 1 })).toEqual({ seq: 2, created: true })
      },
      'with expectedSeq, knows the end of a log whose tail was removed': async (w) => {
        const parent = await shared(w)
        const { _id } = await append(w, 'event', parent, { kind: 'tick' }, 'bob')
        await w.call('event.rm', { id: _id }, 'bob')
        const payload = { kind: 'tick' }
        expect(await w.code('event.append', { parent, payload, expectedSeq: 0 }, 'bob')).toBe(
          'CONFLICT',
        )
        expect(await occur(w, parent, 'bob', { expectedSeq: 1 })).toEqual({ seq: 2, created: true })
      },
    },
    deleted: {
      'never gives the number of a removed row again': async (w) => {
        const parent = await shared(w)
        await occur(w, parent)
        const last = await append(w, 'event', parent, { kind: 'tick' }, 'bob')
        await w.call('event.rm', { id: last._id }, 'bob')
        expect(await occur(w, parent)).toEqual({ seq: 3, created: true })
      },
      'is NOT_FOUND under a removed parent': async (w) => {
        const parent = await shared(w)
        await w.call('poll.rm', { id: parent }, 'ann')
        expect(await refused(w, parent)).toBe('NOT_FOUND')
        expect(await refused(w, parent, {}, 'ann')).toBe('NOT_FOUND')
      },
    },
    purged: {
      'goes on counting after a purge': async (w) => {
        const parent = await shared(w)
        for (const log of ['vote', 'event'] as const) {
          const payload = log === 'vote' ? { optionIdx: 0 } : { kind: 'tick' }
          await append(w, log, parent, payload)
          await append(w, log, parent, payload)
          await w.call(`${log}.purgeByParent`, { parent }, 'ann')
          await w.host.idle()
          expect((await append(w, log, parent, payload))['seq']).toBe(3)
        }
      },
    },
  },
  'event.append': {
    limited: {
      'is refused at the limit and says exactly when it is not': async (w) => {
        const parent = await shared(w)
        expect(await timesUntil('RATE_LIMITED', () => occur(w, parent))).toBe(limits.event.max)
        await w.advance(1_234)
        const args = { parent, payload: { kind: 'tick' } }
        expect(await w.refusal('event.append', args, 'bob')).toEqual({
          code: 'RATE_LIMITED',
          data: {
            retryAfter: limits.event.window - 1_234,
            max: limits.event.max,
            windowMs: limits.event.window,
          },
        })
        await w.advance(limits.event.window - 1_235)
        expect(await w.code('event.append', args, 'bob')).toBe('RATE_LIMITED')
        await w.advance(1)
        expect(await occur(w, parent)).toEqual({ seq: limits.event.max + 1, created: true })
      },
      'slides: a use counts until its own window ends': async (w) => {
        const parent = await shared(w)
        for (const _ of upTo(limits.event.max)) {
          await occur(w, parent)
          await w.advance(1_000)
        }
        await w.advance(limits.event.window - 1_000 * limits.event.max)
        expect(await timesUntil('RATE_LIMITED', () => occur(w, parent))).toBe(1)
        await w.advance(1_000)
        expect(await timesUntil('RATE_LIMITED', () => occur(w, parent))).toBe(1)
      },
      'counts each caller alone, over all parents': async (w) => {
        const [one, two] = [await poll(w, { isPublic: true }), await poll(w, { isPublic: true })]
        await occur(w, one)
        await occur(w, two)
        expect(await timesUntil('RATE_LIMITED', () => occur(w, two))).toBe(limits.event.max - 2)
        expect(await timesUntil('RATE_LIMITED', () => occur(w, one, 'eve'))).toBe(limits.event.max)
      },
      'counts no refused call and no replay': async (w) => {
        const parent = await shared(w)
        await occur(w, parent, 'bob', { idempotencyKey: 'k' })
        for (const _ of upTo(10)) {
          expect(await occur(w, parent, 'bob', { idempotencyKey: 'k' })).toMatchObject({ seq: 1 })
          const args = { parent, payload: { kind: 'tick' }, expectedSeq: 7 }
          expect(await w.code('event.append', args, 'bob')).toBe('CONFLICT')
          expect(await w.code('event.append', { ...args, payload: {} }, 'bob')).toBe(
            'VALIDATION_FAILED',
          )
        }
        expect(await timesUntil('RATE_LIMITED', () => occur(w, parent))).toBe(limits.event.max - 1)
        expect(await occur(w, parent, 'bob', { idempotencyKey: 'k' })).toEqual({
          seq: 1,
          created: false,
        })
      },
      'tells a stale append that is over the limit so': async (w) => {
        const parent = await shared(w)
        await timesUntil('RATE_LIMITED', () => occur(w, parent))
        const args = { parent, payload: { kind: 'tick' }, expectedSeq: 99 }
        expect(await w.code('event.append', args, 'bob')).toBe('RATE_LIMITED')
      },
      'keeps counting when the clock goes back': async (w) => {
        const parent = await shared(w)
        await timesUntil('RATE_LIMITED', () => occur(w, parent))
        await w.advance(-100_000)
        const args = { parent, payload: { kind: 'tick' } }
        expect(await w.refusal('event.append', args, 'bob')).toMatchObject({
          data: { retryAfter: limits.event.window + 100_000 },
        })
      },
      'does not limit the server itself': async (w) => {
        const parent = await shared(w)
        for (const _ of upTo(2 * limits.event.max)) await occur(w, parent, 'system')
        expect(await seqs(w, 'event', parent)).toEqual(upTo(2 * limits.event.max))
      },
    },
  },
})

const bulk: readonly Case[] = cases({
  'vote.appendBulk': {
    bulk: {
      'takes a contiguous stretch of numbers': async (w) => {
        const parent = await shared(w)
        await cast(w, parent)
        const items = [{ optionIdx: 1 }, { optionIdx: 2 }, { optionIdx: 3 }]
        expect(await w.call('vote.appendBulk', { parent, items }, 'bob')).toEqual({
          count: 3,
          firstSeq: 2,
        })
        const rows = await tail(w, 'vote', parent)
        expect(rows.map((row) => [row['seq'], row['optionIdx']])).toEqual([
          [1, 0],
          [2, 1],
          [3, 2],
          [4, 3],
        ])
      },
      'writes nothing when one item is wrong, and says which': async (w) => {
        const parent = await shared(w)
        const items = [{ optionIdx: 1 }, { optionIdx: 'two' }]
        expect(await w.refusal('vote.appendBulk', { parent, items }, 'bob')).toMatchObject({
          code: 'VALIDATION_FAILED',
          data: { issues: [{ path: 'items[1].optionIdx' }] },
        })
        expect(await cast(w, parent)).toEqual({ seq: 1, created: true })
      },
      'takes no items for nothing to do': async (w) => {
        const parent = await shared(w)
        expect(await w.call('vote.appendBulk', { parent, items: [] }, 'bob')).toMatchObject({
          count: 0,
        })
        expect(await cast(w, parent)).toEqual({ seq: 1, created: true })
      },
    },
    anonymous: {
      'needs somebody': async (w) => {
        const parent = await poll(w, { isPublic: true })
        expect(await w.code('vote.appendBulk', { parent, items: [] }, 'nobody')).toBe(
          'NOT_AUTHENTICATED',
        )
      },
    },
    invisible: {
      'is NOT_FOUND under a parent that the caller may not read': async (w) => {
        const parent = await shared(w)
        const items = [{ optionIdx: 0 }]
        expect(await w.code('vote.appendBulk', { parent, items }, 'eve')).toBe('NOT_FOUND')
      },
    },
    limited: {
      'takes 1,000 items and refuses 1,001, naming the limit': async (w) => {
        const parent = await shared(w)
        const items = upTo(1_001).map((optionIdx) => ({ optionIdx }))
        expect(await w.refusal('vote.appendBulk', { parent, items }, 'bob')).toMatchObject({
          code: 'LIMIT_EXCEEDED',
          data: { limit: 'maxBulkItems', max: 1_000, actual: 1_001 },
        })
      },
    },
  },
  'event.appendBulk': {
    limited: {
      'spends its item count': async (w) => {
        const parent = await shared(w)
        const items = [{ kind: 'start' }, { kind: 'stop' }]
        await w.call('event.appendBulk', { parent, items }, 'bob')
        expect(await w.code('event.appendBulk', { parent, items }, 'bob')).toBe('RATE_LIMITED')
        expect(await occur(w, parent)).toEqual({ seq: 3, created: true })
      },
      'refuses more than could ever fit, as a limit and not as a wait': async (w) => {
        const parent = await shared(w)
        const items = upTo(limits.event.max + 1).map(() => ({ kind: 'tick' }))
        expect(await w.code('event.appendBulk', { parent, items }, 'bob')).toBe('LIMIT_EXCEEDED')
      },
    },
  },
})

export const logAppendCases: readonly Case[] = [...appending, ...bulk]
