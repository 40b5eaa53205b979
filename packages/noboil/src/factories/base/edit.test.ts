import { describe, expect, it } from 'vitest'
import { codeOf, failure } from '../testing.fixture.ts'
import { movies } from './base.fixture.ts'

describe('invalidate', () => {
  it('marks the row as stale, moves updatedAt, and keeps when it was fetched', async () => {
    const on = await movies({ ttl: 60_000 })
    const kept = await on.load()
    expect(await on.invalidate()).toBe(true)
    const marked = { ...kept, expiresAt: 0, updatedAt: kept.updatedAt + 1 }
    expect(await on.get()).toEqual(marked)
    expect(await on.invalidate()).toBe(true)
    expect(await on.get()).toEqual(marked)
    expect(await on.invalidate('2')).toBe(false)
    on.source.version = 2
    expect(await on.load()).toMatchObject({
      title: 'film 1, version 2',
      updatedAt: kept.updatedAt + 2,
    })
  })

  it('during a fetch wins: what was fetched before it is stored as stale', async () => {
    const on = await movies({ ttl: 60_000 })
    const { release } = on.source.hold()
    const before = on.load()
    await on.settle()
    expect(await on.invalidate()).toBe(true)
    // A load after the invalidation does not take what was fetched before it.
    const after = on.load()
    await on.settle()
    on.source.version = 2
    release()
    expect(await before).toMatchObject({ title: 'film 1, version 1', expiresAt: 0 })
    expect(await after).toMatchObject({ title: 'film 1, version 2' })
    expect(on.source.asked).toHaveLength(2)
    expect(await on.get()).toMatchObject({ title: 'film 1, version 2', expiresAt: on.now + 60_000 })
  })

  it('is for the role', async () => {
    const on = await movies()
    await on.load()
    const paths = ['movie.invalidate', 'movie.purge'] as const
    for (const path of paths) {
      const args = path === 'movie.purge' ? {} : { key: '1' }
      expect(await codeOf(on.call(path, args))).toBe('NOT_AUTHENTICATED')
      expect(await codeOf(on.call(path, args, 'ann'))).toBe('FORBIDDEN')
      expect(await on.call(path, args, 'system')).toBeDefined()
    }
  })
})

describe('purge', () => {
  it('removes the rows of some keys, and answers how many there were', async () => {
    const on = await movies()
    for (const key of ['1', '2', '3']) await on.load(key)
    expect(await on.purge(['1', '3', '3', '4'])).toBe(2)
    expect([await on.get('1'), await on.get('3')]).toEqual([null, null])
    expect(await on.get('2')).toMatchObject({ key: '2' })
    expect(await on.purge()).toBe(1)
  })

  it('of no keys removes nothing', async () => {
    const on = await movies()
    await on.load()
    expect(await on.purge([])).toBe(0)
    expect(await on.get()).not.toBeNull()
  })

  it('of everything holds at once, and is swept afterwards some rows at a time', async () => {
    const on = await movies({}, { limits: { maxSweepRows: 3 } })
    for (let key = 1; key <= 10; key++) await on.load(String(key))
    expect(await on.purge()).toBe(10)
    const page = { paginationOpts: { numItems: 100, cursor: null } }
    expect(await on.call('movie.list', page, 'admin')).toMatchObject({ page: [], isDone: true })
    expect(await on.get('4')).toBeNull()
    expect(await on.stored()).toHaveLength(10)
    // What is fetched again before the sweep stays.
    on.source.version = 2
    await on.pass(5)
    const again = await on.load('4')
    expect(again).toMatchObject({ title: 'film 4, version 2', _creationTime: on.now })
    await on.app.idle()
    expect(await on.stored()).toEqual([{ ...again, generation: 1 }])
    expect(await on.purge()).toBe(1)
    expect(await on.purge()).toBe(0)
  })

  it.each([[['1']], [undefined]])(
    'of %s during a fetch wins: what it brings is stale',
    async (keys) => {
      const on = await movies({ ttl: 60_000 })
      await on.load()
      const { release } = on.source.hold()
      const call = on.refresh()
      await on.settle()
      expect(await on.purge(keys)).toBe(1)
      expect(await on.get()).toBeNull()
      on.source.version = 2
      release()
      expect(await call).toMatchObject({ title: 'film 1, version 1', expiresAt: 0 })
      expect(await on.load()).toMatchObject({ title: 'film 1, version 2' })
      await on.app.idle()
      expect(await on.get()).toMatchObject({ title: 'film 1, version 2' })
    },
  )

  it('forgets that the source had nothing, and that it failed', async () => {
    const on = await movies({ negativeTtlMs: 60_000 })
    for (const keys of [['1'], undefined]) {
      on.source.answer = () => null
      expect(await codeOf(on.load())).toBe('NOT_FOUND')
      on.source.recover()
      await on.purge(keys)
      expect(await on.load()).toMatchObject({ key: '1' })
      await on.purge()
    }
  })

  it('takes at most so many keys', async () => {
    const on = await movies({}, { limits: { maxBulkItems: 2 } })
    expect(await failure(on.call('movie.purge', { keys: ['1', '2', '3'] }, 'admin'))).toMatchObject(
      {
        code: 'LIMIT_EXCEEDED',
        data: { limit: 'maxBulkItems', max: 2, actual: 3 },
      },
    )
  })
})

describe('refresh', () => {
  it('fetches what is fresh, too', async () => {
    const on = await movies({ ttl: 60_000 })
    const kept = await on.load()
    on.source.version = 2
    expect(await on.refresh()).toMatchObject({
      title: 'film 1, version 2',
      updatedAt: kept.updatedAt + 1,
      _creationTime: kept._creationTime,
    })
  })

  it('is limited per caller, to the millisecond, and load is not', async () => {
    const on = await movies({ rateLimit: { max: 2, window: 10_000 } })
    await on.refresh('1', 'users.ann')
    await on.pass(1_000)
    await on.refresh('2', 'users.ann')
    expect(await failure(on.refresh('3', 'users.ann'))).toEqual({
      code: 'RATE_LIMITED',
      message: expect.any(String) as string,
      data: { retryAfter: 9_000, max: 2, windowMs: 10_000 },
    })
    expect(await on.refresh('3', 'users.bob')).toMatchObject({ key: '3' })
    expect(await on.load('4')).toMatchObject({ key: '4' })
    await on.pass(8_999)
    expect(await codeOf(on.refresh('3', 'users.ann'))).toBe('RATE_LIMITED')
    await on.pass(1)
    expect(await on.refresh('3', 'users.ann')).toMatchObject({ key: '3' })
    for (let i = 0; i < 5; i++) await on.refresh('3', 'system')
  })

  it('that joins a fetch counts as well, once', async () => {
    const on = await movies({ rateLimit: 2 })
    const { release } = on.source.hold()
    const calls = [on.refresh('1', 'users.ann'), on.refresh('1', 'users.ann')]
    await on.settle()
    release()
    await Promise.all(calls)
    expect(await codeOf(on.refresh('1', 'users.ann'))).toBe('RATE_LIMITED')
  })
})

describe('list', () => {
  it('shows all rows in the order of their keys, stale or not, to the role alone', async () => {
    const on = await movies()
    for (const key of ['2', '1', '10']) await on.load(key)
    await on.invalidate('2')
    const first = { paginationOpts: { numItems: 2, cursor: null } }
    for (const path of ['movie.list', 'movie.all']) {
      const page = await on.call<{ page: object[]; continueCursor: string }>(path, first, 'admin')
      expect(page).toMatchObject({ page: [{ key: '1' }, { key: '10' }], isDone: false })
      const second = { paginationOpts: { numItems: 2, cursor: page.continueCursor } }
      expect(await on.call(path, second, 'admin')).toMatchObject({
        page: [{ key: '2', expiresAt: 0 }],
        isDone: true,
      })
      expect(page.page[0]).not.toHaveProperty('generation')
      expect(await on.call(path, first)).toMatchObject({ page: [] })
      expect(await on.call(path, first, 'ann')).toMatchObject({ page: [] })
    }
  })
})
