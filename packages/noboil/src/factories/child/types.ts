/**
 * The child factory as its users see it: options, hooks, operations, rows.
 */
import type { Mutation, Query } from '../../schema/reference.ts'
import type { Id } from '../../schema/register.ts'
import type { ChildTable, Input, Payload } from '../../schema/tables.ts'
import type { IndexedWhere, OrderField, SearchText } from '../shared/declared.ts'
import type { EntityHooks, EntityOptions } from '../shared/entity.ts'
import type { IndexOption } from '../shared/filter.ts'
import type { PaginatedResult, PaginationOptions } from '../shared/operation.ts'
import type { PubOption } from '../shared/parent.ts'
import type { Author } from '../shared/users.ts'

export type ChildHooks<payload, row> = EntityHooks<payload, row, { readonly parent: string }>

export interface ChildOptions<payload = unknown, row = unknown> extends EntityOptions<payload> {
  /** Who makes rows: the parent's owner and members (default), or every signed-in reader of the parent. */
  readonly create?: 'owner' | 'readers'
  /** A boolean field of the parent row that opens its children to everybody. */
  readonly pub?: PubOption
  /** Fields that lists filter and order by; a list of fields serves filters that name them all. */
  readonly index?: IndexOption<keyof payload & string>
  /** Fields, or lists of fields, that no two rows of one parent share. */
  readonly unique?: IndexOption<keyof payload & string>
  readonly hooks?: ChildHooks<payload, row>
}

/** What the factory adds to every row. */
export interface ChildFields<table extends string> {
  readonly _id: Id<table>
  readonly _creationTime: number
  readonly parent: string
  /** Who made it. */
  readonly userId: string
  readonly updatedAt: number
  readonly author?: Author
}

export type ChildRow<table extends ChildTable> = Payload<table> & ChildFields<table['name']>

export interface ChildReads<table extends ChildTable, options = unknown> {
  /**
   * Newest first, a page at a time; `orderBy` an indexed field is ascending unless `order` says otherwise. A filter that no
   * index serves is `VALIDATION_FAILED` and names the index that would.
   */
  readonly list: Query<
    {
      parent: string
      paginationOpts: PaginationOptions
      where?: IndexedWhere<table['name'], Payload<table>, options> | undefined
      orderBy?: OrderField<table['name'], Payload<table>, options> | undefined
      order?: 'asc' | 'desc' | undefined
    },
    PaginatedResult<ChildRow<table>>
  >
  readonly read: Query<{ id: Id<table['name']> }, ChildRow<table> | null>
  /** Rows in which every word of `query` begins a word, newest first, at most 100. */
  readonly search: Query<
    { parent: string; query: SearchText<table['name'], options> },
    ChildRow<table>[]
  >
}

export interface ChildUpdate<table extends ChildTable> {
  id: Id<table['name']>
  patch: Partial<Input<table>>
  /** Optional fields to clear. */
  unset?: readonly (keyof Payload<table> & string)[] | undefined
  expectedUpdatedAt?: number | undefined
}

/** Reads by everybody whom the parent lets read, by its owner (`auth`), by anybody of what is public (`pub`). */
export interface ChildApi<table extends ChildTable, options = unknown> extends ChildReads<
  table,
  options
> {
  readonly create: Mutation<{ parent: string; payload: Input<table> }, ChildRow<table>>
  /** All or nothing. */
  readonly createBulk: Mutation<
    { parent: string; items: readonly Input<table>[] },
    { count: number; ids: Id<table['name']>[] }
  >
  /** By whoever made the row, or the parent's owner. */
  readonly update: Mutation<ChildUpdate<table>, ChildRow<table>>
  /** All or nothing; naming a row twice is `VALIDATION_FAILED`. */
  readonly updateBulk: Mutation<{ items: readonly ChildUpdate<table>[] }, { count: number }>
  /** `hard`: for good, also with soft delete on. */
  readonly rm: Mutation<{ id: Id<table['name']>; hard?: boolean | undefined }, { deleted: boolean }>
  /** Skips what may not be removed, and counts what was. */
  readonly rmBulk: Mutation<{ ids: readonly Id<table['name']>[] }, { count: number }>
  /** A row that is not removed is answered as it is; one that is gone for good is `NOT_FOUND`. */
  readonly restore: Mutation<{ id: Id<table['name']> }, ChildRow<table>>
  readonly auth: ChildReads<table, options>
  readonly pub: options extends { readonly pub: PubOption } ? ChildReads<table, options> : undefined
}
