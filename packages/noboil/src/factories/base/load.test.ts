import { describe, expect, it } from 'vitest'
import { codeOf, failure } from '../testing.fixture.ts'
import { movies } from './base.fixture.ts'

describe('load', () => {
  it('fetches what is missing once, and answers it from then on', async () => {
    const on = await movies({ ttl: 1_000 })
    expect(await on.get()).toBeNull()
    const row = {
      _id: 'movie.1',
      _creationTime: on.now,
      key: '1',
      tmdbId: 1,
      title: 'film 1, version 1',
      fetchedAt: on.now,
      expiresAt: on.now + 1_000,
      updatedAt: on.now,
    }
    expect(await on.load()).toEqual(row)
    expect(await on.load()).toEqual(row)
    expect(await on.get()).toEqual(row)
    expect(on.source.asked).toEqual(['1'])
    expect(await on.bookkeeping()).toEqual([])
  })

  it('fetches again when the row is stale, and not a millisecond before', async () => {
    const on = await movies({ ttl: 1_000 })
    const first = await on.load()
    on.source.version = 2
    await on.pass(999)
    expect(await on.load()).toEqual(first)
    await on.pass(1)
    expect(await on.load()).toEqual({
      ...first,
      title: 'film 1, version 2',
      fetchedAt: on.now,
      expiresAt: on.now + 1_000,
      updatedAt: on.now,
    })
  })

  it('without a ttl believes a row until it is invalidated', async () => {
    const on = await movies()
    expect(await on.load()).not.toHaveProperty('expiresAt')
    await on.pass(31_536_000_000)
    await on.load()
    expect(on.source.asked).toHaveLength(1)
    await on.invalidate()
    on.source.version = 2
    expect(await on.load()).toMatchObject({ title: 'film 1, version 2' })
    expect(await on.get()).not.toHaveProperty('expiresAt')
  })

  it('clears a field that the source no longer says', async () => {
    const on = await movies()
    on.source.answer = (key) => ({ ...on.source.film(key), tagline: 'once' })
    expect(await on.load()).toMatchObject({ tagline: 'once' })
    on.source.recover()
    expect(await on.refresh()).not.toHaveProperty('tagline')
    expect(await on.get()).not.toHaveProperty('tagline')
  })

  it('takes fetchers that answer at once', async () => {
    const on = await movies({ fetcher: (_ctx, key) => ({ tmdbId: Number(key), title: 'now' }) })
    expect(await on.load()).toMatchObject({ title: 'now' })
  })

  it('of a table without a fetcher answers what is fresh, and is NO_FETCHER else', async () => {
    const on = await movies()
    const kept = await on.load()
    const without = await movies({ fetcher: 'none' })
    await without.keep(kept)
    expect(await without.load()).toEqual(kept)
    expect(await codeOf(without.load('2'))).toBe('NO_FETCHER')
    expect(await codeOf(without.refresh())).toBe('NO_FETCHER')
    expect(await without.get()).toEqual(kept)
  })

  it('spreads the times of rows that were fetched together, within the part that jitter may take', async () => {
    const on = await movies({ ttl: 100_000, ttlJitter: 0.5 })
    const times = new Set<number>()
    for (let key = 1; key <= 100; key++) {
      const { expiresAt } = await on.load(String(key))
      times.add((expiresAt as number) - on.now)
    }
    expect(times.size).toBeGreaterThan(90)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(50_000)
    expect(Math.max(...times)).toBeLessThanOrEqual(100_000)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(40_000)
  })
})

describe('a key', () => {
  it('must be one that its field takes, in its one form, before anything is asked', async () => {
    const on = await movies()
    for (const key of [
      'abc',
      '07',
      '1.5',
      '-1',
      '0',
      ' 1',
      '1e3',
      '+1',
      'NaN',
      'Infinity',
      '0x10',
    ]) {
      for (const path of ['movie.get', 'movie.load', 'movie.refresh']) {
        expect(await failure(on.call(path, { key }))).toMatchObject({
          code: 'INVALID_KEY',
          data: { key },
        })
      }
      expect(await codeOf(on.call('movie.invalidate', { key }, 'admin'))).toBe('INVALID_KEY')
      expect(await codeOf(on.call('movie.purge', { keys: ['1', key] }, 'admin'))).toBe(
        'INVALID_KEY',
      )
    }
    expect(on.source.asked).toEqual([])
  })
})

describe('many calls for one key', () => {
  it('share one fetch, without looking again and again', async () => {
    const on = await movies({ ttl: 1_000 })
    const { release } = on.source.hold()
    const calls = Array.from({ length: 50 }, () => on.load())
    await on.settle()
    expect(on.source.asked).toHaveLength(1)
    const before = on.app.host.revision
    await on.pass(5_000)
    // Nothing was written while they wait, and the fetch is what ends it, not the clock.
    expect(on.app.host.revision).toBe(before)
    release()
    const rows = await Promise.all(calls)
    expect(new Set(rows.map(({ title }) => title)).size).toBe(1)
    expect(on.source.asked).toHaveLength(1)
  })

  it('share its failure as well: a source that is down is not asked by each of them', async () => {
    const on = await movies()
    const { release } = on.source.hold()
    const calls = Array.from({ length: 20 }, () => codeOf(on.load()))
    await on.settle()
    await on.pass(10_000)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['FETCH_FAILED']))
    expect(on.source.asked).toHaveLength(1)
    on.source.version = 2
    release()
    expect(await on.load()).toMatchObject({ title: 'film 1, version 2' })
  })

  it('share that there is nothing', async () => {
    const on = await movies()
    const gate = Promise.withResolvers<null>()
    on.source.answer = () => gate.promise
    const calls = Array.from({ length: 20 }, () => codeOf(on.load()))
    await on.settle()
    gate.resolve(null)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['NOT_FOUND']))
    expect(on.source.asked).toHaveLength(1)
  })

  it('and different keys do not wait for each other', async () => {
    const on = await movies()
    const { release } = on.source.hold()
    const slow = on.load('1')
    await on.settle()
    on.source.recover()
    expect(await on.load('2')).toMatchObject({ key: '2' })
    release()
    expect(await slow).toMatchObject({ key: '1' })
  })

  it('refresh joins a fetch under way', async () => {
    const on = await movies()
    const { release } = on.source.hold()
    const calls = [on.load(), on.refresh(), on.refresh('1', 'bob')]
    await on.settle()
    release()
    await Promise.all(calls)
    expect(on.source.asked).toHaveLength(1)
  })
})

describe('whoever fetches and dies', () => {
  it('is waited for until the lease ends, then replaced by one', async () => {
    const on = await movies({ fetchTimeoutMs: 1_000 })
    await on.abandon('1', 6_000)
    const calls = [on.load(), on.load(), on.load()]
    await on.settle()
    await on.pass(5_999)
    expect(on.source.asked).toHaveLength(0)
    await on.pass(1)
    await on.settle()
    expect(await Promise.all(calls)).toHaveLength(3)
    expect(on.source.asked).toHaveLength(1)
  })

  it('and comes back too late changes nothing that has been fetched since', async () => {
    const on = await movies({ fetchTimeoutMs: 3_600_000, ttl: 100_000_000 })
    const held = on.source.hold()
    const late = on.load()
    await on.settle()
    // Its lease is over, as for a process that was stopped; another takes over and is done first.
    await on.endLeases()
    on.source.recover()
    on.source.version = 2
    expect(await on.load()).toMatchObject({ title: 'film 1, version 2' })
    held.release()
    expect(await late).toMatchObject({ title: 'film 1, version 2' })
    expect(await on.get()).toMatchObject({ title: 'film 1, version 2' })
  })

  it('in the background is replaced by the next who finds the row stale', async () => {
    const on = await movies({ ttl: 1_000, staleWhileRevalidate: true })
    await on.load()
    await on.pass(1_000)
    await on.abandon('1', 5_000)
    on.source.version = 2
    await on.load()
    await on.app.idle()
    expect(await on.get()).toMatchObject({ title: 'film 1, version 1' })
    await on.pass(5_000)
    await on.load()
    await on.app.idle()
    expect(await on.get()).toMatchObject({ title: 'film 1, version 2' })
  })
})
