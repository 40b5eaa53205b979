/** Rows of the SQLite host, written through the one connection that writes. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Change } from '../../changes/change.ts'
import { InvariantError } from '../../errors/assert.ts'
import { isNoboilError } from '../../errors/error.ts'
import type { SearchRequest } from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import { sameValue } from '../../program/conditions.ts'
import { assertCounters, firstRow } from '../shared/counters.ts'
import { duplicate } from '../shared/duplicate.ts'
import type { WriteStore } from '../shared/store.ts'
import { type Column, quote } from './columns.ts'
import { isConstraintError, storeError } from './errors.ts'
import { keyValues, SqliteReader, type SqlTables } from './read-store.ts'
import { SearchNotes, searchText } from './search.ts'
import { prepare, type RowStatement } from './statements.ts'
import { arrivalColumn, type SqlTable } from './table.ts'

export class SqliteWriter extends SqliteReader implements WriteStore {
  readonly savepoints: 'free' | 'dear' = 'dear'
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
    const { table } = this.#writesOf(layout)
    const fields: string[] = []
    const after: Record<string, unknown> = { ...row }
    for (const name of Object.keys(set)) {
      const column = table.column(name)
      const value = stored(column, set[name])
      if (sameValue(row[name], value)) continue
      if (table.key.includes(column)) {
        throw new InvariantError(
          `Table '${layout.name}': '${name}' is of the key and cannot change.`,
        )
      }
      fields.push(name)
      if (value === undefined) delete after[name]
      else after[name] = value
    }
    if (fields.length === 0) return undefined
    const { creationTime } = layout
    if (creationTime !== undefined) after['_creationTime'] = after[creationTime]
    this.#update(table, row, after, fields)
    return { table: layout, before: { ...row }, after, fields }
  }

  increment(layout: Layout, key: readonly unknown[], by: Readonly<Record<string, number>>): Change {
    assertCounters(layout, Object.keys(by))
    // A read and an update cost less than one upsert that returns its row, and tell the row's past.
    const before = this.get(layout, key)
    if (before === null) return this.insert(layout, firstRow(layout, key, by))
    const { table } = this.#writesOf(layout)
    const after: Record<string, unknown> = { ...before }
    const fields: string[] = []
    for (const name in by) {
      const add = by[name] as number
      if (add === 0) continue
      after[name] = (before[name] as number) + add
      fields.push(name)
    }
    if (fields.length > 0) this.#update(table, before, after, fields)
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

  /** Does again what a change tells of, after {@link restart}. */
  apply(change: Change): void {
    const { table, before, after, fields } = change
    this.#orLose(() => {
      if (before === null) this.insert(table, after as Row)
      else if (after === null) this.remove(table, before)
      else this.#update(this.#writesOf(table).table, before, after, fields ?? [])
    })
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

  savepoint(depth: number): void {
    this.#assertOpen()
    this.#orLose(() => this.#savepoint(depth).open.run())
    this.#notes.savepoint(depth)
  }

  release(depth: number): void {
    this.#orLose(() => this.#savepoint(depth).release.run())
  }

  rollbackTo(depth: number): void {
    const { back, release } = this.#savepoint(depth)
    this.#orLose(() => back.run())
    this.#orLose(() => release.run())
    this.#notes.rollbackTo(depth)
  }

  restart(): void {
    this.#orLose(() => this.#rollback.run())
    this.#notes.forget()
    this.#orLose(() => this.#begin.run())
  }

  isOpen(): boolean {
    return !this.#isLost
  }

  recover(): void {
    this.#notes.forget()
    if (this.db.isTransaction) this.#rollback.run()
    this.#isLost = false
  }

  protected override failed(error: unknown): unknown {
    if (!this.db.isTransaction) this.#isLost = true
    return storeError(error)
  }

  /** Writes the columns `fields` of a row as `after` has them. */
  #update(table: SqlTable, row: Row, after: Row, fields: readonly string[]): void {
    const { layout, codec } = table
    const columns = fields.map((name) => table.column(name))
    const statement = this.bound(layout).statements.get(`set ${fields.join(' ')}`, () =>
      table.updateSql(columns, layout.search !== undefined),
    )
    const values = columns.map((column) => codec.encodeField(column, after[column.name]))
    for (const value of keyValuesOf(table, row)) values.push(value)
    const arrival = this.#write(table, after, statement, values, row)
    if (layout.search !== undefined && fields.some((name) => table.searched.has(name))) {
      this.#notes.put(layout, arrival as number, searchText(layout.search, after))
    }
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

  /** Runs what must not fail: the transaction is in no state that could be committed when it does. */
  #orLose(work: () => unknown): void {
    try {
      work()
    } catch (error) {
      this.#isLost = true
      throw storeError(error)
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

function gone(table: SqlTable): InvariantError {
  return new InvariantError(`Table '${table.layout.name}': the row to write is not there.`)
}
