/**
 * The caller's own row of a singleton table.
 */
import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import { type Pending, singletonEdits } from '../edits.ts'
import { useLatest } from '../latest.ts'
import type { QueryResult, SingletonResult, UpsertOptions } from '../shapes.ts'
import { nothingSelected } from '../skip.ts'
import { useCore } from './core.ts'
import { moduleOf } from './names.ts'
import { useQueryAt } from './query.ts'

/** The functions of a singleton table: `api.profile`. */
export interface SingletonRefs {
  readonly get: FunctionReference<'query'>
  readonly upsert: FunctionReference<'mutation'>
}

type Patch<refs extends SingletonRefs> =
  FunctionArgs<refs['upsert']> extends { payload: infer payload } ? payload : never
type RowOf<refs extends SingletonRefs> = NonNullable<FunctionReturnType<refs['get']>>

/** Follows the caller's row: null while there is none, or nobody is signed in. `'skip'` asks for nothing. */
export function useSingleton<refs extends SingletonRefs>(
  table: refs,
  skip?: 'skip',
): SingletonResult<RowOf<refs>, Patch<refs>, keyof Patch<refs> & string> {
  return useSingletonAt(table, skip) as SingletonResult<
    RowOf<refs>,
    Patch<refs>,
    keyof Patch<refs> & string
  >
}

function useSingletonAt(
  table: SingletonRefs,
  skip: 'skip' | undefined,
): SingletonResult<unknown, object, string> {
  const core = useCore()
  const live = useQueryAt(
    table.get,
    skip === undefined ? {} : undefined,
  ) as QueryResult<Pending<object> | null>
  const upsert = async (payload: object, options: UpsertOptions<string> = {}): Promise<unknown> => {
    if (skip !== undefined) throw nothingSelected()
    const change = { patch: payload as never, unset: options.unset ?? [] }
    const now = core.serverNow()
    return core.mutate(table.upsert, { payload, ...options }, () =>
      singletonEdits(moduleOf(table.get), change, now),
    )
  }
  return { ...live, upsert: useLatest(upsert) }
}
