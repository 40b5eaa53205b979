/** Where mirrors touch the world: the network, time, chance, the log, and where marks are kept. */
import type { CacheClock, CacheLogger, CacheRandom } from '../cache/ports.ts'

/** What a deployment answered; `body` is what its JSON said, undefined for anything else. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

export interface Sending {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends one request: follows no redirect, and gives up after a time. Rejects when there is no answer. */
export type Send = (url: string, sending: Sending) => Promise<Reply>

export interface MirrorPorts {
  readonly send: Send
  readonly clock: CacheClock
  readonly random: CacheRandom
  readonly log: CacheLogger
  /** Milliseconds since the epoch: what tokens and `Retry-After` dates are compared with. */
  wallNow(): number
}

/** The latest change of a type at an origin. */
export interface Mark {
  /** `''`: this deployment. */
  readonly origin: string
  readonly type: string
  readonly revision: number
  readonly hops: number
}

/** What a target has acknowledged. */
export interface Sent {
  readonly target: string
  readonly origin: string
  readonly type: string
  readonly revision: number
}

/** Keeps marks, at best durably: what is marked is told, whatever happens in between. */
export interface MirrorStore {
  load(): Promise<{ readonly marks: readonly Mark[]; readonly sent: readonly Sent[] }>
  /** One more change of a type here. */
  mark(type: string): Promise<Mark>
  sent(sent: Sent): Promise<void>
  /** The revisions applied here by type, of each of these origins. */
  applied(
    origins: readonly string[],
  ): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>
  /**
   * A change at another deployment has been applied here; with `relay` it becomes a mark to pass on. False: it, or a later one,
   * had been already.
   */
  apply(mark: Mark, relay: boolean): Promise<boolean>
}

export interface MirrorLimits {
  /** How long one request may take. */
  readonly requestTimeoutMs: number
  /** The first wait after a failure, and the longest. */
  readonly minRetryMs: number
  readonly maxRetryMs: number
  /** How often a target is asked what it has applied. */
  readonly reconcileMs: number
  /** After so many failures in a row a target counts as away. */
  readonly breakAfter: number
  /** A token is renewed this long before it ends. */
  readonly renewBeforeMs: number
}

export const defaultMirrorLimits: MirrorLimits = {
  requestTimeoutMs: 10_000,
  minRetryMs: 1_000,
  maxRetryMs: 300_000,
  reconcileMs: 600_000,
  breakAfter: 5,
  renewBeforeMs: 60_000,
}
