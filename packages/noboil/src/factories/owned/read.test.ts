import { describe, expect, it } from 'vitest'
import { type Caller, type Rig, codeOf, failure, first } from '../testing.fixture.ts'
import { found, make, rig, titles } from './owned.fixture.ts'

describe('who sees what', () => {
  it('without pub and members, only the owner and the server itself', async () => {
    const app = rig({ search: 'title' })
    const { _id: id } = await make(app.as('ann'), 'mine')
    await make(app.as('bob'), 'his')
    for (const group of ['', 'auth.']) {
      expect(await titles(app.as('ann'), `task.${group}list`)).toEqual(['mine'])
      expect(await found(app.as('ann'), `task.${group}search`, 'm')).toEqual(['mine'])
      expect(await titles(app.server, `task.${group}list`)).toEqual(['his', 'mine'])
      for (const caller of [app.as('bob'), app.nobody, app.as('root', 'admin')]) {
        expect(await caller(`task.${group}read`, { id })).toBe(null)
        expect(await titles(caller, `task.${group}list`)).not.toContain('mine')
        expect(await found(caller, `task.${group}search`, 'mine')).toEqual([])
      }
    }
  })

  it('pub by a field: everybody reads what has it set, and nothing else', async () => {
    const app = rig({ pub: 'shared', search: 'title', index: ['status', 'shared'] })
    const { _id: id } = await make(app.as('ann'), 'open poll', { shared: true })
    const { _id: hidden } = await make(app.as('ann'), 'hidden poll')
    for (const caller of [app.nobody, app.as('bob')]) {
      expect(await titles(caller, 'task.pub.list')).toEqual(['open poll'])
      expect(
        await titles(caller, 'task.pub.list', { ...first(9), where: { shared: false } }),
      ).toEqual([])
      expect(
        await titles(caller, 'task.pub.list', { ...first(9), where: { status: 'open' } }),
      ).toEqual(['open poll'])
      expect(await found(caller, 'task.pub.search', 'poll')).toEqual(['open poll'])
      expect(await caller('task.pub.read', { id })).toMatchObject({ title: 'open poll' })
      expect(await caller('task.read', { id })).toMatchObject({ title: 'open poll' })
      expect(await caller('task.auth.read', { id })).toBe(null)
      expect(await caller('task.pub.read', { id: hidden })).toBe(null)
      expect(await caller('task.read', { id: hidden })).toBe(null)
    }
    expect(await titles(app.as('bob'), 'task.list')).toEqual([])
  })

  it('pub by values, and pub of everything', async () => {
    const done = rig({ pub: { where: { status: 'done' } } as never })
    await make(done.as('ann'), 'a', { status: 'done' })
    await make(done.as('ann'), 'b')
    expect(await titles(done.nobody, 'task.pub.list')).toEqual(['a'])
    const all = rig({ pub: true, index: ['due'] })
    await make(all.as('ann'), 'a', { due: 2 })
    await make(all.as('bob'), 'b', { due: 1 })
    expect(await titles(all.nobody, 'task.pub.list')).toEqual(['b', 'a'])
    expect(
      await titles(all.nobody, 'task.pub.list', { ...first(9), orderBy: 'due', order: 'desc' }),
    ).toEqual(['a', 'b'])
  })

  it('without the pub option there is no pub', () => {
    expect(rig().tables[0]?.operations).not.toHaveProperty('pub')
  })

  it('an id of another table, or no id at all, is nothing', async () => {
    const app = rig({ pub: true })
    for (const id of ['users.ann', 'task.', 'x', 'task.00000000000000000000000000']) {
      expect(await app.as('ann')('task.read', { id })).toBe(null)
      expect(await codeOf(app.as('ann')('task.update', { id, patch: {} }))).toBe('NOT_FOUND')
      expect(await app.as('ann')('task.rm', { id })).toEqual({ deleted: false })
    }
  })
})

describe('lists', () => {
  const fill = async (app: Rig) => {
    for (const [at, status] of ['open', 'done', 'open', 'open', 'done'].entries()) {
      app.wait(10)
      await make(app.as('ann'), `t${at}`, { status, ...(at === 4 ? {} : { due: (at * 7) % 4 }) })
      await make(app.as('bob'), `b${at}`, { status })
    }
  }

  it('are newest first, page by page, without a row missed or doubled while others come and go', async () => {
    const app = rig()
    await fill(app)
    const ann = app.as('ann')
    const one = await ann<{ continueCursor: string; page: { _id: string }[] }>(
      'task.list',
      first(2),
    )
    await make(ann, 'newer')
    await ann('task.rm', { id: one.page[1]?._id })
    expect(await titles(ann, 'task.list', first(9, one.continueCursor))).toEqual(['t2', 't1', 't0'])
  })

  it('filter and order by declared indexes', async () => {
    const app = rig({ index: ['status', 'due', ['status', 'due']] })
    await fill(app)
    const ann = app.as('ann')
    const list = (filter: object) => titles(ann, 'task.list', { ...first(9), ...filter })
    expect(await list({ where: { status: 'open' } })).toEqual(['t3', 't2', 't0'])
    expect(await list({ where: { status: 'open' }, orderBy: 'due' })).toEqual(['t0', 't3', 't2'])
    expect(await list({ orderBy: 'due', order: 'desc' })).toEqual(['t1', 't2', 't3', 't0', 't4'])
    expect(await list({ where: { due: { $lt: 2 } } })).toEqual(['t0', 't3'])
    expect(await list({ where: { due: { $gte: 1, $lte: 2 }, status: 'open' } })).toEqual([
      't3',
      't2',
    ])
    expect(await codeOf(list({ where: { title: 't1' } }))).toBe('VALIDATION_FAILED')
    expect(await codeOf(list({ where: { userId: 'bob' } }))).toBe('VALIDATION_FAILED')
  })

  it('a cursor is of one list only', async () => {
    const app = rig({ index: ['status'] })
    await fill(app)
    const open = { where: { status: 'open' } }
    const { continueCursor } = await app.as('ann')<{ continueCursor: string }>('task.list', {
      ...first(1),
      ...open,
    })
    const again = (caller: Caller, more: object) =>
      caller('task.list', { ...first(1, continueCursor), ...more })
    await again(app.as('ann'), open)
    expect(await codeOf(again(app.as('ann'), {}))).toBe('INVALID_CURSOR')
    expect(await codeOf(again(app.as('ann'), { where: { status: 'done' } }))).toBe('INVALID_CURSOR')
    expect(await codeOf(again(app.as('bob'), open))).toBe('INVALID_CURSOR')
  })

  it('join authors where the table asks', async () => {
    const app = rig({ withAuthor: true })
    await app.addUser('ann', 'Ann')
    await make(app.as('ann'), 'a')
    expect(await app.as('ann')('task.list', first(1))).toMatchObject({
      page: [{ author: { _id: 'ann', name: 'Ann', image: null } }],
    })
  })

  it('a search without the option is UNSUPPORTED', async () => {
    expect(await codeOf(rig().as('ann')('task.search', { query: 'x' }))).toBe('UNSUPPORTED')
  })
})

describe('members', () => {
  const options = {
    members: 'memberIds',
    search: 'title',
    index: ['status'],
    softDelete: true,
  }

  it('read what is shared with them, and nothing more', async () => {
    const app = rig(options)
    const row = await make(app.as('ann'), 'plan', { memberIds: ['bob'] })
    const bob = app.as('bob')
    await make(bob, 'own')
    expect(await titles(bob, 'task.list')).toEqual(['own', 'plan'])
    expect(await titles(bob, 'task.auth.list')).toEqual(['own'])
    expect(await titles(bob, 'task.list', { ...first(9), where: { status: 'open' } })).toEqual([
      'own',
      'plan',
    ])
    expect(await found(bob, 'task.search', 'p')).toEqual(['plan'])
    expect(await found(bob, 'task.auth.search', 'p')).toEqual([])
    expect(await bob('task.read', { id: row._id })).toMatchObject({ title: 'plan' })
    expect(await codeOf(bob('task.update', { id: row._id, patch: {} }))).toBe('FORBIDDEN')
    expect(await titles(app.as('cat'), 'task.list')).toEqual([])
    expect(await found(app.as('cat'), 'task.search', 'plan')).toEqual([])
  })

  it('come and go with the array, and the list follows every edit, removal and return', async () => {
    const app = rig(options)
    const ann = app.as('ann')
    const bob = app.as('bob')
    const { _id: id } = await make(ann, 'plan', { memberIds: ['bob', 'bob', 'ann'] })
    const open = { ...first(9), where: { status: 'open' } }
    expect(await titles(ann, 'task.list')).toEqual(['plan'])
    await ann('task.update', { id, patch: { status: 'done', title: 'done plan' } })
    expect(await titles(bob, 'task.list', open)).toEqual([])
    expect(await found(bob, 'task.search', 'done')).toEqual(['done plan'])
    await ann('task.update', { id, patch: { memberIds: ['cat'], status: 'open' } })
    expect(await titles(bob, 'task.list')).toEqual([])
    expect(await titles(app.as('cat'), 'task.list', open)).toEqual(['done plan'])
    await ann('task.rm', { id })
    expect(await titles(app.as('cat'), 'task.list')).toEqual([])
    expect(await app.stored('_members_task')).toEqual([])
    await ann('task.restore', { id })
    expect(await titles(app.as('cat'), 'task.list')).toEqual(['done plan'])
    await ann('task.rm', { id, hard: true })
    expect(await app.stored('_members_task')).toEqual([])
  })

  it('pages of own and shared rows are exact', async () => {
    const app = rig(options)
    for (let at = 0; at < 7; at++) {
      app.wait(1)
      await make(at % 2 ? app.as('ann') : app.as('bob'), `t${at}`, {
        memberIds: at % 3 ? ['bob'] : [],
      })
    }
    const seen: string[] = []
    let cursor: string | null = null
    for (;;) {
      const page: { page: { title: string }[]; continueCursor: string; isDone: boolean } =
        await app.as('bob')('task.list', first(2, cursor))
      seen.push(...page.page.map((row) => row.title))
      if (page.isDone) break
      cursor = page.continueCursor
    }
    expect(seen).toEqual(['t6', 't5', 't4', 't2', 't1', 't0'])
  })

  it('are limited in number', async () => {
    const app = rig(options, { maxMembers: 2 })
    expect(await failure(make(app.as('ann'), 'x', { memberIds: ['a', 'b', 'c'] }))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      data: { limit: 'maxMembers', max: 2, actual: 3 },
    })
  })
})
