/**
 * The log factory as its users see it: options, hooks, operations, rows.
 */
import type { HookContext } from '../../schema/context.ts'
import type { Mutation, Query } from '../../schema/reference.ts'
import type { Id } from '../../schema/register.ts'
import type { Input, LogTable, Payload } from '../../schema/tables.ts'
import type { CountedField, SearchText } from '../shared/declared.ts'
import type { PaginatedResult, PaginationOptions } from '../shared/operation.ts'
import type { PubOption } from '../shared/parent.ts'
import type { Author } from '../shared/users.ts'
import type { RateLimitConfig } from '../shared/window.ts'

export interface LogHooks<payload, row> {
  /** Returns the payload to write; it is validated again. */
  readonly beforeAppend?: (
    ctx: HookContext,
    event: { readonly parent: string; readonly payload: payload },
  ) => payload | Promise<payload>
  readonly afterAppend?: (ctx: HookContext, event: { readonly row: row }) => void | Promise<void>
  /** Returns the patch to write; it is validated again. */
  readonly beforeUpdate?: (
    ctx: HookContext,
    event: { readonly id: string; readonly patch: Partial<payload>; readonly prev: row },
  ) => Partial<payload> | Promise<Partial<payload>>
  readonly afterUpdate?: (
    ctx: HookContext,
    event: {
      readonly id: string
      readonly patch: Partial<payload>
      readonly prev: row
      readonly row: row
    },
  ) => void | Promise<void>
  readonly beforeRm?: (
    ctx: HookContext,
    event: { readonly id: string; readonly prev: row },
  ) => void | Promise<void>
  readonly afterRm?: (ctx: HookContext, event: { readonly id: string }) => void | Promise<void>
}

export interface LogOptions<payload = unknown, row = unknown> {
  /** `rm` and `purgeByParent` mark rows instead of removing them; `restoreByParent` brings them back. */
  readonly softDelete?: boolean
  /** Appends per caller: a number is per minute. */
  readonly rateLimit?: RateLimitConfig
  /** A boolean field of the parent row that opens its log to everybody. */
  readonly pub?: PubOption
  /** A text field whose words `search` finds. */
  readonly search?: (keyof payload & string) | readonly (keyof payload & string)[]
  readonly hooks?: LogHooks<payload, row>
  /** Joins `author` into reads. */
  readonly withAuthor?: boolean
  /** Fields whose values are counted as rows come and go, so that a tally is one read. */
  readonly counts?: readonly (keyof payload & string)[]
}

/** What the factory adds to every row. */
export interface LogFields<table extends string> {
  readonly _id: Id<table>
  readonly _creationTime: number
  readonly parent: string
  /** Position under the parent: from 1, without gaps, never given twice. */
  readonly seq: number
  readonly userId: string
  readonly idempotencyKey?: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly author?: Author
}

export type LogRow<table extends LogTable> = Payload<table> & LogFields<table['name']>

export interface Appended {
  readonly seq: number
  /** False: this key was appended before, and this is where. */
  readonly created: boolean
}

export interface LogReads<table extends LogTable, options = unknown> {
  /** Newest first, a page at a time. */
  readonly list: Query<
    { parent: string; paginationOpts: PaginationOptions },
    PaginatedResult<LogRow<table>>
  >
  /** Oldest first after `seq`; 500 rows unless `limit` says otherwise. */
  readonly listAfter: Query<
    { parent: string; seq: number; limit?: number | undefined },
    LogRow<table>[]
  >
  readonly read: Query<{ id: Id<table['name']> }, LogRow<table> | null>
  /** Rows in which every word of `query` begins a word, newest first, at most 100. */
  readonly search: Query<
    { parent: string; query: SearchText<table['name'], options> },
    LogRow<table>[]
  >
  /** How many live rows hold each value of a counted field. */
  readonly counts: Query<
    { parent: string; field: CountedField<table['name'], Payload<table>, options> },
    Record<string, number>
  >
}

type Indexed<table extends LogTable> = Query<
  { parent: string; indexBy: keyof Payload<table> & string },
  Record<string, LogRow<table>[]>
>

/** Reads by everybody whom the parent lets read, reads by its owner (`auth`), reads by anybody of what is public (`pub`). */
export interface LogApi<table extends LogTable, options = unknown> extends LogReads<
  table,
  options
> {
  readonly append: Mutation<
    {
      parent: string
      payload: Input<table>
      /** Appending twice with one key appends once. */
      idempotencyKey?: string | undefined
      /** Append only if the log ends here; 0: only if it is empty. */
      expectedSeq?: number | undefined
    },
    Appended
  >
  readonly appendBulk: Mutation<
    { parent: string; items: readonly Input<table>[] },
    { count: number; firstSeq: number }
  >
  readonly update: Mutation<
    {
      id: Id<table['name']>
      patch: Partial<Input<table>>
      unset?: readonly (keyof Payload<table> & string)[] | undefined
      expectedUpdatedAt?: number | undefined
    },
    LogRow<table>
  >
  readonly rm: Mutation<{ id: Id<table['name']>; hard?: boolean | undefined }, { deleted: boolean }>
  readonly rmBulk: Mutation<{ ids: readonly Id<table['name']>[] }, { count: number }>
  readonly purgeByParent: Mutation<{ parent: string }, { deleted: number }>
  readonly restoreByParent: Mutation<{ parent: string }, { restored: number }>
  readonly auth: LogReads<table, options>
  /** Rows grouped by a field's value; over 1,000 rows is `LIMIT_EXCEEDED`. */
  readonly authIndexed: Indexed<table>
  readonly pub: options extends { readonly pub: PubOption } ? LogReads<table, options> : undefined
  readonly pubIndexed: options extends { readonly pub: PubOption } ? Indexed<table> : undefined
}
