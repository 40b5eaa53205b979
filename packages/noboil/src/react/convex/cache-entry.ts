/**
 * One row of a base table: shown as it is kept, fetched when it is missing or stale.
 */
import { type FunctionReference, type FunctionReturnType, getFunctionName } from 'convex/server'
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { CacheEntryResult, CacheKey } from '../cache-entry.ts'
import { useLatest } from '../latest.ts'
import { loadsOf } from '../loads.ts'
import type { QueryResult } from '../shapes.ts'
import { nothingSelected } from '../skip.ts'
import { useCore } from './core.ts'
import { useQueryAt } from './query.ts'

/** The functions of a base table: `api.movie`. */
export interface CacheRefs {
  readonly get: FunctionReference<'query'>
  readonly load: FunctionReference<'action'>
  readonly refresh: FunctionReference<'action'>
  readonly invalidate: FunctionReference<'mutation'>
}

/** The same, function by function. */
export interface CacheEntryOptions<query extends FunctionReference<'query'>> extends Omit<
  CacheRefs,
  'get'
> {
  readonly query: query
  readonly key: CacheKey
}

type RowOf<query extends FunctionReference<'query'>> = NonNullable<FunctionReturnType<query>>
type AnyOptions = CacheEntryOptions<FunctionReference<'query'>>

/** Follows one key. Whoever shows the same key shares one call of `load`. */
export function useCacheEntry<refs extends CacheRefs>(
  table: refs,
  key: CacheKey,
): CacheEntryResult<RowOf<refs['get']>>
export function useCacheEntry<query extends FunctionReference<'query'>>(
  entry: CacheEntryOptions<query>,
): CacheEntryResult<RowOf<query>>
export function useCacheEntry(
  given: CacheRefs | AnyOptions,
  key?: CacheKey,
): CacheEntryResult<unknown> {
  // References answer to any name: the key says which form it is.
  return useEntry(key === undefined ? (given as AnyOptions) : { ...pick(given as CacheRefs), key })
}

const pick = ({ get, load, refresh, invalidate }: CacheRefs): Omit<AnyOptions, 'key'> => ({
  query: get,
  load,
  refresh,
  invalidate,
})

interface Kept {
  readonly updatedAt: number
  readonly expiresAt?: number
}

function useEntry({
  query,
  load,
  refresh,
  invalidate,
  key,
}: AnyOptions): CacheEntryResult<unknown> {
  const core = useCore()
  const args = key === 'skip' ? undefined : { key: String(key) }
  const live = useQueryAt(query, args) as QueryResult<Kept | null>
  const row = live.data
  const isStale = useIsStale(row)

  const loads = loadsOf(core)
  const name = args && `${getFunctionName(load)} ${args.key}`
  const loading = useSyncExternalStore(
    (listener) => loads.subscribe(name, listener),
    () => loads.get(name),
    () => loads.get(undefined),
  )
  const selected = (): { readonly key: string } => {
    if (args === undefined) throw nothingSelected()
    return args
  }
  const start = useLatest(async () => core.act(load, selected()))
  // Each state of the row that asks to be fetched is fetched for once.
  const reason = row === null ? 'missing' : isStale ? `stale since ${row?.updatedAt}` : undefined
  const isKnown = row !== undefined
  useEffect(() => (name === undefined ? undefined : loads.hold(name)), [loads, name])
  useEffect(() => {
    if (name !== undefined && isKnown) loads.want(name, reason, start)
  }, [loads, name, isKnown, reason, loading.round, start])

  return {
    data: row,
    isLoading: live.isLoading || (row === null && loading.error === null),
    error: live.error ?? loading.error,
    isStale,
    refresh: useLatest(async () => {
      const fetched = await core.act(refresh, selected())
      loads.forgive(name)
      return fetched
    }),
    invalidate: useLatest(async () => core.mutate(invalidate, selected())),
  }
}

/** Time itself makes a row stale, without any commit that Convex would tell of. */
function useIsStale(kept: Kept | null | undefined): boolean {
  const core = useCore()
  const [, beat] = useState(0)
  const expiresAt = kept?.expiresAt
  const leftMs = expiresAt === undefined ? undefined : expiresAt - core.serverNow()
  useEffect(() => {
    if (leftMs === undefined || leftMs <= 0) return undefined
    return core.clock.after(leftMs, () => beat((count) => count + 1))
  })
  return leftMs !== undefined && leftMs <= 0
}
