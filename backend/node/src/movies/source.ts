/**
 * Where films come from: TMDB, or the bundled catalogue. The backend knows no more of either than this.
 */

/** How long the server waits for a source, for a film as for a search. */
export const fetchTimeoutMs = 4_000

/** One film as the table keeps it. */
export interface MovieData {
  tmdbId: number
  title: string
  overview: string
  posterPath: string | null
  releaseDate: string
  voteAverage: number
  voteCount: number
  runtimeMinutes: number | null
  genres: { id: number; name: string }[]
  directors: string[]
  countries: string[]
  /** Names this state of the film to a source that can say "not modified". */
  etag?: string
}

export interface FoundMovie {
  readonly tmdbId: number
  readonly title: string
  readonly releaseDate: string
  readonly directors: readonly string[]
  readonly posterPath: string | null
  readonly voteAverage: number
  readonly genres: readonly { readonly id: number; readonly name: string }[]
}

export interface MovieSearch {
  readonly results: readonly FoundMovie[]
  readonly total: number
}

export interface DetailsOptions {
  readonly signal: AbortSignal
  /** The `etag` of what is kept. */
  readonly etag?: string | undefined
}

/** Rejects when the source cannot be asked, or answers what is no film. */
export interface MovieSource {
  readonly search: (text: string, signal: AbortSignal) => Promise<MovieSearch>
  /** Null: there is no such film. `'unchanged'`: what `etag` names still holds. */
  readonly details: (id: number, options: DetailsOptions) => Promise<MovieData | null | 'unchanged'>
  /** The bundled catalogue's switch; absent where the source is somebody's real one. */
  readonly upstream?: Upstream
}

export const upstreamModes = ['ok', 'error', 'hang', 'garbage'] as const

export type UpstreamMode = (typeof upstreamModes)[number]

export interface UpstreamState {
  readonly mode: UpstreamMode
  readonly delayMs: number
  readonly requests: number
}

export interface Upstream {
  readonly read: () => Promise<UpstreamState>
  readonly turn: (mode: UpstreamMode) => Promise<UpstreamState>
}
