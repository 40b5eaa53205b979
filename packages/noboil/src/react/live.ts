/**
 * Live answers as hooks.
 */
import { hashKey, type QueryKey, useQuery as useCached } from '@tanstack/react-query'
import { useEffect, useInsertionEffect, useRef, useSyncExternalStore } from 'react'
import { pathOf } from '../client/api.ts'
import type { ArgsList } from '../client/client.ts'
import { plainArgs } from '../client/canonical.ts'
import type { ArgsObject } from '../client/entry.ts'
import type { Live } from '../client/store.ts'
import type { ConnectionState } from '../client/stream.ts'
import type { NoboilError } from '../errors/error.ts'
import type { FunctionReference } from '../schema/reference.ts'
import { useNoboil } from './provider.tsx'
import type { QueryResult } from './shapes.ts'

/** Follows a query. `'skip'` asks for nothing. */
export function useQuery<args, result>(
  reference: FunctionReference<'query', args, result>,
  ...[args]: ArgsList<NoInfer<args>> | [skip: 'skip']
): QueryResult<result> {
  const { core } = useNoboil()
  const path = pathOf(reference)
  const given = args === 'skip' ? undefined : (plainArgs(args) as ArgsObject)
  // The answer has the reference's own type; the wire and the cache hold it without one.
  return useLive(given && ['noboil', path, given], () =>
    core.watchPath(path, given as ArgsObject),
  ) as QueryResult<result>
}

/** Whether what is shown follows the server now. */
export function useConnection(): ConnectionState {
  const { connection } = useNoboil().client
  return useSyncExternalStore(connection.subscribe, connection.get, () => 'connecting')
}

/** Shows what a cache entry holds, and keeps it live while mounted. `key` undefined: nothing. */
export function useLive(
  key: QueryKey | undefined,
  open: () => Live<unknown>,
): QueryResult<unknown> {
  const { bridge } = useNoboil()
  const hash = key && hashKey(key)
  const latest = useRef({ key, open })
  useInsertionEffect(() => {
    latest.current = { key, open }
  })
  const cached = useCached<unknown, NoboilError>({
    queryKey: key ?? skipped,
    // Answers are pushed; what is asked for by hand is what is known already.
    queryFn: () => key && bridge.find(key)?.get().data,
    enabled: false,
    staleTime: Infinity,
    retry: false,
  })
  useEffect(() => {
    const { key, open } = latest.current
    return hash === undefined || key === undefined ? undefined : bridge.hold(key, open)
  }, [bridge, hash])
  if (key === undefined) return idle
  // An app may reset the cache; what is live is still known.
  const { data, error } = cached.data === undefined ? (bridge.find(key)?.get() ?? cached) : cached
  return { data, isLoading: data === undefined && error === null, error }
}

const skipped: QueryKey = ['noboil', 'skip']
const idle: QueryResult<never> = { data: undefined, isLoading: false, error: null }
