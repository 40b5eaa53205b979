/**
 * Lists that grow page by page, on Convex's own pagination.
 */
import { usePaginatedQuery_experimental as usePaginatedQuery } from 'convex/react'
import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import { useMemo } from 'react'
import type { ArgsObject } from '../../client/entry.ts'
import type { PaginatedResult, PaginationOptions } from '../../factories/shared/operation.ts'
import { useLatest } from '../latest.ts'
import type { ListOptions, ListResult } from '../shapes.ts'
import { toNoboilError, withoutMissing } from './core.ts'

/** A query that answers pages. */
export type ListReference = FunctionReference<'query'>

type OtherArgs<reference extends ListReference> = Omit<FunctionArgs<reference>, 'paginationOpts'>

/** The arguments of a paginated query but for the page, left out where there are none. */
export type ListArgs<reference extends ListReference> =
  Record<never, never> extends OtherArgs<reference>
    ? [args?: OtherArgs<reference> | 'skip', options?: ListOptions]
    : [args: OtherArgs<reference> | 'skip', options?: ListOptions]

export type ItemOf<reference extends ListReference> =
  FunctionReturnType<reference> extends { readonly page: readonly (infer row)[] } ? row : never

/** Follows a paginated query. */
export function useList<reference extends ListReference>(
  reference: reference,
  ...[args, options]: ListArgs<reference>
): ListResult<ItemOf<reference>> {
  const given = args === 'skip' ? undefined : ((args ?? {}) as ArgsObject)
  return useListAt(reference, given, options?.pageSize) as ListResult<ItemOf<reference>>
}

const defaultPageSize = 20

type Paginated = FunctionReference<
  'query',
  'public',
  { paginationOpts: PaginationOptions },
  PaginatedResult<unknown>
>

/**
 * `args` undefined: nothing. Of Convex's two hooks it is the one that answers with an error instead of throwing it, so that a list
 * that may not be read does not take the page with it.
 */
export function useListAt(
  reference: ListReference,
  args: ArgsObject | undefined,
  pageSize: number = defaultPageSize,
): ListResult<unknown> {
  const { data, status, canLoadMore, error, loadMore } = usePaginatedQuery({
    query: reference as never,
    args: (args === undefined ? 'skip' : withoutMissing(args)) as never,
    initialNumItems: pageSize,
  }) as Pages
  const failure = useMemo(() => (error === undefined ? null : toNoboilError(error)), [error])
  const more = useLatest((count: number = pageSize) => {
    if (canLoadMore) loadMore(count)
  })
  const isKnown = args !== undefined && failure === null
  const isLoadingMore = isKnown && status === 'pending' && data !== undefined
  return {
    data: isKnown ? data : undefined,
    isLoading: isKnown && data === undefined,
    error: args === undefined ? null : failure,
    hasMore: isKnown && (canLoadMore || isLoadingMore),
    isLoadingMore,
    loadMore: more,
  }
}

interface Pages {
  readonly data: readonly unknown[] | undefined
  readonly status: 'pending' | 'success' | 'error'
  readonly canLoadMore: boolean
  readonly error: Error | undefined
  readonly loadMore: (count: number) => void
}
