/** `ctx.http.fetch` over the real network. */
import type { HttpFetch } from '../abi/http.ts'
import { fetchSync } from './worker.ts'

export interface NetworkOptions {
  /**
   * Hosts (`localhost:4000`, `127.0.0.1`) that may be reached although their addresses are private. SpacetimeDB refuses all
   * of those, so name only what stands in for a service of the internet.
   */
  readonly privateHosts?: readonly string[]
}

/**
 * Requests over the network, for the option `http`. The process stands still while one is on its way: nothing that runs in
 * it can answer it.
 */
export function networkHttp({ privateHosts = [] }: NetworkOptions = {}): HttpFetch {
  return ({ method, url, headers, body, timeoutMs }) => {
    const answer = fetchSync({ method, url, headers, body, timeoutMs, privateHosts })
    if ('error' in answer) throw new Error(answer.error)
    return answer
  }
}
