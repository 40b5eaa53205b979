/**
 * How a log lies in its tables, and what a stored row means beside its head.
 *
 * The head row of a parent says in one write what holds for all its rows at once: `purgedThrough` hides every row up to a
 * `seq`, a new `epoch` revives every row that was removed in an earlier one. Readers look at the head first, so a purge or a
 * restore of a million rows is one write that holds at once.
 */
import { column, type Layout } from '../../schema/layout.ts'
import type { LogTable } from '../../schema/tables.ts'
import type { Condition } from '../../program/request.ts'
import type { Row } from '../../schema/values.ts'

/** One row per (table, parent). */
export interface HeadRow {
  readonly table: string
  readonly parent: string
  /** The last `seq` given. */
  readonly seq: number
  /** Rows that reads answer. */
  readonly live: number
  /** Rows that are there, soft-deleted ones as well. */
  readonly total: number
  readonly purgedThrough: number
  readonly epoch: number
  readonly restoredAt: number
}

export const heads: Layout<HeadRow> = {
  name: '_logCounters',
  columns: {
    table: column.text,
    parent: column.text,
    seq: column.integer,
    live: column.integer,
    total: column.integer,
    purgedThrough: column.integer,
    epoch: column.integer,
    restoredAt: column.integer,
  },
  key: ['table', 'parent'],
  id: 'none',
  indexes: {},
  internal: true,
}

/** What reads depend on of a head: not `seq` and the counts, so that an append does not disturb them. */
export const marks: readonly ['purgedThrough', 'epoch', 'restoredAt'] = [
  'purgedThrough',
  'epoch',
  'restoredAt',
]

export type Totals = Readonly<Record<string, Readonly<Record<string, number>>>>

/** How many rows hold each value of each counted field of one parent. */
export interface CountsRow {
  readonly table: string
  readonly parent: string
  readonly live: Totals
  readonly total: Totals
}

export const countsLayout: Layout<CountsRow> = {
  name: '_logCounts',
  columns: {
    table: column.text,
    parent: column.text,
    live: column.json,
    total: column.json,
  },
  key: ['table', 'parent'],
  id: 'none',
  indexes: {},
  internal: true,
}

export interface StoredRow {
  readonly _id: string
  readonly _creationTime: number
  readonly parent: string
  readonly seq: number
  readonly userId: string
  readonly createdAt: number
  readonly updatedAt: number
  /** The head's epoch when the row was last written; absent: 0. */
  readonly epoch?: number
  readonly deletedAt?: number
  /** The epoch in which the row was soft-deleted; in a later one it is back. */
  readonly deletedEpoch?: number
  readonly idempotencyKey?: string
  /** Tells a replay from another payload under the same key. */
  readonly fingerprint?: string
}

export function logLayout(table: LogTable, search: readonly string[]): Layout<StoredRow> {
  return {
    name: table.name,
    columns: {
      parent: column.text,
      seq: column.integer,
      userId: column.text,
      createdAt: column.integer,
      updatedAt: column.integer,
      epoch: column.optionalInteger,
      deletedAt: column.optionalInteger,
      deletedEpoch: column.optionalInteger,
      idempotencyKey: column.optionalText,
      fingerprint: column.optionalText,
      ...table.fields,
    },
    key: ['parent', 'seq'],
    counted: true,
    id: 'key',
    creationTime: 'createdAt',
    indexes: { by_idempotency: { columns: ['parent', 'idempotencyKey'], unique: true } },
    ...(search.length > 0 ? { search: { fields: search, scope: 'parent' } } : {}),
  }
}

export type Marks = Pick<HeadRow, (typeof marks)[number]>

const noMarks: Marks = { purgedThrough: 0, epoch: 0, restoredAt: 0 }

export const marksOf = (head: HeadRow | null): Marks => head ?? noMarks

/** Rows that reads answer, as conditions a host can test. */
export const liveRows = (at: Marks): readonly Condition[] => [
  { field: 'deletedEpoch', is: 'ne', value: at.epoch },
]

export const isLive = (row: StoredRow, at: Marks): boolean =>
  row.seq > at.purgedThrough && row.deletedEpoch !== at.epoch

/** A restore moves every row's `updatedAt`, though it writes none: by its epoch, and at least to its time. */
export function updatedAtOf(row: StoredRow, at: Marks): number {
  const epochs = at.epoch - (row.epoch ?? 0)
  return epochs === 0 ? row.updatedAt : Math.max(row.updatedAt + epochs, at.restoredAt)
}

/** A stored row as reads answer it. */
export function publicRow(row: StoredRow, at: Marks): Row {
  const { epoch: _, deletedAt: _at, deletedEpoch: _epoch, fingerprint: _print, ...rest } = row
  const updatedAt = updatedAtOf(row, at)
  return updatedAt === row.updatedAt ? rest : { ...rest, updatedAt }
}
