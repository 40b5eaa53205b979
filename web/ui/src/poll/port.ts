/**
 * The one thing the poll screens know about the world: an object of React hooks that a host's
 * entry implements with its own. Result shapes follow noboil's `useList`, `useLog`, `useKv`,
 * `useSingleton` and `useQuota`, so that an implementation is mostly a table of calls.
 *
 * Everywhere: `undefined` data is "not known yet" and `null` is "known not to exist, or not yours
 * to see". Times are milliseconds since the Unix epoch, durations milliseconds. Promises reject with
 * the host's own errors, which only `errorOf` can read. The object and its functions keep their identity
 * from render to render.
 */
import type { Session } from '../account/port.ts'
import type { AppError } from '../base/app-error.ts'
import type { ConnectionState } from '../base/connection-pill.tsx'

export type { AppUser, Credentials, Session } from '../account/port.ts'
export type { AppError, ErrorCode } from '../base/app-error.ts'
export type { ConnectionState } from '../base/connection-pill.tsx'

export interface PollBackend {
  readonly useSession: () => Session
  readonly useConnection: () => ConnectionState

  /** Newest first. `mine` is what the signed-in user owns, whatever its visibility. */
  readonly usePolls: (scope: 'public' | 'mine') => ListResult<Poll>
  /** `pollId` is as in an address: a table's name that stands before a dot may be missing. */
  readonly usePoll: (pollId: string) => RowResult<Poll>
  /** The tally alone, for places that list many polls. `'skip'` asks for nothing. */
  readonly useTally: (pollId: string | 'skip') => { readonly counts: VoteCounts | undefined }
  /** `useLog` on the votes of one poll: rows newest first, counts by `optionIdx`. */
  readonly useVotes: (pollId: string) => VoteLog
  /** The caller's allowance of ballots, counting down by itself. */
  readonly useBallotQuota: () => QuotaResult
  /** Newest first. */
  readonly useComments: (pollId: string) => ListResult<Comment>
  /** `useKv` on `siteConfig`, key `banner`. */
  readonly useBanner: () => KvResult<BannerRow, BannerValue>
  /** `useSingleton` on `profile`; `data` is null while the user has none, or nobody is signed in. */
  readonly useProfile: () => SingletonResult<ProfileRow, ProfileValue>
  readonly useActions: () => PollActions

  readonly errorOf: (error: unknown) => AppError
  /** What an unlisted poll is on this host: open to whoever has the link, or to its owner alone. */
  readonly unlisted: 'link' | 'owner'
  /** The server's clock as well as this browser knows it; by default the browser's own. */
  readonly now?: () => number
}

export interface PollActions {
  readonly createPoll: (value: PollValue) => Promise<{ readonly _id: string }>
  /** Owner only. */
  readonly setVisibility: (pollId: string, isPublic: boolean) => Promise<unknown>
  /** Owner only. Closing sets `closesAt` to the present; reopening clears it. */
  readonly closePoll: (pollId: string) => Promise<unknown>
  readonly reopenPoll: (pollId: string) => Promise<unknown>
  /** Owner or admin. Takes votes and comments along. */
  readonly removePoll: (pollId: string) => Promise<unknown>
  readonly addComment: (pollId: string, value: CommentValue) => Promise<unknown>
  /** Its author, the poll's owner, or an admin. */
  readonly removeComment: (commentId: string) => Promise<unknown>
}

export interface PollValue {
  readonly question: string
  /** 2 to 8 of them; a vote names one by its position. */
  readonly options: readonly string[]
  readonly isPublic: boolean
  readonly closesAt?: number | undefined
}

export interface Poll extends PollValue, RowFields {}

export interface VoteValue {
  readonly optionIdx: number
  /** The name to show beside the ballot. */
  readonly voter: string
}

export interface Vote extends VoteValue {
  readonly _id: string
  readonly seq: number
  readonly userId: string
  readonly createdAt: number
  readonly author?: Author | null | undefined
}

export interface CommentValue {
  readonly text: string
  readonly authorName?: string | undefined
}

export interface Comment extends CommentValue, RowFields {}

export interface BannerValue {
  readonly active: boolean
  readonly message: string
}

export interface BannerRow extends BannerValue {
  /** Missing while the write that makes the row is on its way. */
  readonly updatedAt?: number | undefined
}

export interface ProfileValue {
  readonly displayName: string
  /** The name of an ink, see `inks.ts`. */
  readonly color?: string | undefined
}

export interface ProfileRow extends ProfileValue {
  readonly updatedAt: number
}

export interface Author {
  readonly _id: string
  readonly name: string
  readonly image?: string | null | undefined
}

export interface RowFields {
  readonly _id: string
  readonly _creationTime: number
  readonly updatedAt: number
  readonly userId: string
  readonly author?: Author | null | undefined
}

/** Votes per option, keyed by the option's position in decimal; an option without votes may be missing. */
export type VoteCounts = Readonly<Record<string, number>>

export interface ListResult<Row> {
  readonly data: readonly Row[] | undefined
  readonly isLoading: boolean
  readonly hasMore: boolean
  readonly loadMore: (count?: number) => void
  /** Null or undefined while all is well. */
  readonly error: unknown
}

export interface RowResult<Row> {
  readonly data: Row | null | undefined
  readonly error: unknown
}

export interface VoteLog extends ListResult<Vote> {
  readonly counts: VoteCounts | undefined
  readonly append: (vote: {
    readonly payload: VoteValue
    readonly idempotencyKey?: string
  }) => Promise<{ readonly seq: number; readonly created: boolean }>
  /** Owner or admin: takes every vote out of the box, restorably. */
  readonly purge: () => Promise<{ readonly deleted: number }>
  /** Owner or admin: puts back what purges took out. */
  readonly restore: () => Promise<{ readonly restored: number }>
}

export interface KvResult<Row, Value> {
  readonly data: Row | null | undefined
  readonly update: (
    value: Value,
    options?: { readonly expectedUpdatedAt?: number | undefined },
  ) => Promise<unknown>
  readonly remove: () => Promise<unknown>
  readonly restore: () => Promise<unknown>
}

export interface SingletonResult<Row, Value> {
  readonly data: Row | null | undefined
  readonly upsert: (value: Partial<Value>) => Promise<unknown>
}

export interface QuotaState {
  readonly allowed: boolean
  readonly remaining: number
  /** Until the next is allowed. */
  readonly retryAfter?: number | undefined
}

export interface QuotaResult {
  readonly state: QuotaState | undefined
}
