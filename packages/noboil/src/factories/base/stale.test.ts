import { describe, expect, it } from 'vitest'
import { codeOf } from '../testing.fixture.ts'
import { movies } from './base.fixture.ts'

describe('a source that fails', () => {
  it('is FETCH_FAILED, says nothing of why to the caller, and changes nothing', async () => {
    const on = await movies({ ttl: 1_000 })
    const kept = await on.load()
    await on.pass(1_000)
    on.source.fail('password=hunter2')
    const failure = await on.load().catch((error: unknown) => JSON.stringify(error))
    expect(failure).toContain('FETCH_FAILED')
    expect(failure).not.toContain('hunter2')
    expect(await codeOf(on.refresh())).toBe('FETCH_FAILED')
    expect(await on.get()).toEqual(kept)
  })

  it('is logged, without the query of what was asked for', async () => {
    const on = await movies()
    on.source.fail('fetch of https://api.example/3/movie/1?api_key=s3cret failed')
    await codeOf(on.load())
    expect(on.lines).toHaveLength(1)
    expect(JSON.parse(on.lines[0] as string)).toMatchObject({
      table: 'movie',
      key: '1',
      reason: expect.stringContaining('https://api.example/3/movie/1?…') as string,
    })
    expect(on.lines[0]).not.toContain('s3cret')
  })

  it('or takes too long is told to stop, and is FETCH_FAILED at its time limit', async () => {
    const on = await movies({ fetchTimeoutMs: 3_000 })
    const { signals } = on.source.hold()
    const call = codeOf(on.load())
    await on.settle()
    await on.pass(2_999)
    expect(signals[0]?.aborted).toBe(false)
    await on.pass(1)
    expect(await call).toBe('FETCH_FAILED')
    expect(signals[0]?.aborted).toBe(true)
    expect(on.lines[0]).toContain('3000 ms')
  })

  it.each([
    ['another key', { tmdbId: 2, title: 'x' }, 'tmdbId'],
    ['a field of the wrong type', { tmdbId: 1, title: 7 }, 'payload.title'],
    ['a field too few', { tmdbId: 1 }, 'payload.title'],
    ['a field too many', { tmdbId: 1, title: 'x', budget: 3 }, 'budget'],
    ['a text', 'x', 'no object'],
    ['a list', [], 'no object'],
    ['nothing at all', undefined, 'return'],
    ['unchanged, of what is not there', Symbol.for('noboil.unchanged'), 'unchanged'],
  ])('answers %s: nothing is stored, and the log says what is wrong', async (_name, data, said) => {
    const on = await movies()
    on.source.answer = () => data as never
    expect(await codeOf(on.load())).toBe('FETCH_FAILED')
    expect(await on.stored()).toEqual([])
    expect(on.lines[0]).toContain(said)
  })

  it('is asked again by the next load of what is missing', async () => {
    const on = await movies()
    on.source.fail()
    expect(await codeOf(on.load())).toBe('FETCH_FAILED')
    on.source.recover()
    expect(await on.load()).toMatchObject({ key: '1' })
    expect(await on.bookkeeping()).toEqual([])
  })
})

describe('staleIfError', () => {
  it('answers the row there is, and leaves the source alone for a while that grows', async () => {
    const on = await movies({ ttl: 1_000, staleIfError: true })
    const kept = await on.load()
    await on.pass(1_000)
    on.source.fail()
    expect(await on.load()).toEqual(kept)
    expect(on.source.asked).toHaveLength(2)
    await on.pass(999)
    expect(await on.load()).toEqual(kept)
    expect(on.source.asked).toHaveLength(2)
    await on.pass(1)
    expect(await on.load()).toEqual(kept)
    expect(on.source.asked).toHaveLength(3)
    await on.pass(1_999)
    expect(await on.load()).toEqual(kept)
    expect(on.source.asked).toHaveLength(3)
    await on.pass(1)
    on.source.recover()
    on.source.version = 2
    expect(await on.load()).toMatchObject({ title: 'film 1, version 2', fetchedAt: on.now })
  })

  it('answers refresh too, which asks the source in any case', async () => {
    const on = await movies({ ttl: 1_000, staleIfError: true })
    const kept = await on.load()
    on.source.fail()
    expect(await on.refresh()).toEqual(kept)
    expect(await on.refresh()).toEqual(kept)
    expect(on.source.asked).toHaveLength(3)
  })

  it('has nothing to answer for what is missing', async () => {
    const on = await movies({ staleIfError: true })
    on.source.fail()
    expect(await codeOf(on.load())).toBe('FETCH_FAILED')
  })

  it('with a number ends so many ms after the row was fetched', async () => {
    const on = await movies({ ttl: 1_000, staleIfError: 5_000 })
    const kept = await on.load()
    on.source.fail()
    await on.pass(4_999)
    expect(await on.load()).toEqual(kept)
    await on.pass(1)
    expect(await codeOf(on.load())).toBe('FETCH_FAILED')
    expect(await on.get()).toEqual(kept)
  })
})

describe('staleWhileRevalidate', () => {
  it('answers a stale row at once, and fetches once in the background for all who read it', async () => {
    const on = await movies({ ttl: 1_000, staleWhileRevalidate: true })
    const kept = await on.load()
    await on.pass(1_000)
    on.source.version = 2
    const { release } = on.source.hold()
    expect(await Promise.all([on.load(), on.load(), on.load()])).toEqual([kept, kept, kept])
    const background = on.app.idle()
    await on.settle()
    expect(await on.load()).toEqual(kept)
    release()
    await background
    expect(await on.get()).toMatchObject({ title: 'film 1, version 2', fetchedAt: on.now })
    expect(await on.load()).toMatchObject({ title: 'film 1, version 2' })
    expect(on.source.asked).toHaveLength(2)
  })

  it('keeps the row when the background fails, and does not ask at every load', async () => {
    const on = await movies({ ttl: 1_000, staleWhileRevalidate: true })
    const kept = await on.load()
    await on.pass(1_000)
    on.source.fail()
    for (let i = 0; i < 5; i++) {
      expect(await on.load()).toEqual(kept)
      await on.app.idle()
    }
    expect(on.source.asked).toHaveLength(2)
    expect(on.lines).toHaveLength(1)
  })

  it('waits for what is missing', async () => {
    const on = await movies({ ttl: 1_000, staleWhileRevalidate: true })
    expect(await on.load()).toMatchObject({ title: 'film 1, version 1' })
  })

  it('with a number waits for a row that is older', async () => {
    const on = await movies({ ttl: 1_000, staleWhileRevalidate: 5_000 })
    const kept = await on.load()
    on.source.version = 2
    await on.pass(4_999)
    expect(await on.load()).toEqual(kept)
    await on.pass(1)
    // The background has not run yet: whoever cannot wait for it any more is first when its lease ends.
    await on.endLeases()
    expect(await on.load()).toMatchObject({ title: 'film 1, version 2' })
    await on.app.idle()
    expect(on.source.asked).toHaveLength(2)
  })
})

describe('a source that has nothing', () => {
  it('is NOT_FOUND, and asked every time unless that is remembered', async () => {
    const on = await movies()
    on.source.answer = () => null
    expect(await codeOf(on.load())).toBe('NOT_FOUND')
    expect(await codeOf(on.load())).toBe('NOT_FOUND')
    expect(on.source.asked).toHaveLength(2)
  })

  it('is believed for negativeTtlMs, by load but not by refresh', async () => {
    const on = await movies({ negativeTtlMs: 5_000 })
    on.source.answer = () => null
    expect(await codeOf(on.load())).toBe('NOT_FOUND')
    await on.pass(4_999)
    expect(await codeOf(on.load())).toBe('NOT_FOUND')
    expect(on.source.asked).toHaveLength(1)
    on.source.recover()
    expect(await on.refresh()).toMatchObject({ key: '1' })
    expect(await on.load()).toMatchObject({ key: '1' })
    await on.purge()
    on.source.answer = () => null
    expect(await codeOf(on.load())).toBe('NOT_FOUND')
    await on.pass(5_000)
    on.source.recover()
    expect(await on.load()).toMatchObject({ key: '1' })
  })

  it('any more takes the row away', async () => {
    const on = await movies({ ttl: 1_000 })
    await on.load()
    on.source.answer = () => null
    expect(await codeOf(on.refresh())).toBe('NOT_FOUND')
    expect(await on.get()).toBeNull()
    expect(await on.purge()).toBe(0)
  })

  it('is asked again after an invalidation', async () => {
    const on = await movies({ negativeTtlMs: 5_000 })
    on.source.answer = () => null
    await codeOf(on.load())
    on.source.recover()
    expect(await on.invalidate()).toBe(true)
    expect(await on.load()).toMatchObject({ key: '1' })
  })

  it('leaves nothing behind that piles up', async () => {
    const on = await movies({ negativeTtlMs: 1_000 })
    on.source.answer = () => null
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 20; i++) await codeOf(on.load(String(round * 100 + i + 1)))
      await on.pass(700_000)
    }
    expect((await on.bookkeeping()).length).toBeLessThan(50)
  })
})

describe('a conditional fetch', () => {
  it('is given what is kept, and may say that it still holds', async () => {
    const on = await movies({ ttl: 1_000 })
    const kept = await on.load()
    await on.pass(1_000)
    on.source.answer = (_key, { previous, unchanged }) => {
      expect(previous).toEqual(kept)
      return unchanged
    }
    const expected = {
      ...kept,
      fetchedAt: on.now,
      expiresAt: on.now + 1_000,
      updatedAt: on.now,
    }
    expect(await on.load()).toEqual(expected)
    expect(await on.get()).toEqual(expected)
  })

  it('is given nothing where nothing is kept, or it was purged', async () => {
    const seen: unknown[] = []
    const on = await movies()
    on.source.answer = (key, { previous }) => {
      seen.push(previous)
      return on.source.film(key)
    }
    await on.load()
    await on.purge()
    await on.load()
    expect(seen).toEqual([null, null])
  })

  it('that still holds what was purged meanwhile asks again', async () => {
    const on = await movies()
    await on.load()
    on.source.version = 2
    const gate = Promise.withResolvers<void>()
    on.source.answer = async (key, { previous, unchanged }) => {
      if (previous === null) return on.source.film(key)
      await gate.promise
      return unchanged
    }
    const call = on.refresh()
    await on.settle()
    await on.purge(['1'])
    gate.resolve()
    expect(await call).toMatchObject({ title: 'film 1, version 2' })
  })
})

describe('onFetch', () => {
  it('makes what is stored of what was fetched, and may wait', async () => {
    const on = await movies({
      hooks: { onFetch: async (film) => ({ ...film, tagline: film.title.toUpperCase() }) },
    })
    expect(await on.load()).toMatchObject({ tagline: 'FILM 1, VERSION 1' })
  })

  it('that fails, or adds what is not declared, stores nothing', async () => {
    const crashing = await movies({
      hooks: {
        onFetch: () => {
          throw new Error('no')
        },
      },
    })
    expect(await codeOf(crashing.load())).toBe('FETCH_FAILED')
    const adding = await movies({ hooks: { onFetch: (film) => ({ ...film, more: 1 }) } })
    expect(await codeOf(adding.load())).toBe('FETCH_FAILED')
    expect(adding.lines[0]).toContain('more')
    expect([...(await crashing.stored()), ...(await adding.stored())]).toEqual([])
  })
})
