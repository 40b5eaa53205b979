/**
 * Verified sessions, kept for some seconds: asking the port costs more than the call it is for. What cannot be verified is
 * nobody's session, and what cannot be asked is an error.
 */
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { NoboilError } from '../../errors/error.ts'
import type { Clock } from '../../hosts/host.ts'
import type { User } from '../../schema/register.ts'
import type { AuthPort, Dropped, Session } from './port.ts'

export interface SessionLimits {
  /** How long an answer of the port is believed. */
  readonly sessionCacheMs: number
  /** Answers kept of each kind: sessions, and credentials that are nobody's. */
  readonly maxCachedSessions: number
  /** How long the port may take for one answer. */
  readonly authTimeoutMs: number
}

/** What is known of a caller's credentials. `key` names them without giving them away. */
export interface Verified {
  readonly key: string
  readonly session: Session | null
}

interface Kept {
  readonly session: Session | null
  readonly until: number
}

/** A port whose answer is outdated this often while it is given is not believed at all. */
const maxAttempts = 3

export class Sessions {
  readonly #port: AuthPort | undefined
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #sessions: LRUCache<string, Kept>
  /** Apart, so that made-up credentials never push out a session. */
  readonly #nobodies: LRUCache<string, Kept>
  readonly #asking = new Map<string, Promise<Session | null>>()
  /** Of each question that the port has: what was dropped since, which its answer may not know of. */
  readonly #open = new Set<Dropped[]>()
  readonly #listeners = new Set<(dropped: Dropped) => void>()
  #isClosed = false

  constructor(port: AuthPort | undefined, clock: Clock, limits: SessionLimits) {
    this.#port = port
    this.#clock = clock
    this.#limits = limits
    this.#sessions = new LRUCache({ max: limits.maxCachedSessions })
    this.#nobodies = new LRUCache({ max: limits.maxCachedSessions })
  }

  /** Who sends these headers; null: nobody. Throws `UNAVAILABLE` when the port fails or is slow. */
  async find(headers: Headers): Promise<Session | null> {
    return (await this.verify(headers)).session
  }

  /** As {@link find}, with the name of the credentials. */
  async verify(headers: Headers): Promise<Verified> {
    const port = this.#port
    if (port === undefined) return nobody
    const key = credentialKey(port, headers)
    if (key === undefined) return nobody
    const kept = this.#sessions.get(key) ?? this.#nobodies.get(key)
    if (kept !== undefined && this.#isBelieved(kept)) return { key, session: kept.session }
    const asking = this.#asking.get(key) ?? this.#ask(port, key, headers)
    return { key, session: await asking }
  }

  /** Called when sessions are dropped; the answer stops it. */
  onDropped(listener: (dropped: Dropped) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets sessions at once, also those the port is being asked for, and tells the listeners. */
  drop(dropped: Dropped): void {
    for (const [key, { session }] of this.#sessions.entries()) {
      if (session !== null && matches(session, dropped)) this.#sessions.delete(key)
    }
    this.#outdate(dropped)
    for (const listener of this.#listeners) listener(dropped)
  }

  /** The user's row has changed: sessions that are kept take it over. */
  renew(user: User): void {
    for (const [key, { session, until }] of this.#sessions.entries()) {
      if (session?.user._id !== user._id) continue
      this.#sessions.set(key, { session: { ...session, user }, until })
    }
    this.#outdate({ user: user._id })
  }

  close(): void {
    this.#isClosed = true
    this.#sessions.clear()
    this.#nobodies.clear()
    this.#listeners.clear()
  }

  /** A clock that goes back does not make an answer hold for longer. */
  #isBelieved({ until }: Kept): boolean {
    const leftMs = until - this.#clock.now()
    return leftMs > 0 && leftMs <= this.#limits.sessionCacheMs
  }

  /** Whoever asks from now on does not share an answer that may be older than this. */
  #outdate(dropped: Dropped): void {
    for (const outdatedBy of this.#open) outdatedBy.push(dropped)
    this.#asking.clear()
  }

  #ask(port: AuthPort, key: string, headers: Headers): Promise<Session | null> {
    const asking = this.#answer(port, key, headers)
    this.#asking.set(key, asking)
    const end = (): void => {
      if (this.#asking.get(key) === asking) this.#asking.delete(key)
    }
    asking.then(end, end)
    return asking
  }

  async #answer(port: AuthPort, key: string, headers: Headers): Promise<Session | null> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const dropped: Dropped[] = []
      this.#open.add(dropped)
      const answer = await this.#timed(port, headers).finally(() => this.#open.delete(dropped))
      const now = this.#clock.now()
      const session = answer !== null && answer.expiresAt > now ? answer : null
      if (session !== null && dropped.some((each) => matches(session, each))) continue
      this.#keep(key, session, now)
      return session
    }
    throw new NoboilError('UNAVAILABLE', 'Your account is changing just now. Try again.')
  }

  #keep(key: string, session: Session | null, now: number): void {
    if (this.#isClosed) return
    const until = Math.min(now + this.#limits.sessionCacheMs, session?.expiresAt ?? Infinity)
    const [into, outOf] =
      session === null ? [this.#nobodies, this.#sessions] : [this.#sessions, this.#nobodies]
    outOf.delete(key)
    into.set(key, { session, until })
  }

  async #timed(port: AuthPort, headers: Headers): Promise<Session | null> {
    let stop: (() => void) | undefined
    const late = new Promise<never>((_resolve, reject) => {
      stop = this.#clock.setTimer(this.#limits.authTimeoutMs, () =>
        reject(new Error(`The auth port took longer than ${this.#limits.authTimeoutMs} ms.`)),
      )
    })
    try {
      return checked(await Promise.race([port.session(headers), late]))
    } catch (error) {
      throw unavailable(error)
    } finally {
      stop?.()
    }
  }
}

const nobody: Verified = { key: 'anonymous', session: null }

/** A hash, so that neither memory nor logs hold what signs somebody in. */
function credentialKey(port: AuthPort, headers: Headers): string | undefined {
  try {
    const credential = port.credential(headers)
    return credential === null
      ? undefined
      : createHash('sha256').update(credential).digest('base64url')
  } catch (error) {
    throw unavailable(error)
  }
}

/** A port that answers nonsense has not said "nobody". */
function checked(answer: Session | null): Session | null {
  if (answer === null) return null
  const { id, user, expiresAt } = answer
  if (typeof id === 'string' && typeof user._id === 'string' && expiresAt >= 0) {
    return answer
  }
  throw new TypeError('The auth port answered something that is no session.')
}

function unavailable(cause: unknown): NoboilError {
  const error = new NoboilError(
    'UNAVAILABLE',
    'Who you are cannot be checked just now. Try again in a moment.',
  )
  error.cause = cause
  return error
}

const matches = (session: Session, dropped: Dropped): boolean =>
  'session' in dropped ? session.id === dropped.session : session.user._id === dropped.user
