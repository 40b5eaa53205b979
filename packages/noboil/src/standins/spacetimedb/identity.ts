/** Who calls: identities as SpacetimeDB derives them from a token's issuer and subject. */
import { createHash } from 'node:crypto'
import { Identity } from 'spacetimedb'

/** The payload of a token. `iss` and `sub` decide the identity; a module reads all of it as `ctx.senderAuth.jwt`. */
export interface Claims {
  readonly iss: string
  readonly sub: string
  readonly aud?: string | readonly string[]
  readonly [claim: string]: unknown
}

/** The issuer of tokens that a host hands out itself. */
export const LOCAL_ISSUER = 'localhost'

/**
 * The identity behind claims: made as SpacetimeDB makes it (the first bytes are `c200` and a checksum), but with SHA-256
 * where SpacetimeDB uses BLAKE3, so the numbers are not the ones a real host would give.
 */
export function identityFromClaims({ iss, sub }: Pick<Claims, 'iss' | 'sub'>): Identity {
  const hash = sha256(Buffer.from(`${iss}|${sub}`)).subarray(0, 26)
  const prefix = Buffer.from([0xc2, 0x00])
  const checksum = sha256(Buffer.concat([prefix, hash])).subarray(0, 4)
  return new Identity(BigInt(`0x${Buffer.concat([prefix, checksum, hash]).toString('hex')}`))
}

/** The identity that a host gives to a name of your choice: the subject of a token of its own. */
export function identityOf(name: string): Identity {
  return identityFromClaims({ iss: LOCAL_ISSUER, sub: name })
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
