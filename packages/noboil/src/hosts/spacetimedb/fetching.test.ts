import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import type { SpacetimeClient } from '../../react/spacetimedb/client.ts'
import { bindings, down, type Films, openFilms, type Way } from './fetching.fixture.ts'

const { reducers } = bindings

// The modules are bundled once, which takes as long as the machine is busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
beforeAll(async () => {
  for (const way of ['procedure', 'worker'] as const) await (await openFilms(way)).close()
})

let open: Films | undefined

afterEach(async () => {
  await open?.close()
  open = undefined
})

async function world(way: Way) {
  const films = await openFilms(way)
  open = films
  if (way === 'worker') films.worker()
  const ann = films.client('ann')
  const load = (key: string, client: SpacetimeClient = ann) =>
    films.settled(client.call(reducers.load_movie, { key }))
  const refresh = (key: string, client: SpacetimeClient = ann) =>
    films.settled(client.call(reducers.refresh_movie, { key }))
  const trailer = (key: string) => films.settled(ann.call(reducers.load_trailer, { key }))
  return { ...films, films, ann, load, refresh, trailer }
}

const codeOf = (call: Promise<unknown>) => call.then(() => 'fine', errorCode)

describe.each<Way>(['procedure', 'worker'])('a table whose rows a %s fetches', (way) => {
  it('loads what is missing, once, for everybody', async () => {
    const { load, films, host, source } = await world(way)
    expect(await load('7')).toMatchObject({ key: '7', tmdbId: 7, title: 'FILM 7, ASK 1' })
    expect(await load('7', films.client('bob'))).toMatchObject({ title: 'FILM 7, ASK 1' })
    expect(source.asked).toEqual(['7'])
    expect(host.as('eve').rows('movie')).toMatchObject([{ key: '7', title: 'FILM 7, ASK 1' }])
  })

  it('asks once for calls that come at once', async () => {
    const { ann, films, source } = await world(way)
    const calls = Array.from({ length: 10 }, () => ann.call(reducers.load_movie, { key: '7' }))
    const rows = await films.settled(Promise.all(calls))
    expect(new Set(rows.map((row) => (row as { title: string }).title)).size).toBe(1)
    expect(source.asked).toEqual(['7'])
  })

  it('refreshes in any case, loads what is stale, and keeps what its caller may not refresh', async () => {
    const { load, refresh, films, source } = await world(way)
    await load('7')
    expect(await refresh('7')).toMatchObject({ title: 'FILM 7, ASK 2' })
    await films.pass(61_000)
    expect(await load('7')).toMatchObject({ title: 'FILM 7, ASK 3' })
    for (let calls = 0; calls < 5; calls++) await refresh('7')
    expect(await codeOf(refresh('7'))).toBe('RATE_LIMITED')
    expect(source.asked).toHaveLength(8)
  })

  it('tells a source that fails, one that answers what is no row, and one that has nothing', async () => {
    const { load, host, source } = await world(way)
    source.answer = down
    expect(await codeOf(load('7'))).toBe('FETCH_FAILED')
    source.answer = () => ({ tmdbId: 8, title: 'another' })
    expect(await codeOf(load('7'))).toBe('FETCH_FAILED')
    source.answer = () => null
    expect(await codeOf(load('7'))).toBe('NOT_FOUND')
    expect(await codeOf(load('7'))).toBe('NOT_FOUND')
    expect(source.asked).toHaveLength(3)
    expect(host.as('eve').rows('movie')).toEqual([])
  })

  it('refuses what is no key before anybody is asked', async () => {
    const { load, refresh, source } = await world(way)
    expect(await codeOf(load('x'))).toBe('INVALID_KEY')
    expect(await codeOf(refresh('07'))).toBe('INVALID_KEY')
    expect(source.asked).toEqual([])
  })

  it('answers what is stale and fetches it in the background, and keeps it when that fails', async () => {
    const { trailer, films, host, source } = await world(way)
    const titles = () =>
      host
        .as('eve')
        .rows('trailer')
        .map(({ title }) => title)
    await trailer('7')
    await films.pass(61_000)
    expect(await trailer('7')).toMatchObject({ title: 'film 7, ask 1' })
    await films.pass(5_000)
    expect(titles()).toEqual(['film 7, ask 2'])
    await films.pass(61_000)
    source.answer = down
    expect(await trailer('7')).toMatchObject({ title: 'film 7, ask 2' })
    await films.pass(5_000)
    expect(titles()).toEqual(['film 7, ask 2'])
    expect(source.asked).toHaveLength(3)
  })

  it('marks as stale what is invalidated while it is fetched', async () => {
    const { load, ann, films, source, host } = await world(way)
    let invalidated = false
    source.answer = (key) => {
      // A procedure's fetch is no transaction: others write meanwhile.
      if (!invalidated) host.call('invalidate_movie', { key, _request: undefined })
      invalidated = true
      return { tmdbId: Number(key), title: 'old' }
    }
    await load('7')
    source.answer = (key) => ({ tmdbId: Number(key), title: 'new' })
    expect(await films.settled(ann.call(reducers.load_movie, { key: '7' }))).toMatchObject({
      title: 'NEW',
    })
  })
})
