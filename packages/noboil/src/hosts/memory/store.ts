/** The store of the memory host: a state is a map of tables that never change, and a transaction is a state on its way. */
import type { Change } from '../../changes/change.ts'
import { InvariantError } from '../../errors/assert.ts'
import type { RangeRequest, SearchRequest, Stretch } from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import { assertCounters, firstRow } from '../shared/counters.ts'
import { sameValue } from '../../program/conditions.ts'
import type { ReadStore, WriteStore } from '../shared/store.ts'
import type { Position } from '../../program/stretch.ts'
import { type Entry, Table, type TableState } from './table.ts'

/** A state: never changed, always replaced. */
export type State = ReadonlyMap<string, TableState>

export class MemoryTables {
  readonly #tables: ReadonlyMap<string, Table>

  constructor(layouts: Iterable<Layout>) {
    this.#tables = new Map(Array.from(layouts, (layout) => [layout.name, new Table(layout)]))
  }

  empty(): State {
    return new Map(Array.from(this.#tables, ([name, table]) => [name, table.empty()]))
  }

  of(layout: Layout): Table {
    const table = this.#tables.get(layout.name)
    if (table === undefined)
      throw new InvariantError(`This database has no table '${layout.name}'.`)
    return table
  }
}

/** Reads one state. */
export class MemoryReader implements ReadStore {
  protected readonly tables: MemoryTables
  protected state: State

  constructor(tables: MemoryTables, state: State) {
    this.tables = tables
    this.state = state
  }

  get(layout: Layout, key: readonly unknown[]): Row | null {
    return this.tables.of(layout).get(this.stateOf(layout), key)
  }

  range(request: RangeRequest): readonly Row[] {
    return this.rowsAfter(request, undefined, request.limit)
  }

  rowsAfter(stretch: Stretch, position: Position | undefined, limit: number): readonly Row[] {
    return this.tables.of(stretch.table).read(this.stateOf(stretch.table), stretch, position, limit)
  }

  search(request: SearchRequest): readonly Row[] {
    return this.tables.of(request.table).search(this.stateOf(request.table), request)
  }

  protected stateOf(layout: Layout): TableState {
    const state = this.state.get(layout.name)
    if (state === undefined)
      throw new InvariantError(`This database has no table '${layout.name}'.`)
    return state
  }
}

/** The writer's view. Being the test double, it refuses writes over rows that the program did not read as they are. */
export class MemoryWriter extends MemoryReader implements WriteStore {
  readonly savepoints: 'free' | 'dear' = 'free'
  #committed: State
  #savepoints: State[] = []

  constructor(tables: MemoryTables) {
    const state = tables.empty()
    super(tables, state)
    this.#committed = state
  }

  /** The newest committed state. */
  get committed(): State {
    return this.#committed
  }

  insert(layout: Layout, row: Row): Change {
    const table = this.tables.of(layout)
    const kept = table.normalise(row)
    this.#put(layout, table.insert(this.stateOf(layout), kept))
    return { table: layout, before: null, after: table.give(kept) }
  }

  patch(layout: Layout, row: Row, set: Row): Change | undefined {
    const table = this.tables.of(layout)
    const entry = this.#entryOf(table, row)
    const kept = table.normalise({ ...entry.row, ...set })
    const fields = Object.keys(set).filter((name) => !sameValue(entry.row[name], kept[name]))
    if (fields.length === 0) return undefined
    for (const name of fields) {
      if (layout.key.includes(name)) {
        throw new InvariantError(
          `Table '${layout.name}': '${name}' is of the key and cannot change.`,
        )
      }
    }
    this.#put(layout, table.replace(this.stateOf(layout), entry, kept))
    return { table: layout, before: table.give(entry.row), after: table.give(kept), fields }
  }

  increment(layout: Layout, key: readonly unknown[], by: Readonly<Record<string, number>>): Change {
    const table = this.tables.of(layout)
    assertCounters(layout, Object.keys(by))
    const entry = this.stateOf(layout).rows.get(key)
    if (entry !== undefined) {
      const set = Object.entries(by).map(([name, add]) => [name, (entry.row[name] as number) + add])
      const row = table.give(entry.row)
      return (
        this.patch(layout, row, Object.fromEntries(set) as Row) ?? {
          table: layout,
          before: row,
          after: table.give(entry.row),
          fields: [],
        }
      )
    }
    return this.insert(layout, firstRow(layout, key, by))
  }

  remove(layout: Layout, row: Row): Change {
    const table = this.tables.of(layout)
    const entry = this.#entryOf(table, row)
    this.#put(layout, table.remove(this.stateOf(layout), entry))
    return { table: layout, before: table.give(entry.row), after: null }
  }

  begin(): void {
    this.state = this.#committed
    this.#savepoints = []
  }

  restart(): void {
    this.begin()
  }

  apply({ table, before, after, fields }: Change): void {
    if (before === null) this.insert(table, after as Row)
    else if (after === null) this.remove(table, before)
    else
      this.patch(
        table,
        before,
        Object.fromEntries((fields ?? []).map((name) => [name, after[name]])),
      )
  }

  commit(): void {
    this.#committed = this.state
  }

  savepoint(depth: number): void {
    this.#savepoints[depth] = this.state
  }

  release(depth: number): void {
    this.#savepoints.length = depth
  }

  rollbackTo(depth: number): void {
    this.state = this.#savepoints[depth] as State
    this.#savepoints.length = depth
  }

  isOpen(): boolean {
    return true
  }

  recover(): void {
    this.state = this.#committed
  }

  #put(layout: Layout, table: TableState): void {
    this.state = new Map(this.state).set(layout.name, table)
  }

  #entryOf(table: Table, row: Row): Entry {
    const entry = this.stateOf(table.layout).rows.get(table.keyOf(row))
    const { name } = table.layout
    if (entry === undefined)
      throw new InvariantError(`Table '${name}': the row to write is not there.`)
    for (const column of Object.keys(table.layout.columns)) {
      if (!sameValue(entry.row[column], row[column] === 0 ? 0 : row[column])) {
        throw new InvariantError(
          `Table '${name}': the row to write has another '${column}' by now; read it again after a write.`,
        )
      }
    }
    return entry
  }
}
