/**
 * An auth port for tests: sessions that are signed in by hand and named by bearer tokens, with switches for what goes wrong in
 * real life.
 */
import type { User } from '../../schema/register.ts'
import type { AuthListener, AuthPort, Dropped, Session } from './port.ts'

export interface FakeAuth extends AuthPort {
  /** How often a session has been asked for. */
  readonly asked: number
  /** Signs a user in; the name is the bearer token and the session's id. Signing in again replaces the session. */
  signIn(name: string, user: FakeUser, expiresAt?: number): Session
  /** Ends sessions and tells the server, as a sign-out or a change of role does. */
  drop(dropped: Dropped): void
  /** Changes a user in every session and in the server's `users` table; the sessions go on. */
  change(user: FakeUser): Promise<void>
  /** Removes a user with their sessions. */
  remove(userId: string): Promise<void>
  /** Every answer fails with this from now on; undefined: no longer. */
  fail(error: Error | undefined): void
  /** Answers wait from now on. The returned function lets those that wait go, and later ones through. */
  hold(): () => void
  /** What a client sends to be this session. */
  headers(name: string): Headers
}

export interface FakeUser {
  readonly _id: string
  readonly name: string
  readonly image?: string | null
  readonly role?: string | null
}

export const fakeAuth = (): FakeAuth => new BearerAuth()

class BearerAuth implements FakeAuth {
  asked = 0
  readonly #sessions = new Map<string, Session>()
  #listener: AuthListener | undefined
  #error: Error | undefined
  #held: Promise<void> | undefined

  async connect(listener: AuthListener): Promise<void> {
    this.#listener = listener
    const users = new Map([...this.#sessions.values()].map(({ user }) => [user._id, user]))
    for (const user of users.values()) await listener.changed({ type: 'put', user })
  }

  credential(headers: Headers): string | null {
    return /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1] ?? null
  }

  /** Looked up first and handed out later, as a slow database does: what happens meanwhile is not in the answer. */
  async session(headers: Headers): Promise<Session | null> {
    this.asked++
    const error = this.#error
    const found = this.#sessions.get(this.credential(headers) ?? '') ?? null
    await this.#held
    if (error) throw error
    return found
  }

  signIn(name: string, user: FakeUser, expiresAt: number = Infinity): Session {
    const session: Session = { id: name, user: asUser(user), expiresAt }
    this.#sessions.set(name, session)
    return session
  }

  drop(dropped: Dropped): void {
    for (const { id, user } of this.#sessions.values()) {
      const isMeant = 'session' in dropped ? id === dropped.session : user._id === dropped.user
      if (isMeant) this.#sessions.delete(id)
    }
    this.#listener?.dropped(dropped)
  }

  async change(user: FakeUser): Promise<void> {
    for (const session of this.#sessions.values()) {
      if (session.user._id === user._id) this.signIn(session.id, user, session.expiresAt)
    }
    await this.#listener?.changed({ type: 'put', user: asUser(user) })
  }

  async remove(userId: string): Promise<void> {
    this.drop({ user: userId })
    await this.#listener?.changed({ type: 'removed', userId })
  }

  fail(error: Error | undefined): void {
    this.#error = error
  }

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    return () => {
      if (this.#held === promise) this.#held = undefined
      resolve()
    }
  }

  headers(name: string): Headers {
    return new Headers({ authorization: `Bearer ${name}` })
  }
}

/** What an app has registered beside these fields is its own to give. */
const asUser = (user: FakeUser): User => user as User
