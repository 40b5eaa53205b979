/** Tables and views as queries see them: rows under a name. */
import type { ColumnDefinition, TableDefinition, Typespace, ViewDefinition } from './definition.ts'
import { type Row, Table } from './datastore/table.ts'

export interface Relation {
  readonly name: string
  readonly wireName: string
  readonly isPublic: boolean
  readonly isEvent: boolean
  readonly columns: readonly ColumnDefinition[]
  readonly typespace: Typespace
  /** Columns an index begins with: what a subscription may join on. */
  readonly indexed: ReadonlySet<number>
  /** The tables whose changes change it. */
  readonly sources: ReadonlySet<string>
  readonly rows: ReadonlyMap<string, Row>
}

export function tableRelation({ definition, indexes, rows }: Table): Relation {
  const { name, wireName, isPublic, isEvent, columns, typespace } = definition
  const indexed = new Set(indexes.flatMap((index) => index.definition.columns.slice(0, 1)))
  const sources = new Set([name])
  return { name, wireName, isPublic, isEvent, columns, typespace, indexed, sources, rows }
}

/** `rows`: what the view answered one sender. */
export function viewRelation(
  { name, wireName, columns, typespace }: ViewDefinition,
  rows: ReadonlyMap<string, Row>,
  sources: ReadonlySet<string>,
): Relation {
  const indexed = new Set(columns.keys())
  return {
    name,
    wireName,
    isPublic: true,
    isEvent: false,
    columns,
    typespace,
    indexed,
    sources,
    rows,
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
