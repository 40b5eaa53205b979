/**
 * The singleton factory as its users see it: options, hooks, operations, rows.
 */
import type { HookContext } from '../../schema/context.ts'
import type { Mutation, Query } from '../../schema/reference.ts'
import type { Id } from '../../schema/register.ts'
import type { Input, Payload, SingletonTable } from '../../schema/tables.ts'
import type { RateLimitConfig } from '../shared/window.ts'

export interface SingletonHooks<payload, row> {
  /** Returns what to write: a whole payload when `prev` is null, else a patch. It is validated again. */
  readonly beforeUpsert?: (
    ctx: HookContext,
    event: { readonly payload: Partial<payload>; readonly prev: row | null },
  ) => Partial<payload> | Promise<Partial<payload>>
  readonly afterUpsert?: (
    ctx: HookContext,
    event: { readonly payload: Partial<payload>; readonly prev: row | null; readonly row: row },
  ) => void | Promise<void>
}

export interface SingletonOptions<payload = unknown, row = unknown> {
  /** Writes per caller: a number is per minute. */
  readonly rateLimit?: RateLimitConfig
  readonly hooks?: SingletonHooks<payload, row>
}

/** What the factory adds to every row. */
export interface SingletonFields<table extends string> {
  readonly _id: Id<table>
  readonly _creationTime: number
  /** Whose row it is. */
  readonly userId: string
  readonly updatedAt: number
}

export type SingletonRow<table extends SingletonTable> = Payload<table> &
  SingletonFields<table['name']>

export interface SingletonApi<table extends SingletonTable> {
  /** The caller's row, null before their first `upsert` and for nobody. The server itself may name a user. */
  readonly get: Query<{ userId?: string | undefined }, SingletonRow<table> | null>
  /**
   * Writes some fields of the caller's row. The first write must be complete, but for defaults. The server itself names the
   * user.
   */
  readonly upsert: Mutation<
    {
      payload: Partial<Input<table>>
      /** Null: only if there is no row yet. */
      expectedUpdatedAt?: number | null | undefined
      /** Optional fields to clear. */
      unset?: readonly (keyof Payload<table> & string)[] | undefined
      userId?: string | undefined
    },
    SingletonRow<table>
  >
}
