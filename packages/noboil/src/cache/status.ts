/** How a call was answered, for the app and for the `Cache-Status` header of RFC 9211. */

/** A value, and where it came from. */
export interface Remembered<value> {
  readonly value: value
  /** `hit`: fresh, out of the cache. `stale`: out of the cache, past its time. `miss`: loaded. */
  readonly status: 'hit' | 'stale' | 'miss'
  readonly tier: 'memory' | 'redis' | 'load'
  readonly ageMs: number
  /** How long it is still fresh; below 0 when it is stale. */
  readonly ttlMs: number
  /** It was kept for the next call. */
  readonly stored: boolean
  /** Another call was loading it already. */
  readonly collapsed: boolean
  /** Why a stale value stands in: the failure of the load. */
  readonly error?: unknown
}

const tokenPattern = /^[A-Za-z*][\w!#$%&'*+.^`|~:/-]*$/

/** The value of a `Cache-Status` header, such as `noboil; hit; ttl=30; detail=memory`. */
export function cacheStatus(result: Omit<Remembered<unknown>, 'value'>, name = 'noboil'): string {
  const label = tokenPattern.test(name) ? name : `"${name.replaceAll(/[^\x20-\x7e]|["\\]/g, '')}"`
  const parts = [label]
  if (result.status === 'hit') parts.push('hit')
  else if (result.status === 'stale' && result.error === undefined) parts.push('hit')
  else parts.push(result.status === 'stale' ? 'fwd=stale' : 'fwd=miss')
  parts.push(`ttl=${Math.floor(result.ttlMs / 1_000)}`)
  if (result.status === 'miss' && result.stored) parts.push('stored')
  if (result.collapsed) parts.push('collapsed')
  parts.push(`detail=${result.tier}`)
  return parts.join('; ')
}
