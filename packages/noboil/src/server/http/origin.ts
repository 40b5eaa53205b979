/**
 * Requests that a browser makes on behalf of another site: they carry the user's cookie, and mean nothing the user said.
 */
import { NoboilError } from '../../errors/error.ts'
import { type RequestOrigin, requestedHost, type TrustProxy } from '../address.ts'

export interface OriginRules {
  readonly trustProxy: TrustProxy
  /** Origins of other sites that may call with a user's cookie, as in `https://app.example`. */
  readonly trustedOrigins: readonly string[]
}

/** Throws `FORBIDDEN` for a request with a cookie that comes from a page of another site. */
export function assertOrigin(request: RequestOrigin, rules: OriginRules): void {
  if (request.header('cookie') === undefined) return
  const origin = request.header('origin')
  if (origin === undefined) {
    const site = request.header('sec-fetch-site')
    if (site === undefined || site === 'same-origin' || site === 'none') return
  } else if (rules.trustedOrigins.includes(origin)) return
  else if (hostOf(origin) === requestedHost(request, rules.trustProxy)) return
  throw new NoboilError('FORBIDDEN', 'This request comes from a page of another site.')
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
