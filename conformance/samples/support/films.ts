/** What the base page's samples call beside the library. */
import type { FetchContext } from 'noboil/node'
import { makeBase, schema } from 'noboil/schema'
import { number, object, string } from 'zod/v4'

interface Movie {
  readonly tmdbId: number
  readonly title: string
  readonly overview: string
  readonly posterPath: string | null
  readonly releaseDate: string
  readonly voteAverage: number
}

export const toMovie = ({ id, title }: { readonly id: number; readonly title: string }) => ({
  tmdbId: id,
  title,
  overview: '',
  posterPath: null,
  releaseDate: '1977-05-25',
  voteAverage: 8.2,
  genres: [{ id: 878, name: 'Science Fiction' }],
})

export async function fetchTmdb(tmdbId: string): Promise<Movie> {
  const { genres: _, ...movie } = toMovie({ id: Number(tmdbId), title: `film ${tmdbId}` })
  return movie
}

/** `normalizedTitle` is what the sample's hook adds: a field that is not declared would be refused. */
export const s = schema({
  base: makeBase({
    film: object({ tmdbId: number(), title: string(), normalizedTitle: string().optional() }),
  }),
})

export const film = async (_ctx: FetchContext, tmdbId: string) => ({
  tmdbId: Number(tmdbId),
  title: `Film ${tmdbId}`,
})
