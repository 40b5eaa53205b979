/**
 * As much of Convex's contexts as noboil uses, without the app's data model: tables here are known by layouts, not by types. The one
 * cast from Convex's own types is {@link portsOf}.
 */
import type { GenericMutationCtx, GenericQueryCtx } from 'convex/server'

export interface Document {
  readonly _id: string
  readonly _creationTime: number
  readonly createdAt?: number
  readonly [field: string]: unknown
}

export interface IndexRange {
  eq(field: string, value: unknown): IndexRange
  gt(field: string, value: unknown): IndexRange
  gte(field: string, value: unknown): IndexRange
  lt(field: string, value: unknown): IndexRange
  lte(field: string, value: unknown): IndexRange
}

export interface SearchFilter {
  search(field: string, text: string): SearchFilter
  eq(field: string, value: unknown): SearchFilter
}

type Expression = { readonly __expression?: never }

export interface FilterBuilder {
  field(name: string): Expression
  and(...all: readonly Expression[]): Expression
  eq(a: Expression, b: unknown): Expression
  neq(a: Expression, b: unknown): Expression
  lt(a: Expression, b: unknown): Expression
  lte(a: Expression, b: unknown): Expression
  gt(a: Expression, b: unknown): Expression
  gte(a: Expression, b: unknown): Expression
}

export interface PageOfDocuments {
  readonly page: readonly Document[]
  readonly isDone: boolean
  readonly continueCursor: string
  readonly splitCursor?: string | null
  readonly pageStatus?: 'SplitRecommended' | 'SplitRequired' | null
}

export interface Documents extends AsyncIterable<Document> {
  filter(test: (q: FilterBuilder) => Expression): Documents
  order(order: 'asc' | 'desc'): Documents
  take(count: number): Promise<Document[]>
  first(): Promise<Document | null>
  paginate(options: {
    readonly numItems: number
    readonly cursor: string | null
    readonly endCursor?: string | null
    readonly maximumRowsRead: number
    readonly maximumBytesRead: number
  }): Promise<PageOfDocuments>
}

export interface TableQuery extends Documents {
  withIndex(name: string, range?: (q: IndexRange) => IndexRange): Documents
  withSearchIndex(name: string, filter: (q: SearchFilter) => SearchFilter): Documents
}

/** `ctx.db`; the writes are there in mutations. */
export interface Db {
  readonly system: {
    normalizeId(table: '_storage', id: string): string | null
    get(id: string): Promise<object | null>
  }
  normalizeId(table: string, id: string): string | null
  get(id: string): Promise<Document | null>
  query(table: string): TableQuery
  insert?(table: string, fields: object): Promise<string>
  patch?(id: string, fields: object): Promise<void>
  delete?(id: string): Promise<void>
}

export interface Scheduler {
  runAt(time: number, fn: unknown, args: object): Promise<unknown>
}

/** The context of a query or a mutation. */
export interface Ports {
  readonly db: Db
  /** Absent in queries, which cannot schedule. */
  readonly scheduler?: Scheduler
  /** Queries have one that removes nothing. */
  readonly storage?: { delete(id: string): Promise<void> }
}

// oxlint-disable-next-line typescript/no-explicit-any -- any app's data model
export type AnyCtx = GenericQueryCtx<any> | GenericMutationCtx<any>

export const portsOf = (ctx: AnyCtx): Ports => ctx as unknown as Ports
