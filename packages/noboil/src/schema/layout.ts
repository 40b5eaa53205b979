/**
 * How rows of a table lie in a store: columns, primary key, indexes. Factories make layouts from declared tables; every host
 * reads them to build its tables, and nothing else.
 */
import { assert, DefinitionError } from '../errors/assert.ts'
import type { Field, Fields } from './storable.ts'
import type { Row } from './values.ts'

export interface Index {
  /** Columns in order; hosts append the primary key, so that every index is a total order. */
  readonly columns: readonly string[]
  readonly unique?: boolean
}

export interface SearchIndex {
  /** Text fields whose words are found. */
  readonly fields: readonly string[]
  /** A column that every search names, so that only its rows are looked at: a log's `parent`. */
  readonly scope?: string
}

/**
 * `row` is what the store keeps and gives back; it is only in the types.
 */
export interface Layout<row extends object = object> {
  readonly name: string
  readonly columns: Fields
  /** Primary key columns. Rows are clustered on it where the host can. */
  readonly key: readonly string[]
  /**
   * The last key column is a number that a counter in the same transaction gives, so that no two rows have one. A host without
   * keys of its own need not look.
   */
  readonly counted?: true
  /**
   * Where a row's `_id` comes from: `stored` is a column of its own (then it is the key), `key` is derived from the key
   * columns by {@link idOf}, `none` is for internal tables.
   */
  readonly id: 'stored' | 'key' | 'none'
  /** The column that `_creationTime` is read from. */
  readonly creationTime?: string
  readonly indexes: Readonly<Record<string, Index>>
  readonly search?: SearchIndex
  /** The files that its rows name are named by nothing else: a host that keeps files removes those that no row names any more. */
  readonly ownsFiles?: true
  /** Internal tables are bookkeeping of the factories: no queries of the app see them. */
  readonly internal?: boolean
  readonly row?: row
}

const plain = (type: Field['type'], optional = false): Field => ({
  type,
  optional,
  nullable: false,
})

/** Columns that factories add. Times are milliseconds since the epoch. */
export const column: {
  readonly id: (table: string) => Field
  readonly text: Field
  readonly optionalText: Field
  readonly integer: Field
  readonly optionalInteger: Field
  readonly json: Field
} = {
  id: (table) => plain({ kind: 'id', table }),
  text: plain({ kind: 'string' }),
  optionalText: plain({ kind: 'string' }, true),
  integer: plain({ kind: 'number', integer: true }),
  optionalInteger: plain({ kind: 'number', integer: true }, true),
  json: plain({
    kind: 'record',
    value: plain({ kind: 'record', value: plain({ kind: 'number', integer: true }) }),
  }),
}

/** The id of a row that is derived from its key: `table.<numbers>.<text>`, readable and safe in a URL. */
export function idOf(layout: Layout, row: Row): string {
  if (layout.id === 'stored') return row['_id'] as string
  let numbers = ''
  let text = ''
  for (const column of layout.key) {
    const value = row[column]
    if (typeof value === 'number') numbers += `.${value}`
    else text = value as string
  }
  return `${layout.name}${numbers}.${text}`
}

/** The table an id belongs to, or undefined for something that is no id. */
export function tableOfId(id: string): string | undefined {
  const end = id.indexOf('.')
  return end > 0 ? id.slice(0, end) : undefined
}

/** The primary key behind an id; undefined when the id is not one of this table's. */
export function keyOfId(layout: Layout, id: string): readonly unknown[] | undefined {
  if (tableOfId(id) !== layout.name) return undefined
  if (layout.id === 'stored') return [id]
  let rest = id.slice(layout.name.length + 1)
  const key: unknown[] = []
  let textAt = -1
  for (const [at, column] of layout.key.entries()) {
    if (layout.columns[column]?.type.kind !== 'number') {
      textAt = at
      continue
    }
    const end = rest.indexOf('.')
    const digits = end < 0 ? '' : rest.slice(0, end)
    if (!/^(0|[1-9]\d{0,15})$/.test(digits)) return undefined
    key[at] = Number(digits)
    rest = rest.slice(end + 1)
  }
  if (textAt >= 0) {
    if (rest === '') return undefined
    key[textAt] = rest
  }
  return key
}

/** Checks what types cannot: called once per layout when an app is built. */
export function assertLayout(layout: Layout): void {
  const known = (name: string): boolean => Object.hasOwn(layout.columns, name)
  for (const name of layout.key) assert(known(name), `layout ${layout.name}: key column ${name}`)
  for (const [name, index] of Object.entries(layout.indexes)) {
    for (const at of index.columns) {
      if (!known(at)) {
        throw new DefinitionError(
          `Table '${layout.name}': index '${name}' names '${at}', which is not a field.`,
        )
      }
      const field = layout.columns[at] as Field
      if (!isIndexable(field)) {
        throw new DefinitionError(
          `Table '${layout.name}': index '${name}' names '${at}', which holds nested values or both null and missing; index a plain field.`,
        )
      }
    }
  }
}

/** Only scalars have an order that all hosts share. */
export function isIndexable(field: Field): boolean {
  if (field.optional && field.nullable) return false
  switch (field.type.kind) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'id':
    case 'file':
      return true
    case 'literal': {
      const kinds = new Set(field.type.values.map((value) => typeof value))
      return kinds.size === 1
    }
    default:
      return false
  }
}
