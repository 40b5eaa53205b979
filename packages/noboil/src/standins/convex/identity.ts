/**
 * Who a token says is calling: tokens of the stand-in's own making, and those of the app's auth providers.
 */
import {
  createHmac,
  createPublicKey,
  type JsonWebKey,
  randomBytes,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import type { UserIdentity } from 'convex/server'

/** Claims of a caller, as `ctx.auth.getUserIdentity()` answers them; `subject` is made up when it is missing. */
export type Identity = Partial<UserIdentity>

/** One entry of `auth.config.ts`. */
export type AuthProvider =
  | { readonly domain: string; readonly applicationID: string }
  | {
      readonly type: 'customJwt'
      readonly issuer: string
      readonly jwks: string
      readonly algorithm: 'RS256' | 'ES256'
      readonly applicationID?: string
    }

export interface IdentityPorts {
  readonly now: () => number
  /** Reads a provider's public keys; the app's own HTTP actions are reached without a network. */
  readonly fetch: (url: string) => Promise<Response>
  readonly providers: () => Promise<readonly AuthProvider[]>
}

const ownIssuer = 'https://stand-in.convex.test'

type Claims = Readonly<Record<string, unknown>>

export class Identities {
  readonly #ports: IdentityPorts
  /** Tokens of one stand-in mean nothing to another. */
  readonly #secret = randomBytes(32)
  readonly #keys = new Map<string, Promise<readonly JsonWebKey[]>>()

  constructor(ports: IdentityPorts) {
    this.#ports = ports
  }

  /** A token for whoever the test says is calling. */
  token(identity: Identity, expiresInMs: number): string {
    const { subject = 'user', issuer = ownIssuer, tokenIdentifier: _, ...claims } = identity
    const iat = Math.floor(this.#ports.now() / 1000)
    const exp = iat + Math.ceil(expiresInMs / 1000)
    // The issuer that the app sees may be anybody's; who made the token stays in the header.
    const head = encode({ alg: 'HS256', typ: 'JWT', kid: ownIssuer })
    const body = encode({ ...claims, sub: subject, iss: issuer, iat, exp })
    return `${head}.${body}.${this.#sign(`${head}.${body}`)}`
  }

  /** Throws a sentence when the token proves nothing. */
  async identify(token: string): Promise<Identity> {
    const [head = '', body = '', signature = ''] = token.split('.')
    const header = decode(head)
    const claims = decode(body)
    const proved =
      header['kid'] === ownIssuer
        ? this.#isOwn(`${head}.${body}`, signature)
        : await this.#isProviders(claims, header, `${head}.${body}`, signature)
    if (!proved) throw new Error('The token is not signed by an auth provider of this app.')
    const expires = claims['exp']
    if (typeof expires !== 'number' || expires * 1000 <= this.#ports.now()) {
      throw new Error('The token has expired.')
    }
    return identityOf(claims)
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url')
  }

  #isOwn(text: string, signature: string): boolean {
    const expected = Buffer.from(this.#sign(text))
    const given = Buffer.from(signature)
    return expected.length === given.length && timingSafeEqual(expected, given)
  }

  async #isProviders(
    claims: Claims,
    header: Claims,
    text: string,
    signature: string,
  ): Promise<boolean> {
    const issuer = String(claims['iss'])
    const provider = (await this.#ports.providers()).find(
      (provider) => withoutSlash(issuerOf(provider)) === withoutSlash(issuer),
    )
    if (provider === undefined || !isFor(provider, claims['aud'])) return false
    const algorithm = 'type' in provider ? provider.algorithm : header['alg']
    if (header['alg'] !== algorithm || (algorithm !== 'RS256' && algorithm !== 'ES256')) {
      return false
    }
    const keys = await this.#keysOf(provider)
    const named = keys.filter((key) => header['kid'] === undefined || key['kid'] === header['kid'])
    return named.some((jwk) => {
      const key = createPublicKey({ key: jwk, format: 'jwk' })
      const bytes = Buffer.from(signature, 'base64url')
      return verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, bytes)
    })
  }

  #keysOf(provider: AuthProvider): Promise<readonly JsonWebKey[]> {
    const issuer = issuerOf(provider)
    let keys = this.#keys.get(issuer)
    if (keys === undefined) {
      keys = this.#readKeys(provider)
      this.#keys.set(issuer, keys)
      // A provider that could not be reached is asked again.
      keys.catch(() => this.#keys.delete(issuer))
    }
    return keys
  }

  async #readKeys(provider: AuthProvider): Promise<readonly JsonWebKey[]> {
    const read = async (url: string): Promise<Claims> => {
      const response = await this.#ports.fetch(url)
      if (!response.ok) throw new Error(`${url} answered ${response.status}.`)
      return (await response.json()) as Claims
    }
    const address =
      'type' in provider
        ? provider.jwks
        : (await read(`${withoutSlash(provider.domain)}/.well-known/openid-configuration`))[
            'jwks_uri'
          ]
    return (await read(String(address)))['keys'] as readonly JsonWebKey[]
  }
}

const issuerOf = (provider: AuthProvider): string =>
  'type' in provider ? provider.issuer : provider.domain

const withoutSlash = (url: string): string => url.replace(/\/$/, '')

const isFor = ({ applicationID }: AuthProvider, audience: unknown): boolean =>
  applicationID === undefined ||
  (Array.isArray(audience) ? audience.includes(applicationID) : audience === applicationID)

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function decode(part: string): Claims {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    if (typeof value === 'object' && value !== null) return value as Claims
  } catch {
    // Said below, whatever it is instead.
  }
  throw new Error('The token is not a JSON Web Token.')
}

/** The claims that Convex names otherwise than tokens do; every other claim keeps its name. */
const attributes: Readonly<Record<string, string>> = {
  sub: 'subject',
  iss: 'issuer',
  given_name: 'givenName',
  family_name: 'familyName',
  preferred_username: 'preferredUsername',
  profile: 'profileUrl',
  picture: 'pictureUrl',
  email_verified: 'emailVerified',
  birthdate: 'birthday',
  zoneinfo: 'timezone',
  locale: 'language',
  phone_number: 'phoneNumber',
  phone_number_verified: 'phoneNumberVerified',
  updated_at: 'updatedAt',
}

function identityOf(claims: Claims): Identity {
  const { iat: _iat, exp: _exp, aud: _aud, nbf: _nbf, ...said } = claims
  return Object.fromEntries(
    Object.entries(said).map(([name, value]) => [attributes[name] ?? name, value]),
  ) as Identity
}
