/**
 * The tables of one database, and its one transaction at a time. Nothing here knows of modules: what a syscall may do and
 * what it answers is decided here, how it gets in and out of the module in `../abi/`.
 */
import { BinaryReader } from 'spacetimedb'
import type { ModuleDefinition } from '../definition.ts'
import { CostMeter } from './costs.ts'
import { AbiError } from './errors.ts'
import { indexOrder, type Shuffle, shuffled } from './order.ts'
import { integerBytes, integerMax } from './sequence.ts'
import type { ReadSet } from './reads.ts'
import {
  type Bound,
  cell,
  type Index,
  type Row,
  type Stretch,
  Table,
  type TableChange,
} from './table.ts'
import { readValue } from './value.ts'

/** `reducer`: opened by the host; `anonymous`: by a procedure; `view`: reads only. */
export type TransactionKind = 'reducer' | 'anonymous' | 'view'

interface Transaction {
  readonly kind: TransactionKind
  readonly reads: ReadSet | undefined
  readonly undo: (() => void)[]
  /** For every row that was touched, what stood under its key before. */
  readonly touched: Map<Table, Map<string, Row | undefined>>
}

export class Datastore {
  readonly tables: ReadonlyMap<string, Table>
  #costs: CostMeter = new CostMeter('')
  #transaction: Transaction | undefined
  #number = 0
  readonly #byId: readonly Table[]
  readonly #indexes: readonly Index[]
  readonly #indexIds: ReadonlyMap<string, number>
  readonly #shuffle: Shuffle

  constructor(definition: ModuleDefinition, shuffle: Shuffle) {
    this.#byId = definition.tables.map((table) => new Table(table))
    this.tables = new Map(this.#byId.map((table) => [table.definition.name, table]))
    this.#indexes = this.#byId.flatMap(({ indexes }) => indexes)
    this.#indexIds = new Map(this.#indexes.map(({ definition: { name } }, at) => [name, at + 1]))
    this.#shuffle = shuffle
  }

  get transaction(): TransactionKind | undefined {
    return this.#transaction?.kind
  }

  /** Counts what `work` reads and writes, apart from what is being counted around it. `ended` is told also when it throws. */
  measure<result>(
    name: string,
    work: () => result,
    ended?: (costs: CostMeter) => void,
  ): { result: result; costs: CostMeter } {
    const [outer, costs] = [this.#costs, new CostMeter(name)]
    this.#costs = costs
    try {
      return { result: work(), costs }
    } finally {
      this.#costs = outer
      ended?.(costs)
    }
  }

  /** `reads`: is told what the transaction reads. */
  begin(kind: TransactionKind, reads?: ReadSet): void {
    if (this.#transaction !== undefined) throw new AbiError('WouldBlockTransaction')
    this.#number++
    this.#transaction = { kind, reads, undo: [], touched: new Map() }
  }

  rollback(): void {
    const undo = this.#transaction?.undo ?? []
    for (const step of undo.reverse()) step()
    this.#transaction = undefined
  }

  commit(): readonly TableChange[] {
    const touched = this.#transaction?.touched ?? []
    this.#transaction = undefined
    const changes: TableChange[] = []
    for (const [table, rows] of touched) {
      const [inserts, deletes]: [Row[], Row[]] = [[], []]
      for (const [key, before] of rows) {
        const after = table.rows.get(key)
        if (before === undefined && after !== undefined) inserts.push(after)
        if (before !== undefined && after === undefined) deletes.push(before)
      }
      if (table.definition.isEvent) for (const row of inserts) table.unlink(row)
      if (inserts.length > 0 || deletes.length > 0) changes.push({ table, inserts, deletes })
    }
    return changes
  }

  tableId(name: string): number {
    this.#require()
    const at = this.#byId.findIndex(({ definition }) => definition.name === name)
    if (at === -1) throw new AbiError('NoSuchTable', name)
    return at + 1
  }

  indexId(name: string): number {
    this.#require()
    const id = this.#indexIds.get(name)
    if (id === undefined) throw new AbiError('NoSuchIndex', name)
    return id
  }

  count(tableId: number): bigint {
    this.#require()
    const table = this.#table(tableId)
    this.#transaction?.reads?.addAll(table)
    return BigInt(table.rows.size)
  }

  scan(tableId: number): readonly Row[] {
    this.#require()
    const table = this.#table(tableId)
    const { rows, definition } = table
    this.#transaction?.reads?.addAll(table)
    this.#costs.scan(definition.name, rows.size)
    return shuffled([...rows.values()], this.#shuffle)
  }

  point(indexId: number, key: Uint8Array): readonly Row[] {
    this.#require()
    const index = this.#index(indexId)
    const reader = new BinaryReader(key)
    const { columns } = index.definition
    const values = decoding(() => columns.map((column) => readCell(index.table, column, reader)))
    return shuffled(this.#read(index, index.stretch(values)), this.#shuffle)
  }

  /** `bounds`: the encoded prefix, start and end, one behind the other; an empty end repeats the start. */
  range(indexId: number, bounds: RangeBytes): readonly Row[] {
    this.#require()
    const index = this.#index(indexId)
    const { columns, kind } = index.definition
    if (kind !== 'BTree') throw new AbiError('WrongIndexAlgo')
    const column = (at: number): number => {
      const found = columns[at]
      if (found === undefined) throw new AbiError('BsatnDecodeError')
      return found
    }
    const stretch = decoding(() => {
      const reader = new BinaryReader(bounds.prefix)
      const prefix = Array.from({ length: bounds.columns }, (_, at) =>
        readCell(index.table, column(at), reader),
      )
      const bound = (bytes: Uint8Array): Bound | undefined => {
        const end = new BinaryReader(bytes)
        const tag = end.readU8()
        if (tag > 1) return undefined
        return { value: readCell(index.table, column(bounds.columns), end), inclusive: tag === 0 }
      }
      const from = bound(bounds.start)
      return index.stretch(prefix, from, bounds.end.length === 0 ? from : bound(bounds.end))
    })
    return indexOrder(index, this.#read(index, stretch), this.#number, this.#shuffle)
  }

  /** Writes one row. Generated values are written into `bytes`, where their columns are and again from its front. */
  insert(tableId: number, bytes: Uint8Array): number {
    this.#require('write')
    const table = this.#table(tableId)
    const { row, written } = this.#generate(table, bytes)
    // A table is a set: the same row again is no change, and no violation of what is unique in it.
    if (table.rows.has(row.key)) return written
    checkUnique(table, row)
    this.#add(table, row)
    return written
  }

  update(tableId: number, indexId: number, bytes: Uint8Array): number {
    this.#require('write')
    const [table, index] = [this.#table(tableId), this.#index(indexId)]
    if (!index.isUnique || index.table !== table) throw new AbiError('IndexNotUnique')
    const { row, written } = this.#generate(table, bytes)
    const [old] = index.same(row)
    this.#costs.lookup(table.definition.name, old === undefined ? 0 : 1)
    if (old === undefined) throw new AbiError('NoSuchRow')
    if (old.key === row.key) return written
    checkUnique(table, row, old)
    this.#remove(table, old)
    this.#add(table, row)
    return written
  }

  /** Removes rows that `point` or `range` answered. */
  deleteRows(indexId: number, rows: readonly Row[]): number {
    this.#require('write')
    const { table } = this.#index(indexId)
    for (const row of rows) this.#remove(table, row)
    return rows.length
  }

  /** `relation`: an encoded array of rows; those that are there are removed. */
  deleteEqual(tableId: number, relation: Uint8Array): number {
    this.#require('write')
    const table = this.#table(tableId)
    let [left, rest, deleted] = [
      decoding(() => new BinaryReader(relation).readU32()),
      relation.subarray(4),
      0,
    ]
    while (left-- > 0) {
      const { row, length } = decoding(() => table.decode(rest, this.#number))
      rest = rest.subarray(length)
      const stored = table.rows.get(row.key)
      if (stored === undefined) continue
      this.#remove(table, stored)
      deleted++
    }
    return deleted
  }

  clear(tableId: number): bigint {
    this.#require('write')
    const table = this.#table(tableId)
    const rows = [...table.rows.values()]
    for (const row of rows) this.#remove(table, row)
    return BigInt(rows.length)
  }

  /** Removes one row in a transaction of its own; for schedules that have run. */
  removeCommitted(table: Table, row: Row): readonly TableChange[] {
    this.begin('reducer')
    this.#remove(table, row)
    return this.commit()
  }

  #generate(table: Table, bytes: Uint8Array): { row: Row; written: number } {
    const { row, offsets } = decoding(() => table.decode(bytes, this.#number))
    const generated: Uint8Array[] = []
    for (const sequence of [...table.sequences].sort((left, right) => left.column - right.column)) {
      const value = cell(row, sequence.column)
      if (value !== 0 && value !== 0n) continue
      if (sequence.next > integerMax(sequence.type)) throw new AbiError('AutoIncOverflow')
      // Not given back on rollback: sequences leave gaps, as SpacetimeDB's do.
      const encoded = integerBytes(sequence.type, sequence.next++)
      bytes.set(encoded, offsets[sequence.column])
      generated.push(encoded)
    }
    if (generated.length === 0) return { row, written: 0 }
    const filled = table.decode(bytes, this.#number).row
    let written = 0
    for (const encoded of generated) {
      bytes.set(encoded, written)
      written += encoded.length
    }
    return { row: filled, written }
  }

  #read(index: Index, stretch: Stretch): readonly Row[] {
    const { table } = index
    const rows = index.rows(stretch)
    this.#costs.lookup(table.definition.name, rows.length)
    this.#transaction?.reads?.add(table, (row) => stretch.from(row) && !stretch.until(row))
    return rows
  }

  #add(table: Table, row: Row): void {
    this.#touch(table, row.key, undefined)
    table.link(row)
    this.#transaction?.undo.push(() => table.unlink(row))
  }

  #remove(table: Table, row: Row): void {
    this.#touch(table, row.key, row)
    table.unlink(row)
    this.#transaction?.undo.push(() => table.link(row))
  }

  #touch(table: Table, key: string, before: Row | undefined): void {
    this.#costs.wrote(table.definition.name, 1)
    const touched = this.#transaction?.touched
    const rows = touched?.get(table) ?? new Map<string, Row | undefined>()
    if (!rows.has(key)) rows.set(key, before)
    touched?.set(table, rows)
  }

  #require(access: 'read' | 'write' = 'read'): void {
    const kind = this.#transaction?.kind
    if (kind === undefined) throw new AbiError('NotInTransaction')
    if (access === 'write' && kind === 'view') throw new AbiError('TransactionIsReadOnly')
  }

  #table(id: number): Table {
    const table = this.#byId[id - 1]
    if (table === undefined) throw new AbiError('NoSuchTable')
    return table
  }

  #index(id: number): Index {
    const index = this.#indexes[id - 1]
    if (index === undefined) throw new AbiError('NoSuchIndex')
    return index
  }
}

export interface RangeBytes {
  readonly prefix: Uint8Array
  /** How many columns the prefix holds. */
  readonly columns: number
  readonly start: Uint8Array
  readonly end: Uint8Array
}

function readCell(
  table: Table,
  column: number,
  reader: BinaryReader,
): ReturnType<typeof readValue> {
  const { columns, typespace } = table.definition
  const type = columns[column]?.type
  if (type === undefined) throw new AbiError('BsatnDecodeError')
  return readValue(type, typespace, reader)
}

function checkUnique(table: Table, row: Row, except?: Row): void {
  for (const index of table.indexes)
    if (index.isUnique && index.same(row).some((other) => other !== except))
      throw new AbiError('UniqueAlreadyExists')
}

function decoding<result>(decode: () => result): result {
  try {
    return decode()
  } catch {
    throw new AbiError('BsatnDecodeError')
  }
}
