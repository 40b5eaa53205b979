/** One key of a kv table. */
import type { ArgsOf, ReducerRef, RowOf, TableRef } from '../../wire/spacetimedb.ts'
import { useLatest } from '../latest.ts'
import type { KvResult } from '../shapes.ts'
import { nothingSelected } from '../skip.ts'
import { answerOf, useRows, useSpacetimeClient } from './provider.tsx'

type Payload<set> = ArgsOf<set> extends { payload: infer payload } ? payload : never

/** A kv table and its reducers. */
export interface KvTarget {
  readonly table: TableRef
  readonly set: ReducerRef
  readonly rm: ReducerRef
  readonly restore: ReducerRef
}

/** Follows one key. `'skip'` asks for nothing. */
export function useKv<target extends KvTarget>(
  target: target,
  key: string | 'skip',
): KvResult<RowOf<target['table']>, Payload<target['set']>> {
  const client = useSpacetimeClient()
  const isSkipped = key === 'skip'
  const filter = { column: 'key', value: key }
  const { rows, error } = useRows(isSkipped ? undefined : target.table, filter)
  const call = async (ref: ReducerRef, args: object, edit?: object): Promise<never> => {
    if (isSkipped) throw nothingSelected()
    const watch = client.peek(target.table, filter)
    const row = watch?.get().rows?.[0]
    const edits =
      edit === undefined
        ? ([{ kind: 'remove', ids: 'all' }] as const)
        : ([
            { kind: 'put', row: { _id: `${target.table.table}.${key}`, key, ...row, ...edit } },
          ] as const)
    return (await client.perform(
      ref,
      { key, ...args },
      ref === target.restore ? [] : [[watch, edits]],
    )) as never
  }
  return {
    ...answerOf(rows && (rows[0] ?? null), error, isSkipped),
    update: useLatest((payload: object, options: object = {}) =>
      call(target.set, { payload, ...options }, payload),
    ),
    remove: useLatest(() => call(target.rm, {})),
    restore: useLatest(() => call(target.restore, {})),
  } as KvResult<RowOf<target['table']>, Payload<target['set']>>
}
