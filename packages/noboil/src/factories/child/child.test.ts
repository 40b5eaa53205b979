import { describe, expect, it } from 'vitest'
import { array, boolean, object, string } from 'zod/v4'
import { makeChild, makeOwned } from '../../schema/define.ts'
import { zid } from '../../schema/fields.ts'
import { buildOwned } from '../owned/build.ts'
import type { OwnedOptions } from '../owned/types.ts'
import { type Caller, codeOf, failure, first, Rig } from '../testing.fixture.ts'
import { buildChild } from './build.ts'

const { poll } = makeOwned({
  poll: object({
    question: string(),
    isPublic: boolean().default(false),
    isOpen: boolean().default(false),
    memberIds: array(zid('users')).default([]),
  }),
})
const { comment } = makeChild({
  comment: { parent: 'poll', schema: object({ text: string(), kind: string().optional() }) },
})

const rig = (options: object = {}, parentOptions: object = {}, limits: object = {}) =>
  new Rig((settings, users) => {
    const owned = buildOwned(
      poll,
      {
        softDelete: true,
        pub: 'isPublic',
        members: 'memberIds',
        ...parentOptions,
      } as unknown as OwnedOptions,
      settings,
      users,
      ['sweep:comment'],
    )
    return [owned, buildChild(comment, options, settings, owned.policy, users)]
  }, limits)

const makePoll = async (caller: Caller, payload: object = {}): Promise<string> =>
  (await caller<{ _id: string }>('poll.create', { payload: { question: 'q', ...payload } }))._id

const say = (caller: Caller, parent: string, text: string, more: object = {}) =>
  caller<{ _id: string; updatedAt: number }>('comment.create', {
    parent,
    payload: { text, ...more },
  })

const texts = async (
  caller: Caller,
  path: string,
  parent: string,
  more: object = {},
): Promise<string[]> =>
  (await caller<{ page: { text: string }[] }>(path, { parent, ...first(100), ...more })).page.map(
    (row) => row.text,
  )

describe('create', () => {
  it('is for the parent’s owner and members unless the table says readers', async () => {
    const app = rig()
    const parent = await makePoll(app.as('ann'), { isPublic: true, memberIds: ['bob'] })
    const row = await say(app.as('ann'), parent, 'one')
    expect(row).toEqual({
      _id: expect.stringMatching(/^comment\./),
      _creationTime: app.time,
      userId: 'ann',
      updatedAt: app.time,
      parent,
      text: 'one',
    })
    await say(app.as('bob'), parent, 'two')
    expect(await codeOf(say(app.as('cat'), parent, 'x'))).toBe('FORBIDDEN')
    expect(await codeOf(say(app.nobody, parent, 'x'))).toBe('NOT_AUTHENTICATED')
    await say(app.server, parent, 'three')

    const open = rig({ create: 'readers' })
    const shared = await makePoll(open.as('ann'), { isPublic: true })
    await say(open.as('cat'), shared, 'hello')
    expect(await codeOf(say(open.nobody, shared, 'x'))).toBe('NOT_AUTHENTICATED')
  })

  it('under a parent that the caller does not see is NOT_FOUND, as under none', async () => {
    const app = rig({ create: 'readers' })
    const parent = await makePoll(app.as('ann'))
    expect(await codeOf(say(app.as('bob'), parent, 'x'))).toBe('NOT_FOUND')
    expect(await codeOf(say(app.as('bob'), 'poll.none', 'x'))).toBe('NOT_FOUND')
    expect(await codeOf(say(app.server, 'poll.none', 'x'))).toBe('NOT_FOUND')
  })

  it('in bulk is all or nothing, and spends its item count', async () => {
    const app = rig({ rateLimit: 2 })
    const ann = app.as('ann')
    const parent = await makePoll(ann)
    const bulk = (...items: object[]) => ann('comment.createBulk', { parent, items })
    expect(await codeOf(bulk({ text: 'a' }, { text: 1 }))).toBe('VALIDATION_FAILED')
    expect(await bulk({ text: 'a' }, { text: 'b' })).toMatchObject({ count: 2 })
    expect(await texts(ann, 'comment.list', parent)).toEqual(['b', 'a'])
    expect(await codeOf(say(ann, parent, 'c'))).toBe('RATE_LIMITED')
    expect(await codeOf(ann('comment.createBulk', { parent: 'poll.none', items: [] }))).toBe(
      'NOT_FOUND',
    )
  })
})

describe('reads', () => {
  it('follow the parent: readers flat, its owner by auth, everybody by pub', async () => {
    const app = rig({ pub: 'isOpen', search: 'text' })
    const ann = app.as('ann')
    const hidden = await makePoll(ann, { memberIds: ['bob'] })
    const open = await makePoll(ann, { isOpen: true })
    const { _id: secret } = await say(ann, hidden, 'secret')
    const { _id: known } = await say(ann, open, 'known')
    const sees = async (caller: Caller, group: string) => [
      await texts(caller, `comment.${group}list`, hidden),
      await texts(caller, `comment.${group}list`, open),
      (await caller(`comment.${group}read`, { id: secret })) !== null,
      (await caller(`comment.${group}read`, { id: known })) !== null,
      (await caller<object[]>(`comment.${group}search`, { parent: hidden, query: 'sec' })).length,
      (await caller<object[]>(`comment.${group}search`, { parent: open, query: 'know' })).length,
    ]
    const all = [['secret'], ['known'], true, true, 1, 1]
    const onlyOpen = [[], ['known'], false, true, 0, 1]
    const none = [[], [], false, false, 0, 0]
    expect([await sees(ann, ''), await sees(ann, 'auth.'), await sees(ann, 'pub.')]).toEqual([
      all,
      all,
      onlyOpen,
    ])
    const bob = app.as('bob')
    expect([await sees(bob, ''), await sees(bob, 'auth.'), await sees(bob, 'pub.')]).toEqual([
      all,
      none,
      onlyOpen,
    ])
    for (const caller of [app.as('cat'), app.nobody, app.as('root', 'admin')]) {
      expect([
        await sees(caller, ''),
        await sees(caller, 'auth.'),
        await sees(caller, 'pub.'),
      ]).toEqual([onlyOpen, none, onlyOpen])
    }
    expect(await sees(app.server, '')).toEqual(all)
  })

  it('without its own pub a child follows the parent’s', async () => {
    const app = rig()
    const parent = await makePoll(app.as('ann'), { isPublic: true })
    await say(app.as('ann'), parent, 'hi')
    expect(await texts(app.nobody, 'comment.list', parent)).toEqual(['hi'])
    expect(app.tables[1]?.operations).not.toHaveProperty('pub')
  })

  it('a removed parent hides its children at once, and restoring it brings back those that were there', async () => {
    const app = rig({ softDelete: true, search: 'text' })
    const ann = app.as('ann')
    const parent = await makePoll(ann)
    const gone = await say(ann, parent, 'gone before')
    const { _id: id } = await say(ann, parent, 'there')
    await ann('comment.rm', { id: gone._id })
    await ann('poll.rm', { id: parent })
    expect(await texts(ann, 'comment.list', parent)).toEqual([])
    expect(await ann('comment.read', { id })).toBe(null)
    expect(await ann('comment.search', { parent, query: 'there' })).toEqual([])
    expect(await codeOf(say(ann, parent, 'x'))).toBe('NOT_FOUND')
    expect(await codeOf(ann('comment.update', { id, patch: {} }))).toBe('NOT_FOUND')
    expect(await ann('comment.rm', { id })).toEqual({ deleted: false })
    await ann('poll.restore', { id: parent })
    expect(await texts(ann, 'comment.list', parent)).toEqual(['there'])
  })

  it('a soft-deleted row is gone from every read until it is restored', async () => {
    const app = rig({ softDelete: true, search: 'text', index: ['kind'] })
    const ann = app.as('ann')
    const parent = await makePoll(ann)
    const { _id: id } = await say(ann, parent, 'gone', { kind: 'x' })
    await ann('comment.rm', { id })
    for (const caller of [ann, app.server]) {
      expect(await caller('comment.read', { id })).toBe(null)
      expect(await texts(caller, 'comment.list', parent)).toEqual([])
      expect(await texts(caller, 'comment.list', parent, { where: { kind: 'x' } })).toEqual([])
      expect(await caller('comment.search', { parent, query: 'gone' })).toEqual([])
    }
    await ann('comment.restore', { id })
    expect(await ann('comment.read', { id })).toMatchObject({ text: 'gone' })
  })

  it('filter and order within the parent', async () => {
    const app = rig({ index: ['kind'] })
    const ann = app.as('ann')
    const [parent, other] = [await makePoll(ann), await makePoll(ann)]
    await say(ann, parent, 'a', { kind: 'y' })
    await say(ann, parent, 'b', { kind: 'x' })
    await say(ann, other, 'c', { kind: 'x' })
    expect(await texts(ann, 'comment.list', parent, { where: { kind: 'x' } })).toEqual(['b'])
    expect(await texts(ann, 'comment.list', parent, { orderBy: 'kind' })).toEqual(['b', 'a'])
    expect(await texts(ann, 'comment.list', parent, { order: 'asc' })).toEqual(['a', 'b'])
    expect(await codeOf(texts(ann, 'comment.list', parent, { where: { parent: other } }))).toBe(
      'VALIDATION_FAILED',
    )
  })
})

describe('edits', () => {
  const people = async (options: object = {}) => {
    const app = rig({ create: 'readers', softDelete: true, ...options })
    const parent = await makePoll(app.as('ann'), { isPublic: true })
    const row = await say(app.as('bob'), parent, 'bob’s')
    return { app, parent, row, id: row._id }
  }

  it('are for whoever made the row and the parent’s owner', async () => {
    const { app, id } = await people()
    const update = (caller: Caller) => caller('comment.update', { id, patch: { text: 'new' } })
    await update(app.as('bob'))
    await update(app.as('ann'))
    expect(await codeOf(update(app.as('cat')))).toBe('FORBIDDEN')
    expect(await codeOf(update(app.as('root', 'admin')))).toBe('FORBIDDEN')
    expect(await codeOf(update(app.nobody))).toBe('NOT_AUTHENTICATED')
    expect(await codeOf(app.as('cat')('comment.rm', { id }))).toBe('FORBIDDEN')
    expect(await app.as('root', 'admin')('comment.rm', { id })).toEqual({ deleted: true })
    expect(await codeOf(app.as('cat')('comment.restore', { id }))).toBe('NOT_FOUND')
    expect(await app.as('ann')('comment.restore', { id })).toMatchObject({ text: 'new' })
  })

  it('end with the right to read the parent', async () => {
    const { app, parent, id } = await people()
    await app.as('ann')('poll.update', { id: parent, patch: { isPublic: false } })
    expect(await codeOf(app.as('bob')('comment.update', { id, patch: { text: 'x' } }))).toBe(
      'NOT_FOUND',
    )
    expect(await app.as('bob')('comment.rm', { id })).toEqual({ deleted: false })
  })

  it('never move a row to another parent or person', async () => {
    const { app, id } = await people()
    for (const patch of [{ parent: 'poll.x' }, { userId: 'cat' }]) {
      expect(await codeOf(app.as('bob')('comment.update', { id, patch }))).toBe('VALIDATION_FAILED')
    }
  })

  it('rmBulk skips what is not the caller’s, and counts', async () => {
    const { app, parent, id } = await people()
    const own = await say(app.as('cat'), parent, 'cat’s')
    expect(await app.as('cat')('comment.rmBulk', { ids: [id, own._id] })).toEqual({ count: 1 })
    expect(await texts(app.as('ann'), 'comment.list', parent)).toEqual(['bob’s'])
  })

  it('unique holds within a parent', async () => {
    const app = rig({ unique: ['kind'] })
    const ann = app.as('ann')
    const [one, two] = [await makePoll(ann), await makePoll(ann)]
    await say(ann, one, 'a', { kind: 'x' })
    await say(ann, two, 'a', { kind: 'x' })
    expect(await failure(say(ann, one, 'b', { kind: 'x' }))).toMatchObject({ code: 'DUPLICATE' })
  })

  it('hooks are told the parent', async () => {
    const seen: unknown[] = []
    const app = rig({
      hooks: {
        beforeCreate: (_: unknown, event: { payload: object }) => (seen.push(event), event.payload),
      },
    })
    const parent = await makePoll(app.as('ann'))
    await say(app.as('ann'), parent, 'hi')
    expect(seen).toEqual([{ parent, payload: { text: 'hi' } }])
  })
})

it('a parent that is removed for good takes its children along, some at a time', async () => {
  const app = rig({}, { softDelete: false }, { maxSweepRows: 2 })
  const ann = app.as('ann')
  const [parent, other] = [await makePoll(ann), await makePoll(ann)]
  for (const text of ['a', 'b', 'c', 'd', 'e']) await say(ann, parent, text)
  await say(ann, other, 'stays')
  await ann('poll.rm', { id: parent })
  expect(await texts(ann, 'comment.list', parent)).toEqual([])
  await app.settle()
  expect(await app.stored('comment')).toMatchObject([{ text: 'stays' }])
  expect(await app.stored('_schedule')).toEqual([])
})
