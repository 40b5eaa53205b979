/**
 * Every number that bounds the server, with its default; wrong ones, and ones that contradict each other, are refused when the
 * server is built.
 */
import { DefinitionError } from '../errors/assert.ts'
import { defaultLiveLimits, type LiveLimits } from '../live/ports.ts'

export interface ServerLimits extends LiveLimits {
  /** Bytes of the body of a call. */
  readonly maxBodyBytes: number
  /** Bytes of a body that changes what a stream carries. */
  readonly maxStreamBodyBytes: number
  /** Streams that are open at a time, altogether and of one caller (a user, or an address that nobody is signed in from). */
  readonly maxConnections: number
  readonly maxConnectionsPerCaller: number
  /** A stream that has nothing to say says so this often. */
  readonly heartbeatMs: number
  /** After how much silence proxies on the way may end a stream: at least two heartbeats. */
  readonly proxyTimeoutMs: number
  /** A stream whose reader has this much waiting is left out until it has caught up, then told how things stand. */
  readonly highWaterBytes: number
  /** A stream whose reader takes nothing for this long is ended. */
  readonly stallTimeoutMs: number
  /** How long a verified session is believed without asking again. */
  readonly sessionCacheMs: number
  readonly maxCachedSessions: number
  /** How long the auth port may take; then calls fail with `UNAVAILABLE`. */
  readonly authTimeoutMs: number
  /** How long a client may take to send the head, and the whole, of a request. */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** How long an action may take; then its signal ends it with `TIMEOUT`. */
  readonly actionTimeoutMs: number
  /** How long running calls and streams have to end when the server closes. */
  readonly shutdownTimeoutMs: number
  /** A background flow or cron that does not say that it lives for this long is taken for dead and started again. */
  readonly leaseMs: number
}

export const defaultServerLimits: ServerLimits = {
  ...defaultLiveLimits,
  maxBodyBytes: 1024 * 1024,
  maxStreamBodyBytes: 256 * 1024,
  maxConnections: 20_000,
  maxConnectionsPerCaller: 50,
  heartbeatMs: 15_000,
  proxyTimeoutMs: 60_000,
  highWaterBytes: 1024 * 1024,
  stallTimeoutMs: 60_000,
  sessionCacheMs: 5_000,
  maxCachedSessions: 10_000,
  authTimeoutMs: 5_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  actionTimeoutMs: 60_000,
  shutdownTimeoutMs: 10_000,
  leaseMs: 30_000,
}

/** Throws {@link DefinitionError} naming the limit and what is wrong with it. `maxPayloadBytes`: the factories' limit. */
export function checkServerLimits(
  given: Partial<ServerLimits> | undefined,
  maxPayloadBytes: number,
): ServerLimits {
  const limits = { ...defaultServerLimits, ...given }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultServerLimits, name)) {
      throw new DefinitionError(
        `There is no limit '${name}'; there are ${Object.keys(defaultServerLimits).join(', ')}.`,
      )
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new DefinitionError(`The limit ${name} is ${value}; it must be a whole number above 0.`)
    }
    if (name.endsWith('Ms') && value > 0x7fffffff) {
      throw new DefinitionError(
        `The limit ${name} is ${value}; a timer holds at most 2147483647 ms.`,
      )
    }
  }
  assertBelow(limits, 'maxConnectionsPerCaller', 'maxConnections')
  assertBelow(limits, 'headersTimeoutMs', 'requestTimeoutMs')
  assertBelow(limits, 'maxRingLength', 'maxRingTotalLength')
  if (limits.heartbeatMs * 2 > limits.proxyTimeoutMs) {
    throw new DefinitionError(
      `heartbeatMs is ${limits.heartbeatMs}: at most half of proxyTimeoutMs (${limits.proxyTimeoutMs}), or a proxy may end a quiet stream.`,
    )
  }
  if (limits.maxBodyBytes < maxPayloadBytes) {
    throw new DefinitionError(
      `maxBodyBytes is ${limits.maxBodyBytes}: at least maxPayloadBytes (${maxPayloadBytes}), or no payload that large could be sent.`,
    )
  }
  return limits
}

function assertBelow(
  limits: ServerLimits,
  lower: keyof ServerLimits,
  upper: keyof ServerLimits,
): void {
  if (limits[lower] <= limits[upper]) return
  throw new DefinitionError(
    `${lower} is ${limits[lower]}: it may be at most ${upper} (${limits[upper]}).`,
  )
}
