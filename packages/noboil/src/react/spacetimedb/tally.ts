/** How many rows have which value, counted from the rows that are shown. */
import type { RowOf, TableRef } from '../../wire/spacetimedb.ts'
import type { QueryResult } from '../shapes.ts'
import type { Row } from './overlay.ts'
import { answerOf, useRows } from './provider.tsx'

export type Counts = Readonly<Record<string, number>>

export interface CountsTarget<row> {
  readonly parent: string
  readonly field: keyof row & string
}

/** Follows how many rows under a parent have which value of one field. `'skip'` asks for nothing. */
export function useCounts<ref extends TableRef>(
  table: ref,
  target: CountsTarget<RowOf<ref>> | 'skip',
): QueryResult<Counts> {
  const isSkipped = target === 'skip'
  const filter = { column: 'parent', value: isSkipped ? '' : target.parent }
  const { rows, error } = useRows(isSkipped ? undefined : table, filter)
  return answerOf(isSkipped ? undefined : tally(rows, target.field), error, isSkipped)
}

export function tally(rows: readonly Row[] | undefined, field: string): Counts | undefined {
  if (rows === undefined) return undefined
  // Values may be called as what every object has.
  const counts = new Map<string, number>()
  for (const row of rows) {
    const value = row[field]
    if (value === undefined || value === null) continue
    counts.set(String(value), (counts.get(String(value)) ?? 0) + 1)
  }
  return Object.fromEntries(counts)
}
