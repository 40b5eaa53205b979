/**
 * The service account at one deployment: signs in with e-mail and password, trades the session for a short-lived JWT, and renews that
 * before it ends.
 */
import type { MirrorLimits, MirrorPorts, Reply } from './ports.ts'

export interface Credentials {
  readonly email: string
  readonly password: string
}

/** A target refused; `reply` says how, undefined when there was none. */
export class TargetError extends Error {
  override readonly name = 'TargetError'
  readonly reply: Reply | undefined

  constructor(message: string, reply?: Reply, cause?: unknown) {
    super(message, { cause })
    this.reply = reply
  }
}

interface Token {
  readonly text: string
  readonly expiresAt: number
}

export class ServiceAccount {
  readonly #target: string
  readonly #credentials: Credentials
  readonly #ports: MirrorPorts
  readonly #limits: MirrorLimits
  #session: string | undefined
  #token: Token | undefined
  #asking: Promise<string> | undefined

  constructor(target: string, credentials: Credentials, ports: MirrorPorts, limits: MirrorLimits) {
    this.#target = target
    this.#credentials = credentials
    this.#ports = ports
    this.#limits = limits
  }

  /** A token that holds for a while. Rejects with {@link TargetError}. */
  token(): Promise<string> {
    const left = (this.#token?.expiresAt ?? 0) - this.#ports.wallNow()
    if (this.#token !== undefined && left > this.#limits.renewBeforeMs) {
      return Promise.resolve(this.#token.text)
    }
    this.#asking ??= this.#renew().finally(() => (this.#asking = undefined))
    return this.#asking
  }

  /** The target no longer believes what it gave: the next token begins with a sign-in. */
  forget(): void {
    this.#token = undefined
    this.#session = undefined
  }

  async #renew(): Promise<string> {
    this.#token = undefined
    if (this.#session !== undefined) {
      const reply = await this.#askToken(this.#session)
      if (reply.status !== 401) return this.#take(reply)
      this.#session = undefined
    }
    this.#session = await this.#signIn()
    return this.#take(await this.#askToken(this.#session))
  }

  async #signIn(): Promise<string> {
    const reply = await this.#ports.send(`${this.#target}/api/auth/sign-in/email`, {
      method: 'POST',
      // Accounts are signed in by pages of their own site; a program names the site that it means.
      headers: { 'content-type': 'application/json', origin: this.#target },
      body: JSON.stringify(this.#credentials),
    })
    const session = cookiesOf(reply.headers)
    if (reply.status === 200 && session !== '') {
      this.#ports.log.info({ mirror: this.#target }, 'mirror signed in')
      return session
    }
    if (reply.status === 401 || reply.status === 403) {
      throw new TargetError('It does not let the service account in.', reply)
    }
    throw new TargetError('It could not sign the service account in.', reply)
  }

  #askToken(session: string): Promise<Reply> {
    return this.#ports.send(`${this.#target}/api/auth/token`, {
      method: 'GET',
      headers: { cookie: session },
    })
  }

  #take(reply: Reply): string {
    const text = (reply.body as { readonly token?: unknown } | undefined)?.token
    if (reply.status !== 200 || typeof text !== 'string') {
      throw new TargetError('It gave no token.', reply)
    }
    this.#token = { text, expiresAt: expiryOf(text) ?? this.#ports.wallNow() }
    return text
  }
}

/** What a browser would send back. */
const cookiesOf = (headers: Headers): string =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ')

/** When a JWT ends, ms since the epoch; undefined for what is none. */
function expiryOf(token: string): number | undefined {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const { exp } = JSON.parse(atob(payload)) as { readonly exp?: unknown }
    return typeof exp === 'number' ? exp * 1_000 : undefined
  } catch {
    return undefined
  }
}
