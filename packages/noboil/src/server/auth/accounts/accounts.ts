/** better-auth behind noboil's port. */
import { type AuthContext, betterAuth, type BetterAuthOptions } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { email as emailAddress } from 'zod/v4'
import { DefinitionError } from '../../../errors/assert.ts'
import { NoboilError } from '../../../errors/error.ts'
import type { Random } from '../../../hosts/host.ts'
import type { User } from '../../../schema/register.ts'
import { otherSite } from '../../http/origin.ts'
import type { Logger } from '../../log.ts'
import type { BetterAuthPort, NewAccount } from '../better-auth.ts'
import type { AuthListener, Session } from '../port.ts'
import { type AccountsFile, openAccountsFile } from './file.ts'
import { Follower } from './follow.ts'
import { guestSignUp } from './guests.ts'
import { basePath, engineOptions, isFromTrustedPage } from './options.ts'

export interface AccountsParts {
  /** Called when the file is opened. */
  secret(): string
  readonly baseUrl: string | undefined
  readonly trustedOrigins: readonly string[]
  readonly cookiePrefix: string
  readonly rateLimit: NonNullable<BetterAuthOptions['rateLimit']>
  readonly random: Random
  readonly admins: ReadonlySet<string>
  readonly log: Logger
}

/** What is open while the port is. */
interface Opened {
  readonly context: AuthContext
  handle(request: Request): Promise<Response>
  /** Who better-auth says sends this cookie, or this token. */
  verify(cookie: string): Promise<Verified | null>
  verifyToken(token: string): Promise<Verified | null>
  find(id: string): AccountRow | undefined
  close(): void
}

interface Verified {
  readonly session: { readonly id: string; readonly expiresAt: Date }
  readonly user: { readonly id: string }
}

interface AccountRow {
  readonly id: string
  readonly name: string
  readonly image: string | null
  readonly role: string | null
  readonly banned: number | null
}

/** All that is served of better-auth; what is not used is not there. */
const routes: ReadonlySet<string> = new Set([
  'GET /get-session',
  'POST /sign-up/email',
  'POST /sign-in/email',
  'POST /sign-in/anonymous',
  'POST /sign-out',
  'GET /token',
  'POST /update-user',
  'POST /change-password',
  'GET /list-sessions',
  'POST /revoke-session',
  'POST /revoke-sessions',
  'POST /revoke-other-sessions',
])

export class Accounts implements BetterAuthPort {
  readonly #file: string
  readonly #parts: AccountsParts
  readonly #cookie: string
  readonly #follower: Follower
  #opening: Promise<Opened> | undefined
  #opened: Opened | undefined
  #isClosed = false

  constructor(file: string, parts: AccountsParts) {
    this.#file = file
    this.#parts = parts
    const prefix = parts.baseUrl?.startsWith('https:') === true ? '__Secure-' : ''
    this.#cookie = `${prefix}${parts.cookiePrefix}.session_token`
    this.#follower = new Follower((userId) => userOf(this.#opened?.find(accountOf(userId))))
  }

  async connect(listener: AuthListener): Promise<void> {
    this.#follower.listener = listener
    await this.#open()
  }

  /** The session cookie, or the token of a program, and nothing else: it alone is what better-auth is asked about. */
  credential(headers: Headers): string | null {
    return this.#cookieOf(headers) ?? bearerOf(headers)
  }

  #cookieOf(headers: Headers): string | null {
    for (const part of (headers.get('cookie') ?? '').split(';')) {
      const [name = '', ...value] = part.split('=')
      if (name.trim() === this.#cookie) return value.join('=').trim()
    }
    return null
  }

  async session(headers: Headers): Promise<Session | null> {
    const cookie = this.#cookieOf(headers)
    const token = bearerOf(headers)
    if (cookie === null && token === null) return null
    const opened = await this.#open()
    const found =
      cookie === null
        ? await opened.verifyToken((token as string).slice(bearer.length))
        : await opened.verify(`${this.#cookie}=${cookie}`)
    const row = found === null ? undefined : opened.find(found.user.id)
    const user = userOf(row)
    if (found === null || user === undefined || row?.banned === 1) return null
    if (!this.#follower.isTold(user)) await this.#follower.follow(user._id)
    return { id: found.session.id, user, expiresAt: found.session.expiresAt.getTime() }
  }

  async handler(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    const isServed = routes.has(`${request.method} ${pathname.slice(basePath.length)}`)
    if (!isServed || !pathname.startsWith(basePath)) {
      return refusal(404, 'NOT_FOUND', 'There is nothing here.')
    }
    if (!isFromTrustedPage(this.#parts, request)) {
      return refusal(403, 'INVALID_ORIGIN', otherSite)
    }
    const { handle } = await this.#open()
    const response = await handle(request)
    const retryAfter = response.headers.get('x-retry-after')
    if (retryAfter !== null) response.headers.set('retry-after', retryAfter)
    response.headers.set('cache-control', 'no-store')
    return response
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const opened = await this.#opening?.catch(() => undefined)
    opened?.close()
  }

  async createAccount(account: NewAccount): Promise<{ userId: string; created: boolean }> {
    const { context } = await this.#open()
    const { internalAdapter } = context
    const { name, password, image, role = 'user' } = account
    checkRole(role)
    const email = account.email.trim().toLowerCase()
    if (!emailAddress().safeParse(email).success)
      throw invalid('email', 'Must be an e-mail address.')
    checkPassword(context, password)
    const there = await internalAdapter.findUserByEmail(email, { includeAccounts: true })
    if (there !== null && there.accounts.length > 0) {
      return { userId: userIdOf(there.user.id), created: false }
    }
    const hash = await context.password.hash(password)
    // Without a password it is one whose making was broken off: it is made now.
    const user =
      there?.user ??
      (await internalAdapter
        .createUser(
          { email, name, role, emailVerified: false, ...(image ? { image } : {}) },
          script,
        )
        .catch(rethrown))
    await internalAdapter.linkAccount({
      userId: user.id,
      providerId: 'credential',
      accountId: user.id,
      password: hash,
    })
    return { userId: userIdOf(user.id), created: true }
  }

  async setRole(who: string, role: string): Promise<void> {
    const { context, row } = await this.#find(who)
    checkRole(role)
    const user = userOf(row)
    // The follower drops those whose role it knows to be another.
    const isKnown = user !== undefined && this.#follower.isTold(user)
    await context.internalAdapter.updateUser(row.id, { role })
    if (!isKnown && role !== row.role) this.#follower.drop(userIdOf(row.id))
  }

  async setPassword(who: string, password: string): Promise<void> {
    const { context, row } = await this.#find(who)
    checkPassword(context, password)
    const hash = await context.password.hash(password)
    const credential = await context.internalAdapter.findCredentialAccount(row.id)
    if (!credential) throw invalid('who', 'A guest has no password.')
    await context.internalAdapter.updateAccount(credential.id, { password: hash })
    await context.internalAdapter.deleteUserSessions(row.id)
  }

  async ban(who: string): Promise<void> {
    const { context, row } = await this.#find(who)
    await context.internalAdapter.updateUser(row.id, { banned: true })
    await context.internalAdapter.deleteUserSessions(row.id)
  }

  async unban(who: string): Promise<void> {
    const { context, row } = await this.#find(who)
    await context.internalAdapter.updateUser(row.id, { banned: false })
  }

  async removeAccount(who: string): Promise<void> {
    const { context, row } = await this.#find(who)
    if (this.#follower.listener === undefined) {
      throw new NoboilError('UNSUPPORTED', 'Only a running server removes accounts.')
    }
    // Closed first: nobody comes in while it goes.
    await this.ban(who)
    try {
      await this.#follower.remove(userIdOf(row.id), () =>
        context.internalAdapter.deleteUser(row.id),
      )
    } catch (error) {
      await context.internalAdapter.updateUser(row.id, { banned: row.banned === 1 })
      throw error
    }
  }

  async #find(who: string): Promise<{ context: AuthContext; row: AccountRow }> {
    const { context, find } = await this.#open()
    const id = who.includes('@')
      ? (await context.internalAdapter.findUserByEmail(who.trim().toLowerCase()))?.user.id
      : accountOf(who)
    const row = id === undefined ? undefined : find(id)
    if (row === undefined) throw new NoboilError('NOT_FOUND', `There is no account '${who}'.`)
    return { context, row }
  }

  #open(): Promise<Opened> {
    if (this.#isClosed) {
      return Promise.reject(new NoboilError('UNAVAILABLE', 'The accounts have been closed.'))
    }
    this.#opening ??= this.#openFile()
    return this.#opening
  }

  async #openFile(): Promise<Opened> {
    const file = openAccountsFile(this.#file)
    try {
      return await this.#start(file)
    } catch (error) {
      file.close()
      throw error
    }
  }

  async #start({ writer, reader: openReader, close }: AccountsFile): Promise<Opened> {
    const { log } = this.#parts
    const parts = {
      ...this.#parts,
      secret: this.#parts.secret(),
      before: guestSignUp(),
      isBanned: (id: string) => this.#opened?.find(id)?.banned === 1,
      changed: (id: string) => this.#changed(id),
      sessionEnded: (session: string) => this.#follower.listener?.dropped({ session }),
      log(level: 'debug' | 'error', message: string, err?: Error): void {
        log[level](err === undefined ? {} : { err }, message)
      },
    }
    const options = engineOptions(writer, parts)
    await migrate(this.#file, options)
    const engine = betterAuth(options)
    // A sign-up holds the writer's connection while it hashes; sessions are verified on another, which only reads.
    const reader = openReader()
    const verifier = betterAuth({
      ...engineOptions(reader, parts),
      session: { ...options.session, deferSessionRefresh: true },
    })
    const context = await engine.$context
    const row = reader.prepare('SELECT id, name, image, role, banned FROM user WHERE id = ?')
    const session = reader.prepare('SELECT 1 FROM session WHERE id = ? AND userId = ?')
    this.#opened = {
      context,
      handle: engine.handler,
      verify: (cookie) => verifier.api.getSession({ headers: new Headers({ cookie }) }),
      async verifyToken(token) {
        const { payload } = await verifyJwt(verifier, token)
        const { sub, sid, exp } = payload ?? {}
        // A token ends with its session, whatever time it has left.
        if (typeof sub !== 'string' || typeof sid !== 'string' || !session.get(sid, sub))
          return null
        return {
          session: { id: sid, expiresAt: new Date(Number(exp) * 1_000) },
          user: { id: sub },
        }
      },
      find: (id) => row.get(id) as AccountRow | undefined,
      close,
    }
    await promote(context, this.#parts.admins)
    return this.#opened
  }

  /** What cannot be told now is told when the account's session is next verified; the account itself is as it should be. */
  async #changed(id: string): Promise<void> {
    try {
      await this.#follower.follow(userIdOf(id))
    } catch (err) {
      this.#parts.log.error({ err }, 'users does not follow the accounts yet')
    }
  }
}

interface TokenPayload {
  readonly sub?: unknown
  readonly sid?: unknown
  readonly exp?: unknown
}

/** The options are handed about as the general type, which does not know the plugin's own calls. */
function verifyJwt(engine: object, token: string): Promise<{ payload: TokenPayload | null }> {
  const { api } = engine as {
    readonly api: {
      verifyJWT(given: { body: { token: string } }): Promise<{ payload: TokenPayload | null }>
    }
  }
  return api.verifyJWT({ body: { token } })
}

const bearer = 'Bearer '
const maxTokenLength = 4_096

/** As it stands in its header. */
function bearerOf(headers: Headers): string | null {
  const text = headers.get('authorization')
  return text?.startsWith(bearer) === true && text.length <= maxTokenLength ? text : null
}

async function migrate(file: string, options: BetterAuthOptions): Promise<void> {
  try {
    const { runMigrations } = await getMigrations(options)
    await runMigrations()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DefinitionError(`The accounts file ${file} cannot be used: ${reason}`, {
      cause: error,
    })
  }
}

/** Accounts that were there before they were named as admins. */
async function promote(context: AuthContext, admins: ReadonlySet<string>): Promise<void> {
  for (const email of admins) {
    const found = await context.internalAdapter.findUserByEmail(email)
    const user = found?.user as { id: string; role?: string } | undefined
    if (user === undefined || user.role === 'admin') continue
    await context.internalAdapter.updateUser(user.id, { role: 'admin' })
  }
}

function checkRole(role: string): void {
  if (!/^[\w:.-]{1,64}$/.test(role)) throw invalid('role', 'Must be a word.')
}

function checkPassword(context: AuthContext, password: string): void {
  const { minPasswordLength, maxPasswordLength } = context.password.config
  if (password.length >= minPasswordLength && password.length <= maxPasswordLength) return
  throw invalid('password', `Must have ${minPasswordLength} to ${maxPasswordLength} characters.`)
}

/** better-auth refuses by errors of its own, which carry a sentence. */
function rethrown(error: unknown): never {
  const { message, status } = error as { message: string; status?: unknown }
  if (status === 'BAD_REQUEST') throw invalid('', message)
  throw error
}

const invalid = (path: string, message: string): NoboilError =>
  new NoboilError('VALIDATION_FAILED', `${path}: ${message}`, { issues: [{ path, message }] })

const script = { method: 'script' } as const

const userIdOf = (id: string): string => `users.${id}`
const accountOf = (userId: string): string => userId.replace(/^users\./, '')

/** What an app has registered beside these fields, the server adds from the `users` table. */
const userOf = (row: AccountRow | undefined): User | undefined =>
  row && ({ _id: userIdOf(row.id), name: row.name, image: row.image, role: row.role } as User)

/** In the shape of better-auth's own. */
const refusal = (status: number, code: string, message: string): Response =>
  Response.json({ code, message }, { status, headers: { 'cache-control': 'no-store' } })
