/** How fields lie in SQL columns: typed ones for scalars, JSON text for what has no single SQL type. */
import type { SQLInputValue } from 'node:sqlite'
import type { Field } from '../../schema/storable.ts'

/** `boolean` is an INTEGER of 0 and 1, `json` is TEXT. */
export type Storage = 'text' | 'integer' | 'real' | 'boolean' | 'json'

export interface Column {
  readonly name: string
  /** The name as SQL writes it. */
  readonly quoted: string
  /** With its table before it, for tests and results: full-text tables have columns of their own. */
  readonly qualified: string
  readonly field: Field
  readonly storage: Storage
  /** SQL's NULL may stand for a missing field or for null, never for both: such a field is JSON. */
  readonly absent: 'missing' | 'null' | undefined
}

export function columnOf(table: string, name: string, field: Field): Column {
  const storage = storageOf(field)
  const absent =
    field.optional || storage === 'json' ? 'missing' : field.nullable ? 'null' : undefined
  const quoted = quote(name)
  return { name, quoted, qualified: `${quote(table)}.${quoted}`, field, storage, absent }
}

export function storageOf(field: Field): Storage {
  if (field.optional && field.nullable) return 'json'
  const { type } = field
  switch (type.kind) {
    case 'string':
    case 'id':
    case 'file':
      return 'text'
    case 'number':
      return type.integer ? 'integer' : 'real'
    case 'boolean':
      return 'boolean'
    case 'literal': {
      const [kind, ...others] = new Set(type.values.map((value) => typeof value))
      if (others.length > 0) return 'json'
      if (kind === 'string') return 'text'
      if (kind === 'boolean') return 'boolean'
      return kind === 'number' ? 'real' : 'json'
    }
    default:
      return 'json'
  }
}

export const sqlTypes: Readonly<Record<Storage, string>> = {
  text: 'TEXT',
  integer: 'INTEGER',
  real: 'REAL',
  boolean: 'INTEGER',
  json: 'TEXT',
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The SQL value equal to `value`; undefined when the column can hold no such value, NULL for its absence. */
export function comparable(column: Column, value: unknown): SQLInputValue | undefined {
  switch (typeof value) {
    case 'undefined':
      return column.absent === 'missing' ? null : undefined
    case 'string':
      return column.storage === 'text' ? value : undefined
    case 'number':
      return column.storage === 'integer' || column.storage === 'real' ? value : undefined
    case 'boolean':
      return column.storage === 'boolean' ? Number(value) : undefined
    default:
      return value === null && column.absent === 'null' ? null : undefined
  }
}
