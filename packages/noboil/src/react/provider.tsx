/**
 * The client and the query cache that the hooks below share.
 */
import { QueryClient, QueryClientContext, QueryClientProvider } from '@tanstack/react-query'
import {
  createContext,
  type ReactElement,
  type ReactNode,
  useContext,
  useMemo,
  useState,
} from 'react'
import { type Client, type ClientCore, coreOf } from '../client/client.ts'
import { type Bridge, bridgeOf } from './bridge.ts'

/** A message for a person, from a {@link useMut} that was told to show one. */
export interface Toast {
  readonly kind: 'success' | 'error'
  readonly text: string
}

export interface NoboilProviderProps {
  readonly client: Client
  /** Default: the nearest QueryClientProvider's, or a new one. */
  readonly queryClient?: QueryClient
  /** Shows a message; without it the `toast` option of mutations shows nothing. */
  readonly toast?: (toast: Toast) => void
  readonly children?: ReactNode
}

export interface Noboil {
  readonly client: Client
  readonly core: ClientCore
  readonly bridge: Bridge
  readonly toast: ((toast: Toast) => void) | undefined
}

const Context = createContext<Noboil | undefined>(undefined)

export function NoboilProvider(props: NoboilProviderProps): ReactElement {
  const { client, toast, children } = props
  const nearest = useContext(QueryClientContext)
  const [own] = useState(() => props.queryClient ?? nearest ?? new QueryClient())
  const queryClient = props.queryClient ?? nearest ?? own
  const noboil = useMemo(
    () => ({ client, core: coreOf(client), bridge: bridgeOf(client, queryClient), toast }),
    [client, queryClient, toast],
  )
  return (
    <QueryClientProvider client={queryClient}>
      <Context value={noboil}>{children}</Context>
    </QueryClientProvider>
  )
}

export const useNoboilIfAny = (): Noboil | undefined => useContext(Context)

/** The client of the nearest provider. */
export const useClient = (): Client => useNoboil().client

export function useNoboil(): Noboil {
  const noboil = useContext(Context)
  if (noboil === undefined) throw new Error('Put a NoboilProvider around what uses noboil hooks.')
  return noboil
}
