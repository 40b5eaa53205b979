/**
 * The owned factory as its users see it: options, hooks, operations, rows.
 */
import type { Mutation, Query } from '../../schema/reference.ts'
import type { Id } from '../../schema/register.ts'
import type { Input, OwnedTable, Payload } from '../../schema/tables.ts'
import type { BooleanField, IndexedWhere, OrderField, SearchText } from '../shared/declared.ts'
import type { EntityHooks, EntityOptions } from '../shared/entity.ts'
import type { IndexOption } from '../shared/filter.ts'
import type { PaginatedResult, PaginationOptions } from '../shared/operation.ts'
import type { Author } from '../shared/users.ts'

export type OwnedHooks<payload, row> = EntityHooks<payload, row>

export interface OwnedOptions<payload = unknown, row = unknown> extends EntityOptions<payload> {
  /** Which rows everybody sees: all, those with a boolean field set, those with given values. */
  readonly pub?:
    | true
    | BooleanField<payload>
    | { readonly where: { readonly [field in keyof payload]?: payload[field] } }
  /** Fields that lists filter and order by; a list of fields serves filters that name them all. */
  readonly index?: IndexOption<keyof payload & string>
  /** Fields, or lists of fields, that no two rows share: a second one is `DUPLICATE`. Soft-deleted rows keep theirs. */
  readonly unique?: IndexOption<keyof payload & string>
  /** An array of `zid('users')`: people who read the row, append to its logs and make its children. */
  readonly members?: keyof payload & string
  readonly hooks?: OwnedHooks<payload, row>
}

/** What the factory adds to every row. */
export interface OwnedFields<table extends string> {
  readonly _id: Id<table>
  readonly _creationTime: number
  /** The owner. */
  readonly userId: string
  readonly updatedAt: number
  readonly author?: Author
}

export type OwnedRow<table extends OwnedTable> = Payload<table> & OwnedFields<table['name']>

export interface OwnedReads<table extends OwnedTable, options = unknown> {
  /**
   * Newest first, a page at a time; `orderBy` an indexed field is ascending unless `order` says otherwise. A filter that no
   * index serves is `VALIDATION_FAILED` and names the index that would.
   */
  readonly list: Query<
    {
      paginationOpts: PaginationOptions
      where?: IndexedWhere<table['name'], Payload<table>, options> | undefined
      orderBy?: OrderField<table['name'], Payload<table>, options> | undefined
      order?: 'asc' | 'desc' | undefined
    },
    PaginatedResult<OwnedRow<table>>
  >
  readonly read: Query<{ id: Id<table['name']> }, OwnedRow<table> | null>
  /** Rows in which every word of `query` begins a word, newest first, at most 100. */
  readonly search: Query<{ query: SearchText<table['name'], options> }, OwnedRow<table>[]>
}

export interface OwnedUpdate<table extends OwnedTable> {
  id: Id<table['name']>
  patch: Partial<Input<table>>
  /** Optional fields to clear. */
  unset?: readonly (keyof Payload<table> & string)[] | undefined
  expectedUpdatedAt?: number | undefined
}

/**
 * Flat reads: `list` and `search` of what is the caller's or shared with them, `read` also of what is public. `auth`: only
 * their own. `pub`: what is public, without signing in. Called by the server itself, flat and `auth` reads see every row.
 */
export interface OwnedApi<table extends OwnedTable, options = unknown> extends OwnedReads<
  table,
  options
> {
  readonly create: Mutation<{ payload: Input<table> }, OwnedRow<table>>
  /** All or nothing. */
  readonly createBulk: Mutation<
    { items: readonly Input<table>[] },
    { count: number; ids: Id<table['name']>[] }
  >
  readonly update: Mutation<OwnedUpdate<table>, OwnedRow<table>>
  /** All or nothing; naming a row twice is `VALIDATION_FAILED`. */
  readonly updateBulk: Mutation<{ items: readonly OwnedUpdate<table>[] }, { count: number }>
  /** What hangs under the row goes with it, without its hooks. `hard`: for good, also with soft delete on. */
  readonly rm: Mutation<{ id: Id<table['name']>; hard?: boolean | undefined }, { deleted: boolean }>
  /** Skips what may not be removed, and counts what was. */
  readonly rmBulk: Mutation<{ ids: readonly Id<table['name']>[] }, { count: number }>
  /** A row that is not removed is answered as it is; one that is gone for good is `NOT_FOUND`. */
  readonly restore: Mutation<{ id: Id<table['name']> }, OwnedRow<table>>
  readonly auth: OwnedReads<table, options>
  readonly pub: options extends { readonly pub: true | string | object }
    ? OwnedReads<table, options>
    : undefined
}
