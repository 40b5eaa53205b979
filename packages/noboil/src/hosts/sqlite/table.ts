/** One table of the SQLite host as SQL: its columns, its indexes' names, and the text of its statements. */
import { InvariantError } from '../../errors/assert.ts'
import type { Stretch } from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import { assertStretch, orderColumns, primary } from '../../program/stretch.ts'
import { Codec } from './codec.ts'
import { type Column, columnOf, quote } from './columns.ts'
import { type Filter, type Segment, segmentSql } from './plan.ts'

/** The number of a row in its table's search index; higher ones came later. */
export const arrivalColumn = '_arrival'

/**
 * SQLite plans by the value of a bare `LIMIT ?` and so prepares the statement again whenever one is bound: 8 µs instead of 1
 * for a read of one row. It does not see through a sum.
 */
const limit = '? + 0'

export interface IndexShape {
  readonly name: string
  readonly columns: readonly Column[]
  /** Of a unique index: rows are in it only where all of these are there. */
  readonly partialOn: readonly Column[]
}

export class SqlTable {
  readonly layout: Layout
  readonly columns: readonly Column[]
  readonly byName: ReadonlyMap<string, Column>
  readonly key: readonly Column[]
  readonly codec: Codec
  readonly quoted: string
  readonly #indexes: ReadonlyMap<string, IndexShape>
  /** Columns that search depends on. */
  readonly searched: ReadonlySet<string>

  constructor(layout: Layout) {
    this.layout = layout
    this.columns = Object.entries(layout.columns).map(([name, field]) =>
      columnOf(layout.name, name, field),
    )
    this.byName = new Map(this.columns.map((column) => [column.name, column]))
    this.key = layout.key.map((name) => this.column(name))
    this.codec = new Codec(layout, this.columns)
    this.quoted = quote(layout.name)
    this.#indexes = new Map(
      [primary, ...Object.keys(layout.indexes)].map((name) => [name, this.#indexShape(name)]),
    )
    const { search } = layout
    this.searched = new Set(search && [...search.fields, ...(search.scope ? [search.scope] : [])])
  }

  column(name: string): Column {
    const column = this.byName.get(name)
    if (column === undefined)
      throw new InvariantError(`Table '${this.layout.name}' has no field '${name}'.`)
    return column
  }

  index(stretch: Stretch): IndexShape {
    const index = this.#indexes.get(stretch.index)
    if (index === undefined) {
      throw new InvariantError(`Table '${this.layout.name}' has no index '${stretch.index}'.`)
    }
    assertStretch(stretch, stretch.index === primary ? this.layout.key : this.#names(index))
    return index
  }

  get indexes(): ReadonlyMap<string, IndexShape> {
    return this.#indexes
  }

  /** The columns of a row, in the codec's order. */
  get list(): string {
    return this.columns.map((column) => column.qualified).join(', ')
  }

  get byKey(): string {
    return this.key.map((column) => `${column.quoted} = ?`).join(' AND ')
  }

  getSql(): string {
    return `SELECT ${this.list} FROM ${this.quoted} WHERE ${this.byKey}`
  }

  insertSql(): string {
    const columns = this.columns.map((column) => column.quoted)
    if (this.layout.search !== undefined) columns.push(quote(arrivalColumn))
    return `INSERT INTO ${this.quoted} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
  }

  updateSql(columns: readonly Column[], returning: boolean): string {
    const sets = columns.map((column) => `${column.quoted} = ?`).join(', ')
    const tail = returning ? ` RETURNING ${quote(arrivalColumn)}` : ''
    return `UPDATE ${this.quoted} SET ${sets} WHERE ${this.byKey}${tail}`
  }

  deleteSql(): string {
    const tail = this.layout.search === undefined ? '' : ` RETURNING ${quote(arrivalColumn)}`
    return `DELETE FROM ${this.quoted} WHERE ${this.byKey}${tail}`
  }

  segmentSql(index: IndexShape, segment: Segment, order: 'asc' | 'desc', filter: Filter): string {
    const tests = [...segmentSql(index.columns, segment.shape), ...filter.sql]
    const from = equalColumns(segment.shape)
    const by = index.columns.slice(from).map((column) => `${column.qualified} ${order}`)
    return [
      `SELECT ${this.list} FROM ${this.quoted}`,
      this.#hint(index, segment),
      tests.length > 0 ? `WHERE ${tests.join(' AND ')}` : '',
      by.length > 0 ? `ORDER BY ${by.join(', ')}` : '',
      `LIMIT ${limit}`,
    ].join(' ')
  }

  searchSql(filter: Filter, scope: Column | undefined): string {
    const search = quote(`${this.layout.name}__search`)
    const tests = [...filter.sql]
    if (scope !== undefined) tests.unshift(`${scope.qualified} = ?`)
    return [
      `SELECT ${this.list} FROM ${search} CROSS JOIN ${this.quoted}`,
      `ON ${this.quoted}.${quote(arrivalColumn)} = ${search}.rowid`,
      `WHERE ${search} MATCH ?`,
      ...tests.map((test) => `AND ${test}`),
      `ORDER BY ${search}.rowid DESC LIMIT ${limit}`,
    ].join(' ')
  }

  /**
   * Names the index, because without statistics SQLite guesses. A partial index cannot be named where the tests do not say that
   * its columns are there.
   */
  #hint(index: IndexShape, segment: Segment): string {
    if (index.name === primary) return 'NOT INDEXED'
    const tested = testedColumns(index.columns, segment.shape)
    if (!index.partialOn.every((column) => tested.has(column))) return ''
    return `INDEXED BY ${quote(`${this.layout.name}__${index.name}`)}`
  }

  #indexShape(name: string): IndexShape {
    const columns = orderColumns(this.layout, name).map((at) => this.column(at))
    const declared = this.layout.indexes[name]
    const partialOn =
      name !== primary && declared?.unique === true
        ? columns.slice(0, declared.columns.length).filter((column) => column.absent !== undefined)
        : []
    return { name, columns, partialOn }
  }

  #names(index: IndexShape): readonly string[] {
    return index.columns.map((column) => column.name)
  }
}

/** How many columns of a segment are the same in all its rows. */
function equalColumns(shape: string): number {
  let count = 0
  for (const letter of shape) if (letter === '=' || letter === 'n') count++
  return count
}

/** The columns that a segment's tests say are there. */
function testedColumns(columns: readonly Column[], shape: string): ReadonlySet<Column> {
  const tested = new Set<Column>()
  let at = 0
  for (const letter of shape) {
    if (letter !== 'n') tested.add(columns[at] as Column)
    if (letter === '=' || letter === 'n') at++
  }
  return tested
}
