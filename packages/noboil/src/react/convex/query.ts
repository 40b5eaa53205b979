/**
 * Live answers as hooks, on Convex's own.
 */
import { useConvexConnectionState, useQueries } from 'convex/react'
import {
  type FunctionArgs,
  type FunctionReference,
  type FunctionReturnType,
  getFunctionName,
  makeFunctionReference,
} from 'convex/server'
import { convexToJson, jsonToConvex, type JSONValue, type Value } from 'convex/values'
import { useMemo } from 'react'
import type { ArgsObject } from '../../client/entry.ts'
import type { ConnectionState } from '../../client/stream.ts'
import type { QueryResult } from '../shapes.ts'
import { toNoboilError, withoutMissing } from './core.ts'

/** The arguments of a query, or `'skip'`; left out where there are none. */
export type QueryArgs<reference extends FunctionReference<'query'>> =
  Record<never, never> extends FunctionArgs<reference>
    ? [args?: FunctionArgs<reference> | 'skip']
    : [args: FunctionArgs<reference> | 'skip']

/** Follows a query. `'skip'` asks for nothing. */
export function useQuery<reference extends FunctionReference<'query'>>(
  reference: reference,
  ...[args]: QueryArgs<reference>
): QueryResult<FunctionReturnType<reference>> {
  const given = args === 'skip' ? undefined : ((args ?? {}) as ArgsObject)
  return useQueryAt(reference, given)
}

/** Whether what is shown follows the server now. */
export function useConnection(): ConnectionState {
  const { isWebSocketConnected, hasEverConnected } = useConvexConnectionState()
  if (isWebSocketConnected) return 'live'
  return hasEverConnected ? 'offline' : 'connecting'
}

interface Request {
  query: FunctionReference<'query'>
  args: Record<string, Value>
}

/** `args` undefined: nothing. Convex's `useQuery` throws what failed; here it is in the result. */
export function useQueryAt(
  query: FunctionReference<'query'>,
  args: ArgsObject | undefined,
): QueryResult<unknown> {
  const name = getFunctionName(query)
  // References are made anew each time the api is read; equal arguments are one subscription, however often they are made anew.
  const key = args && JSON.stringify(convexToJson(withoutMissing(args)))
  const queries = useMemo((): Readonly<Record<string, Request>> => {
    if (key === undefined) return {}
    const args = jsonToConvex(JSON.parse(key) as JSONValue) as Record<string, Value>
    return { it: { query: makeFunctionReference<'query'>(name), args } }
  }, [name, key])
  const { it } = useQueries(queries) as { readonly it?: unknown }
  const failed = it instanceof Error ? it : undefined
  const error = useMemo(() => (failed === undefined ? null : toNoboilError(failed)), [failed])
  if (args === undefined) return idle
  const data = failed === undefined ? it : undefined
  return { data, isLoading: data === undefined && error === null, error }
}

const idle: QueryResult<never> = { data: undefined, isLoading: false, error: null }
