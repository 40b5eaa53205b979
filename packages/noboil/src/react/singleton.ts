/**
 * The caller's own row of a singleton table.
 */
import { type AnyReference, pathOf } from '../client/api.ts'
import type { ArgsOf, ResultOf } from '../schema/reference.ts'
import { type Pending, singletonEdits } from './edits.ts'
import { useLatest } from './latest.ts'
import { useLive } from './live.ts'
import { useNoboil } from './provider.tsx'
import type { QueryResult, SingletonResult, UpsertOptions } from './shapes.ts'
import { nothingSelected } from './skip.ts'

/** The functions of a singleton table: `api.profile`. */
export interface SingletonRefs {
  readonly get: AnyReference<'query'>
  readonly upsert: AnyReference<'mutation'>
}

type Patch<refs extends SingletonRefs> =
  ArgsOf<refs['upsert']> extends { payload: infer payload } ? payload : never
type Field<refs extends SingletonRefs> =
  ArgsOf<refs['upsert']> extends { unset?: readonly (infer field)[] | undefined } ? field : never
type RowOf<refs extends SingletonRefs> = NonNullable<ResultOf<refs['get']>>

/** Follows the caller's row: null while there is none, or nobody is signed in. `'skip'` asks for nothing. */
export function useSingleton<refs extends SingletonRefs>(
  table: refs,
  skip?: 'skip',
): SingletonResult<RowOf<refs>, Patch<refs>, Field<refs>> {
  return useSingletonAt(table, skip) as SingletonResult<RowOf<refs>, Patch<refs>, Field<refs>>
}

function useSingletonAt(
  table: SingletonRefs,
  skip: 'skip' | undefined,
): SingletonResult<unknown, object, string> {
  const { core, client } = useNoboil()
  const path = pathOf(table.get)
  const name = path.slice(0, path.lastIndexOf('.'))
  const live = useLive(skip === undefined ? ['noboil', path, {}] : undefined, () =>
    core.watchPath(path, {}),
  ) as QueryResult<Pending<object> | null>
  const upsert = async (payload: object, options: UpsertOptions<string> = {}): Promise<unknown> => {
    if (skip !== undefined) throw nothingSelected()
    const edits = singletonEdits(
      name,
      { patch: payload as never, unset: options.unset ?? [] },
      client.serverNow(),
    )
    return core.callPath(pathOf(table.upsert), { payload, ...options }, { edits })
  }
  return { ...live, upsert: useLatest(upsert) }
}
