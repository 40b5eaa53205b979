/**
 * Lists that grow page by page and stay live in all of them.
 */
import { pathOf } from '../client/api.ts'
import { plainArgs } from '../client/canonical.ts'
import type { ArgsObject } from '../client/entry.ts'
import { type ListState, Pager } from '../client/pages.ts'
import type { Live } from '../client/store.ts'
import type { PaginatedResult, PaginationOptions } from '../factories/shared/operation.ts'
import type { FunctionReference } from '../schema/reference.ts'
import { useLatest } from './latest.ts'
import { useLive } from './live.ts'
import { useNoboil } from './provider.tsx'
import type { ListOptions, ListResult } from './shapes.ts'

/** The arguments of a paginated query but for the page, left out where there are none. */
export type ListArgs<args> =
  Record<never, never> extends Omit<args, 'paginationOpts'>
    ? [args?: Omit<args, 'paginationOpts'> | 'skip', options?: ListOptions]
    : [args: Omit<args, 'paginationOpts'> | 'skip', options?: ListOptions]

/** Follows a paginated query. Two lists of the same arguments and page size are one, and grow together. */
export function useList<args extends { paginationOpts: PaginationOptions }, row>(
  reference: FunctionReference<'query', args, PaginatedResult<row>>,
  ...[args, options]: ListArgs<args>
): ListResult<row> {
  const given = args === 'skip' ? undefined : (plainArgs(args) as ArgsObject)
  return useListAt(pathOf(reference), given, options?.pageSize) as ListResult<row>
}

const defaultPageSize = 20

export function useListAt(
  path: string,
  args: ArgsObject | undefined,
  pageSize: number = defaultPageSize,
): ListResult<unknown> {
  const { core, bridge } = useNoboil()
  const key = args && ['noboil', path, args, { pageSize }]
  const { data, isLoading, error } = useLive(
    key,
    () =>
      new Pager(
        (paginationOpts) =>
          core.watchPath(path, { ...args, paginationOpts }) as Live<PaginatedResult<unknown>>,
        pageSize,
      ),
  )
  const loadMore = (count?: number): void => {
    const pager = key && bridge.find(key)
    if (pager instanceof Pager) pager.loadMore(count)
  }
  const list = data as ListState<unknown> | undefined
  return {
    data: list?.rows,
    isLoading,
    error,
    hasMore: list?.hasMore ?? false,
    isLoadingMore: list?.isLoadingMore ?? false,
    loadMore: useLatest(loadMore),
  }
}
