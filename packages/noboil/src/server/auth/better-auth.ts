/**
 * Accounts by better-auth: e-mail and password, guests, roles, bans. They lie in a SQLite file of their own; noboil's `users` table
 * follows them and holds `_id`, `name`, `image` and `role`, nothing else. The user's own e-mail address and `isAnonymous` are in
 * the answer of `GET /api/auth/get-session`.
 */
import { DefinitionError } from '../../errors/assert.ts'
import type { HostPorts } from '../../hosts/host.ts'
import { systemPorts } from '../../hosts/shared/ports.ts'
import { type LogOptions, makeLogger } from '../log.ts'
import { Accounts } from './accounts/accounts.ts'
import { keptSecret, minSecretLength } from './accounts/file.ts'
import { rateLimit, type SignInLimits } from './accounts/sign-in-limits.ts'
import type { AuthPort } from './port.ts'

export type { SignInLimits }

export interface BetterAuthConfig {
  /** The accounts file: a SQLite file of its own, never the app's. It is made where there is none. */
  readonly database: string
  /** Signs cookies; at least 32 characters. Absent: one is made and kept in `<database>.secret`. */
  readonly secret?: string
  /** Where browsers find this server, as in `https://app.example`: cookies are then sent over HTTPS only. */
  readonly baseUrl?: string
  /** Origins of other pages that may sign people in here. */
  readonly trustedOrigins?: readonly string[]
  /**
   * E-mail addresses whose accounts have the role 'admin'. Addresses are not verified: whoever signs up first with one of
   * them is the admin, so make these accounts yourself with {@link BetterAuthPort.createAccount}.
   */
  readonly admins?: readonly string[]
  readonly limits?: Partial<SignInLimits>
  /** Begins the names of cookies; apps that share a host need different ones. Default: `noboil`. */
  readonly cookiePrefix?: string
  readonly log?: LogOptions
  /** For tests. */
  readonly ports?: HostPorts
}

export interface NewAccount {
  readonly email: string
  readonly password: string
  readonly name: string
  readonly image?: string
  /** Default: `user`. */
  readonly role?: string
}

/**
 * The port, and what scripts and the app's own functions do to accounts. `who` is a user's `_id` or an e-mail address; an
 * account that is not there is `NOT_FOUND`, a value that cannot be is `VALIDATION_FAILED`.
 */
export interface BetterAuthPort extends AuthPort {
  handler(request: Request): Promise<Response>
  close(): Promise<void>
  /** Where there is one by that address, it stays as it is. */
  createAccount(
    account: NewAccount,
  ): Promise<{ readonly userId: string; readonly created: boolean }>
  /** Sessions and streams of the user are verified anew. */
  setRole(who: string, role: string): Promise<void>
  /** Signs the user out everywhere. */
  setPassword(who: string, password: string): Promise<void>
  /** Signs the user out everywhere and lets nobody in until {@link unban}. */
  ban(who: string): Promise<void>
  unban(who: string): Promise<void>
  removeAccount(who: string): Promise<void>
}

/** Throws {@link DefinitionError} for a config that cannot be. */
export function betterAuth(config: BetterAuthConfig): BetterAuthPort {
  const { database, baseUrl, trustedOrigins = [], admins = [], cookiePrefix = 'noboil' } = config
  if (
    typeof database !== 'string' ||
    database === '' ||
    database.startsWith(':') ||
    database.startsWith('file:')
  ) {
    throw new DefinitionError(
      `betterAuth({ database }) must name a file, as in 'data/accounts.db'; '${database}' is none.`,
    )
  }
  if (config.secret !== undefined && config.secret.length < minSecretLength) {
    throw new DefinitionError(`The secret must have at least ${minSecretLength} characters.`)
  }
  if (!/^[\w-]+$/.test(cookiePrefix)) {
    throw new DefinitionError(
      `cookiePrefix is '${cookiePrefix}'; it may hold letters, digits, - and _.`,
    )
  }
  const { clock, random } = config.ports ?? systemPorts
  return new Accounts(database, {
    secret: () => config.secret ?? keptSecret(`${database}.secret`),
    baseUrl: baseUrl === undefined ? undefined : originOf('baseUrl', baseUrl),
    trustedOrigins: trustedOrigins.map((origin) => originOf('trustedOrigins', origin)),
    cookiePrefix,
    rateLimit: rateLimit(config.limits, clock),
    random,
    admins: new Set(admins.map((email) => email.trim().toLowerCase())),
    log: makeLogger(config.log),
  })
}

function originOf(option: string, text: string): string {
  const url = URL.parse(text)
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && /^\/?$/.test(url.pathname)
  if (isOrigin && url.search === '' && url.hash === '' && !url.host.includes('*')) return url.origin
  throw new DefinitionError(`${option} holds '${text}'; it must be as in 'https://app.example'.`)
}
