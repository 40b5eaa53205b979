/**
 * One row of a base table: shown as it is kept, fetched when it is missing or stale.
 */
import { useEffect, useState, useSyncExternalStore } from 'react'
import { type AnyReference, pathOf } from '../client/api.ts'
import type { ResultOf } from '../schema/reference.ts'
import { useLatest } from './latest.ts'
import { useLive } from './live.ts'
import { loadsOf } from './loads.ts'
import { useNoboil } from './provider.tsx'
import type { QueryResult } from './shapes.ts'
import { nothingSelected } from './skip.ts'

/** The functions of a base table: `api.movie`. */
export interface CacheRefs {
  readonly get: AnyReference<'query'>
  readonly load: AnyReference<'action'>
  readonly refresh: AnyReference<'action'>
  readonly invalidate: AnyReference<'mutation'>
}

/** The same, function by function. */
export interface CacheEntryOptions<query extends AnyReference<'query'>> extends Omit<
  CacheRefs,
  'get'
> {
  readonly query: query
  readonly key: CacheKey
}

/** A key as its table's field has it. `'skip'` asks for nothing. */
export type CacheKey = string | number

/** `data` is null while nothing is kept; `isLoading` until there is something to show, or a reason why not. */
export interface CacheEntryResult<row> extends QueryResult<row | null> {
  /** What is shown may be out of date; it is being fetched, or could not be. */
  readonly isStale: boolean
  /** Fetches in any case; resolves to the row. */
  readonly refresh: () => Promise<row>
  /** Marks what is kept as stale, for everybody; whoever looks at it then fetches it. */
  readonly invalidate: () => Promise<{ invalidated: boolean }>
}

type RowOf<query extends AnyReference<'query'>> = NonNullable<ResultOf<query>>

/** Follows one key. Whoever shows the same key shares one call of `load`. */
export function useCacheEntry<refs extends CacheRefs>(
  table: refs,
  key: CacheKey,
): CacheEntryResult<RowOf<refs['get']>>
export function useCacheEntry<query extends AnyReference<'query'>>(
  entry: CacheEntryOptions<query>,
): CacheEntryResult<RowOf<query>>
export function useCacheEntry(
  given: CacheRefs | CacheEntryOptions<AnyReference<'query'>>,
  key?: CacheKey,
): CacheEntryResult<unknown> {
  // References answer to any name: the key says which form it is.
  return key === undefined
    ? useEntry(given as CacheEntryOptions<AnyReference<'query'>>)
    : useEntry({ ...pick(given as CacheRefs), key })
}

const pick = ({ get, load, refresh, invalidate }: CacheRefs) => ({
  query: get,
  load,
  refresh,
  invalidate,
})

interface Kept {
  readonly updatedAt: number
  readonly expiresAt?: number
}

function useEntry(entry: CacheEntryOptions<AnyReference<'query'>>): CacheEntryResult<unknown> {
  const { core } = useNoboil()
  const path = pathOf(entry.query)
  const args = entry.key === 'skip' ? undefined : { key: String(entry.key) }
  const live = useLive(args && ['noboil', path, args], () =>
    core.watchPath(path, args ?? { key: '' }),
  ) as QueryResult<Kept | null>
  const row = live.data
  const isStale = useIsStale(row)

  const loads = loadsOf(core)
  const name = args && `${pathOf(entry.load)} ${args.key}`
  const load = useSyncExternalStore(
    (listener) => loads.subscribe(name, listener),
    () => loads.get(name),
    () => loads.get(undefined),
  )
  const call = async (reference: AnyReference): Promise<never> => {
    if (args === undefined) throw nothingSelected()
    return (await core.callPath(pathOf(reference), args, {})) as never
  }
  const start = useLatest(() => call(entry.load))
  // Each state of the row that asks to be fetched is fetched for once.
  const reason = row === null ? 'missing' : isStale ? `stale since ${row?.updatedAt}` : undefined
  const isKnown = row !== undefined
  useEffect(() => (name === undefined ? undefined : loads.hold(name)), [loads, name])
  useEffect(() => {
    if (name !== undefined && isKnown) loads.want(name, reason, start)
  }, [loads, name, isKnown, reason, load.round, start])

  return {
    data: row,
    isLoading: live.isLoading || (row === null && load.error === null),
    error: live.error ?? load.error,
    isStale,
    refresh: useLatest(async () => {
      const fetched = await call(entry.refresh)
      loads.forgive(name)
      return fetched
    }),
    invalidate: useLatest(() => call(entry.invalidate)),
  }
}

/** Time itself makes a row stale, without any commit that a stream would tell of. */
function useIsStale(kept: Kept | null | undefined): boolean {
  const { core, client } = useNoboil()
  const [, beat] = useState(0)
  const expiresAt = kept?.expiresAt
  const leftMs = expiresAt === undefined ? undefined : expiresAt - client.serverNow()
  useEffect(() => {
    if (leftMs === undefined || leftMs <= 0) return undefined
    return core.clock.after(leftMs, () => beat((count) => count + 1))
  })
  return leftMs !== undefined && leftMs <= 0
}
