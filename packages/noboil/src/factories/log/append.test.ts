import { describe, expect, it } from 'vitest'
import type { HookContext } from '../../schema/context.ts'
import { codeOf, failure } from '../testing.fixture.ts'
import { append, makePoll, ready, rig, seqs, tail } from './log.fixture.ts'

describe('append', () => {
  it('gives each parent its own numbers, from 1, without gaps', async () => {
    const { app, ann, parent } = await ready()
    const other = await makePoll(ann)
    for (const seq of [1, 2, 3]) expect(await append(ann, parent)).toEqual({ seq, created: true })
    expect(await append(ann, other)).toEqual({ seq: 1, created: true })
    expect((await tail(ann, parent))[0]).toEqual({
      _id: `vote.1.${parent}`,
      _creationTime: app.time,
      parent,
      seq: 1,
      userId: 'ann',
      createdAt: app.time,
      updatedAt: app.time,
      option: 1,
      voter: 'me',
    })
  })

  it('never gives a number again, also when the last row is gone for good', async () => {
    const { ann, parent } = await ready({}, 2)
    const [, last] = await tail(ann, parent)
    await ann('vote.rm', { id: last?._id })
    expect(await append(ann, parent)).toEqual({ seq: 3, created: true })
    expect(await seqs(ann, parent)).toEqual([1, 3])
  })

  it('is for whoever reads the parent and is signed in', async () => {
    const app = rig()
    const hidden = await makePoll(app.as('ann'), { memberIds: ['bob'] })
    await append(app.as('bob'), hidden)
    expect(await codeOf(append(app.as('cat'), hidden))).toBe('NOT_FOUND')
    expect(await codeOf(append(app.nobody, hidden))).toBe('NOT_AUTHENTICATED')
    expect(await codeOf(append(app.as('ann'), 'poll.none'))).toBe('NOT_FOUND')
    await append(app.server, hidden)
    await app.as('ann')('poll.update', { id: hidden, patch: { memberIds: [] } })
    expect(await codeOf(append(app.as('bob'), hidden))).toBe('NOT_FOUND')
  })

  it('with expectedSeq appends only where the log ends there', async () => {
    const { ann, parent } = await ready()
    await append(ann, parent, { option: 1 }, { expectedSeq: 0 })
    expect(await failure(append(ann, parent, { option: 1 }, { expectedSeq: 0 }))).toMatchObject({
      code: 'CONFLICT',
      data: { seq: 1 },
    })
    expect(await append(ann, parent, { option: 1 }, { expectedSeq: 1 })).toMatchObject({ seq: 2 })
  })

  it('in bulk is one contiguous stretch, all or nothing', async () => {
    const { ann, parent } = await ready({}, 1)
    const bulk = (...items: object[]) => ann('vote.appendBulk', { parent, items })
    expect(await bulk({ option: 1 }, { option: 2 })).toEqual({ count: 2, firstSeq: 2 })
    expect(await failure(bulk({ option: 1 }, { option: 'x' }))).toMatchObject({
      data: { issues: [{ path: 'items[1].option' }] },
    })
    expect(await bulk()).toEqual({ count: 0, firstSeq: 4 })
    expect(await seqs(ann, parent)).toEqual([1, 2, 3])
    expect(await codeOf(bulk(...Array.from({ length: 1_001 }, () => ({ option: 1 }))))).toBe(
      'LIMIT_EXCEEDED',
    )
  })

  it('refuses fields that the schema lacks and payloads that are too large', async () => {
    const { ann, parent } = await ready()
    expect(await codeOf(append(ann, parent, { option: 1, extra: 1 }))).toBe('VALIDATION_FAILED')
    expect(await codeOf(append(ann, parent, { option: 1, why: 'x'.repeat(300_000) }))).toBe(
      'LIMIT_EXCEEDED',
    )
    expect(await codeOf(append(ann, parent, { option: 1, why: '\0' }))).toBe('VALIDATION_FAILED')
  })
})

describe('idempotency', () => {
  const key = { idempotencyKey: 'k' }

  it('the same key, author and payload append once', async () => {
    let hooks = 0
    const { ann, parent } = await ready({
      hooks: { beforeAppend: (_: unknown, e: { payload: object }) => (hooks++, e.payload) },
    })
    expect(await append(ann, parent, { option: 1 }, key)).toEqual({ seq: 1, created: true })
    expect(await append(ann, parent, { option: 1 }, key)).toEqual({ seq: 1, created: false })
    expect([await seqs(ann, parent), hooks]).toEqual([[1], 1])
  })

  it('another payload or author under the key is IDEMPOTENCY_MISMATCH; another parent is another key', async () => {
    const { ann, bob, parent } = await ready()
    await append(ann, parent, { option: 1 }, key)
    expect(await codeOf(append(ann, parent, { option: 2 }, key))).toBe('IDEMPOTENCY_MISMATCH')
    expect(await codeOf(append(bob, parent, { option: 1 }, key))).toBe('IDEMPOTENCY_MISMATCH')
    const other = await makePoll(ann)
    expect(await append(ann, other, { option: 1 }, key)).toEqual({ seq: 1, created: true })
  })

  it('the payload is compared as the client sent it, before defaults and hooks', async () => {
    const { ann, parent } = await ready({
      hooks: { beforeAppend: () => ({ option: 9, voter: 'hook' }) },
    })
    await append(ann, parent, { option: 1, why: 'x' }, key)
    expect(await append(ann, parent, { why: 'x', option: 1 }, key)).toMatchObject({
      created: false,
    })
    expect(await codeOf(append(ann, parent, { option: 1, why: 'x', voter: 'me' }, key))).toBe(
      'IDEMPOTENCY_MISMATCH',
    )
  })

  it('a replay consumes no rate limit, also when none is left', async () => {
    const { ann, parent } = await ready({ rateLimit: 1 })
    await append(ann, parent, { option: 1 }, key)
    expect(await append(ann, parent, { option: 1 }, key)).toMatchObject({ created: false })
    expect(await codeOf(append(ann, parent))).toBe('RATE_LIMITED')
  })

  it('a soft-deleted row keeps its key, a row that is gone for good gives it back', async () => {
    const { ann, parent } = await ready({ softDelete: true })
    await append(ann, parent, { option: 1 }, key)
    const [row] = await tail(ann, parent)
    await ann('vote.rm', { id: row?._id })
    expect(await append(ann, parent, { option: 1 }, key)).toEqual({ seq: 1, created: false })
    await ann('vote.rm', { id: row?._id, hard: true })
    expect(await append(ann, parent, { option: 2 }, key)).toEqual({ seq: 2, created: true })
  })

  it('a hard purge frees keys before the sweep has come by', async () => {
    const { app, ann, parent } = await ready()
    await append(ann, parent, { option: 1 }, key)
    await ann('vote.purgeByParent', { parent })
    expect(await append(ann, parent, { option: 2 }, key)).toEqual({ seq: 2, created: true })
    await app.settle()
    expect(await app.stored('vote')).toMatchObject([{ seq: 2 }])
  })
})

describe('rate limit', () => {
  it('is an exact window per caller; the server itself has none', async () => {
    const { app, ann, bob, parent } = await ready({ rateLimit: { max: 2, window: 1_000 } })
    await append(ann, parent)
    app.wait(400)
    await append(ann, parent)
    expect(await failure(append(ann, parent))).toMatchObject({
      code: 'RATE_LIMITED',
      data: { retryAfter: 600, max: 2, windowMs: 1_000 },
    })
    await append(bob, parent)
    for (let at = 0; at < 3; at++) await append(app.server, parent)
    app.wait(599)
    expect(await failure(append(ann, parent))).toMatchObject({ data: { retryAfter: 1 } })
    app.wait(1)
    await append(ann, parent)
    expect(await failure(append(ann, parent))).toMatchObject({ data: { retryAfter: 400 } })
  })

  it('a refused call consumes none', async () => {
    let broken = false
    const { ann, parent } = await ready({
      rateLimit: 2,
      hooks: {
        afterAppend: () => {
          if (broken) throw new Error('no')
        },
      },
    })
    broken = true
    await expect(append(ann, parent)).rejects.toThrow('no')
    broken = false
    await codeOf(append(ann, parent, { option: 'x' }))
    await codeOf(append(ann, parent, { option: 1 }, { expectedSeq: 7 }))
    await codeOf(ann('vote.appendBulk', { parent, items: [1, 2, 3].map((option) => ({ option })) }))
    await ann('vote.appendBulk', { parent, items: [{ option: 1 }, { option: 2 }] })
    expect(await codeOf(append(ann, parent))).toBe('RATE_LIMITED')
  })
})

describe('counts', () => {
  it('hold also when a before-hook appends to the same log', async () => {
    let inner = true
    const { ann, parent } = await ready({
      counts: ['option'],
      hooks: {
        beforeAppend: async (ctx: HookContext, event: { parent: string; payload: object }) => {
          if (inner) {
            inner = false
            const args = { parent: event.parent, items: [{ option: 7 }] }
            await ctx.db.mutation({ path: 'vote.appendBulk', kind: 'mutation' }, args)
          }
          return event.payload
        },
      },
    })
    expect(await append(ann, parent)).toEqual({ seq: 2, created: true })
    expect(await ann('vote.counts', { parent, field: 'option' })).toEqual({ 1: 1, 7: 1 })
  })

  it('follow every append, edit and removal', async () => {
    const { ann, parent } = await ready({ counts: ['option'] }, 4)
    const counts = () => ann('vote.counts', { parent, field: 'option' })
    expect(await counts()).toEqual({ 0: 2, 1: 1, 2: 1 })
    const [one, two] = await tail(ann, parent)
    await ann('vote.update', { id: one?._id, patch: { option: 1 } })
    expect(await counts()).toEqual({ 0: 1, 1: 2, 2: 1 })
    await ann('vote.rmBulk', { ids: [two?._id] })
    await ann('vote.appendBulk', { parent, items: [{ option: 2 }, { option: 2 }] })
    expect(await counts()).toEqual({ 0: 1, 1: 1, 2: 3 })
    expect(await codeOf(ann('vote.counts', { parent, field: 'voter' }))).toBe('VALIDATION_FAILED')
  })

  it('have a limit on different values', async () => {
    const { ann, parent } = await ready({ counts: ['option'] }, 2, { maxCountedValues: 2 })
    expect(await failure(append(ann, parent, { option: 9 }))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      data: { limit: 'maxCountedValues', max: 2, actual: 3 },
    })
    expect(await seqs(ann, parent)).toEqual([1, 2])
  })
})
