/** The rows and sequences of a database as data: what survives a restart, and what is written to a file. */
import { DefinitionError } from '../../../errors/assert.ts'
import type { ModuleDefinition, TableDefinition } from '../definition.ts'
import { resolveType, type Typespace } from '../definition.ts'
import type { AlgebraicType } from 'spacetimedb'
import type { Datastore } from './datastore.ts'
import { afterRestart } from './sequence.ts'

export interface TableState {
  readonly name: string
  /** The columns and their types as text: rows may return to a table that has the same. */
  readonly shape: string
  readonly rows: readonly Uint8Array[]
  readonly sequences: readonly { readonly column: number; readonly next: bigint }[]
}

export type DatastoreState = readonly TableState[]

export function exportState(store: Datastore): DatastoreState {
  return [...store.tables.values()].map(({ definition, rows, sequences }) => ({
    name: definition.name,
    shape: shapeOf(definition),
    rows: [...rows.values()].map(({ bytes }) => bytes),
    sequences: sequences.map(({ column, next }) => ({ column, next })),
  }))
}

/**
 * Fills an empty datastore. Tables that are new stay empty; sequences go on behind the lot they were taking from.
 *
 * @throws {DefinitionError} when a table that has rows is gone or has other columns; SpacetimeDB asks to migrate by hand then.
 */
export function importState(
  store: Datastore,
  definition: ModuleDefinition,
  state: DatastoreState,
): void {
  for (const { name, shape, rows, sequences } of state) {
    const table = store.tables.get(name)
    const declared = definition.tables.find((candidate) => candidate.name === name)
    if (table === undefined || declared === undefined || shapeOf(declared) !== shape) {
      if (rows.length === 0) continue
      throw new DefinitionError(
        `The table ${name} has ${rows.length} rows, but the module ${declared === undefined ? 'declares it no more' : 'declares other columns for it'}: begin with an empty database, or declare it as it was.`,
      )
    }
    for (const bytes of rows) table.link(table.decode(bytes, 0).row)
    for (const { column, next } of sequences) {
      const sequence = table.sequences.find((candidate) => candidate.column === column)
      if (sequence !== undefined) sequence.next = afterRestart(next)
    }
  }
}

function shapeOf({ columns, typespace }: TableDefinition): string {
  return columns.map(({ name, type }) => `${name}: ${typeText(type, typespace)}`).join(', ')
}

function typeText(type: AlgebraicType, typespace: Typespace): string {
  const resolved = resolveType(type, typespace)
  switch (resolved.tag) {
    case 'Product': {
      const parts = resolved.value.elements.map(
        ({ name, algebraicType }) => `${name}: ${typeText(algebraicType, typespace)}`,
      )
      return `{ ${parts.join(', ')} }`
    }
    case 'Sum': {
      const variants = resolved.value.variants.map(
        ({ name, algebraicType }) => `${name} ${typeText(algebraicType, typespace)}`,
      )
      return `(${variants.join(' | ')})`
    }
    case 'Array':
      return `[${typeText(resolved.value, typespace)}]`
    default:
      return resolved.tag
  }
}
