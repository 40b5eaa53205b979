/**
 * The kv factory as its users see it: options, hooks, operations, rows.
 */
import type { HookContext } from '../../schema/context.ts'
import type { Mutation, Query } from '../../schema/reference.ts'
import type { Id } from '../../schema/register.ts'
import type { AnyObject } from '../../schema/storable.ts'
import type { Input, KvTable, Payload } from '../../schema/tables.ts'
import type { PaginatedResult, PaginationOptions } from '../shared/operation.ts'
import type { RateLimitConfig } from '../shared/window.ts'

export interface KvHooks<payload, row, key extends string = string> {
  /** Returns the payload to write; it is validated again. `prev` is null for a key that is not there. */
  readonly beforeUpdate?: (
    ctx: HookContext,
    event: { readonly key: key; readonly payload: payload; readonly prev: row | null },
  ) => payload | Promise<payload>
  readonly afterUpdate?: (
    ctx: HookContext,
    event: {
      readonly key: key
      readonly payload: payload
      readonly prev: row | null
      readonly row: row
    },
  ) => void | Promise<void>
  readonly beforeRm?: (
    ctx: HookContext,
    event: { readonly key: key; readonly prev: row },
  ) => void | Promise<void>
  readonly afterRm?: (ctx: HookContext, event: { readonly key: key }) => void | Promise<void>
}

export interface KvOptions<payload = unknown, row = unknown, key extends string = string> {
  /** `rm` marks the row instead of removing it; `restore` brings it back. */
  readonly softDelete?: boolean
  /** Writes per caller: a number is per minute. */
  readonly rateLimit?: RateLimitConfig
  /**
   * Removes the files that a row named, with the write that names them no more; they must be named nowhere else. For hosts that
   * keep files; others refuse it.
   */
  readonly cleanFiles?: boolean
  readonly hooks?: KvHooks<payload, row, key>
}

/** The keys of a table; any text where it names none. */
export type KeyOf<table> = table extends KvTable<string, AnyObject, infer key> ? key : string

/** What the factory adds to every row. */
export interface KvFields<table extends string, key extends string> {
  readonly _id: Id<table>
  readonly _creationTime: number
  readonly key: key
  readonly updatedAt: number
}

export type KvRow<table extends KvTable> = Payload<table> & KvFields<table['name'], KeyOf<table>>

/** `get` is for everybody. The rest is for the table's `writeRole`; a key that the table does not name is `INVALID_KEY`. */
export interface KvApi<table extends KvTable> {
  readonly get: Query<{ key: KeyOf<table> }, KvRow<table> | null>
  /** In the order of the keys; an empty page for callers without the role. */
  readonly list: Query<{ paginationOpts: PaginationOptions }, PaginatedResult<KvRow<table>>>
  /** Replaces the whole payload. */
  readonly set: Mutation<
    {
      key: KeyOf<table>
      payload: Input<table>
      /** The `updatedAt` that was seen; null: the key must not be there yet. Anything else is `CONFLICT`. */
      expectedUpdatedAt?: number | null | undefined
    },
    KvRow<table>
  >
  readonly rm: Mutation<{ key: KeyOf<table> }, { deleted: boolean }>
  /** A key that is not removed is answered as it is; one that is gone for good is `NOT_FOUND`. */
  readonly restore: Mutation<{ key: KeyOf<table> }, KvRow<table>>
}
