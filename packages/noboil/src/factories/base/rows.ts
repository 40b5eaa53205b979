/**
 * How a base table lies in its tables. A row is what the source said and when; what is going on about a key (who fetches it, how
 * the last fetch ended) lies beside, so that whoever follows a row is told of the row alone.
 *
 * All rows of an older generation are gone for every reader: a purge of everything is one write, and a sweep follows.
 */
import { column, type Layout } from '../../schema/layout.ts'
import type { BaseTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'

export interface StoredRow {
  readonly _id: string
  readonly _creationTime: number
  readonly key: string
  readonly fetchedAt: number
  /** Absent: not by itself. 0: invalidated. */
  readonly expiresAt?: number
  readonly updatedAt: number
  readonly generation: number
}

export function baseLayout(table: BaseTable): Layout<StoredRow> {
  return {
    name: table.name,
    columns: {
      key: column.text,
      _creationTime: column.integer,
      fetchedAt: column.integer,
      expiresAt: column.optionalInteger,
      updatedAt: column.integer,
      generation: column.integer,
      ...table.fields,
    },
    key: ['key'],
    id: 'key',
    creationTime: '_creationTime',
    indexes: { by_generation: { columns: ['generation'] } },
  }
}

/** A fetch that is under way: at most one per key. Its `_id` is what its holder shows when it comes back. */
export interface FetchRow {
  readonly _id: string
  readonly table: string
  readonly key: string
  /** The holder is taken for dead from here on. */
  readonly leaseUntil: number
  /** The table's, as the fetch began. */
  readonly generation: number
  /** The key was invalidated meanwhile: what comes back is stale. */
  readonly fencedAt?: number
}

export const fetches: Layout<FetchRow> = {
  name: '_baseFetches',
  columns: {
    _id: column.id('_baseFetches'),
    table: column.text,
    key: column.text,
    leaseUntil: column.integer,
    generation: column.integer,
    fencedAt: column.optionalInteger,
  },
  key: ['_id'],
  id: 'stored',
  indexes: {
    by_key: { columns: ['table', 'key'], unique: true },
    by_lease: { columns: ['leaseUntil'] },
  },
  internal: true,
}

/** How the latest fetch of a key ended, where it brought no row. */
export interface OutcomeRow {
  readonly table: string
  readonly key: string
  /** Which fetch it was. */
  readonly fetch: string
  /** How many have failed one after another. 0: the source has nothing there. */
  readonly failures: number
  /** Until then nobody asks again who has an answer without. */
  readonly until: number
  readonly generation: number
}

export const outcomes: Layout<OutcomeRow> = {
  name: '_baseOutcomes',
  columns: {
    table: column.text,
    key: column.text,
    fetch: column.text,
    failures: column.integer,
    until: column.integer,
    generation: column.integer,
  },
  key: ['table', 'key'],
  id: 'none',
  indexes: { by_until: { columns: ['until'] } },
  internal: true,
}

/** How often a table was purged as a whole. Apart from its total, which moves with every new row. */
export interface PurgeRow {
  readonly table: string
  readonly generation: number
}

export const purges: Layout<PurgeRow> = {
  name: '_basePurges',
  columns: { table: column.text, generation: column.integer },
  key: ['table'],
  id: 'none',
  indexes: {},
  internal: true,
}

/** How many rows a table has. */
export interface TotalRow {
  readonly table: string
  readonly rows: number
}

export const totals: Layout<TotalRow> = {
  name: '_baseTotals',
  columns: { table: column.text, rows: column.integer },
  key: ['table'],
  id: 'none',
  indexes: {},
  internal: true,
}

/** The row, if it is of the table's present generation. */
export const liveRow = (row: StoredRow | null, purge: PurgeRow | null): StoredRow | null =>
  row !== null && row.generation === generationOf(purge) ? row : null

export const generationOf = (purge: PurgeRow | null): number => purge?.generation ?? 0

export const isFresh = ({ expiresAt }: StoredRow, at: number): boolean =>
  expiresAt === undefined || expiresAt > at

/** A stored row as answers and fetchers see it. */
export function shown(row: StoredRow): Row {
  const { generation: _, ...rest } = row
  return rest
}
