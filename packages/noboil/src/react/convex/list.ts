/**
 * Lists that grow page by page and stay live in all of them.
 */
import { type RequestForQueries, useQueries } from 'convex/react'
import {
  type FunctionArgs,
  type FunctionReference,
  type FunctionReturnType,
  getFunctionName,
  makeFunctionReference,
} from 'convex/server'
import { convexToJson, jsonToConvex, type JSONValue, type Value } from 'convex/values'
import { useMemo, useState } from 'react'
import type { ArgsObject } from '../../client/entry.ts'
import { useLatest } from '../latest.ts'
import type { ListOptions, ListResult } from '../shapes.ts'
import { toNoboilError, withoutMissing } from './core.ts'
import {
  asked,
  firstPage,
  type PageResult,
  type Pages,
  type Rows,
  rowsOf,
  withMore,
  withSplits,
} from './pages.ts'

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

/**
 * `args` undefined: nothing. Convex's own hooks for lists throw what failed; here it is in the result, so that a list that may not
 * be read does not take the page with it.
 */
export function useListAt(
  reference: ListReference,
  args: ArgsObject | undefined,
  pageSize: number = defaultPageSize,
): ListResult<unknown> {
  const query = getFunctionName(reference)
  const list = args && JSON.stringify([query, pageSize, convexToJson(withoutMissing(args))])
  const [held, setHeld] = useState(() => ({ list, pages: firstPage(pageSize) }))
  const pages = held.list === list ? held.pages : firstPage(pageSize)
  if (held.list !== list) setHeld({ list, pages })

  const queries = useMemo(() => (list === undefined ? {} : pageQueries(list, pages)), [list, pages])
  const results = useQueries(queries) as Readonly<Record<string, PageResult | Error | undefined>>
  const answers = (key: number): PageResult | Error | undefined => results[key]
  const split = list === undefined ? pages : withSplits(pages, answers, pageSize)
  if (split !== pages) setHeld({ list, pages: split })

  const { rows, more, isLoading, error } = useRows(pages, results)
  // A cursor that is none any more: what it stood in is gone, and the list begins anew.
  const isLost = error !== undefined && error.message.includes('InvalidCursor')
  if (isLost && list !== undefined) setHeld({ list, pages: firstPage(pageSize) })

  const failure = useMemo(
    () => (error === undefined || isLost ? null : toNoboilError(error)),
    [error, isLost],
  )
  const loadMore = useLatest((count: number = pageSize) => {
    if (more === undefined || isLoading) return
    // Two calls in one moment are one page.
    setHeld((now) => (now.pages === pages ? { list, pages: withMore(pages, count, more) } : now))
  })
  if (list === undefined) return { ...idle, loadMore }
  const isKnown = failure === null && !(isLoading && rows.length === 0 && pages.shown.length === 1)
  const isLoadingMore = isKnown && isLoading
  return {
    data: isKnown ? rows : undefined,
    isLoading: failure === null && !isKnown,
    error: failure,
    hasMore: isKnown && (isLoadingMore || more !== undefined),
    isLoadingMore,
    loadMore,
  }
}

const idle = {
  data: undefined,
  isLoading: false,
  error: null,
  hasMore: false,
  isLoadingMore: false,
}

/** The same rows for as long as the answers are the same. */
const useRows = (
  pages: Pages,
  results: Readonly<Record<string, PageResult | Error | undefined>>,
): Rows => useMemo(() => rowsOf(pages, (key) => results[key]), [pages, results])

function pageQueries(list: string, pages: Pages): RequestForQueries {
  const [query, , args] = JSON.parse(list) as [string, number, JSONValue]
  const reference = makeFunctionReference<'query'>(query)
  const given = jsonToConvex(args) as Record<string, Value>
  return Object.fromEntries(
    asked(pages).map(({ key, ...page }) => [
      key,
      { query: reference, args: { ...given, paginationOpts: { ...page, id: pages.id } } },
    ]),
  )
}
