/**
 * What hooks answer, whatever host is behind them.
 */
import type { ArgsList } from '../client/client.ts'
import type { NoboilError } from '../errors/error.ts'
import type { Appended } from '../factories/log/types.ts'
import type { QuotaState as Answer } from '../factories/quota/types.ts'
import type { Author, Pending } from './edits.ts'

/** `data` is undefined until it is known; `error` is null while all is well. */
export interface QueryResult<data> {
  readonly data: data | undefined
  /** Nothing is known yet. False for what is skipped. */
  readonly isLoading: boolean
  readonly error: NoboilError | null
}

export interface ListResult<row> extends QueryResult<readonly row[]> {
  readonly hasMore: boolean
  readonly isLoadingMore: boolean
  /** Shows up to `count` rows more, a page unless given. */
  readonly loadMore: (count?: number) => void
}

export interface ListOptions {
  /** Rows of the first page, and of each further one. Default: 20. */
  readonly pageSize?: number
}

export interface KvResult<row, payload> extends QueryResult<Pending<row> | null> {
  /** Writes the whole payload; shown at once, taken back if the server refuses. `null`: only if the key is not there yet. */
  readonly update: (
    payload: payload,
    options?: { readonly expectedUpdatedAt?: number | null | undefined },
  ) => Promise<row>
  readonly remove: () => Promise<{ deleted: boolean }>
  readonly restore: () => Promise<row>
}

export interface LogTarget<field> {
  readonly parent: string
  /** A counted field whose totals `counts` follows. */
  readonly counts?: field
}

export interface LogOptions<audience> {
  /** Rows of the first page, and of each further one. Default: 20. */
  readonly pageSize?: number
  /** Whose reads to use: of whoever may read the parent (default), of its owner, of everybody. */
  readonly audience?: audience
  /** Who appended rows are shown to be by until the server says. */
  readonly author?: Author
}

export interface LogResult<row, payload, id, field> extends ListResult<Pending<row>> {
  /** Rows per value of the field named in the target; undefined without one, and until it is known. */
  readonly counts: Record<string, number> | undefined
  /**
   * Shown at once at the head, marked `isPending`; taken back if the server refuses. Without an `idempotencyKey` it makes
   * one, so that it can be tried again when no answer comes.
   */
  readonly append: (given: {
    readonly payload: payload
    readonly idempotencyKey?: string | undefined
    readonly expectedSeq?: number | undefined
  }) => Promise<Appended>
  readonly appendBulk: (items: readonly payload[]) => Promise<{ count: number; firstSeq: number }>
  readonly update: (
    id: id,
    patch: Partial<payload>,
    options?: {
      readonly expectedUpdatedAt?: number | undefined
      readonly unset?: readonly field[] | undefined
    },
  ) => Promise<row>
  readonly rm: (
    id: id,
    options?: { readonly hard?: boolean | undefined },
  ) => Promise<{ deleted: boolean }>
  readonly rmBulk: (ids: readonly id[]) => Promise<{ count: number }>
  readonly purge: () => Promise<{ deleted: number }>
  readonly restore: () => Promise<{ restored: number }>
}

export interface UpsertOptions<field> {
  /** The `updatedAt` that was seen; null: only if there is no row yet. */
  readonly expectedUpdatedAt?: number | null | undefined
  /** Optional fields to clear. */
  readonly unset?: readonly field[] | undefined
}

export interface SingletonResult<row, payload, field> extends QueryResult<Pending<row> | null> {
  /** Writes some fields; the first write must be complete. Shown at once, taken back if the server refuses. */
  readonly upsert: (payload: payload, options?: UpsertOptions<field>) => Promise<row>
}

export interface QuotaView {
  /** `cost` units fit now. */
  readonly allowed: boolean
  readonly remaining: number
  /** How long until they fit, ms; it counts down. Absent when they fit now, or never will. */
  readonly retryAfter?: number
}

export interface QuotaResult {
  /** Undefined until it is known, and for nobody. */
  readonly state: QuotaView | undefined
  readonly isLoading: boolean
  readonly error: NoboilError | null
  /** Counts if it fits, and says whether it did; a quota that is used up is no error. */
  readonly consume: () => Promise<Answer>
  /** Counts, within the limit or not. */
  readonly record: () => Promise<Answer>
}

/** Call it; it resolves to the result and rejects with a `NoboilError`. It is a new function whenever its state changes. */
export interface Mut<args, result> {
  (...args: ArgsList<args>): Promise<result>
  readonly isPending: boolean
  /** Of the latest call; null while it runs and when it went well. */
  readonly error: NoboilError | null
  /** Of the latest call that went well, until the next begins. */
  readonly data: result | undefined
  /** Forgets error and data. */
  readonly reset: () => void
}
