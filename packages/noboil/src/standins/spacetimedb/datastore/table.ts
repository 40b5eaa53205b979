/** One table's rows and its indexes. Rows are BSATN bytes; a table is a set of them. */
import { BinaryReader } from 'spacetimedb'
import { DefinitionError } from '../../../errors/assert.ts'
import { resolveType, type IndexDefinition, type TableDefinition } from '../definition.ts'
import { type FromHere, SortedList } from './sorted.ts'
import { compareValues, DecodeError, readValue, type Value } from './value.ts'

export interface Row {
  /** The bytes as text: equal rows have equal keys. */
  readonly key: string
  readonly bytes: Uint8Array
  readonly cells: readonly Value[]
  /** Which transaction wrote it, and as its how-manieth. */
  readonly transaction: number
  readonly serial: number
}

/** What one committed transaction did to one table. Rows of event tables are inserted and are gone again. */
export interface TableChange {
  readonly table: Table
  readonly inserts: readonly Row[]
  readonly deletes: readonly Row[]
}

export interface Bound {
  readonly value: Value
  readonly inclusive: boolean
}

/** A part of an index, from where `from` becomes true to where `until` does. */
export interface Stretch {
  readonly from: FromHere<Row>
  readonly until: FromHere<Row>
}

export interface Sequence {
  readonly column: number
  readonly type: string
  next: bigint
}

export class Index {
  readonly definition: IndexDefinition
  readonly table: Table
  readonly isUnique: boolean
  readonly #rows: SortedList<Row>

  constructor(definition: IndexDefinition, table: Table, isUnique: boolean) {
    this.definition = definition
    this.table = table
    this.isUnique = isUnique
    this.#rows = new SortedList((left, right) => {
      for (const column of definition.columns) {
        const order = compareValues(cell(left, column), cell(right, column))
        if (order !== 0) return order
      }
      return left.serial - right.serial
    })
  }

  add(row: Row): void {
    this.#rows.add(row)
  }

  remove(row: Row): void {
    this.#rows.remove(row)
  }

  /** Rows that have `prefix` in the first columns, and the next column within the bounds. */
  stretch(prefix: readonly Value[], from?: Bound, to?: Bound): Stretch {
    const order = (row: Row, bound: Bound | undefined): number => {
      for (const [at, value] of prefix.entries()) {
        const difference = compareValues(cell(row, this.#column(at)), value)
        if (difference !== 0) return difference
      }
      if (bound === undefined) return 0
      return compareValues(cell(row, this.#column(prefix.length)), bound.value)
    }
    return {
      from: (row) => (from?.inclusive === false ? order(row, from) > 0 : order(row, from) >= 0),
      until: (row) => (to?.inclusive === false ? order(row, to) >= 0 : order(row, to) > 0),
    }
  }

  rows({ from, until }: Stretch): Row[] {
    return this.#rows.between(from, until)
  }

  /** The rows whose indexed columns equal the row's. */
  same(row: Row): Row[] {
    return this.rows(this.stretch(this.definition.columns.map((column) => cell(row, column))))
  }

  #column(at: number): number {
    const column = this.definition.columns[at]
    if (column === undefined) throw new DecodeError('A key has more columns than its index.')
    return column
  }
}

export class Table {
  readonly definition: TableDefinition
  readonly rows: Map<string, Row> = new Map()
  readonly indexes: readonly Index[]
  readonly sequences: readonly Sequence[]
  #serial = 0

  /** @throws {DefinitionError} for a unique constraint without an index over exactly its columns. */
  constructor(definition: TableDefinition) {
    this.definition = definition
    const { columns, uniques } = definition
    this.indexes = definition.indexes.map(
      (index) =>
        new Index(
          index,
          this,
          uniques.some((unique) => sameSet(unique, index.columns)),
        ),
    )
    for (const unique of uniques)
      if (!this.indexes.some((index) => sameSet(index.definition.columns, unique)))
        throw new DefinitionError(
          `The unique constraint on ${definition.name} (${unique.map((at) => columns[at]?.name).join(', ')}) has no index over exactly these columns: add one.`,
        )
    this.sequences = definition.sequences.map(({ column, start }) => ({
      column,
      type: this.#typeOf(column),
      next: start,
    }))
  }

  /** Reads one row from the front of `bytes`; `offsets` says where each column begins. */
  decode(bytes: Uint8Array, transaction: number): { row: Row; offsets: number[]; length: number } {
    const reader = new BinaryReader(bytes)
    const [cells, offsets]: [Value[], number[]] = [[], []]
    for (const { type } of this.definition.columns) {
      offsets.push(reader.offset)
      cells.push(readValue(type, this.definition.typespace, reader))
    }
    const length = reader.offset
    const own = Buffer.from(bytes.subarray(0, length))
    const row = { key: own.toString('latin1'), bytes: own, cells, transaction }
    return { row: { ...row, serial: this.#serial++ }, offsets, length }
  }

  link(row: Row): void {
    this.rows.set(row.key, row)
    for (const index of this.indexes) index.add(row)
  }

  unlink(row: Row): void {
    this.rows.delete(row.key)
    for (const index of this.indexes) index.remove(row)
  }

  #typeOf(column: number): string {
    const type = this.definition.columns[column]?.type
    return type === undefined ? '' : resolveType(type, this.definition.typespace).tag
  }
}

export function cell(row: Row, column: number): Value {
  const value = row.cells[column]
  if (value === undefined) throw new DecodeError(`A row has no column ${column}.`)
  return value
}

function sameSet(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((item) => right.includes(item))
}
