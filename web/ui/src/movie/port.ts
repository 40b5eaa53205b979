/**
 * The one thing the movie screens know about the world: an object of React hooks that a host's entry implements with its own.
 * Shapes follow noboil's `useCacheEntry` and `useList`, so that an implementation is mostly a table of calls.
 *
 * Everywhere: `undefined` data is "not known yet" and `null` is "known not to be there". Times are milliseconds since the Unix
 * epoch on the server's clock, durations milliseconds. Promises reject with the host's own errors, which only `errorOf` can
 * read. The object and its functions keep their identity from render to render.
 */
import type { Session } from '../account/port.ts'
import type { AppError } from '../base/app-error.ts'
import type { ConnectionState } from '../base/connection-pill.tsx'

export type { AppUser, Credentials, Session } from '../account/port.ts'
export type { AppError, ErrorCode } from '../base/app-error.ts'
export type { ConnectionState } from '../base/connection-pill.tsx'

export interface MovieBackend {
  readonly useSession: () => Session
  readonly useConnection: () => ConnectionState

  /** `useCacheEntry`: the row as it is kept, followed live; loaded where it is missing or stale. */
  readonly useMovie: (tmdbId: number) => MovieEntry
  /** What is kept now, for everybody, the newest copy first; at most `shelfMax`. */
  readonly useShelf: () => ShelfResult
  /** Everything that is kept, for admins; `'skip'` asks for nothing. */
  readonly useEntries: (wanted: 'all' | 'skip') => EntryList
  readonly useActions: () => MovieActions
  /**
   * A search whose answer is kept and followed; null asks for nothing. Absent: `search` of the actions is asked each time.
   */
  readonly useFound?: (text: string | null) => FoundResult
  /** Copies that were called back lately, the newest first. Absent where a host does not tell of it. */
  readonly useRecalls?: () => readonly Recall[] | undefined

  readonly errorOf: (error: unknown) => AppError
  /** How long the server waits for the catalogue before it gives up. */
  readonly fetchTimeoutMs: number
  /** The server's clock as well as this browser knows it; by default the browser's own. */
  readonly now?: () => number
}

export interface MovieActions {
  /** Asks the catalogue. An aborted search may still answer; nobody looks at it then. */
  readonly search: (text: string, signal: AbortSignal) => Promise<SearchAnswer>
  /** Admin: what is kept stays, stale. */
  readonly invalidate: (tmdbId: number) => Promise<unknown>
  /** Admin: removes these, or everything. */
  readonly purge: (tmdbIds?: readonly number[]) => Promise<{ readonly deleted: number }>
  /** Admin: the switch of the bundled catalogue; null where the catalogue is somebody's real one. */
  readonly readUpstream: () => Promise<UpstreamState | null>
  readonly turnUpstream: (mode: UpstreamMode) => Promise<UpstreamState | null>
  /** Admin: the deployments that are told what to forget; absent where a host has none. */
  readonly readMirrors?: () => Promise<readonly MirrorState[]>
}

export interface Movie {
  readonly tmdbId: number
  readonly title: string
  readonly overview: string
  /** Where TMDB keeps the poster; null: it is drawn. */
  readonly posterPath: string | null
  /** A date, or the year alone; empty where it is not known. */
  readonly releaseDate: string
  readonly voteAverage: number
  readonly voteCount: number
  readonly runtimeMinutes: number | null
  readonly genres: readonly { readonly id: number; readonly name: string }[]
  readonly directors: readonly string[]
  readonly countries: readonly string[]
}

export interface CachedMovie extends Movie {
  readonly key: string
  /** When it was first kept. */
  readonly _creationTime: number
  readonly fetchedAt: number
  /** Stale from here on. Missing: never by itself; 0: somebody marked it so. */
  readonly expiresAt?: number | undefined
  readonly updatedAt: number
}

export interface MovieEntry {
  readonly data: CachedMovie | null | undefined
  /** What is shown may be out of date: it is being fetched, or could not be. */
  readonly isStale: boolean
  /** Why the latest fetch failed; null or undefined while all is well. */
  readonly error: unknown
  /** Has it fetched now; answers the copy that is kept afterwards, the old one if the catalogue failed. */
  readonly refresh: () => Promise<CachedMovie>
}

export interface ShelfResult {
  readonly data: readonly CachedMovie[] | undefined
  readonly error: unknown
}

export interface EntryList {
  readonly data: readonly CachedMovie[] | undefined
  readonly isLoading: boolean
  readonly hasMore: boolean
  readonly loadMore: (count?: number) => void
  readonly error: unknown
}

export interface FoundMovie {
  readonly tmdbId: number
  readonly title: string
  readonly releaseDate: string
  readonly directors: readonly string[]
  readonly posterPath: string | null
  readonly voteAverage: number
  readonly genres: Movie['genres']
}

export interface SearchAnswer {
  readonly results: readonly FoundMovie[]
  /** How many there are in all. */
  readonly total: number
  /** Where the answer came from; absent where a host keeps no answers. */
  readonly kept?: KeptAnswer
}

export interface KeptAnswer {
  /** `hit`: out of the cache. `stale`: so too, past its time. `miss`: the catalogue was asked. */
  readonly status: 'hit' | 'stale' | 'miss'
  readonly fetchedAt: number
  /** The catalogue was asked, and did not answer. */
  readonly hasFailed: boolean
}

/** `data` stays while it is asked for again. */
export interface FoundResult {
  readonly data: SearchAnswer | undefined
  /** Why there is no answer. */
  readonly error: unknown
  readonly retry: () => void
}

export interface Recall {
  readonly at: number
  /** `marked`: what is kept stayed, stale. */
  readonly what: 'marked' | 'removed'
  /** Null: every film. */
  readonly film: Pick<Movie, 'tmdbId' | 'title'> | null
  /** Who said so; null: another deployment. */
  readonly by: string | null
  /** Where that deployment is, if there is only one that it can be. */
  readonly from?: string | undefined
}

export interface MirrorState {
  /** Where people open it. */
  readonly url: string
  /** `away`: it could not be reached so often that each try is only a probe. */
  readonly state: 'ok' | 'retrying' | 'away'
  /** Changes that it does not know of yet. */
  readonly waiting: number
  /** Changes that it has been told of since this deployment runs. */
  readonly told: number
}

/** `error`: it refuses. `hang`: it never answers. `garbage`: it answers what is no film. */
export type UpstreamMode = 'ok' | 'error' | 'hang' | 'garbage'

export interface UpstreamState {
  readonly mode: UpstreamMode
  /** How long every answer of it takes. */
  readonly delayMs: number
  /** How often it has been asked since it runs. */
  readonly requests: number
}
