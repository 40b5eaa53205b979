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
  throw new NoboilError('FORBIDDEN', otherSite)
}

/** What a page of another site is told, and a developer whose dev server or proxy has put its own name in place of the page's. */
export const otherSite =
  'This request comes from a page of another site. If that is your own, name it in trustedOrigins; if a proxy is in between, let it pass on the header Host.'

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
