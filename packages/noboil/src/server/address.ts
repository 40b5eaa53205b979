/**
 * Where a request came from, as far as it can be known: a header is believed only from proxies that the app says it has.
 */

/**
 * `false`: nobody stands in between. A number: that many proxies do, and each appends to `X-Forwarded-For`. The name of a
 * header: the nearest proxy puts the client's address there and lets nobody else do so.
 */
export type TrustProxy = false | number | string

export interface RequestOrigin {
  /** The address of whoever opened the connection. */
  readonly socketAddress: string | undefined
  header(name: string): string | undefined
}

/** The client's address, or undefined where it is not known. */
export function clientAddress(request: RequestOrigin, trust: TrustProxy): string | undefined {
  if (trust === false || trust === 0) return normalise(request.socketAddress)
  // Headers have names in small letters where a stream is opened, and a person writes them as they are documented.
  if (typeof trust === 'string')
    return normalise(request.header(trust.toLowerCase())) ?? normalise(request.socketAddress)
  const forwarded =
    request
      .header('x-forwarded-for')
      ?.split(',')
      .map((part) => part.trim()) ?? []
  // The last entry was written by the nearest proxy: whatever stands before the trusted ones, a client may have made up.
  const at = forwarded.length - trust
  return normalise(forwarded[Math.max(at, 0)]) ?? normalise(request.socketAddress)
}

/** The host a browser believes it talks to. */
export function requestedHost(request: RequestOrigin, trust: TrustProxy): string | undefined {
  const forwarded = trust === false ? undefined : request.header('x-forwarded-host')
  return (forwarded?.split(',')[0] ?? request.header('host'))?.trim().toLowerCase()
}

/** IPv4 addresses have one form; of IPv6 the network of one customer counts, since each of them has addresses without end. */
function normalise(address: string | undefined): string | undefined {
  const text = address?.trim().toLowerCase()
  if (text === undefined || text === '' || text.length > 64) return undefined
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (mapped) return mapped[1]
  if (!text.includes(':')) return /^[\d.]+$/.test(text) ? text : undefined
  if (!/^[0-9a-f:.%a-z]+$/.test(text)) return undefined
  return `${groups(text).slice(0, 4).join(':')}::/64`
}

function groups(address: string): string[] {
  const [head = '', tail] = (address.split('%')[0] as string).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array.from({ length: gap }, () => '0'), ...right].map((part) =>
    part.replace(/^0+(?=.)/, ''),
  )
}
