import { act } from '@testing-library/react'
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import { NoboilError } from '../errors/error.ts'
import { useCacheEntry } from './cache-entry.ts'
import { api, cleanup, stage, type Stage } from './hooks.fixture.tsx'

afterEach(cleanup)

const ttlMs = 60_000
const failed = new NoboilError('FETCH_FAILED', 'The source is down.')

interface Kept {
  readonly key: string
  readonly title: string
  readonly fetchedAt: number
  readonly expiresAt: number
  readonly updatedAt: number
}

interface CacheStage extends Stage {
  readonly kept: Map<string, Kept>
  /** The source fails with this. */
  fail(error: NoboilError | undefined): void
  invalidate(key: string): void
  loads(): number
}

/** A base table on the simulated server. */
function cacheStage(): CacheStage {
  const on = stage()
  const kept = new Map<string, Kept>()
  let failure: NoboilError | undefined
  let fetched = 0
  const now = (): number => on.clock.now() + 5000
  const fetch = (key: string): Kept => {
    if (failure) throw failure
    const at = now()
    const row = {
      key,
      title: `film ${++fetched}`,
      fetchedAt: at,
      expiresAt: at + ttlMs,
      updatedAt: at,
    }
    kept.set(key, row)
    return row
  }
  const invalidate = (key: string): void => {
    const row = kept.get(key)
    if (row) kept.set(key, { ...row, expiresAt: 0, updatedAt: row.updatedAt + 1 })
  }
  on.server.queries.set('movie.get', ({ key }) => kept.get(key as string) ?? null)
  on.server.mutations.set('movie.load', ({ key }) => {
    const row = kept.get(key as string)
    return row && row.expiresAt > now() ? row : fetch(key as string)
  })
  on.server.mutations.set('movie.refresh', ({ key }) => fetch(key as string))
  on.server.mutations.set('movie.invalidate', ({ key }) => {
    invalidate(key as string)
    return { invalidated: true }
  })
  return {
    ...on,
    kept,
    fail: (error) => void (failure = error),
    invalidate: (key) => on.server.commit(() => invalidate(key)),
    loads: () => on.network.log.filter(({ path }) => path.endsWith('movie.load')).length,
  }
}

describe('an entry of a base table', () => {
  test('is loaded when it is missing, and never shown as missing before', async () => {
    const on = cacheStage()
    const { result, all } = on.hook(() => useCacheEntry(api.movie, 7))
    expect(result.current).toMatchObject({ data: undefined, isLoading: true, error: null })
    await on.settled()
    await on.settled()
    expect(result.current).toMatchObject({
      data: { title: 'film 1' },
      isLoading: false,
      error: null,
    })
    expect(all.every(({ data, isLoading }) => isLoading || data?.title === 'film 1')).toBe(true)
    expect(on.loads()).toBe(1)
  })

  test('that is kept is shown, and nothing is loaded', async () => {
    const on = cacheStage()
    on.server.commit(() => on.server.mutations.get('movie.refresh')?.({ key: '7' }))
    const { result } = on.hook(() =>
      useCacheEntry({
        query: api.movie.get,
        load: api.movie.load,
        refresh: api.movie.refresh,
        invalidate: api.movie.invalidate,
        key: 7,
      }),
    )
    await on.settled()
    expect(result.current).toMatchObject({ data: { key: '7' }, isLoading: false, isStale: false })
    expectTypeOf(result.current.data?.tmdbId).toEqualTypeOf<number | undefined>()
    await on.pass(10_000)
    expect(on.loads()).toBe(0)
  })

  test('is loaded once for many components', async () => {
    const on = cacheStage()
    on.hook(() => useCacheEntry(api.movie, 7))
    on.hook(() => useCacheEntry(api.movie, '7'))
    await on.settled()
    await on.settled()
    expect(on.loads()).toBe(1)
  })

  test('is loaded again when somebody purges it or marks it as stale', async () => {
    const on = cacheStage()
    const { result } = on.hook(() => useCacheEntry(api.movie, 7))
    await on.settled()
    await on.settled()
    on.server.commit(() => on.kept.clear())
    await on.pass(1_000)
    expect(result.current.data?.title).toBe('film 2')
    on.invalidate('7')
    await on.settled()
    expect(result.current).toMatchObject({ data: { title: 'film 2' }, isStale: true })
    await on.pass(1_000)
    expect(result.current).toMatchObject({ data: { title: 'film 3' }, isStale: false })
    expect(on.loads()).toBe(3)
  })

  test('is loaded again when its time is up, on the server’s clock', async () => {
    const on = cacheStage()
    const { result } = on.hook(() => useCacheEntry(api.movie, 7))
    await on.settled()
    await on.settled()
    await on.pass(ttlMs - 500)
    expect(on.loads()).toBe(1)
    await on.pass(2_000)
    expect(result.current).toMatchObject({ data: { title: 'film 2' }, isStale: false })
    expect(on.loads()).toBe(2)
  })

  test('that cannot be loaded says why, and is tried again after a while, not at once', async () => {
    const on = cacheStage()
    on.fail(failed)
    const { result } = on.hook(() => useCacheEntry(api.movie, 7))
    await on.settled()
    await on.settled()
    expect(result.current).toMatchObject({ data: null, isLoading: false })
    expect(result.current.error?.code).toBe('FETCH_FAILED')
    await on.pass(20_000)
    expect(on.loads()).toBe(1)
    on.fail(undefined)
    await on.pass(30_000)
    expect(result.current).toMatchObject({ data: { title: 'film 1' }, error: null })
    expect(on.loads()).toBe(2)
  })

  test('that the source does not have is not asked for again until somebody looks anew', async () => {
    const on = cacheStage()
    on.fail(new NoboilError('NOT_FOUND', 'There is none.'))
    const { result, unmount } = on.hook(() => useCacheEntry(api.movie, 7))
    await on.settled()
    await on.pass(120_000)
    expect(result.current.error?.code).toBe('NOT_FOUND')
    expect(on.loads()).toBe(1)
    unmount()
    await on.pass(500)
    on.hook(() => useCacheEntry(api.movie, 7))
    await on.settled()
    await on.settled()
    expect(on.loads()).toBe(2)
  })

  test('keeps what is shown while it cannot be fetched', async () => {
    const on = cacheStage()
    const { result } = on.hook(() => useCacheEntry(api.movie, 7))
    await on.settled()
    await on.settled()
    on.fail(failed)
    on.invalidate('7')
    await on.pass(1_000)
    expect(result.current).toMatchObject({ data: { title: 'film 1' }, isStale: true })
    expect(result.current.error?.code).toBe('FETCH_FAILED')
    on.fail(undefined)
    await act(async () => {
      expect(await result.current.refresh()).toMatchObject({ title: 'film 2' })
    })
    await on.settled()
    expect(result.current).toMatchObject({ data: { title: 'film 2' }, isStale: false, error: null })
  })

  test('goes over to another key without showing the one before', async () => {
    const on = cacheStage()
    const { result, rerender, all } = on.hook(
      ({ id }: { id: number }) => ({ id, entry: useCacheEntry(api.movie, id) }),
      { id: 7 },
    )
    await on.settled()
    await on.settled()
    rerender({ id: 8 })
    await on.settled()
    await on.settled()
    expect(result.current.entry.data?.key).toBe('8')
    expect(
      all.every(({ id, entry }) =>
        [undefined, null, String(id)].includes(entry.data && entry.data.key),
      ),
    ).toBe(true)
  })

  test('skipped asks for nothing and refuses to act', async () => {
    const on = cacheStage()
    const { result } = on.hook(() => useCacheEntry(api.movie, 'skip'))
    await on.settled()
    expect(on.network.log).toHaveLength(0)
    expect(result.current).toMatchObject({ data: undefined, isLoading: false, isStale: false })
    await expect(result.current.refresh()).rejects.toThrow('skipped')
    await expect(result.current.invalidate()).rejects.toThrow('skipped')
  })

  test('is marked as stale for everybody by hand', async () => {
    const on = cacheStage()
    const { result } = on.hook(() => useCacheEntry(api.movie, 7))
    await on.settled()
    await on.settled()
    await act(async () => {
      expect(await result.current.invalidate()).toEqual({ invalidated: true })
    })
    await on.pass(2_000)
    expect(result.current).toMatchObject({ data: { title: 'film 2' }, isStale: false })
  })
})
