import { describe, expect, it } from 'vitest'
import { type Caller, codeOf, failure, first } from '../testing.fixture.ts'
import { type Shown, append, makePoll, ready, rig, seqs, tail } from './log.fixture.ts'

describe('update and rm', () => {
  it('the author edits; seq and parent stay', async () => {
    const { ann, bob, admin, parent } = await ready()
    await append(bob, parent, { option: 1, why: 'x' })
    const [row] = await tail(ann, parent)
    const update = (caller: Caller, more: object = {}) =>
      caller('vote.update', { id: row?._id, patch: { option: 2 }, ...more })
    expect(await codeOf(update(ann))).toBe('FORBIDDEN')
    expect(await codeOf(update(admin))).toBe('FORBIDDEN')
    const next = await update(bob, { unset: ['why'], expectedUpdatedAt: row?.updatedAt })
    expect(next).toMatchObject({ seq: 1, option: 2, updatedAt: (row?.updatedAt ?? 0) + 1 })
    expect(next).not.toHaveProperty('why')
    expect(await codeOf(update(bob, { expectedUpdatedAt: row?.updatedAt }))).toBe('CONFLICT')
    expect(await codeOf(bob('vote.update', { id: row?._id, patch: { seq: 9 } }))).toBe(
      'VALIDATION_FAILED',
    )
    expect(await codeOf(bob('vote.update', { id: `vote.9.${parent}`, patch: {} }))).toBe(
      'NOT_FOUND',
    )
  })

  it('the author, the parent’s owner and admins remove', async () => {
    const { app, ann, bob, admin, parent } = await ready()
    for (let at = 0; at < 4; at++) await append(bob, parent)
    const rows = await tail(ann, parent)
    const rm = (caller: Caller, at: number) => caller('vote.rm', { id: rows[at]?._id })
    expect(await codeOf(rm(app.as('cat'), 0))).toBe('FORBIDDEN')
    expect(await codeOf(rm(app.nobody, 0))).toBe('NOT_AUTHENTICATED')
    for (const [at, caller] of [bob, ann, admin].entries()) {
      expect(await rm(caller, at)).toEqual({ deleted: true })
      expect(await rm(caller, at)).toEqual({ deleted: false })
    }
    expect(await app.as('cat')('vote.rmBulk', { ids: rows.map((row) => row._id) })).toEqual({
      count: 0,
    })
    expect(await bob('vote.rmBulk', { ids: rows.map((row) => row._id) })).toEqual({ count: 1 })
  })
})

describe('purge and restore', () => {
  it('a purge hides every row at once and says how many; a restore revives all', async () => {
    const { ann, parent } = await ready(
      { softDelete: true, search: 'voter', counts: ['option'] },
      4,
    )
    const [before] = await tail(ann, parent)
    await ann('vote.rm', { id: before?._id })
    expect(await ann('vote.purgeByParent', { parent })).toEqual({ deleted: 3 })
    expect(await ann('vote.purgeByParent', { parent })).toEqual({ deleted: 0 })
    expect(await seqs(ann, parent)).toEqual([])
    expect((await ann<{ page: [] }>('vote.list', { parent, ...first(9) })).page).toEqual([])
    expect(await ann('vote.search', { parent, query: 'v' })).toEqual([])
    expect(await ann('vote.read', { id: before?._id })).toBe(null)
    expect(await ann('vote.counts', { parent, field: 'option' })).toEqual({})
    expect(await append(ann, parent, { option: 2 })).toEqual({ seq: 5, created: true })
    expect(await seqs(ann, parent)).toEqual([5])
    expect(await ann('vote.restoreByParent', { parent })).toEqual({ restored: 4 })
    expect(await ann('vote.restoreByParent', { parent })).toEqual({ restored: 0 })
    expect(await seqs(ann, parent)).toEqual([1, 2, 3, 4, 5])
    expect(await ann('vote.counts', { parent, field: 'option' })).toEqual({ 0: 2, 1: 1, 2: 2 })
  })

  it('updatedAt rises through removal and return, so that a stale edit is a conflict', async () => {
    const { app, ann, parent } = await ready({ softDelete: true }, 2)
    const [one, two] = await tail(ann, parent)
    await ann('vote.rm', { id: one?._id })
    app.wait(-10_000)
    await ann('vote.restoreByParent', { parent })
    const after = await tail(ann, parent)
    for (const [at, row] of [one, two].entries()) {
      expect(after[at]?.updatedAt).toBeGreaterThan(row?.updatedAt ?? 0)
      const stale = { id: row?._id, patch: { option: 5 }, expectedUpdatedAt: row?.updatedAt }
      expect(await codeOf(ann('vote.update', stale))).toBe('CONFLICT')
      const fresh = await ann<Shown>('vote.update', {
        ...stale,
        expectedUpdatedAt: after[at]?.updatedAt,
      })
      expect(fresh.updatedAt).toBe((after[at]?.updatedAt ?? 0) + 1)
      expect(await ann('vote.read', { id: row?._id })).toEqual(fresh)
    }
  })

  it('rows that were removed one by one before the newest restore can be removed again', async () => {
    const { ann, parent } = await ready({ softDelete: true, counts: ['option'] }, 2)
    const [one] = await tail(ann, parent)
    for (let round = 0; round < 3; round++) {
      expect(await ann('vote.rm', { id: one?._id })).toEqual({ deleted: true })
      expect(await seqs(ann, parent)).toEqual([2])
      expect(await ann('vote.counts', { parent, field: 'option' })).toEqual({ 1: 1 })
      expect(await ann('vote.restoreByParent', { parent })).toEqual({ restored: 1 })
      expect(await ann('vote.counts', { parent, field: 'option' })).toEqual({ 0: 1, 1: 1 })
    }
  })

  it('a purge hides each row by id as well, the last one too', async () => {
    for (const softDelete of [true, false]) {
      const { ann, parent } = await ready({ softDelete }, 3)
      const rows = await tail(ann, parent)
      expect(rows).toHaveLength(3)
      await ann('vote.purgeByParent', { parent })
      for (const { _id: id } of rows) {
        expect(await ann('vote.read', { id })).toBe(null)
        expect(await codeOf(ann('vote.update', { id, patch: { option: 1 } }))).toBe('NOT_FOUND')
        expect(await ann('vote.rm', { id })).toEqual({ deleted: false })
      }
    }
  })

  it('is for the parent’s owner and admins', async () => {
    const { app, ann, bob, admin, parent } = await ready({ softDelete: true }, 1)
    for (const operation of ['purgeByParent', 'restoreByParent']) {
      expect(await codeOf(bob(`vote.${operation}`, { parent }))).toBe('FORBIDDEN')
      expect(await codeOf(app.nobody(`vote.${operation}`, { parent }))).toBe('NOT_AUTHENTICATED')
      expect(await codeOf(bob(`vote.${operation}`, { parent: 'poll.none' }))).toBe('NOT_FOUND')
    }
    expect(await admin('vote.purgeByParent', { parent })).toEqual({ deleted: 1 })
    expect(await ann('vote.restoreByParent', { parent })).toEqual({ restored: 1 })
    const hidden = await makePoll(ann)
    expect(await codeOf(bob('vote.purgeByParent', { parent: hidden }))).toBe('NOT_FOUND')
    expect(await admin('vote.purgeByParent', { parent: hidden })).toEqual({ deleted: 0 })
  })

  it('a hard purge is for good, and a flow sweeps what it hid', async () => {
    const { app, ann, parent } = await ready({ counts: ['option'] }, 5, { maxSweepRows: 2 })
    expect(await ann('vote.purgeByParent', { parent })).toEqual({ deleted: 5 })
    expect(await append(ann, parent)).toMatchObject({ seq: 6 })
    expect(await seqs(ann, parent)).toEqual([6])
    expect(await ann('vote.restoreByParent', { parent })).toEqual({ restored: 0 })
    await app.settle()
    expect(await app.stored('vote')).toMatchObject([{ seq: 6 }])
    expect(await ann('vote.counts', { parent, field: 'option' })).toEqual({ 1: 1 })
    expect(await app.stored('_logCounters')).toMatchObject([{ seq: 6, live: 1, total: 1 }])
  })

  it('a parent that is gone for good takes rows, head and counts along', async () => {
    const { app, ann, parent } = await ready({ counts: ['option'], softDelete: true }, 3, {
      maxSweepRows: 2,
    })
    await ann('poll.rm', { id: parent })
    expect(await seqs(ann, parent)).toEqual([])
    await app.settle()
    for (const table of ['vote', '_logCounters', '_logCounts', '_schedule'])
      expect(await app.stored(table)).toEqual([])
  })

  it('restoring a parent row revives only what its own removal took along', async () => {
    const app = rig({ softDelete: true }, { softDelete: true })
    const ann = app.as('ann')
    const parent = await makePoll(ann)
    await append(ann, parent)
    await append(ann, parent)
    const [one] = await tail(ann, parent)
    await ann('vote.rm', { id: one?._id })
    await ann('poll.rm', { id: parent })
    expect(await seqs(ann, parent)).toEqual([])
    await ann('poll.restore', { id: parent })
    expect(await seqs(ann, parent)).toEqual([2])
  })
})

describe('hooks', () => {
  it('see each write, and what a before-hook returns is what is written', async () => {
    const seen: unknown[] = []
    const note = (_: unknown, event: unknown): void => void seen.push(event)
    const { ann, parent } = await ready({
      hooks: {
        beforeAppend: async (ctx: { user: { _id: string } }, event: { payload: object }) => ({
          ...event.payload,
          voter: ctx.user._id,
        }),
        afterAppend: note,
        beforeUpdate: (_: unknown, event: { patch: object }) => ({ ...event.patch, why: 'hooked' }),
        afterUpdate: note,
        beforeRm: note,
        afterRm: note,
      },
    })
    await append(ann, parent)
    const [row] = await tail(ann, parent)
    expect(row?.voter).toBe('ann')
    const id = row?._id
    const next = await ann('vote.update', { id, patch: { option: 3 } })
    await ann('vote.rm', { id })
    expect(seen).toEqual([
      { row },
      { id, patch: { option: 3, why: 'hooked' }, prev: row, row: next },
      { id, prev: next },
      { id },
    ])
  })

  it('a field that a hook adds and the schema lacks is refused by name', async () => {
    const { ann, parent } = await ready({ hooks: { beforeAppend: () => ({ option: 1, ip: 'x' }) } })
    expect(await failure(append(ann, parent))).toMatchObject({
      data: { issues: [{ path: 'payload.ip' }] },
    })
  })
})
