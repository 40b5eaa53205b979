/**
 * How a singleton lies in its table: one row per user.
 */
import { column, type Layout } from '../../schema/layout.ts'
import type { SingletonTable } from '../../schema/tables.ts'

export interface StoredRow {
  readonly _id: string
  readonly _creationTime: number
  readonly userId: string
  readonly updatedAt: number
}

export function singletonLayout(table: SingletonTable): Layout<StoredRow> {
  return {
    name: table.name,
    columns: {
      _creationTime: column.integer,
      updatedAt: column.integer,
      userId: column.text,
      ...table.fields,
    },
    key: ['userId'],
    id: 'key',
    creationTime: '_creationTime',
    indexes: {},
  }
}
