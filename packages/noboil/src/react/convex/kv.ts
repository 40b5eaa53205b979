/**
 * One key of a kv table.
 */
import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import { kvEdits, type Pending } from '../edits.ts'
import { useLatest } from '../latest.ts'
import type { KvResult, QueryResult } from '../shapes.ts'
import { nothingSelected } from '../skip.ts'
import { useCore } from './core.ts'
import { moduleOf } from './names.ts'
import type { Expect } from './optimistic.ts'
import { useQueryAt } from './query.ts'

/** The functions of a kv table: `api.siteConfig`. */
export interface KvRefs {
  readonly get: FunctionReference<'query'>
  readonly set: FunctionReference<'mutation'>
  readonly rm: FunctionReference<'mutation'>
  readonly restore: FunctionReference<'mutation'>
}

type Key<refs extends KvRefs> = FunctionArgs<refs['get']> extends { key: infer key } ? key : never
type Value<refs extends KvRefs> =
  FunctionArgs<refs['set']> extends { payload: infer payload } ? payload : never
type RowOf<refs extends KvRefs> = NonNullable<FunctionReturnType<refs['get']>>

/** Follows one key. `'skip'` asks for nothing. */
export function useKv<refs extends KvRefs>(
  table: refs,
  key: Key<refs> | 'skip',
): KvResult<RowOf<refs>, Value<refs>> {
  return useKvAt(table, key as string) as KvResult<RowOf<refs>, Value<refs>>
}

function useKvAt(table: KvRefs, key: string): KvResult<unknown, object> {
  const core = useCore()
  const args = key === 'skip' ? undefined : { key }
  const live = useQueryAt(table.get, args) as QueryResult<Pending<object> | null>
  const call = async (
    reference: FunctionReference<'mutation'>,
    more: object,
    expect?: Expect,
  ): Promise<never> => {
    if (args === undefined) throw nothingSelected()
    return core.mutate(reference, { ...args, ...more }, expect)
  }
  const expecting = (payload: object | null): Expect => {
    const now = core.serverNow()
    return () => kvEdits(moduleOf(table.get), key, payload as never, now)
  }
  return {
    ...live,
    update: useLatest((payload, options) =>
      call(table.set, { payload, ...options }, expecting(payload)),
    ),
    remove: useLatest(() => call(table.rm, {}, expecting(null))),
    restore: useLatest(() => call(table.restore, {})),
  }
}
