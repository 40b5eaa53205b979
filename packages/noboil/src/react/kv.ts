/**
 * One key of a kv table.
 */
import { type AnyReference, pathOf } from '../client/api.ts'
import type { Edit } from '../client/entry.ts'
import type { ArgsOf, ResultOf } from '../schema/reference.ts'
import { kvEdits, type Pending } from './edits.ts'
import { useLatest } from './latest.ts'
import { useLive } from './live.ts'
import { useNoboil } from './provider.tsx'
import type { KvResult, QueryResult } from './shapes.ts'
import { nothingSelected } from './skip.ts'

/** The functions of a kv table: `api.siteConfig`. */
export interface KvRefs {
  readonly get: AnyReference<'query'>
  readonly set: AnyReference<'mutation'>
  readonly rm: AnyReference<'mutation'>
  readonly restore: AnyReference<'mutation'>
}

type Key<refs extends KvRefs> = ArgsOf<refs['get']> extends { key: infer key } ? key : never
type Value<refs extends KvRefs> =
  ArgsOf<refs['set']> extends { payload: infer payload } ? payload : never
type RowOf<refs extends KvRefs> = NonNullable<ResultOf<refs['get']>>

/** Follows one key. `'skip'` asks for nothing. */
export function useKv<refs extends KvRefs>(
  table: refs,
  key: Key<refs> | 'skip',
): KvResult<RowOf<refs>, Value<refs>> {
  return useKvAt(table, key as string) as KvResult<RowOf<refs>, Value<refs>>
}

function useKvAt(table: KvRefs, key: string): KvResult<unknown, object> {
  const { core, client } = useNoboil()
  const path = pathOf(table.get)
  const name = path.slice(0, path.lastIndexOf('.'))
  const args = key === 'skip' ? undefined : { key }
  const live = useLive(args && ['noboil', path, args], () =>
    core.watchPath(path, args ?? { key }),
  ) as QueryResult<Pending<object> | null>

  const call = async (
    reference: AnyReference<'mutation'>,
    more: object,
    edits: readonly Edit[],
  ): Promise<never> => {
    if (args === undefined) throw nothingSelected()
    return (await core.callPath(pathOf(reference), { ...args, ...more }, { edits })) as never
  }
  return {
    ...live,
    update: useLatest((payload, options) =>
      call(
        table.set,
        { payload, ...options },
        kvEdits(name, key, payload as never, client.serverNow()),
      ),
    ),
    remove: useLatest(() => call(table.rm, {}, kvEdits(name, key, null, client.serverNow()))),
    restore: useLatest(() => call(table.restore, {}, [])),
  }
}
