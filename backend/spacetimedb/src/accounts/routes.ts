/** The accounts over HTTP: signing up and in, and what a database needs to check their tokens. */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { ERROR_TABLE, NoboilError, toErrorData } from 'noboil/errors'
import { issuer } from '../people.ts'
import type { Accounts } from './accounts.ts'

const maxBodyBytes = 10_000

export function accountRoutes(accounts: Accounts): Hono {
  const routes = new Hono()
  routes.use(
    bodyLimit({
      maxSize: maxBodyBytes,
      onError() {
        throw new NoboilError('LIMIT_EXCEEDED', `At most ${maxBodyBytes} bytes are read.`, {
          limit: 'maxBodyBytes',
          max: maxBodyBytes,
        })
      },
    }),
  )
  routes.onError((error, c) => {
    const data = toErrorData(error)
    return c.json({ error: data }, ERROR_TABLE[data.code].status as ContentfulStatusCode)
  })
  const input = (text: string): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  }
  routes.post('/sign-up', async (c) =>
    c.json({ token: await accounts.signUp(input(await c.req.text())) }),
  )
  routes.post('/sign-in', async (c) =>
    c.json({ token: await accounts.signIn(input(await c.req.text())) }),
  )
  routes.get('/.well-known/openid-configuration', (c) =>
    c.json({ issuer, jwks_uri: `${issuer}/jwks` }),
  )
  routes.get('/jwks', (c) => c.json(accounts.jwks))
  return routes
}
