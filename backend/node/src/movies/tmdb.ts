/**
 * TMDB as a source, for those who have a key of their own.
 */
import { TMDB } from 'tmdb-ts'
import { genreOf } from './genres.ts'
import type { MovieSource } from './source.ts'

/** `accessToken`: TMDB's "API read access token". `fetch` is replaced in tests. */
export function tmdbSource(
  accessToken: string,
  options: { readonly fetch?: typeof fetch } = {},
): MovieSource {
  const ask = options.fetch ?? fetch
  const clientOf = (signal: AbortSignal): TMDB =>
    new TMDB(accessToken, { fetch: (input, init) => ask(input, { ...init, signal }) })
  return {
    search: async (query, signal) => {
      const found = await answerOf(clientOf(signal).search.movies({ query }))
      if (found === null) return { results: [], total: 0 }
      const results = found.results.map((each) => ({
        tmdbId: each.id,
        title: each.title,
        releaseDate: each.release_date ?? '',
        // A list of films does not name them, and asking for each one would be many requests.
        directors: [],
        posterPath: each.poster_path ?? null,
        voteAverage: each.vote_average,
        genres: each.genre_ids.flatMap(genreOf),
      }))
      return { results, total: found.total_results }
    },
    details: async (id, { signal }) => {
      const film = await answerOf(clientOf(signal).movies.details(id, ['credits']))
      if (film === null) return null
      return {
        tmdbId: film.id,
        title: film.title,
        overview: film.overview ?? '',
        posterPath: film.poster_path ?? null,
        releaseDate: film.release_date ?? '',
        voteAverage: film.vote_average,
        voteCount: film.vote_count,
        runtimeMinutes: film.runtime > 0 ? film.runtime : null,
        genres: film.genres.map(({ id, name }) => ({ id, name })),
        directors: film.credits.crew
          .filter(({ job }) => job === 'Director')
          .map(({ name }) => name),
        countries: film.production_countries.map(({ name }) => name),
      }
    },
  }
}

/** TMDB's own code for what it does not have. */
const notFound = 34

/** Null for what TMDB does not have. The client rejects with TMDB's answer, which is no error that could be logged. */
async function answerOf<answer>(asked: Promise<answer>): Promise<answer | null> {
  try {
    return await asked
  } catch (refused) {
    if (refused instanceof Error) throw refused
    const { status_code: code, status_message: message } = refused as {
      readonly status_code?: number
      readonly status_message?: string
    }
    if (code === notFound) return null
    const reason = message ?? 'no reason given'
    throw new Error(`TMDB refused (${code ?? 'without a code'}): ${reason}`, { cause: refused })
  }
}
