import { expect, test } from 'vitest'
import { tmdbSource } from './tmdb.ts'

interface Asked {
  readonly url: URL
  readonly init: RequestInit
}

/** A fetch that answers the same to everything, and what it was asked. */
function answering(status: number, body: unknown): { fetch: typeof fetch; asked: Asked[] } {
  const asked: Asked[] = []
  const ask = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    asked.push({ url: new URL(String(input)), init })
    return Response.json(body, { status })
  }
  return { fetch: ask, asked }
}

const { signal } = new AbortController()

const details = {
  id: 1398,
  title: 'Stalker',
  overview: 'A guide.',
  poster_path: '/s.jpg',
  release_date: '1979-05-25',
  vote_average: 8.1,
  vote_count: 2_400,
  runtime: 162,
  genres: [{ id: 878, name: 'Science Fiction' }],
  production_countries: [{ iso_3166_1: 'SU', name: 'Soviet Union' }],
  credits: {
    crew: [
      { job: 'Writer', name: 'A' },
      { job: 'Director', name: 'Andrei Tarkovsky' },
    ],
  },
}

test('a film of TMDB becomes a row of the table, asked for with the key in a header', async () => {
  const { fetch, asked } = answering(200, details)
  expect(await tmdbSource('key', { fetch }).details(1398, { signal })).toEqual({
    tmdbId: 1398,
    title: 'Stalker',
    overview: 'A guide.',
    posterPath: '/s.jpg',
    releaseDate: '1979-05-25',
    voteAverage: 8.1,
    voteCount: 2_400,
    runtimeMinutes: 162,
    genres: [{ id: 878, name: 'Science Fiction' }],
    directors: ['Andrei Tarkovsky'],
    countries: ['Soviet Union'],
  })
  const [{ url, init }] = asked as [Asked]
  expect(url.pathname).toBe('/3/movie/1398')
  expect(String(url)).not.toContain('key')
  expect(new Headers(init.headers).get('authorization')).toBe('Bearer key')
  expect(init.signal).toBe(signal)
})

test('what TMDB leaves open stays open', async () => {
  const bare = { ...details, runtime: 0, poster_path: null, release_date: undefined }
  const { fetch } = answering(200, bare)
  expect(await tmdbSource('key', { fetch }).details(1398, { signal })).toMatchObject({
    runtimeMinutes: null,
    posterPath: null,
    releaseDate: '',
  })
})

test('a film that TMDB does not have is null', async () => {
  const { fetch } = answering(404, { status_code: 34, status_message: 'Not found.' })
  expect(await tmdbSource('key', { fetch }).details(1, { signal })).toBeNull()
})

test('any other refusal is an error that says why, without the key', async () => {
  const { fetch } = answering(401, { status_code: 7, status_message: 'Invalid API key.' })
  const asked = tmdbSource('secret-key', { fetch }).details(1, { signal })
  await expect(asked).rejects.toThrow('TMDB refused (7): Invalid API key.')
})

test('a search names genres by their numbers, and skips those it does not know', async () => {
  const found = {
    id: 1398,
    title: 'Stalker',
    release_date: '1979-05-25',
    poster_path: null,
    vote_average: 8.1,
    genre_ids: [878, 4_711],
  }
  const { fetch, asked } = answering(200, { results: [found], total_results: 31 })
  expect(await tmdbSource('key', { fetch }).search('stalker', signal)).toEqual({
    results: [
      {
        tmdbId: 1398,
        title: 'Stalker',
        releaseDate: '1979-05-25',
        directors: [],
        posterPath: null,
        voteAverage: 8.1,
        genres: [{ id: 878, name: 'Science Fiction' }],
      },
    ],
    total: 31,
  })
  expect(asked[0]?.url.searchParams.get('query')).toBe('stalker')
})
