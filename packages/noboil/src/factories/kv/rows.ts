/**
 * How a kv table lies in its tables. A key that is removed for good leaves a tombstone with its last time, so that `updatedAt`
 * never goes back and a writer who saw the old row cannot take a new one for it.
 */
import { column, type Layout } from '../../schema/layout.ts'
import type { KvTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'

export interface StoredRow {
  readonly _id: string
  readonly _creationTime: number
  readonly key: string
  readonly updatedAt: number
  readonly deletedAt?: number
}

export function kvLayout(table: KvTable): Layout<StoredRow> {
  return {
    name: table.name,
    columns: {
      key: column.text,
      _creationTime: column.integer,
      updatedAt: column.integer,
      deletedAt: column.optionalInteger,
      ...table.fields,
    },
    key: ['key'],
    id: 'key',
    creationTime: '_creationTime',
    indexes: {},
  }
}

/** One row per key that is gone; none while the key is there. */
export interface TombstoneRow {
  readonly table: string
  readonly key: string
  /** When it went, as the row's own `updatedAt` would say it. */
  readonly updatedAt: number
}

export const tombstones: Layout<TombstoneRow> = {
  name: '_kvTombstones',
  columns: { table: column.text, key: column.text, updatedAt: column.integer },
  key: ['table', 'key'],
  id: 'none',
  indexes: {},
  internal: true,
}

type LiveRow = StoredRow & { readonly deletedAt?: undefined }

export const isLive = (row: StoredRow | null): row is LiveRow =>
  row !== null && row.deletedAt === undefined

/** A stored row as answers and hooks show it. */
export function shown(row: StoredRow): Row {
  const { deletedAt: _, ...rest } = row
  return rest
}
