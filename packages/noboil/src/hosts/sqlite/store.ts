/** Rows of the SQLite host, read and written through one connection. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Change } from '../../changes/change.ts'
import { InvariantError } from '../../errors/assert.ts'
import { isNoboilError } from '../../errors/error.ts'
import type { RangeRequest, SearchRequest, Stretch } from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import { sameValue } from '../shared/conditions.ts'
import { duplicate } from '../shared/duplicate.ts'
import type { ReadStore, WriteStore } from '../shared/store.ts'
import type { Position } from '../shared/stretch.ts'
import { type Column, comparable } from './columns.ts'
import { isConstraintError, storeError } from './errors.ts'
import { type Filter, filterOf, segmentsOf } from './plan.ts'
import { matchText, SearchNotes, searchText } from './search.ts'
import { prepare, type RowStatement, Statements } from './statements.ts'
import { arrivalColumn, SqlTable } from './table.ts'
import { quote } from './columns.ts'

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
    if (request.words.length === 0) return rows
    const scope = search.scope === undefined ? undefined : table.column(search.scope)
    const scopeValue = scope && comparable(scope, request.scope)
    if (scope !== undefined && (scopeValue === undefined || scopeValue === null)) return rows
    const filter = filterOf(table.byName, request.where)
    const statement = statements.get(`? ${filter.shape}`, () => table.searchSql(filter, scope))
    const values: SQLInputValue[] = [matchText(search, request.words, request.scope)]
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

export class SqliteWriter extends SqliteReader implements WriteStore {
  readonly #beforeCommit: () => void
  readonly #notes: SearchNotes
  readonly #writes = new Map<string, WriteStatements>()
  readonly #savepoints: {
    readonly open: RowStatement
    readonly release: RowStatement
    readonly back: RowStatement
  }[] = []
  readonly #begin: RowStatement
  readonly #commit: RowStatement
  readonly #rollback: RowStatement
  readonly #setRevision: RowStatement
  /** SQLite has ended the transaction by itself: nothing may run until the group is over. */
  #isLost = false

  constructor(db: DatabaseSync, tables: SqlTables, beforeCommit: () => void) {
    super(db, tables)
    this.#beforeCommit = beforeCommit
    this.#notes = new SearchNotes(db)
    this.#begin = prepare(db, 'BEGIN IMMEDIATE')
    this.#commit = prepare(db, 'COMMIT')
    this.#rollback = prepare(db, 'ROLLBACK')
    this.#setRevision = prepare(db, `UPDATE _meta SET value = ? WHERE name = 'revision'`)
  }

  insert(layout: Layout, row: Row): Change {
    const writes = this.#writesOf(layout)
    const { table } = writes
    const values = table.codec.encode(row)
    const after = table.codec.decode(values as SQLOutputValue[])
    const { search } = layout
    if (search !== undefined) values.push(writes.nextArrival)
    this.#write(table, row, writes.insert, values)
    if (search !== undefined) {
      this.#notes.put(layout, writes.nextArrival, searchText(search, after))
      writes.nextArrival++
    }
    return { table: layout, before: null, after }
  }

  patch(layout: Layout, row: Row, set: Row): Change | undefined {
    const writes = this.#writesOf(layout)
    const { table } = writes
    const columns: Column[] = []
    const values: SQLInputValue[] = []
    const after: Record<string, unknown> = { ...row }
    let isSearched = false
    for (const name of Object.keys(set)) {
      const column = table.column(name)
      const value = stored(column, set[name])
      if (sameValue(row[name], value)) continue
      if (table.key.includes(column)) {
        throw new InvariantError(
          `Table '${layout.name}': '${name}' is of the key and cannot change.`,
        )
      }
      columns.push(column)
      values.push(table.codec.encodeField(column, value))
      if (value === undefined) delete after[name]
      else after[name] = value
      if (table.searched.has(name)) isSearched = true
    }
    if (columns.length === 0) return undefined
    const fields = columns.map((column) => column.name)
    const statement = this.bound(layout).statements.get(`set ${fields.join(' ')}`, () =>
      table.updateSql(columns, layout.search !== undefined),
    )
    values.push(...keyValuesOf(table, row))
    const { creationTime, search } = layout
    if (creationTime !== undefined) after['_creationTime'] = after[creationTime]
    const arrival = this.#write(table, after, statement, values, row)
    if (isSearched && search !== undefined) {
      this.#notes.put(layout, arrival as number, searchText(search, after))
    }
    return { table: layout, before: { ...row }, after, fields }
  }

  increment(layout: Layout, key: readonly unknown[], by: Readonly<Record<string, number>>): Change {
    const { table } = this.#writesOf(layout)
    const names = Object.keys(by)
    const columns = names.map((name) => table.column(name))
    const statement = this.bound(layout).statements.get(`add ${names.join(' ')}`, () =>
      table.incrementSql(columns),
    )
    const values = keyValues(table, key)
    if (values === undefined)
      throw new InvariantError(`Table '${layout.name}': the key has another form.`)
    // An update first and no upsert: only so is it known whether the row was there, at the same cost where it was.
    const found = this.#run(() => statement.get(...Object.values(by), ...values))
    if (found === undefined) return this.insert(layout, firstRow(table, key, by))
    const after = table.codec.decode(found)
    const before: Record<string, unknown> = { ...after }
    const fields: string[] = []
    for (const name of names) {
      if (by[name] === 0) continue
      before[name] = (after[name] as number) - (by[name] as number)
      fields.push(name)
    }
    return { table: layout, before, after, fields }
  }

  remove(layout: Layout, row: Row): Change {
    const writes = this.#writesOf(layout)
    const arrival = this.#write(
      writes.table,
      row,
      writes.delete,
      keyValuesOf(writes.table, row),
      row,
    )
    if (layout.search !== undefined) this.#notes.drop(layout, arrival as number)
    return { table: layout, before: { ...row }, after: null }
  }

  override search(request: SearchRequest): readonly Row[] {
    this.#run(() => this.#notes.write())
    return super.search(request)
  }

  begin(): void {
    this.#isLost = false
    this.#notes.forget()
    this.#begin.run()
  }

  commit(revision: number | undefined): void {
    if (revision !== undefined) {
      this.#notes.write()
      this.#setRevision.run(String(revision))
      this.#beforeCommit()
    }
    this.#commit.run()
  }

  rollback(): void {
    this.#notes.forget()
    if (this.db.isTransaction) this.#rollback.run()
  }

  savepoint(depth: number): void {
    this.#assertOpen()
    this.#savepoint(depth).open.run()
    this.#notes.savepoint(depth)
  }

  release(depth: number): void {
    this.#run(() => this.#savepoint(depth).release.run())
  }

  rollbackTo(depth: number): void {
    this.#run(() => {
      const { back, release } = this.#savepoint(depth)
      back.run()
      release.run()
    })
    this.#notes.rollbackTo(depth)
  }

  isOpen(): boolean {
    return !this.#isLost
  }

  recover(): void {
    this.rollback()
    this.#isLost = false
  }

  protected override failed(error: unknown): unknown {
    if (!this.db.isTransaction) this.#isLost = true
    return storeError(error)
  }

  /** Runs a write of one row and answers its arrival number, where the statement returns one. */
  #write(
    table: SqlTable,
    row: Row,
    statement: RowStatement,
    values: readonly SQLInputValue[],
    before?: Row,
  ): unknown {
    this.#assertOpen()
    try {
      if (before !== undefined && table.layout.search !== undefined) {
        const found = statement.get(...values)
        if (found === undefined) throw gone(table)
        return found[0]
      }
      const { changes } = statement.run(...values)
      if (changes === 0) throw gone(table)
      return undefined
    } catch (error) {
      if (isConstraintError(error))
        throw this.#duplicateOf(table, row, before) ?? this.failed(error)
      throw this.failed(error)
    }
  }

  #run<result>(work: () => result): result {
    this.#assertOpen()
    try {
      return work()
    } catch (error) {
      if (isNoboilError(error)) throw error
      throw this.failed(error)
    }
  }

  #assertOpen(): void {
    if (this.#isLost) throw storeError(new Error('the transaction has been ended by the database'))
  }

  /** Which of the values that must be unique another row has: the key first, then indexes as they are declared. */
  #duplicateOf(table: SqlTable, row: Row, before: Row | undefined): unknown {
    const { layout } = table
    if (before === undefined && this.get(layout, keyValuesOf(table, row)) !== null) {
      return duplicate(layout, layout.key)
    }
    const own = before && JSON.stringify(keyValuesOf(table, before))
    for (const [index, { columns, unique }] of Object.entries(layout.indexes)) {
      const eq = columns.map((name) => row[name])
      if (unique !== true || eq.some((value) => value === undefined || value === null)) continue
      const [other] = this.rowsAfter(
        { table: layout, index, eq, order: 'asc', where: [] },
        undefined,
        1,
      )
      if (other !== undefined && JSON.stringify(keyValuesOf(table, other)) !== own) {
        return duplicate(layout, columns)
      }
    }
    return undefined
  }

  #writesOf(layout: Layout): WriteStatements {
    const known = this.#writes.get(layout.name)
    if (known !== undefined) return known
    const { table } = this.bound(layout)
    const writes: WriteStatements = {
      table,
      insert: prepare(this.db, table.insertSql()),
      delete: prepare(this.db, table.deleteSql()),
      nextArrival: layout.search === undefined ? 0 : this.#lastArrival(table) + 1,
    }
    this.#writes.set(layout.name, writes)
    return writes
  }

  #lastArrival(table: SqlTable): number {
    const [last] =
      prepare(this.db, `SELECT max(${quote(arrivalColumn)}) FROM ${table.quoted}`).get() ?? []
    return typeof last === 'number' ? last : 0
  }

  #savepoint(depth: number): {
    readonly open: RowStatement
    readonly release: RowStatement
    readonly back: RowStatement
  } {
    return (this.#savepoints[depth] ??= {
      open: prepare(this.db, `SAVEPOINT s${depth}`),
      release: prepare(this.db, `RELEASE s${depth}`),
      back: prepare(this.db, `ROLLBACK TO s${depth}`),
    })
  }
}

interface WriteStatements {
  readonly table: SqlTable
  readonly insert: RowStatement
  readonly delete: RowStatement
  nextArrival: number
}

/** The key as SQL values; undefined when no row can have it. */
function keyValues(table: SqlTable, key: readonly unknown[]): SQLInputValue[] | undefined {
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

function keyValuesOf(table: SqlTable, row: Row): SQLInputValue[] {
  const values = keyValues(
    table,
    table.layout.key.map((name) => row[name]),
  )
  if (values === undefined)
    throw new InvariantError(`Table '${table.layout.name}': the row has no key.`)
  return values
}

/** The value as it will be read back: nested ones are the store's own. */
function stored(column: Column, value: unknown): unknown {
  if (value === undefined) return column.field.fallback?.()
  if (typeof value === 'object' && value !== null) return JSON.parse(JSON.stringify(value))
  return value === 0 ? 0 : value
}

/** The row that an increment makes where there is none. */
function firstRow(
  table: SqlTable,
  key: readonly unknown[],
  by: Readonly<Record<string, number>>,
): Row {
  const row: Record<string, unknown> = {}
  for (const { name, field } of table.columns) {
    if (field.type.kind === 'number' && !field.optional) row[name] = field.nullable ? null : 0
  }
  for (const [at, name] of table.layout.key.entries()) row[name] = key[at]
  return { ...row, ...by }
}

function gone(table: SqlTable): InvariantError {
  return new InvariantError(`Table '${table.layout.name}': the row to write is not there.`)
}
