/**
 * The closed union of what a program may ask of its host. Requests are plain data; a host is whatever interprets them.
 */
import type { Layout } from '../schema/layout.ts'
import type { Row } from '../schema/values.ts'

export interface Bound {
  readonly value: unknown
  readonly inclusive: boolean
}

/** A test on one column of one row; `eq` and `ne` take a missing value as a value like any other. */
export interface Condition {
  readonly field: string
  readonly is: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte'
  readonly value: unknown
}

export type Order = 'asc' | 'desc'

/** The row with this primary key, or null. `fields`: what the answer depends on, for live queries; absent: all of it. */
export interface GetRequest {
  readonly op: 'get'
  readonly table: Layout
  readonly key: readonly unknown[]
  readonly fields?: readonly string[]
}

/** The row with this `_id`, or null; also null for another table's id. */
export interface ByIdRequest {
  readonly op: 'byId'
  readonly table: Layout
  readonly id: string
  readonly fields?: readonly string[]
}

/** What {@link RangeRequest} and {@link PageRequest} have in common: a stretch of one index. */
export interface Stretch {
  readonly table: Layout
  /** An index of the layout, or `''` for the primary key. */
  readonly index: string
  /** Values of the index's first columns. */
  readonly eq: readonly unknown[]
  /** Bounds on the column after those. */
  readonly lower?: Bound | undefined
  readonly upper?: Bound | undefined
  readonly order: Order
  /** All must hold. */
  readonly where: readonly Condition[]
}

/** The first `limit` rows of a stretch. */
export interface RangeRequest extends Stretch {
  readonly op: 'range'
  readonly limit: number
}

/** A page of a stretch, between two cursors. Hosts make the cursors and refuse others' with `INVALID_CURSOR`. */
export interface PageRequest extends Stretch {
  readonly op: 'page'
  /** Binds cursors to what they were made for: a cursor of one query is refused by any other. */
  readonly scope: string
  readonly cursor: string | null
  /** Ends the page at this cursor instead of after `limit` rows. */
  readonly endCursor: string | null
  readonly limit: number
}

/** The newest `limit` rows in which every word is the beginning of some word. Words are lower-case. */
export interface SearchRequest {
  readonly op: 'search'
  readonly table: Layout
  readonly words: readonly string[]
  /** The value of the search index's scope column, where it has one. */
  readonly scope?: unknown
  readonly where: readonly Condition[]
  readonly limit: number
}

export type ReadRequest = GetRequest | ByIdRequest | RangeRequest | PageRequest | SearchRequest

/** Several reads in one round trip; answers their results in order, undefined for a place that is left free. */
export interface BatchRequest {
  readonly op: 'batch'
  readonly reads: readonly (ReadRequest | undefined)[]
}

/**
 * Answers the row's `_id`: a new one where the table stores ids and the row brings none (later ids sort after earlier ones),
 * nothing for tables without. Fails with `DUPLICATE`, naming the fields, when a unique index or the key has the row's values
 * already.
 */
export interface InsertRequest {
  readonly op: 'insert'
  readonly table: Layout
  readonly row: Row
}

/**
 * Inserts rows in their order; answers their `_id`s. One that cannot be inserted fails the request, with those before it in the
 * table: the program is to fail with it. A host may leave this to {@link InsertRequest}, row by row.
 */
export interface InsertManyRequest {
  readonly op: 'insertMany'
  readonly table: Layout
  readonly rows: readonly Row[]
}

/** Writes the columns of `set` (undefined clears one) over `row`, which the program has read in this transaction. */
export interface PatchRequest {
  readonly op: 'patch'
  readonly table: Layout
  readonly row: Row
  readonly set: Row
}

/** Adds to integer columns of the row with this key, making it from `key` and zeros where there is none; answers the new row. */
export interface IncrementRequest {
  readonly op: 'increment'
  readonly table: Layout
  readonly key: readonly unknown[]
  readonly by: Readonly<Record<string, number>>
}

/** Removes `row`, which the program has read in this transaction. */
export interface RemoveRequest {
  readonly op: 'remove'
  readonly table: Layout
  readonly row: Row
}

/** Milliseconds since the epoch; the same for the whole transaction. */
export interface NowRequest {
  readonly op: 'now'
}

/** Runs code of the app: a hook, a predicate, a handler. The host gives it the running transaction. */
export interface CallRequest {
  readonly op: 'call'
  readonly run: (transaction: Transaction) => unknown
}

/** Runs a flow by name after the commit, once `at` (ms) has come; durable with the transaction. */
export interface ScheduleRequest {
  readonly op: 'schedule'
  readonly flow: string
  readonly args: Row
  readonly at: number
}

export type StoreRequest =
  | ReadRequest
  | InsertRequest
  | PatchRequest
  | IncrementRequest
  | RemoveRequest
  | NowRequest
  | ScheduleRequest

export type Request = StoreRequest | BatchRequest | InsertManyRequest | CallRequest

/** The answer to a {@link PageRequest}. */
export interface Page<row = Row> extends PageEnd {
  readonly rows: readonly row[]
}

export interface PageEnd {
  readonly continueCursor: string
  readonly isDone: boolean
  /** Where a host whose pages grow would have this one become two. */
  readonly splitCursor?: string
  /** Why; `SplitRequired`: more was to be read than fits, and the page ends before its time. */
  readonly pageStatus?: 'SplitRecommended' | 'SplitRequired'
}

/**
 * The running transaction as code of the app reaches it. Programs run one after another; each is undone alone if it
 * fails. Once the transaction is over every use is refused.
 */
export interface Transaction {
  run<result>(program: () => Iterator<unknown, result, unknown>): Promise<result>
  /** True while the transaction may write. */
  readonly writable: boolean
  /** The transaction's time, ms since the epoch: what its programs' `now` answers. */
  readonly now: number
  afterCommit(effect: () => unknown): void
}
