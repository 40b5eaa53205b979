/**
 * The bundled catalogue as a source: its HTTP, checked before anything of it is believed.
 */
import { array, enum as oneOf, int, number, object, string, type ZodType } from 'zod/v4'
import { genreId } from './genres.ts'
import {
  type MovieData,
  type MovieSource,
  type UpstreamState,
  type FoundMovie,
  upstreamModes,
} from './source.ts'

const foundSchema = object({
  id: int(),
  title: string(),
  year: int(),
  directors: array(string()),
  voteAverage: number(),
  genres: array(string()),
})
const searchSchema = object({ results: array(foundSchema), total: int() })
const filmSchema = foundSchema.extend({
  overview: string(),
  voteCount: int(),
  runtimeMinutes: int(),
  countries: array(string()),
})
const switchSchema = object({ mode: oneOf(upstreamModes), delayMs: number(), requests: int() })

/** `url`: where the catalogue listens, without a slash at the end. */
export function catalogueSource(url: string): MovieSource {
  return {
    search: async (text, signal) => {
      const response = await ask(`${url}/search?q=${encodeURIComponent(text)}`, { signal })
      const { results, total } = await read(searchSchema, response)
      return { results: results.map(foundOf), total }
    },
    details: async (id, { signal, etag }) => {
      const headers = etag === undefined ? {} : { 'if-none-match': etag }
      const response = await fetch(`${url}/movie/${id}`, { signal, headers })
      if (response.status === 304 && etag !== undefined) return 'unchanged'
      if (response.status === 404) return null
      const film = await read(filmSchema, accepted(response))
      const current = response.headers.get('etag')
      return {
        ...foundOf(film),
        directors: film.directors,
        overview: film.overview,
        voteCount: film.voteCount,
        runtimeMinutes: film.runtimeMinutes,
        genres: genresOf(film.genres),
        countries: film.countries,
        ...(current === null ? {} : { etag: current }),
      } satisfies MovieData
    },
    upstream: {
      read: async () => readSwitch(await ask(`${url}/switch`)),
      turn: async (mode) => {
        const body = JSON.stringify({ mode })
        return readSwitch(await ask(`${url}/switch`, { method: 'POST', body }))
      },
    },
  }
}

const genresOf = (names: readonly string[]): MovieData['genres'] =>
  names.map((name) => ({ id: genreId(name), name }))

const foundOf = ({ id, title, year, directors, voteAverage, genres }: FoundFilm): FoundMovie => ({
  tmdbId: id,
  title,
  releaseDate: String(year),
  directors,
  posterPath: null,
  voteAverage,
  genres: genresOf(genres),
})

interface FoundFilm {
  readonly id: number
  readonly title: string
  readonly year: number
  readonly directors: readonly string[]
  readonly voteAverage: number
  readonly genres: readonly string[]
}

/** The switch itself is local and quick: no answer means that the catalogue is gone. */
const patienceMs = 2_000

const ask = async (url: string, init: RequestInit = {}): Promise<Response> =>
  accepted(await fetch(url, { signal: AbortSignal.timeout(patienceMs), ...init }))

function accepted(response: Response): Response {
  if (response.ok) return response
  throw new Error(`The catalogue answered ${response.status}.`)
}

const readSwitch = (response: Response): Promise<UpstreamState> => read(switchSchema, response)

async function read<value>(schema: ZodType<value>, response: Response): Promise<value> {
  return schema.parse(await response.json())
}
