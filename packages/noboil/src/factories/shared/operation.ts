/**
 * What factories make: operations. An operation is data and programs; hosts expose it as whatever they call a function.
 */
import type { Program } from '../../program/program.ts'
import type { AnyNamedProgram, Flow, FlowFunction } from '../../program/flow.ts'
import type { PageEnd } from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import type { FactoryName } from '../../schema/tables.ts'
import type { Json, Row } from '../../schema/values.ts'
import type { Call } from './call.ts'

/** Turns what a client sent into arguments, or throws `VALIDATION_FAILED` naming the path. */
export type Arguments<args> = (input: unknown) => args

export interface Mutation<args, result> {
  readonly kind: 'mutation'
  readonly args: Arguments<args>
  /** Only the server itself may call it. */
  readonly internal?: boolean
  run(call: Call, args: args): Program<result>
}

/**
 * What a caller gets to see. `user: null`: everybody who is allowed sees the same, so that one computation serves them all;
 * otherwise the answer is that user's own.
 */
export interface Scope {
  readonly user: string | null
}

export type Access<result> =
  | { readonly allowed: true; readonly scope: Scope }
  | { readonly allowed: false; readonly value: result }

/**
 * A query in two programs: `access` asks who is calling, `read` only what is there. Live queries run `access` per caller and
 * `read` once per scope.
 */
export interface Query<args, result> {
  readonly kind: 'query'
  readonly args: Arguments<args>
  readonly internal?: boolean
  access(call: Call, args: args): Program<Access<result>>
  read(args: args, scope: Scope): Program<Answer<result>>
}

/** Work that spans transactions, with fetching and waiting between. It runs to its end even when its caller has gone. */
export interface Action<args, result> {
  readonly kind: 'action'
  readonly args: Arguments<args>
  readonly internal?: boolean
  /** Whoever calls gets the same: equal calls that nothing was committed between may be one. */
  readonly shared?: true
  flow(call: Call, args: args): Flow<result>
}

/** A plain answer, or a {@link Listing} that can follow changes row by row. */
export type Answer<result> = result | Listing

/** Any operation: arguments go in as whatever its own reader made of them. */
export type Operation = AnyMutation | AnyQuery | AnyAction

export interface AnyMutation {
  readonly kind: 'mutation'
  readonly args: Arguments<unknown>
  readonly internal?: boolean
  run(call: Call, args: never): Program<unknown>
}

export interface AnyQuery {
  readonly kind: 'query'
  readonly args: Arguments<unknown>
  readonly internal?: boolean
  access(call: Call, args: never): Program<Access<unknown>>
  read(args: never, scope: Scope): Program<unknown>
}

export interface AnyAction {
  readonly kind: 'action'
  readonly args: Arguments<unknown>
  readonly internal?: boolean
  readonly shared?: true
  flow(call: Call, args: never): Flow<unknown>
}

/** Operations by name; a group (`auth`, `pub`) is one level deep. */
export interface Operations {
  readonly [name: string]: Operation | { readonly [name: string]: Operation }
}

/** Everything a factory makes of one table. */
export interface BuiltTable {
  readonly name: string
  readonly factory: FactoryName
  /** The tables it keeps its rows in; the first is its own. */
  readonly layouts: readonly Layout[]
  readonly operations: Operations
  /** Background work by name, for rows of the schedule. */
  readonly flows?: Readonly<Record<string, FlowFunction>>
  /** The transactions that those flows, and those of actions, run. */
  readonly programs?: readonly AnyNamedProgram[]
  readonly personal?: PersonalRows
  /** True for rows that anybody may read who is not even signed in. Absent: there are none. */
  everybodySees?(row: Row): boolean
  readonly derived?: readonly Derived[]
}

/**
 * Rows that follow from a table's own rows and from its options. Whoever keeps the tables makes them again when they were made
 * with another `config`: first all that are there go, then `rebuild` walks the table, one transaction after another.
 */
export interface Derived {
  /** The table they follow from. */
  readonly table: string
  /** Among those of their table. */
  readonly name: string
  /** Where they lie: all rows of this layout whose keys begin with `within`. */
  readonly layout: Layout
  readonly within: readonly unknown[]
  /** What they depend on beside the table's rows. */
  readonly config: Json
  /** Makes them for about `limit` rows of the table after `from` (null: the first). Each place is built once. */
  rebuild(from: Place | null, limit: number): Program<Rebuilt>
}

export interface Rebuilt {
  /** Rows of the table that have been looked at. */
  readonly rows: number
  /** Where to go on; null: that was all. */
  readonly next: Place | null
}

/** What a table keeps of each person, as the removal of a person finds it. Steps of a flow: safe to repeat. */
export interface PersonalRows {
  /**
   * Removes up to `limit` rows of a person; for good with `erase`, else softly where the table does. Answers how many there
   * were: fewer than `limit` is all.
   */
  remove?(userId: string, erase: boolean, limit: number): Program<number>
  /**
   * Clears what rows that stay say of a person, some rows at a time. Answers where to go on, null when done.
   */
  erase?(userId: string, from: Place | null, limit: number): Program<Place | null>
}

/** Where a walk over a table has come to: plain data of its own. */
export type Place = Readonly<Record<string, string | number>>

/**
 * Rows of one stretch of one index, each answered by `map` alone. While what `read` saw besides holds, a change of one row
 * is a change of one row of the answer, and nothing need be read again. `map` answers undefined for a row that needs a
 * fresh read.
 */
export class Listing {
  readonly rows: readonly object[]
  readonly map: (row: never) => object | undefined
  readonly page: PageEnd | undefined

  constructor(rows: readonly object[], map: (row: never) => object | undefined, page?: PageEnd) {
    this.rows = rows
    this.map = map
    this.page = page
  }

  /** The answer as callers see it: rows, or a page of rows. */
  value(): unknown {
    const rows = this.rows.map(this.map as (row: object) => object)
    if (this.page === undefined) return rows
    return { page: rows, ...endOf(this.page) }
  }
}

/** Allowed, and everybody sees the same. */
export const shared: { readonly allowed: true; readonly scope: Scope } = {
  allowed: true,
  scope: { user: null },
}

export const denied = <result>(
  value: result,
): { readonly allowed: false; readonly value: result } => ({
  allowed: false,
  value,
})

/** A page as every host answers it; the shape is Convex's. */
export interface PaginatedResult<row> extends PageEnd {
  readonly page: row[]
}

/** What there is to say of a page beside its rows. */
export const endOf = ({ continueCursor, isDone, splitCursor, pageStatus }: PageEnd): PageEnd => ({
  continueCursor,
  isDone,
  ...(splitCursor === undefined ? {} : { splitCursor }),
  ...(pageStatus === undefined ? {} : { pageStatus }),
})

export interface PaginationOptions {
  readonly numItems: number
  readonly cursor: string | null
  /** Ends the page here instead of after `numItems`: pins a page that has been shown. */
  readonly endCursor?: string | null
}

export const emptyPage: PaginatedResult<never> = { page: [], continueCursor: '', isDone: true }
