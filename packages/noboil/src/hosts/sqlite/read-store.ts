/** Rows of the SQLite host, read through one connection. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { InvariantError } from '../../errors/assert.ts'
import type { RangeRequest, SearchRequest, Stretch } from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import { searchWords } from '../shared/searching.ts'
import type { ReadStore } from '../shared/store.ts'
import type { Position } from '../../program/stretch.ts'
import { type Column, comparable } from './columns.ts'
import { storeError } from './errors.ts'
import { type Filter, filterOf, segmentsOf } from './plan.ts'
import { matchText } from './search.ts'
import { prepare, type RowStatement, Statements } from './statements.ts'
import type { SqlTable } from './table.ts'

/** The tables of a database by name, as every connection sees them. */
export type SqlTables = ReadonlyMap<string, SqlTable>

interface Bound {
  readonly table: SqlTable
  readonly statements: Statements
  readonly get: RowStatement
}

export class SqliteReader implements ReadStore {
  protected readonly db: DatabaseSync
  readonly #tables: SqlTables
  readonly #bound = new Map<string, Bound>()

  constructor(db: DatabaseSync, tables: SqlTables) {
    this.db = db
    this.#tables = tables
  }

  get(layout: Layout, key: readonly unknown[]): Row | null {
    const { table, get } = this.bound(layout)
    const values = keyValues(table, key)
    if (values === undefined) return null
    try {
      const found = get.get(...values)
      return found === undefined ? null : table.codec.decode(found)
    } catch (error) {
      throw this.failed(error)
    }
  }

  range(request: RangeRequest): readonly Row[] {
    return this.rowsAfter(request, undefined, request.limit)
  }

  rowsAfter(stretch: Stretch, position: Position | undefined, limit: number): readonly Row[] {
    const { table, statements } = this.bound(stretch.table)
    const index = table.index(stretch)
    const filter = filterOf(table.byName, stretch.where)
    const rows: Row[] = []
    if (filter === undefined) return rows
    for (const segment of segmentsOf(index.columns, stretch, position)) {
      const left = limit - rows.length
      if (left <= 0) break
      const shape = `${index.name} ${stretch.order} ${segment.shape} ${filter.shape}`
      const statement = statements.get(shape, () =>
        table.segmentSql(index, segment, stretch.order, filter),
      )
      this.#read(table, statement, [...segment.values, ...filter.values], filter, left, rows)
    }
    return rows
  }

  search(request: SearchRequest): readonly Row[] {
    const { table, statements } = this.bound(request.table)
    const { search } = table.layout
    const rows: Row[] = []
    if (search === undefined) {
      throw new InvariantError(`Table '${table.layout.name}' has no search index.`)
    }
    const words = searchWords(request)
    if (words.length === 0 || request.limit <= 0) return rows
    const scope = search.scope === undefined ? undefined : table.column(search.scope)
    const scopeValue = scope && comparable(scope, request.scope)
    if (scope !== undefined && (scopeValue === undefined || scopeValue === null)) return rows
    const filter = filterOf(table.byName, request.where)
    if (filter === undefined) return rows
    const statement = statements.get(`? ${filter.shape}`, () => table.searchSql(filter, scope))
    const values: SQLInputValue[] = [matchText(search, words, request.scope)]
    if (scopeValue !== undefined) values.push(scopeValue)
    values.push(...filter.values)
    this.#read(table, statement, values, filter, request.limit, rows)
    return rows
  }

  protected bound(layout: Layout): Bound {
    const known = this.#bound.get(layout.name)
    if (known !== undefined) return known
    const table = this.#tables.get(layout.name)
    if (table === undefined) {
      throw new InvariantError(`This database has no table '${layout.name}'.`)
    }
    const statements = new Statements(this.db)
    const bound = { table, statements, get: prepare(this.db, table.getSql()) }
    this.#bound.set(layout.name, bound)
    return bound
  }

  /** What to throw for an error of SQLite. */
  protected failed(error: unknown): unknown {
    return storeError(error)
  }

  #read(
    table: SqlTable,
    statement: RowStatement,
    values: readonly SQLInputValue[],
    filter: Filter,
    limit: number,
    rows: Row[],
  ): void {
    const { codec } = table
    const { holds } = filter
    // SQLite takes a negative limit for none.
    const most = holds === undefined && Number.isSafeInteger(limit) ? limit : -1
    try {
      if (holds === undefined) {
        const found = statement.all(...values, most)
        for (let i = 0; i < found.length; i++) {
          rows.push(codec.decode(found[i] as readonly SQLOutputValue[]))
        }
        return
      }
      const full = rows.length + limit
      for (const found of statement.iterate(...values, most)) {
        const row = codec.decode(found)
        if (holds(row)) rows.push(row)
        if (rows.length >= full) break
      }
    } catch (error) {
      throw this.failed(error)
    }
  }
}

/** The key as SQL values; undefined when no row can have it. */
export function keyValues(table: SqlTable, key: readonly unknown[]): SQLInputValue[] | undefined {
  const columns = table.key
  if (key.length !== columns.length) return undefined
  const values: SQLInputValue[] = []
  for (let i = 0; i < columns.length; i++) {
    const value = comparable(columns[i] as Column, key[i])
    if (value === undefined || value === null) return undefined
    values.push(value)
  }
  return values
}
