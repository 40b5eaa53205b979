/** What a person's browser and Convex have between them. */
import type { Wire } from '@noboil/web-testing/socket'
import type { Person } from '@noboil/web-testing/stage'

export const wire: Wire = {
  at: /\/api\/[^/]+\/sync$/,
  isCall: (message, path) => message.includes(`"udfPath":"${path}"`),
}

/** What Convex Auth keeps in a signed-in person's browser. */
export async function tokenOf({ page }: Person): Promise<string> {
  const token = await page.evaluate(() => {
    const name = Object.keys(localStorage).find((key) => key.startsWith('__convexAuthJWT'))
    return name === undefined ? null : localStorage.getItem(name)
  })
  if (token === null) throw new Error('Nobody is signed in on this page.')
  return token
}
