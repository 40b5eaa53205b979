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

export interface Session {
  readonly user: AppUser | null
  /** True until it is known whether somebody is signed in. */
  readonly isLoading: boolean
  readonly signIn: (input: Credentials) => Promise<unknown>
  readonly signUp: (input: Credentials & { readonly name: string }) => Promise<unknown>
  readonly continueAsGuest: () => Promise<unknown>
  readonly signOut: () => Promise<unknown>
}

export interface Credentials {
  readonly email: string
  readonly password: string
}

export interface AppUser {
  readonly _id: string
  readonly name: string
  readonly email?: string | null | undefined
  readonly image?: string | null | undefined
  /** `'admin'` opens the admin panel; the server has the last word on everything. */
  readonly role: string
  readonly isAnonymous: boolean
}

export type ConnectionState = 'connecting' | 'live' | 'offline'

export interface AppError {
  readonly code: ErrorCode
  /** Safe to show; used where the code alone says too little. */
  readonly message: string
  /** With `RATE_LIMITED`: until the same call can succeed. */
  readonly retryAfter?: number | undefined
}

export type ErrorCode =
  | 'NOT_AUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'INVALID_KEY'
  | 'VALIDATION_FAILED'
  | 'RATE_LIMITED'
  | 'LIMIT_EXCEEDED'
  | 'IDEMPOTENCY_MISMATCH'
  | 'FETCH_FAILED'
  | 'NO_FETCHER'
  | 'DUPLICATE'
  | 'INVALID_CURSOR'
  | 'UNSUPPORTED'
  | 'TIMEOUT'
  | 'UNAVAILABLE'
  | 'UPGRADE_REQUIRED'
  | 'INTERNAL'
