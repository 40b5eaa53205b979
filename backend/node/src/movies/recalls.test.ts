import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAppCache } from 'noboil/cache'
import { errorCode } from 'noboil/errors'
import { noboil } from 'noboil/node'
import type { Id } from 'noboil/schema'
import { afterEach, expect, test } from 'vitest'
import { tablesOf } from '../tables.ts'
import { moviesFunctions } from './functions.ts'
import { cacheDependencies, followMirrors } from './recalls.ts'
import type { MovieSource } from './source.ts'

const person = (name: string, role: string) => ({ _id: `users.${name}` as Id<'users'>, name, role })
const [admin, reader] = [person('Ada', 'admin'), person('Rea', 'user')]

const source: MovieSource = {
  search: async () => ({ results: [], total: 0 }),
  details: async (tmdbId) => ({
    tmdbId,
    title: `Film ${tmdbId}`,
    overview: '',
    posterPath: null,
    releaseDate: '1979',
    voteAverage: 8,
    voteCount: 1,
    runtimeMinutes: null,
    genres: [],
    directors: [],
    countries: [],
  }),
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function open(peer: string | null = 'localhost:3001') {
  const folder = mkdtempSync(join(tmpdir(), 'noboil-recalls-'))
  const cache = createAppCache({
    dependencies: cacheDependencies,
    log: { file: join(folder, 'cache.json') },
  })
  const app = noboil({
    database: join(folder, 'app.db'),
    cache,
    mirrors: false,
    invalidates: { movie: false },
    tables: ({ table }) => tablesOf(table, source),
    functions: moviesFunctions(source, cache, peer),
    log: { level: 'warn' },
  })
  closing.push(
    () => app.close(),
    () => cache.close(),
    () => rmSync(folder, { recursive: true }),
  )
  followMirrors(cache, () => app.api.movies.recalled())
  await app.start()
  for (const key of ['1', '2']) await app.api.movie.load({ key })
  const heard: unknown[] = []
  cache.onInvalidate(({ type, types, ids, preventMirror }) =>
    heard.push({ type, types, ids, preventMirror }),
  )
  return {
    app,
    cache,
    heard,
    as: (user: typeof admin | null) => app.as(user).movies,
    latest: async () => (await app.api.recall.get({ key: 'latest' }))?.entries ?? [],
    endOf: async (key: string) => (await app.api.movie.get({ key }))?.expiresAt,
  }
}

test('an admin’s word marks one copy, is noted, and is told to the cache with its id', async () => {
  const { as, endOf, heard, latest } = await open()
  expect(await as(admin).recall({ what: 'marked', tmdbId: 1 })).toEqual({ count: 1 })
  expect(await endOf('1')).toBe(0)
  expect(await endOf('2')).toBeGreaterThan(0)
  expect(await latest()).toMatchObject([
    { what: 'marked', film: { tmdbId: 1, title: 'Film 1' }, by: 'Ada' },
  ])
  await expect
    .poll(() => heard)
    .toEqual([{ type: 'movies', types: ['movies', 'searches'], ids: ['1'], preventMirror: false }])
})

test('every copy can be marked, and removed', async () => {
  const { app, as, endOf, latest } = await open()
  expect(await as(admin).recall({ what: 'marked' })).toEqual({ count: 2 })
  expect([await endOf('1'), await endOf('2')]).toEqual([0, 0])
  expect(await as(admin).recall({ what: 'removed' })).toEqual({ count: 2 })
  expect(await app.api.movie.get({ key: '1' })).toBeNull()
  expect(await latest()).toMatchObject([
    { what: 'removed', film: null },
    { what: 'marked', film: null },
  ])
})

test('nobody else may, and what is not kept cannot be: both change nothing', async () => {
  const { as, endOf, heard, latest } = await open()
  const codeOf = (call: Promise<unknown>) => call.then(() => 'fine', errorCode)
  expect(await codeOf(as(null).recall({ what: 'removed' }))).toBe('NOT_AUTHENTICATED')
  expect(await codeOf(as(reader).recall({ what: 'removed' }))).toBe('FORBIDDEN')
  expect(await codeOf(as(admin).recall({ what: 'marked', tmdbId: 3 }))).toBe('NOT_FOUND')
  expect(await codeOf(as(admin).recall({ what: 'marked', tmdbId: 0 }))).toBe('VALIDATION_FAILED')
  expect(await endOf('1')).toBeGreaterThan(0)
  expect(await latest()).toEqual([])
  expect(heard).toEqual([])
})

test.each(['localhost:3001', null])(
  'another deployment’s word (%s) marks every copy here, and is told to nobody else',
  async (peer) => {
    const { cache, endOf, heard, latest } = await open(peer)
    await cache.invalidate('movies', true)
    await expect.poll(async () => [await endOf('1'), await endOf('2')]).toEqual([0, 0])
    expect(await latest()).toEqual([
      {
        at: expect.any(Number) as number,
        what: 'marked',
        film: null,
        by: null,
        ...(peer === null ? {} : { from: peer }),
      },
    ])
    expect(heard).toMatchObject([{ preventMirror: true }])
  },
)

test('fetching and refreshing are no news for the cache', async () => {
  const { app, heard } = await open()
  await app.api.movie.refresh({ key: '1' })
  await app.api.movie.load({ key: '3' })
  expect(heard).toEqual([])
})

test('what is kept of the past has an end', async () => {
  const { as, latest } = await open()
  for (let times = 0; times < 12; times++) await as(admin).recall({ what: 'marked', tmdbId: 1 })
  await as(admin).recall({ what: 'marked', tmdbId: 2 })
  const entries = await latest()
  expect(entries).toHaveLength(8)
  expect(entries[0]?.film?.tmdbId).toBe(2)
})

test('a search is kept until films are called back, and says where it came from', async () => {
  const { as } = await open()
  const ask = async () => (await as(null).search({ text: ' Tati ' })).kept
  expect(await ask()).toMatchObject({ status: 'miss', hasFailed: false })
  expect(await ask()).toMatchObject({ status: 'hit', hasFailed: false })
  await as(admin).recall({ what: 'removed', tmdbId: 1 })
  await expect.poll(async () => (await ask()).status).toBe('miss')
})
