/** One row of a base table: shown as it is kept, fetched when it is missing or stale. */
import { useCallback, useEffect, useState } from 'react'
import type { NoboilError } from '../../errors/error.ts'
import type { ReducerRef, RowOf, TableRef } from '../../wire/spacetimedb.ts'
import type { CacheEntryResult, CacheKey } from '../cache-entry.ts'
import { useLatest } from '../latest.ts'
import { nothingSelected } from '../skip.ts'
import { answerOf, useClockedClient, useRows, useSpacetimeClient } from './provider.tsx'

export interface CacheReducers {
  readonly load: ReducerRef
  readonly refresh: ReducerRef
  readonly invalidate?: ReducerRef
}

/** Follows one key, and asks the module to fetch it when it is missing or stale. `'skip'` asks for nothing. */
export function useCacheEntry<ref extends TableRef>(
  table: ref,
  key: CacheKey,
  { load, refresh, invalidate }: CacheReducers,
): CacheEntryResult<RowOf<ref>> {
  const client = useSpacetimeClient()
  const text = key === 'skip' ? undefined : String(key)
  const watched = useRows(text === undefined ? undefined : table, {
    column: 'key',
    value: text ?? '',
  })
  const row = watched.rows && (watched.rows[0] ?? null)
  const [failed, setFailed] = useState<{ readonly of: string; readonly error: NoboilError }>()
  const isStale = useIsStale(row?.['expiresAt'] as number | undefined)

  const call = useCallback(
    async (reducer: ReducerRef | undefined): Promise<never> => {
      if (text === undefined) throw nothingSelected()
      if (reducer === undefined) throw new TypeError('useCacheEntry was not given this reducer.')
      return (await client.perform(reducer, { key: text })) as never
    },
    [client, text],
  )
  // Each state of the row that asks to be fetched is fetched for once.
  const reason =
    row === null ? 'missing' : isStale ? `stale since ${String(row?.['updatedAt'])}` : undefined
  const wanted = text !== undefined && reason !== undefined ? `${text} ${reason}` : undefined
  useEffect(() => {
    if (wanted === undefined) return
    call(load).catch((error: NoboilError) => setFailed({ of: wanted, error }))
  }, [wanted])
  const error = watched.error ?? (failed?.of === wanted ? (failed?.error ?? null) : null)
  return {
    ...answerOf(row, error, text === undefined),
    isLoading: text !== undefined && (row === undefined || row === null) && error === null,
    isStale,
    refresh: useLatest(() => call(refresh)),
    invalidate: useLatest(() => call(invalidate)),
  } as unknown as CacheEntryResult<RowOf<ref>>
}

/** Time itself makes a row stale, without any commit. */
function useIsStale(expiresAt: number | undefined): boolean {
  const client = useClockedClient()
  const [, beat] = useState(0)
  const leftMs = expiresAt === undefined ? undefined : expiresAt - client.now()
  useEffect(() => {
    if (leftMs === undefined || leftMs <= 0) return undefined
    return client.clock.after(leftMs, () => beat((count) => count + 1))
  })
  return leftMs !== undefined && leftMs <= 0
}
