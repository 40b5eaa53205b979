import { describe, expect, it } from 'vitest'
import { object, string } from 'zod/v4'
import { makeOwned } from '../../schema/define.ts'
import { zid } from '../../schema/fields.ts'
import type { HookContext } from '../../schema/context.ts'
import { codeOf, failure, first, Rig } from '../testing.fixture.ts'
import { buildOwned } from './build.ts'
import { found, make, rig, titles } from './owned.fixture.ts'

describe('create', () => {
  it('makes a row of the caller’s, with defaults', async () => {
    const app = rig()
    const row = await make(app.as('ann'), 'one')
    expect(row).toEqual({
      _id: expect.stringMatching(/^task\./),
      _creationTime: app.time,
      userId: 'ann',
      updatedAt: app.time,
      title: 'one',
      status: 'open',
      shared: false,
      memberIds: [],
    })
    expect(await app.as('ann')('task.read', { id: row._id })).toEqual(row)
  })

  it('needs somebody', async () => {
    const app = rig()
    expect(await codeOf(make(app.nobody, 'one'))).toBe('NOT_AUTHENTICATED')
    expect(await make(app.server, 'one')).toMatchObject({ userId: 'system' })
  })

  it('stamps a declared userId, which leaves the input', async () => {
    const { chat } = makeOwned({ chat: object({ title: string(), userId: zid('users') }) })
    const app = new Rig((settings, users) => [buildOwned(chat, {}, settings, users)])
    const row = await app.as('ann')('chat.create', { payload: { title: 'hi' } })
    expect(row).toMatchObject({ title: 'hi', userId: 'ann' })
    const patch = { title: 'ho' }
    expect(await app.as('ann')('chat.update', { id: row['_id'], patch })).toMatchObject({
      ...patch,
      userId: 'ann',
    })
    const theirs = { title: 'hi', userId: 'bob' }
    expect(await codeOf(app.as('ann')('chat.create', { payload: theirs }))).toBe(
      'VALIDATION_FAILED',
    )
  })

  it('in bulk is all or nothing', async () => {
    const app = rig()
    const ann = app.as('ann')
    const bulk = (...items: object[]) => ann('task.createBulk', { items })
    expect(await failure(bulk({ title: 'one' }, { title: 2 }))).toMatchObject({
      data: { issues: [{ path: 'items[1].title' }] },
    })
    expect(await titles(ann, 'task.list')).toEqual([])
    expect(await bulk({ title: 'one' }, { title: 'two' })).toMatchObject({
      count: 2,
      ids: [expect.any(String), expect.any(String)],
    })
    expect(await titles(ann, 'task.list')).toEqual(['two', 'one'])
    expect(await bulk()).toEqual({ count: 0, ids: [] })
  })

  it('a bulk call spends its item count of the rate limit, and none when it is refused', async () => {
    const app = rig({ rateLimit: 3, unique: ['slug'] })
    const ann = app.as('ann')
    await make(ann, 'one', { slug: 'a' })
    expect(
      await codeOf(
        ann('task.createBulk', { items: [{ title: 'two' }, { title: 'three', slug: 'a' }] }),
      ),
    ).toBe('DUPLICATE')
    expect(
      await codeOf(
        ann('task.createBulk', { items: [1, 2, 3].map(String).map((title) => ({ title })) }),
      ),
    ).toBe('RATE_LIMITED')
    expect(
      await codeOf(
        ann('task.createBulk', { items: [1, 2, 3, 4].map(String).map((title) => ({ title })) }),
      ),
    ).toBe('LIMIT_EXCEEDED')
    await ann('task.createBulk', { items: [{ title: 'two' }, { title: 'three' }] })
    expect(await failure(make(ann, 'four'))).toMatchObject({
      code: 'RATE_LIMITED',
      data: { retryAfter: 60_000 },
    })
  })
})

describe('update', () => {
  it('writes what the patch names, for the owner only', async () => {
    const app = rig({ pub: 'shared' })
    const row = await make(app.as('ann'), 'one', { shared: true, slug: 's' })
    const patch = { title: 'two' }
    const next = await app.as('ann')('task.update', { id: row._id, patch, unset: ['slug'] })
    const { slug: _, ...rest } = { slug: '', ...row }
    expect(next).toEqual({ ...rest, title: 'two', updatedAt: row.updatedAt + 1 })
    expect(await app.as('ann')('task.read', { id: row._id })).toEqual(next)
    expect(await codeOf(app.as('bob')('task.update', { id: row._id, patch }))).toBe('FORBIDDEN')
    expect(await codeOf(app.as('root', 'admin')('task.update', { id: row._id, patch }))).toBe(
      'FORBIDDEN',
    )
    expect(await codeOf(app.nobody('task.update', { id: row._id, patch }))).toBe(
      'NOT_AUTHENTICATED',
    )
    await app.as('ann')('task.update', { id: row._id, patch: { shared: false } })
    expect(await codeOf(app.as('bob')('task.update', { id: row._id, patch }))).toBe('NOT_FOUND')
    await app.server('task.update', { id: row._id, patch })
  })

  it('refuses what the server alone says, and what does not parse', async () => {
    const app = rig()
    const { _id: id } = await make(app.as('ann'), 'one')
    for (const patch of [
      { userId: 'bob' },
      { updatedAt: 1 },
      { _id: 'x' },
      { title: 1 },
      { extra: 1 },
      null,
      [],
    ]) {
      expect(await codeOf(app.as('ann')('task.update', { id, patch }))).toBe('VALIDATION_FAILED')
    }
    expect(await codeOf(app.as('ann')('task.update', { id, patch: {}, unset: ['title'] }))).toBe(
      'VALIDATION_FAILED',
    )
  })

  it('expectedUpdatedAt is an exact compare-and-set, also across removal and return', async () => {
    const app = rig({ softDelete: true })
    const ann = app.as('ann')
    const row = await make(ann, 'one')
    const update = (expectedUpdatedAt: number) =>
      ann<{ updatedAt: number }>('task.update', {
        id: row._id,
        patch: { title: 'x' },
        expectedUpdatedAt,
      })
    await ann('task.rm', { id: row._id })
    const back = await ann<{ updatedAt: number }>('task.restore', { id: row._id })
    expect(await failure(update(row.updatedAt))).toMatchObject({
      code: 'CONFLICT',
      data: { updatedAt: back.updatedAt },
    })
    await update(back.updatedAt)
  })

  it('in bulk is all or nothing, and names each row once', async () => {
    const app = rig()
    const ann = app.as('ann')
    const [a, b, c] = [await make(ann, 'a'), await make(ann, 'b'), await make(app.as('bob'), 'c')]
    const bulk = (...items: object[]) => ann('task.updateBulk', { items })
    const to = (row: { _id: string }, title: string, more = {}) => ({
      id: row._id,
      patch: { title },
      ...more,
    })
    expect(await codeOf(bulk(to(a, 'A'), to(c, 'C')))).toBe('NOT_FOUND')
    expect(await codeOf(bulk(to(a, 'A'), to(b, 'B', { expectedUpdatedAt: 1 })))).toBe('CONFLICT')
    expect(await codeOf(bulk(to(a, 'A'), to(a, 'B')))).toBe('VALIDATION_FAILED')
    expect(await titles(ann, 'task.list')).toEqual(['b', 'a'])
    expect(await bulk(to(a, 'A'), to(b, 'B'))).toEqual({ count: 2 })
    expect(await titles(ann, 'task.list')).toEqual(['B', 'A'])
    expect(await bulk()).toEqual({ count: 0 })
  })
})

describe('rm and restore', () => {
  it('a soft-deleted row is gone from every read and write until it is restored', async () => {
    const app = rig({ softDelete: true, pub: true, search: 'title', index: ['status'] })
    const ann = app.as('ann')
    const row = await make(ann, 'one')
    expect(await ann('task.rm', { id: row._id })).toEqual({ deleted: true })
    for (const group of ['', 'auth.', 'pub.']) {
      expect(await ann(`task.${group}read`, { id: row._id })).toBe(null)
      expect(await titles(ann, `task.${group}list`)).toEqual([])
      expect(
        await titles(ann, `task.${group}list`, { ...first(9), where: { status: 'open' } }),
      ).toEqual([])
      expect(await found(ann, `task.${group}search`, 'one')).toEqual([])
    }
    expect(await ann('task.rm', { id: row._id })).toEqual({ deleted: false })
    expect(await codeOf(ann('task.update', { id: row._id, patch: {} }))).toBe('NOT_FOUND')
    expect(await codeOf(app.as('bob')('task.restore', { id: row._id }))).toBe('NOT_FOUND')
    expect(await ann('task.restore', { id: row._id })).toEqual({
      ...row,
      updatedAt: row.updatedAt + 2,
    })
    expect(await titles(ann, 'task.list')).toEqual(['one'])
  })

  it('not yours is FORBIDDEN when you see it and nothing when you do not', async () => {
    const app = rig({ pub: 'shared' })
    const open = await make(app.as('ann'), 'open', { shared: true })
    const hidden = await make(app.as('ann'), 'hidden')
    expect(await codeOf(app.as('bob')('task.rm', { id: open._id }))).toBe('FORBIDDEN')
    expect(await codeOf(app.as('bob')('task.restore', { id: open._id }))).toBe('FORBIDDEN')
    expect(await app.as('bob')('task.rm', { id: hidden._id })).toEqual({ deleted: false })
    expect(await codeOf(app.as('bob')('task.restore', { id: hidden._id }))).toBe('NOT_FOUND')
    expect(await codeOf(app.nobody('task.rm', { id: open._id }))).toBe('NOT_AUTHENTICATED')
  })

  it('an admin removes and restores what they do not even see', async () => {
    const app = rig({ softDelete: true })
    const row = await make(app.as('ann'), 'one')
    const admin = app.as('root', 'admin')
    expect(await admin('task.rm', { id: row._id })).toEqual({ deleted: true })
    expect(await admin('task.restore', { id: row._id })).toMatchObject({ title: 'one' })
    expect(await admin('task.rmBulk', { ids: [row._id] })).toEqual({ count: 1 })
  })

  it('hard removes for good, also what is soft-deleted', async () => {
    const app = rig({ softDelete: true })
    const ann = app.as('ann')
    const row = await make(ann, 'one')
    await ann('task.rm', { id: row._id })
    expect(await app.as('bob')('task.rm', { id: row._id, hard: true })).toEqual({ deleted: false })
    expect(await ann('task.rm', { id: row._id, hard: true })).toEqual({ deleted: true })
    expect(await app.stored('task')).toEqual([])
    expect(await codeOf(ann('task.restore', { id: row._id }))).toBe('NOT_FOUND')
  })

  it('rmBulk skips what it may not remove, and counts', async () => {
    const app = rig({ pub: true })
    const ann = app.as('ann')
    const [a, b] = [await make(ann, 'a'), await make(app.as('bob'), 'b')]
    expect(await ann('task.rmBulk', { ids: [a._id, b._id, a._id, 'task.x'] })).toEqual({ count: 1 })
    expect(await titles(ann, 'task.pub.list')).toEqual(['b'])
    expect(await codeOf(ann('task.rmBulk', { ids: Array(1_001).fill(a._id) }))).toBe(
      'LIMIT_EXCEEDED',
    )
  })
})

describe('unique', () => {
  it('a second one is DUPLICATE, of whomever; soft-deleted rows keep theirs', async () => {
    const app = rig({ unique: ['slug'], softDelete: true })
    const row = await make(app.as('ann'), 'one', { slug: 'a' })
    expect(await failure(make(app.as('bob'), 'two', { slug: 'a' }))).toMatchObject({
      code: 'DUPLICATE',
      data: { fields: ['slug'] },
    })
    await app.as('ann')('task.rm', { id: row._id })
    expect(await codeOf(make(app.as('ann'), 'two', { slug: 'a' }))).toBe('DUPLICATE')
    const other = await make(app.as('ann'), 'two', { slug: 'b' })
    expect(
      await codeOf(app.as('ann')('task.update', { id: other._id, patch: { slug: 'a' } })),
    ).toBe('DUPLICATE')
    await make(app.as('ann'), 'without')
    await make(app.as('ann'), 'without')
  })
})

describe('hooks', () => {
  it('see each write, and what a before-hook returns is what is written', async () => {
    const seen: unknown[] = []
    const app = rig({
      hooks: {
        beforeCreate: (_ctx: unknown, event: { payload: object }) => {
          seen.push(event)
          return { ...event.payload, slug: 'hooked' }
        },
        afterCreate: (_ctx: unknown, event: unknown) => void seen.push(event),
        beforeUpdate: async (_ctx: unknown, event: { patch: object }) => ({
          ...event.patch,
          status: 'done',
        }),
        afterUpdate: (_ctx: unknown, event: unknown) => void seen.push(event),
        beforeRm: (_ctx: unknown, event: unknown) => void seen.push(event),
        afterRm: (_ctx: unknown, event: unknown) => void seen.push(event),
      },
    })
    const ann = app.as('ann')
    const row = await make(ann, 'one', { due: 3 })
    const id = row._id
    expect(row).toMatchObject({ slug: 'hooked' })
    const next = await ann('task.update', { id, patch: { title: 'two' }, unset: ['due'] })
    expect(next).toMatchObject({ title: 'two', status: 'done' })
    expect(next).not.toHaveProperty('due')
    await ann('task.rm', { id })
    expect(seen).toEqual([
      { payload: { title: 'one', due: 3, status: 'open', shared: false, memberIds: [] } },
      { row },
      { id, patch: { title: 'two', status: 'done', due: undefined }, prev: row, row: next },
      { id, prev: next },
      { id },
    ])
  })

  it('a row that a hook changes in the midst of a bulk call is taken as it is then', async () => {
    const update = { path: 'task.update', kind: 'mutation' } as const
    let [one, two] = ['', '']
    const app = rig({
      hooks: {
        beforeUpdate: async (ctx: HookContext, event: { id: string; patch: object }) => {
          if (event.id === one) await ctx.db.mutation(update, { id: two, patch: { due: 7 } })
          return event.patch
        },
      },
    })
    const ann = app.as('ann')
    one = (await make(ann, 'a'))._id
    two = (await make(ann, 'b'))._id
    const items = [one, two].map((id) => ({ id, patch: { title: 'x' } }))
    await ann('task.updateBulk', { items })
    expect(await ann('task.read', { id: two })).toMatchObject({ title: 'x', due: 7 })
  })
})

describe('definitions that cannot be', () => {
  it.each([
    [{ pub: 'title' }, `pub names 'title', which is not a boolean field of 'task'`],
    [{ pub: { where: {} } }, 'pub.where is empty'],
    [{ pub: { where: { nope: 1 } } }, `pub names 'nope'`],
    [{ members: 'title' }, `members names 'title', which is not an array of zid('users')`],
    [{ search: 'due' }, `search names 'due', which is not a text field`],
    [{ unique: ['memberIds'] }, `unique names 'memberIds'`],
    [{ rateLimit: 0 }, 'at least 1'],
  ])('are refused with a sentence: %j', (options, sentence) => {
    expect(() => rig(options)).toThrow(sentence)
  })
})
