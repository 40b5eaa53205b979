/** The client that the hooks below share. */
import {
  createContext,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react'
import type { NoboilError } from '../../errors/error.ts'
import { type TableRef, userRef } from '../../wire/spacetimedb.ts'
import type { ConnectionState, SpacetimeClient } from './client.ts'
import type { Row } from './overlay.ts'
import type { Filter, Watched } from './watch.ts'
import { watchKey } from './watch.ts'

const Context = createContext<SpacetimeClient | undefined>(undefined)

export interface SpacetimeProviderProps {
  readonly client: SpacetimeClient
  readonly children?: ReactNode
}

export const SpacetimeProvider = ({ client, children }: SpacetimeProviderProps): ReactElement => (
  <Context value={client}>{children}</Context>
)

/** The client of the nearest provider. */
export function useSpacetimeClient(): SpacetimeClient {
  const client = useContext(Context)
  if (client === undefined) throw new Error('Put a SpacetimeProvider around what uses its hooks.')
  return client
}

/** The client, again whenever it has learned more of the database's clock. */
export function useClockedClient(): SpacetimeClient {
  const client = useSpacetimeClient()
  useSyncExternalStore(
    client.listen,
    () => client.aheadMs,
    () => 0,
  )
  return client
}

export function useConnection(): ConnectionState {
  const client = useSpacetimeClient()
  return useSyncExternalStore(
    client.listen,
    () => client.state,
    () => 'connecting',
  )
}

/** Who this client is; undefined until the first connection. */
export function useUserId(): string | undefined {
  const client = useSpacetimeClient()
  return useSyncExternalStore(
    client.listen,
    () => client.userId,
    () => undefined,
  )
}

/** Who somebody is to the module. */
export interface KnownUser {
  readonly _id: string
  readonly name: string
  readonly image?: string | null
  readonly role?: string | null
}

/** Who this client is to the module; null for nobody, undefined until it is known. */
export function useUser(): KnownUser | null | undefined {
  const { rows } = useRows(userRef)
  return rows && ((rows[0] as KnownUser | undefined) ?? null)
}

const unknown: Watched = { rows: undefined, error: null }

/** Follows the rows of a table; undefined for `ref` asks for nothing. */
export function useRows(ref: TableRef | undefined, filter?: Filter): Watched {
  const client = useSpacetimeClient()
  const key = ref && watchKey(ref, filter)
  const [held, hold] = useState<{ key: string | undefined; get: () => Watched }>()
  const [, turn] = useState(0)
  useEffect(() => {
    if (ref === undefined) return undefined
    const { watch, release } = client.watch(ref, filter)
    hold({ key, get: watch.get })
    const stop = watch.listen(() => turn((count) => count + 1))
    return () => {
      stop()
      release()
    }
    // oxlint-disable-next-line react/exhaustive-deps -- the key says which rows they are
  }, [client, key])
  if (ref === undefined) return unknown
  return (held?.key === key ? held?.get() : client.peek(ref, filter)?.get()) ?? unknown
}

/** The fields that every hook's answer has. */
export const answerOf = <data,>(
  data: data | undefined,
  error: NoboilError | null,
  isSkipped = false,
): {
  readonly data: data | undefined
  readonly isLoading: boolean
  readonly error: NoboilError | null
} => ({
  data,
  isLoading: !isSkipped && data === undefined && error === null,
  error,
})

export const byNewest = (a: Row, b: Row): number =>
  ((b['_creationTime'] as number) ?? 0) - ((a['_creationTime'] as number) ?? 0) ||
  (String(b['_id']) < String(a['_id']) ? -1 : 1)
