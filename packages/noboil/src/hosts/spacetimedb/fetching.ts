/**
 * Where rows are fetched. A plain fetcher runs in a procedure, where SpacetimeDB's HTTP client answers at once; an `async` one waits,
 * which nothing in a module can, and so a worker runs it.
 */
import { NoboilError } from '../../errors/error.ts'
import type { Wired } from '../../factories/wiring.ts'
import type { HttpAnswer, HttpClient } from './sdk.ts'

let client: { readonly http: HttpClient; readonly timeoutMs: number | undefined } | undefined

/** Runs work that may call {@link fetchSync}; each of its requests may take `timeoutMs`. */
export function runWith<result>(
  http: HttpClient,
  work: (signal: AbortSignal) => result,
  timeoutMs?: number,
): result {
  const outer = client
  client = { http, timeoutMs }
  try {
    // Nothing can end work that is done before anybody could say so.
    return work({ aborted: false } as AbortSignal)
  } finally {
    client = outer
  }
}

export interface FetchSyncOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** How long the answer may take. Default: the table's `fetchTimeoutMs`, else 30,000; SpacetimeDB takes 180,000 at most. */
  readonly timeoutMs?: number
}

/**
 * What `fetch` is elsewhere, for fetchers that SpacetimeDB runs: it answers at once. Public addresses only.
 *
 * ```ts
 * fetcher: (_ctx, key) => fetchSync(`https://api.example.org/movies/${key}`).json()
 * ```
 */
export function fetchSync(url: string, options: FetchSyncOptions = {}): HttpAnswer {
  if (client === undefined) {
    throw new NoboilError('UNSUPPORTED', 'fetchSync() is for fetchers that SpacetimeDB runs.')
  }
  const { timeoutMs = client.timeoutMs, ...init } = options
  return client.http.fetch(url, {
    ...init,
    ...(timeoutMs === undefined ? {} : { timeout: durationOf(timeoutMs) }),
  })
}

/** A duration as SpacetimeDB's library writes it; it exports no maker of them to modules. */
const durationOf = (ms: number): object => ({
  __time_duration_micros__: BigInt(Math.ceil(ms)) * 1000n,
})

/**
 * The fetcher of a table whose real one the module must not contain, because it needs packages of Node: the worker is given that
 * under the table's name.
 */
export const byWorker: (ctx: unknown, key: string) => Promise<never> = async () => {
  throw new NoboilError(
    'NO_FETCHER',
    'This table is fetched by a worker, which was given no fetcher.',
  )
}

const AsyncFunction = byWorker.constructor as new () => object

/** Whether the table's fetcher is an `async` function. */
export const isFetchedByWorker = ({ table, options }: Wired): boolean =>
  table.factory === 'base' &&
  (options as { readonly fetcher?: unknown } | undefined)?.fetcher instanceof AsyncFunction
