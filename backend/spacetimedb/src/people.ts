/**
 * Who is who. Anybody may come as a guest; a name, and the role of an admin, are claims of the demo's own accounts.
 */
import type { Admission } from 'noboil/spacetimedb'

/** Whose word on people is believed: the accounts beside the site, at the address it has unless it is told another. */
export const issuer = 'http://127.0.0.1:3000/accounts'

export const guestName = 'Guest'

export const admit: Admission = ({ claims }) => {
  // Whoever else vouches for them, they are a guest here: SpacetimeDB lets in tokens of every issuer.
  if (claims?.issuer !== issuer) return { name: guestName, role: 'guest' }
  const { name, role } = claims
  return {
    name: typeof name === 'string' ? name.slice(0, 80) : guestName,
    role: role === 'admin' ? 'admin' : 'user',
  }
}
