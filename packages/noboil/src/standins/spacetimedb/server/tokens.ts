/** Tokens that the development server hands out and recognises: JSON web tokens, signed with a secret of its own. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Claims, LOCAL_ISSUER } from '../identity.ts'

/** Reads a token that the server did not sign: the claims it vouches for, or `undefined` to refuse it. */
export type VerifyToken = (token: string) => Claims | undefined | Promise<Claims | undefined>

export class Tokens {
  readonly secret: Uint8Array
  readonly #verify: VerifyToken | undefined
  readonly #now: () => number

  /** `now`: milliseconds since the epoch. */
  constructor(secret: Uint8Array, verify: VerifyToken | undefined, now: () => number) {
    this.secret = secret
    this.#verify = verify
    this.#now = now
  }

  /** A token for claims of your choice. `expiresInMs`: without it, it does not expire. */
  sign(claims: Claims, expiresInMs?: number): string {
    const issued = Math.floor(this.#now() / 1000)
    const expiry = expiresInMs === undefined ? {} : { exp: issued + Math.ceil(expiresInMs / 1000) }
    const head = encode({ typ: 'JWT', alg: 'HS256' })
    const body = encode({ iat: issued, ...claims, ...expiry })
    return `${head}.${body}.${this.#signature(`${head}.${body}`)}`
  }

  /** A token for somebody new. */
  anonymous(): string {
    return this.sign({
      iss: LOCAL_ISSUER,
      sub: randomBytes(16).toString('hex'),
      aud: 'spacetimedb',
    })
  }

  /** The claims of a token that is ours or that the app vouches for; `undefined` for any other. */
  async read(token: string): Promise<Claims | undefined> {
    return this.#own(token) ?? (await this.#verify?.(token))
  }

  #own(token: string): Claims | undefined {
    const [head = '', body = '', signature = ''] = token.split('.')
    const expected = Buffer.from(this.#signature(`${head}.${body}`))
    const given = Buffer.from(signature)
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims
    const { exp } = claims
    return typeof exp === 'number' && exp * 1000 <= this.#now() ? undefined : claims
  }

  #signature(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('base64url')
  }
}

export const newSecret = (): Uint8Array => Uint8Array.from(randomBytes(32))

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
