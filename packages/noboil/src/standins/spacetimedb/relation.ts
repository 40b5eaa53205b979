/** Tables and views as queries see them: rows under a name. */
import type { ReadSet } from './datastore/reads.ts'
import { cell, type Row, Table, type TableChange } from './datastore/table.ts'
import { type Value, valueText } from './datastore/value.ts'
import type { ColumnDefinition, TableDefinition, Typespace, ViewDefinition } from './definition.ts'

export interface Relation {
  readonly name: string
  readonly wireName: string
  readonly isPublic: boolean
  readonly isEvent: boolean
  readonly columns: readonly ColumnDefinition[]
  readonly typespace: Typespace
  /** The table it is; `undefined` for what a view answered. */
  readonly table: Table | undefined
  readonly rows: ReadonlyMap<string, Row>
  /** Columns an index begins with: what a subscription may join on. */
  readonly indexed: ReadonlySet<number>
  /** The rows with a value in one of these columns. */
  having(column: number, value: Value): readonly Row[]
  /** Whether a commit may have changed it. */
  isChangedBy(change: TableChange): boolean
}

export function tableRelation(table: Table): Relation {
  const { name, wireName, isPublic, isEvent, columns, typespace } = table.definition
  const byColumn = new Map(table.indexes.map((index) => [index.definition.columns[0] ?? -1, index]))
  return {
    name,
    wireName,
    isPublic,
    isEvent,
    columns,
    typespace,
    table,
    rows: table.rows,
    indexed: new Set(byColumn.keys()),
    having(column, value) {
      const index = byColumn.get(column)
      return index?.rows(index.stretch([value])) ?? []
    },
    isChangedBy: (change) => change.table === table,
  }
}

/** `rows`: what the view answered one sender; `reads`: from what. */
export function viewRelation(
  { name, wireName, columns, typespace }: ViewDefinition,
  rows: ReadonlyMap<string, Row>,
  reads: ReadSet,
): Relation {
  const byColumn = new Map<number, Map<string, Row[]>>()
  const grouped = (column: number): ReadonlyMap<string, Row[]> => {
    const known = byColumn.get(column)
    if (known !== undefined) return known
    const groups = Map.groupBy(rows.values(), (row) => valueText(cell(row, column)))
    byColumn.set(column, groups)
    return groups
  }
  return {
    name,
    wireName,
    isPublic: true,
    isEvent: false,
    columns,
    typespace,
    table: undefined,
    rows,
    indexed: new Set(columns.keys()),
    having: (column, value) => grouped(column).get(valueText(value)) ?? [],
    isChangedBy: (change) => reads.isChangedBy(change),
  }
}

/** A table for rows of a view: it only decodes them. */
export function viewTable(view: ViewDefinition): Table {
  const { name, wireName, rowRef, typespace, columns, primaryKey } = view
  const none = { uniques: [], indexes: [], sequences: [] }
  const definition: TableDefinition = {
    name,
    wireName,
    typeRef: rowRef,
    typespace,
    columns,
    primaryKey,
    isPublic: true,
    isEvent: false,
    ...none,
  }
  return new Table(definition)
}
