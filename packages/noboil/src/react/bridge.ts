/**
 * Live answers in TanStack's query cache: what is shown of each is held there under `['noboil', path, args]`, and follows the
 * stream for as long as somebody looks, and a little longer.
 */
import { hashKey, type QueryClient, type QueryKey } from '@tanstack/react-query'
import { type Client, coreOf } from '../client/client.ts'
import type { Clock } from '../client/ports.ts'
import type { Live } from '../client/store.ts'

/** How long an answer stays live after the last component that showed it went: long enough for a way back. */
const lingerMs = 10_000

interface Source {
  readonly live: Live<unknown>
  readonly stop: () => void
  holders: number
  cancelLinger: (() => void) | undefined
}

const bridges = new WeakMap<QueryClient, WeakMap<Client, Bridge>>()

/** The one bridge between a client and a query cache. */
export function bridgeOf(client: Client, queryClient: QueryClient): Bridge {
  let ofCache = bridges.get(queryClient)
  if (ofCache === undefined) bridges.set(queryClient, (ofCache = new WeakMap()))
  let bridge = ofCache.get(client)
  if (bridge === undefined)
    ofCache.set(client, (bridge = new Bridge(coreOf(client).clock, queryClient)))
  return bridge
}

export class Bridge {
  readonly #clock: Clock
  readonly #queries: QueryClient
  readonly #sources = new Map<string, Source>()

  constructor(clock: Clock, queries: QueryClient) {
    this.#clock = clock
    this.#queries = queries
  }

  /** Keeps the cache's entry in step with an answer until it is let go. */
  hold(key: QueryKey, open: () => Live<unknown>): () => void {
    const hash = hashKey(key)
    const source = this.#sources.get(hash) ?? this.#open(hash, key, open())
    source.holders++
    source.cancelLinger?.()
    source.cancelLinger = undefined
    let held = true
    return () => {
      if (!held) return
      held = false
      if (--source.holders > 0) return
      source.cancelLinger = this.#clock.after(lingerMs, () => this.#drop(hash, key, source))
    }
  }

  /** The answer that is held under a key. */
  find(key: QueryKey): Live<unknown> | undefined {
    return this.#sources.get(hashKey(key))?.live
  }

  #open(hash: string, key: QueryKey, live: Live<unknown>): Source {
    const stop = live.subscribe(() => this.#show(key, live))
    const source: Source = { live, stop, holders: 0, cancelLinger: undefined }
    this.#sources.set(hash, source)
    this.#show(key, live)
    return source
  }

  #drop(hash: string, key: QueryKey, source: Source): void {
    source.stop()
    this.#sources.delete(hash)
    // It may hold what was only expected, and nothing would ever correct it.
    this.#queries.removeQueries({ queryKey: key, exact: true })
  }

  #show(key: QueryKey, live: Live<unknown>): void {
    const { data, error } = live.get()
    if (error === null && data !== undefined) {
      this.#queries.setQueryData(key, data)
      return
    }
    const query = this.#queries.getQueryCache().build(this.#queries, { queryKey: key })
    const { state } = query
    if (error === state.error && data === state.data) return
    query.setState({ data, error, status: error === null ? 'pending' : 'error' })
  }
}
