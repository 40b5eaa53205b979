/** The schema as the database remembers it, and when a field of it may become another without touching what is stored. */
import type { Field, Fields, FieldType } from '../../schema/storable.ts'
import { compareValues } from '../../schema/values.ts'
import { storageOf } from './columns.ts'
import { searchHash } from './search.ts'
import type { SqlTable } from './table.ts'

export interface TableDescription {
  readonly columns: Fields
  readonly key: readonly string[]
  readonly indexes: Readonly<
    Record<string, { readonly columns: readonly string[]; readonly unique: boolean }>
  >
  /** The hash of the search configuration that its rows were made with. */
  readonly search: string | null
  /** Bookkeeping of the factories, which goes with the option that needed it. */
  readonly internal: boolean
}

export function describe(table: SqlTable): TableDescription {
  const { key, indexes, search, columns } = table.layout
  return {
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, field]) => [name, plain(field)]),
    ),
    key,
    indexes: Object.fromEntries(
      Object.entries(indexes).map(([name, index]) => [
        name,
        { columns: index.columns, unique: index.unique === true },
      ]),
    ),
    search: search === undefined ? null : searchHash(search),
    internal: table.layout.internal === true,
  }
}

/** Whether every stored value of `before` is a value of `after`, in the same form. */
export function accepts(after: Field, before: Field): boolean {
  return storageOf(after) === storageOf(before) && widens(after, before)
}

/** A field in words, for a plan. */
export function fieldText(field: Field): string {
  const parts = [typeText(field.type)]
  if (field.optional) parts.push('optional')
  if (field.nullable) parts.push('nullable')
  return parts.join(' ')
}

function plain({ type, optional, nullable }: Field): Field {
  return { type, optional, nullable }
}

function widens(after: Field, before: Field): boolean {
  if (before.optional && !after.optional) return false
  if (before.nullable && !after.nullable) return false
  return widensType(after.type, before.type)
}

function widensType(after: FieldType, before: FieldType): boolean {
  if (after.kind === 'union') {
    if (before.kind !== 'union')
      return after.options.some((option) => widensType(option.type, before))
    return before.options.every((old) => after.options.some((option) => widens(option, old)))
  }
  if (before.kind === 'literal' && after.kind !== 'literal') {
    return before.values.every((value) => typeof value === after.kind)
  }
  // The type checker does not follow two unions at once.
  const old = before as typeof after
  switch (after.kind) {
    case 'string':
      return before.kind === 'string' || before.kind === 'id'
    case 'number':
      return before.kind === 'number' && (!after.integer || before.integer)
    case 'boolean':
    case 'file':
    case 'files':
      return before.kind === after.kind
    case 'id':
      return before.kind === 'id' && before.table === after.table
    case 'literal':
      return (
        before.kind === 'literal' && before.values.every((value) => after.values.includes(value))
      )
    case 'array':
      return old.kind === 'array' && before.kind === 'array' && widens(after.item, before.item)
    case 'record':
      return before.kind === 'record' && widens(after.value, before.value)
    case 'object':
      return before.kind === 'object' && widensFields(after.fields, before.fields)
  }
}

function widensFields(after: Fields, before: Fields): boolean {
  const kept = Object.entries(before).every(([name, old]) => {
    const field = after[name]
    return field !== undefined && widens(field, old)
  })
  return (
    kept &&
    Object.entries(after).every(([name, field]) => before[name] !== undefined || field.optional)
  )
}

function typeText(type: FieldType): string {
  switch (type.kind) {
    case 'number':
      return type.integer ? 'integer' : 'number'
    case 'id':
      return `id of ${type.table}`
    case 'literal':
      return [...type.values]
        .sort(compareValues)
        .map((value) => JSON.stringify(value))
        .join(' | ')
    case 'array':
      return `array of ${fieldText(type.item)}`
    case 'record':
      return `record of ${fieldText(type.value)}`
    case 'object':
      return `{ ${Object.entries(type.fields)
        .map(([name, field]) => `${name}: ${fieldText(field)}`)
        .join('; ')} }`
    case 'union':
      return type.options.map(fieldText).join(' | ')
    default:
      return type.kind
  }
}
