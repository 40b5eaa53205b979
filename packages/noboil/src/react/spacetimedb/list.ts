/** Rows of a table, and single ones. */
import type { RowOf, TableRef } from '../../wire/spacetimedb.ts'
import type { Pending } from '../edits.ts'
import type { ListResult, QueryResult } from '../shapes.ts'
import type { Row } from './overlay.ts'
import { answerOf, byNewest, useRows } from './provider.tsx'
import { useShown } from './shown.ts'

export interface SpacetimeListOptions<row> {
  /** Only rows under this parent. */
  readonly parent?: string
  /** Only rows of which this holds. */
  readonly where?: (row: row) => boolean
  /** Default: the newest first. */
  readonly order?: (a: row, b: row) => number
  /** Rows of the first page, and of each further one. Default: 20. */
  readonly pageSize?: number
}

/** Follows the rows of a table that the caller may see. `'skip'` asks for nothing. */
export function useList<ref extends TableRef>(
  table: ref,
  options: SpacetimeListOptions<RowOf<ref>> | 'skip' = {},
): ListResult<Pending<RowOf<ref>>> {
  const { parent, where, order, pageSize = 20 } = options === 'skip' ? {} : options
  const filter = parent === undefined ? undefined : { column: 'parent', value: parent }
  const { rows, error } = useRows(options === 'skip' ? undefined : table, filter)
  const { shown, hasMore, loadMore } = useShown(
    rows?.filter((row) => where === undefined || where(row as RowOf<ref>)),
    (order as typeof byNewest | undefined) ?? byNewest,
    parent ?? '',
    pageSize,
  )
  return {
    ...answerOf(shown as readonly Pending<RowOf<ref>>[] | undefined, error, options === 'skip'),
    hasMore,
    isLoadingMore: false,
    loadMore,
  }
}

/** Follows one row; null for one that is not there, or not the caller's to see. `'skip'` asks for nothing. */
export function useRow<ref extends TableRef>(
  table: ref,
  id: string | 'skip',
): QueryResult<Pending<RowOf<ref>> | null> {
  const isSkipped = id === 'skip'
  const { rows, error } = useRows(isSkipped ? undefined : table, { column: '_id', value: id })
  const row: Row | null | undefined = rows && (rows[0] ?? null)
  return answerOf(row as Pending<RowOf<ref>> | null | undefined, error, isSkipped)
}
