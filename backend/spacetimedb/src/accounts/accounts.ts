/**
 * The demo's own accounts: who signs up and in gets a token whose claims say who they are. For the database they are an OpenID issuer;
 * an app of your own has one already, or takes one that exists.
 */
import { randomBytes, randomUUID, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'
import { NoboilError } from 'noboil/errors'
import { email as emailOf, type infer as Infer, strictObject, string } from 'zod/v4'
import { issuer } from '../people.ts'

const derive = promisify(scrypt) as (
  password: string,
  salt: string,
  size: number,
) => Promise<Buffer>

export interface Account {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: 'user' | 'admin'
  readonly salt: string
  /** Of the password. */
  readonly hash: string
}

export interface AccountsState {
  readonly privateKey: JWK
  readonly accounts: readonly Account[]
}

const credentials = strictObject({
  email: emailOf({ error: 'This is no e-mail address.' }).max(200).toLowerCase(),
  password: string()
    .min(8, { error: 'A password needs at least 8 characters.' })
    .max(200, { error: 'A password may have 200 characters.' }),
})

const registration = credentials.extend({
  name: string().trim().min(1, { error: 'Say what to call you.' }).max(80),
})

export type Registration = Infer<typeof registration>

/** Who is refused for longer than a person needs to mistype. */
const maxAttempts = 10
const attemptWindowMs = 60_000
const maxAccounts = 10_000

const audience = 'noboil-demo'
const algorithm = 'ES256'

type Key = Awaited<ReturnType<typeof importJWK>>

export class Accounts {
  readonly #byEmail: Map<string, Account>
  readonly #privateJwk: JWK
  readonly #key: Key
  readonly #publicKey: Key
  readonly #attempts = new Map<string, number[]>()
  readonly #changed: (state: AccountsState) => void

  private constructor(
    state: AccountsState,
    keys: { readonly key: Key; readonly publicKey: Key },
    changed: (state: AccountsState) => void,
  ) {
    this.#byEmail = new Map(state.accounts.map((account) => [account.email, account]))
    this.#privateJwk = state.privateKey
    this.#key = keys.key
    this.#publicKey = keys.publicKey
    this.#changed = changed
  }

  /** `changed` is told of every change, with all there is to keep. */
  static async open(
    kept: AccountsState | undefined,
    changed: (state: AccountsState) => void = () => {},
  ): Promise<Accounts> {
    const state = kept ?? { privateKey: await newKey(), accounts: [] }
    const keys = {
      key: await importJWK(state.privateKey, algorithm),
      publicKey: await importJWK(publicPart(state.privateKey), algorithm),
    }
    const accounts = new Accounts(state, keys, changed)
    if (kept === undefined) changed(state)
    return accounts
  }

  /** The public key, for whoever checks tokens. */
  get jwks(): { readonly keys: readonly JWK[] } {
    return { keys: [{ ...publicPart(this.#privateJwk), alg: algorithm, use: 'sig', kid: 'demo' }] }
  }

  /** Answers a token. */
  async signUp(input: unknown): Promise<string> {
    return this.#tokenOf(await this.#add(read(registration, input), 'user'))
  }

  /** Answers a token. */
  async signIn(input: unknown): Promise<string> {
    const { email, password } = read(credentials, input)
    this.#spendAttempt(email)
    const account = this.#byEmail.get(email)
    // Somebody who is not there takes as long as somebody who is.
    const hash = await hashOf(password, account?.salt ?? 'nobody')
    if (account !== undefined && timingSafeEqual(hash, Buffer.from(account.hash, 'base64url'))) {
      return this.#tokenOf(account)
    }
    throw new NoboilError('FORBIDDEN', 'The e-mail or the password is wrong.')
  }

  /** Makes the admin's account, unless there is one. */
  async ensureAdmin(given: Registration): Promise<void> {
    if (!this.#byEmail.has(given.email)) await this.#add(given, 'admin')
  }

  /** The claims of a token of these accounts; undefined for any other. */
  async verify(token: string): Promise<{ iss: string; sub: string } | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, { issuer, audience })
      return payload as { iss: string; sub: string }
    } catch {
      return undefined
    }
  }

  async #add({ email, password, name }: Registration, role: Account['role']): Promise<Account> {
    if (this.#byEmail.size >= maxAccounts) {
      throw new NoboilError('UNAVAILABLE', 'There is no room for more accounts.')
    }
    const salt = randomBytes(16).toString('base64url')
    const hash = (await hashOf(password, salt)).toString('base64url')
    if (this.#byEmail.has(email)) {
      throw new NoboilError('DUPLICATE', 'There is an account with this e-mail.', {
        fields: ['email'],
      })
    }
    const account = { id: randomUUID(), email, name, role, salt, hash }
    this.#byEmail.set(email, account)
    this.#changed({ privateKey: this.#privateJwk, accounts: [...this.#byEmail.values()] })
    return account
  }

  #tokenOf({ id, email, name, role }: Account): Promise<string> {
    return new SignJWT({ email, name, role })
      .setProtectedHeader({ alg: algorithm, kid: 'demo' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(id)
      .setIssuedAt()
      .setExpirationTime('30d')
      .sign(this.#key)
  }

  #spendAttempt(email: string): void {
    const now = Date.now()
    const recent = (this.#attempts.get(email) ?? []).filter((at) => at > now - attemptWindowMs)
    if (recent.length >= maxAttempts) {
      throw new NoboilError('RATE_LIMITED', 'Too many attempts. Wait a while.', {
        retryAfter: (recent[0] as number) + attemptWindowMs - now,
        max: maxAttempts,
        windowMs: attemptWindowMs,
      })
    }
    if (this.#attempts.size >= maxAccounts) this.#attempts.clear()
    this.#attempts.set(email, [...recent, now])
  }
}

const hashOf = (password: string, salt: string): Promise<Buffer> => derive(password, salt, 32)

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return exportJWK(privateKey)
}

function publicPart({ d: _secret, ...key }: JWK): JWK {
  return key
}

function read<value>(
  schema: {
    safeParse(input: unknown):
      | { success: true; data: value }
      | {
          success: false
          error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }
        }
  },
  input: unknown,
): value {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message,
  }))
  throw new NoboilError('VALIDATION_FAILED', issues[0]?.message ?? 'This cannot be read.', {
    issues,
  })
}
