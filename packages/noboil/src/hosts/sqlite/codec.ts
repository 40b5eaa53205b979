/** Rows to SQL values and back, in the order of the table's columns. */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { InvariantError } from '../../errors/assert.ts'
import { idOf, type Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import type { Column } from './columns.ts'

export class Codec {
  readonly #layout: Layout
  readonly #columns: readonly Column[]
  readonly #byName: ReadonlyMap<string, Column>
  readonly #names: readonly string[]
  /** Columns whose values are not read as they are. */
  readonly #special: readonly (Column['storage'] | undefined)[]
  /** What every row has. A copy of it has its shape at once; fields that are added one by one cost several times as much. */
  readonly #blank: Row

  constructor(layout: Layout, columns: readonly Column[]) {
    this.#layout = layout
    this.#columns = columns
    this.#byName = new Map(columns.map((column) => [column.name, column]))
    this.#names = columns.map((column) => column.name)
    this.#special = columns.map(({ storage }) =>
      storage === 'json' || storage === 'boolean' ? storage : undefined,
    )
    this.#blank = blankOf(layout, columns)
  }

  /** The values of a whole row. Throws for a field that is missing without leave, or unknown. */
  encode(row: Row): SQLInputValue[] {
    const columns = this.#columns
    const values: SQLInputValue[] = []
    let known = 0
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column
      const value = row[column.name]
      if (value !== undefined) known++
      values.push(this.#encode(column, value))
    }
    if (Object.keys(row).length !== known) this.#refuseUnknown(row)
    return values
  }

  /** The value of one column. */
  encodeField(column: Column, value: unknown): SQLInputValue {
    return this.#encode(column, value)
  }

  decode(values: readonly SQLOutputValue[]): Row {
    const names = this.#names
    const special = this.#special
    const row: Record<string, unknown> = { ...this.#blank }
    for (let i = 0; i < names.length; i++) {
      const value = values[i] as SQLOutputValue
      // Fields that are always there are null in the blank row, and others not in it.
      if (value === null) continue
      if (special[i] === undefined) row[names[i] as string] = value
      else if (special[i] === 'json') row[names[i] as string] = JSON.parse(value as string)
      else row[names[i] as string] = value === 1
    }
    const { id, creationTime } = this.#layout
    if (id === 'key') row['_id'] = idOf(this.#layout, row)
    if (creationTime !== undefined) row['_creationTime'] = row[creationTime]
    return row
  }

  #encode(column: Column, value: unknown): SQLInputValue {
    if (value === undefined || value === null) return this.#encodeAbsent(column, value)
    switch (column.storage) {
      case 'text':
        return value as string
      case 'boolean':
        return value === true ? 1 : 0
      case 'json':
        return JSON.stringify(value)
      default:
        // −0 is stored as 0.
        return (value as number) + 0
    }
  }

  #encodeAbsent(column: Column, value: undefined | null): SQLInputValue {
    const { field, name } = column
    if (value === undefined) {
      if (field.fallback !== undefined) return this.#encode(column, field.fallback())
      if (field.optional) return null
      throw new InvariantError(`Table '${this.#layout.name}': field '${name}' is missing.`)
    }
    if (column.storage === 'json') return 'null'
    if (column.absent === 'null') return null
    throw new InvariantError(`Table '${this.#layout.name}': field '${name}' may not be null.`)
  }

  #refuseUnknown(row: Row): void {
    for (const name of Object.keys(row)) {
      if (this.#byName.has(name) || name === '_id' || name === '_creationTime') continue
      if (row[name] === undefined) continue
      throw new InvariantError(`Table '${this.#layout.name}' has no field '${name}'.`)
    }
  }
}

function blankOf(layout: Layout, columns: readonly Column[]): Row {
  const blank: Record<string, unknown> = {}
  for (const { name, field } of columns) if (!field.optional) blank[name] = null
  if (layout.id === 'key') blank['_id'] = null
  if (layout.creationTime !== undefined) blank['_creationTime'] = null
  return blank
}
