/**
 * The base factory as its users see it: options, hooks, operations, rows.
 */
import type * as z from 'zod/v4'
import type { Action, Mutation, Query } from '../../schema/reference.ts'
import type { Id } from '../../schema/register.ts'
import type { BaseTable, Payload } from '../../schema/tables.ts'
import type { PaginatedResult, PaginationOptions } from '../shared/operation.ts'
import type { RateLimitConfig } from '../shared/window.ts'

/** What a fetcher answers when `previous` still holds: `ctx.unchanged`. */
export const unchanged: unique symbol = Symbol.for('noboil.unchanged')

/** What a fetcher is told beside the key. */
export interface FetchContext<row = unknown> {
  /** Ends when nobody waits any more: hand it to `fetch`. */
  readonly signal: AbortSignal
  /** What is kept under the key now, stale or not; null: nothing. */
  readonly previous: row | null
  /** Answer this to keep `previous` as it is, fresh again: a source that said "not modified". */
  readonly unchanged: typeof unchanged
}

/** A whole payload; null: the source has nothing under this key; `ctx.unchanged`: what is kept still holds. */
export type Fetched<data> = data | null | typeof unchanged

export interface BaseHooks<data> {
  /** Runs on what the fetcher answered, outside any transaction. Returns what is stored, which must match the schema. */
  readonly onFetch?: (data: data) => data | Promise<data>
}

export interface BaseOptions<data = unknown, row = unknown, key extends string = string> {
  /** The field that says which row it is: a `string()` or `number()`. Every call names a row by its text. */
  readonly key: key
  /**
   * Asks the source. A throw, a timeout, or an answer that does not match the schema is `FETCH_FAILED` and changes nothing.
   * Absent: rows cannot be fetched here, and `load` of what is not there is `NO_FETCHER`.
   */
  readonly fetcher?: (ctx: FetchContext<row>, key: string) => Fetched<data> | Promise<Fetched<data>>
  /** How long a row is fresh, in ms after it was fetched. Absent: until it is invalidated. */
  readonly ttl?: number
  /** Takes up to this part off each row's `ttl` (0 to 1), so that rows fetched together do not go stale together. */
  readonly ttlJitter?: number
  /**
   * `load` answers a stale row at once and fetches in the background. A number: only for so many ms after it was fetched;
   * an older one is waited for.
   */
  readonly staleWhileRevalidate?: boolean | number
  /** A failed fetch answers the row there is, if any. A number: only for so many ms after it was fetched. */
  readonly staleIfError?: boolean | number
  /** How long the source may take, in ms. Default: 10,000. */
  readonly fetchTimeoutMs?: number
  /** How long `load` believes that the source has nothing under a key. Absent: it asks every time. */
  readonly negativeTtlMs?: number
  readonly hooks?: BaseHooks<data>
  /** Calls of `refresh` per caller: a number is per minute. `load` is bounded by `ttl`. */
  readonly rateLimit?: RateLimitConfig
}

/** What the factory adds to every row. Times are ms since the epoch, on the server's clock. */
export interface BaseFields<table extends string> {
  readonly _id: Id<table>
  /** When the key was first cached. */
  readonly _creationTime: number
  readonly key: string
  /** When the source said so. */
  readonly fetchedAt: number
  /** The row is stale from here on. Absent: fresh until it is invalidated; 0: it was. */
  readonly expiresAt?: number
  /** Moves with every write of the row, strictly. */
  readonly updatedAt: number
}

export type BaseRow<table extends BaseTable> = Payload<table> & BaseFields<table['name']>

/** What a fetcher answers of a table: a whole payload; defaults may be left out. */
export type BaseData<table extends BaseTable> = z.input<table['schema']>

/** The fields that can be a key: texts and numbers that are always there. */
export type BaseKey<table extends BaseTable> = {
  [name in keyof Payload<table> & string]: Payload<table>[name] extends string | number
    ? name
    : never
}[keyof Payload<table> & string]

/** The options of one table. */
export type BaseOptionsOf<table extends BaseTable> = BaseOptions<
  BaseData<table>,
  BaseRow<table>,
  BaseKey<table>
>

/** `cacheCrud({ table, schema, … })`: a base table wired by itself. */
export type CacheCrudOptions<table extends BaseTable> = BaseOptionsOf<table> & {
  /** The table's name in the schema. */
  readonly table: table['name']
  readonly schema: table
}

interface Key {
  key: string
}

/** `get`, `load` and `refresh` are for everybody, the rest for the table's `writeRole`. A key that is none is `INVALID_KEY`. */
export interface BaseApi<table extends BaseTable> {
  /** What is kept, stale or not. Asks nobody. */
  readonly get: Query<Key, BaseRow<table> | null>
  /** In the order of the keys; an empty page for callers without the role. */
  readonly list: Query<{ paginationOpts: PaginationOptions }, PaginatedResult<BaseRow<table>>>
  /** The same as `list`. */
  readonly all: Query<{ paginationOpts: PaginationOptions }, PaginatedResult<BaseRow<table>>>
  /**
   * Fetches what is missing or stale; calls for one key share one fetch. `NOT_FOUND`: the source has nothing there;
   * `FETCH_FAILED`: it could not be asked, and what is kept stays.
   */
  readonly load: Action<Key, BaseRow<table>>
  /** Fetches in any case. */
  readonly refresh: Action<Key, BaseRow<table>>
  /** Marks what is kept, and what is being fetched, as stale: the next `load` fetches. */
  readonly invalidate: Mutation<Key, { invalidated: boolean }>
  /** Removes the rows of these keys, or all. */
  readonly purge: Mutation<{ keys?: readonly string[] | undefined }, { deleted: number }>
}
