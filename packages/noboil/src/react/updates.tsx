/**
 * What the server's cache says has changed, for an app's own TanStack Query keys: the changed thing's own query is reset, what lists
 * it is asked again.
 */
import {
  type Query,
  QueryClientContext,
  type QueryClient,
  type QueryKey,
} from '@tanstack/react-query'
import {
  createContext,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
} from 'react'
import type { Client } from '../client/client.ts'
import type { UpdateListener } from '../client/updates.ts'
import type { NoboilError } from '../errors/error.ts'
import type { AppUpdate } from '../wire/messages.ts'
import { useNoboilIfAny } from './provider.tsx'

/** Where updates come from: a noboil client is one. */
export interface UpdateSource {
  watchEntities(entities: readonly string[], listener: UpdateListener): () => void
}

export interface StreamProviderProps {
  /** Default: the client of the nearest NoboilProvider. */
  readonly client?: Client | UpdateSource
  readonly children?: ReactNode
}

const Context = createContext<UpdateSource | undefined>(undefined)

/** Gives what is below it the one stream of the page. */
export function StreamProvider({ client, children }: StreamProviderProps): ReactElement {
  const nearest = useNoboilIfAny()?.client
  const source = client ?? nearest
  if (source === undefined) {
    throw new Error('Give the StreamProvider a client, or put it inside a NoboilProvider.')
  }
  return <Context value={source}>{children}</Context>
}

/** The source of the nearest {@link StreamProvider}, else the client of the nearest NoboilProvider. */
export function useStream(): UpdateSource {
  const nearest = useNoboilIfAny()?.client
  const source = useContext(Context) ?? nearest
  if (source === undefined) throw new Error('Put a StreamProvider around what follows updates.')
  return source
}

/** Follows entities of the server's cache. Singular and plural names mean the same. */
export function useAppUpdates(entities: readonly string[], listener: UpdateListener): void {
  const source = useStream()
  const latest = useRef(listener)
  useEffect(() => {
    latest.current = listener
  })
  const names = [...new Set(entities)].toSorted().join(' ')
  useEffect(() => {
    if (names === '') return undefined
    return source.watchEntities(names.split(' '), {
      changed: (update) => latest.current.changed(update),
      missed: () => latest.current.missed(),
      refused: (error) => latest.current.refused?.(error),
    })
  }, [source, names])
}

/** What a change to an entity means for an app's queries. Keys are prefixes, as everywhere in TanStack Query. */
export interface EntityKeys {
  /** The queries of one thing; they show that they are loading again. Default: `[<entity>, id]`, singular and plural. */
  readonly reset?: (id: string) => readonly QueryKey[]
  /** The queries that list or contain such things; they go on showing what they have. Default: `[<plural>]`. */
  readonly refetch?: readonly QueryKey[]
}

export interface StreamInvalidatorProps {
  /** By entity, singular or plural: `{ post: { refetch: [['posts'], ['pages'], ['feed']] } }`. */
  readonly entities: Readonly<Record<string, EntityKeys>>
  /** Refetches are spread over this time, so that a thousand browsers do not ask at once, ms. Default: 1,000. */
  readonly spreadMs?: number
  /** Default: the nearest QueryClientProvider's. */
  readonly queryClient?: QueryClient
  readonly onUpdate?: (update: AppUpdate) => void
  /** The server knows no such entity, or has no cache. Default: the console says so. */
  readonly onError?: (error: NoboilError) => void
  /** For tests. */
  readonly random?: () => number
}

/**
 * Keeps an app's queries in step with the server's cache; renders nothing. A change names the thing where everybody may know of it: its
 * own queries are reset, those that list it are fetched again after a random part of `spreadMs`. What only depends on the change
 * is fetched again as a whole.
 */
export function StreamInvalidator(props: StreamInvalidatorProps): null {
  const nearest = useContext(QueryClientContext)
  const queryClient = props.queryClient ?? nearest
  if (queryClient === undefined) {
    throw new Error(
      'Put a QueryClientProvider around the StreamInvalidator, or give it a queryClient.',
    )
  }
  const { spreadMs = 1_000, random = Math.random, onUpdate, onError = complain } = props
  const refetcher = useMemo(
    () => new Refetcher(queryClient, spreadMs, random),
    [queryClient, spreadMs, random],
  )
  useEffect(() => () => refetcher.stop(), [refetcher])
  useAppUpdates(Object.keys(props.entities), {
    changed: (update) => {
      for (const [name, keys] of Object.entries(props.entities)) {
        apply(queryClient, refetcher, name, keys, update)
      }
      onUpdate?.(update)
    },
    missed: () => {
      for (const [name, keys] of Object.entries(props.entities)) {
        for (const key of [...wholeOf([name]), ...refetchOf(keys, [name])]) refetcher.add(key)
      }
    },
    refused: onError,
  })
  return null
}

function apply(
  queryClient: QueryClient,
  refetcher: Refetcher,
  name: string,
  keys: EntityKeys,
  { entity, names, id, stale }: AppUpdate,
): void {
  const own = name === entity || names.includes(name)
  if (!own && !stale.includes(name)) return
  const forms = own ? [...new Set([name, ...names])] : [name]
  for (const key of refetchOf(keys, forms)) refetcher.add(key)
  if (!own || id === null) {
    for (const key of wholeOf(forms)) refetcher.add(key)
    return
  }
  const { reset = (of) => forms.map((form) => [form, of]) } = keys
  // After the others: what has been reset is fetched at once and not again.
  for (const queryKey of reset(id)) void queryClient.resetQueries({ queryKey })
}

const wholeOf = (forms: readonly string[]): readonly QueryKey[] => forms.map((form) => [form])

const refetchOf = ({ refetch }: EntityKeys, forms: readonly string[]): readonly QueryKey[] =>
  refetch ?? wholeOf(forms)

/** Fetches queries again, each once however often it is asked for within the time. */
class Refetcher {
  readonly #queryClient: QueryClient
  readonly #spreadMs: number
  readonly #random: () => number
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>()

  constructor(queryClient: QueryClient, spreadMs: number, random: () => number) {
    this.#queryClient = queryClient
    this.#spreadMs = spreadMs
    this.#random = random
  }

  add(queryKey: QueryKey): void {
    const name = JSON.stringify(queryKey)
    if (this.#waiting.has(name)) return
    // Not shown just now: the next to look fetches it.
    void this.#queryClient.invalidateQueries({ queryKey, refetchType: 'none' })
    const timer = setTimeout(() => {
      this.#waiting.delete(name)
      // What has been fetched meanwhile has not stayed invalidated.
      const predicate = ({ state }: Query): boolean => state.isInvalidated
      void this.#queryClient.refetchQueries({ queryKey, type: 'active', predicate })
    }, this.#random() * this.#spreadMs)
    this.#waiting.set(name, timer)
  }

  stop(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }
}

const complain = (error: NoboilError): void =>
  reportError(new Error(`StreamInvalidator: ${error.message}`, { cause: error }))
