/**
 * The small port through which a server knows who is calling. What accounts are, how people sign in and where that is kept is
 * behind it: better-auth through `noboil/node/better-auth`, or anything that can answer `session`.
 */
import type { User } from '../../schema/register.ts'

/** A verified sign-in. */
export interface Session {
  /** Names this sign-in among others of the same user, for dropping it. */
  readonly id: string
  readonly user: User
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What happened to sessions behind the port: they are forgotten at once, and their streams end. */
export type Dropped =
  | { readonly session: string }
  /** All sessions of a user: a role has changed, a password, or the user is gone. */
  | { readonly user: string }

/** What happened to accounts: noboil's `users` table follows. */
export type AccountChange =
  | { readonly type: 'put'; readonly user: User }
  | { readonly type: 'removed'; readonly userId: string }

/** How the port tells the server, which passes itself to {@link AuthPort.connect} when it starts. */
export interface AuthListener {
  dropped(dropped: Dropped): void
  /** Resolves once the `users` table has it. */
  changed(change: AccountChange): Promise<void>
}

export interface AuthPort {
  /** The session of these credentials, verified; null: nobody. A port that cannot tell throws. */
  session(headers: Headers): Promise<Session | null>
  /**
   * The part of the headers that decides: equal for equal credentials, null where there are none. Sessions are kept for some
   * seconds under a hash of it.
   */
  credential(headers: Headers): string | null
  /**
   * Answers requests below `/api/auth/`. The edge has put the client's address into {@link addressHeader}, or taken that header
   * away where the address is not known, and has bounded the body.
   */
  handler?(request: Request): Promise<Response>
  /** Called once, before anything else. */
  connect?(listener: AuthListener): Promise<void>
  close?(): Promise<void>
}

/** Only the edge writes it, never a client. */
export const addressHeader = 'x-noboil-address'
