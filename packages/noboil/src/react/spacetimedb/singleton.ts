/** One's own row. */
import type { ArgsOf, ReducerRef, RowOf, TableRef } from '../../wire/spacetimedb.ts'
import { useLatest } from '../latest.ts'
import type { SingletonResult, UpsertOptions } from '../shapes.ts'
import { answerOf, useRows, useSpacetimeClient } from './provider.tsx'

type Payload<upsert> = ArgsOf<upsert> extends { payload: infer payload } ? payload : never

export interface SingletonTarget {
  readonly table: TableRef
  readonly upsert: ReducerRef
}

export function useSingleton<target extends SingletonTarget>(
  target: target,
): SingletonResult<RowOf<target['table']>, Payload<target['upsert']>, string> {
  const client = useSpacetimeClient()
  const { rows, error } = useRows(target.table)
  const row = rows && (rows[0] ?? null)
  const upsert = useLatest(async (payload: object, options: UpsertOptions<string> = {}) => {
    const watch = client.peek(target.table)
    const edit = row
      ? ({ kind: 'patch', id: row['_id'] as string, set: payload as never } as const)
      : ({ kind: 'put', row: { _id: `${target.table.table}.pending`, ...payload } } as const)
    return (await client.perform(target.upsert, { payload, ...options }, [
      [watch, [edit]],
    ])) as never
  })
  return { ...answerOf(row, error), upsert } as never
}
