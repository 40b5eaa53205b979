/** Fetching from a procedure: SpacetimeDB's HTTP client answers at once, and only there. */
import { NoboilError } from '../../errors/error.ts'
import type { HttpAnswer, HttpClient } from './sdk.ts'

let client: HttpClient | undefined

/** Runs work that may call {@link fetchSync}. */
export function runWith<result>(http: HttpClient, work: (signal: AbortSignal) => result): result {
  const outer = client
  client = http
  try {
    // Nothing can end work that is done before anybody could say so.
    return work({ aborted: false } as AbortSignal)
  } finally {
    client = outer
  }
}

/**
 * What `fetch` is elsewhere, for fetchers that SpacetimeDB runs: it answers at once. Public addresses only, 30 seconds at most
 * unless `timeout` says otherwise.
 *
 * ```ts
 * fetcher: (_ctx, key) => fetchSync(`https://api.example.org/movies/${key}`).json()
 * ```
 */
export function fetchSync(url: string, init: object = {}): HttpAnswer {
  if (client === undefined) {
    throw new NoboilError('UNSUPPORTED', 'fetchSync() is for fetchers that SpacetimeDB runs.')
  }
  return client.fetch(url, init)
}
