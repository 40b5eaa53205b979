/**
 * This backend on a stand-in, for those who have no deployment: its keys, its films, an admin, and something to look at.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { startCatalogue } from '@noboil/backend-node/movies/process'
import { createTestDeployment } from 'noboil/convex/testing'
import { internal } from '../convex/_generated/api.js'
import schema from '../convex/schema.ts'
import { modules } from './modules.ts'
import { fill } from './fill.ts'

export interface StandIn {
  readonly url: string
  readonly admin: { readonly email: string; readonly password: string }
  /** For people: where films come from. */
  readonly films: string
  readonly close: () => Promise<void>
}

export async function startStandIn(port: number): Promise<StandIn> {
  const deployment = createTestDeployment({ schema, modules })
  const { url, close } = await deployment.listen({ port })
  // What `npx @convex-dev/auth` sets on a deployment.
  Object.assign(process.env, { CONVEX_SITE_URL: url, SITE_URL: url, ...authKeys() })
  const films = await openFilms()
  const admin = {
    email: 'admin@poll.example',
    password: process.env['ADMIN_PASSWORD'] ?? randomBytes(9).toString('base64url'),
  }
  // Rows are never older than those before them: the past comes first.
  await fill(deployment)
  await deployment.action(internal.seed.admin, admin)
  return {
    url,
    admin,
    films: films.about,
    close: async () => {
      films.stop()
      await close()
    },
  }
}

/** Convex Auth signs its tokens with one, and publishes the other. */
function authKeys(): { readonly JWT_PRIVATE_KEY: string; readonly JWKS: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    JWT_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    JWKS: JSON.stringify({ keys: [{ use: 'sig', ...publicKey.export({ format: 'jwk' }) }] }),
  }
}

async function openFilms(): Promise<{ readonly about: string; readonly stop: () => void }> {
  if (process.env['TMDB_KEY']) return { about: 'TMDB, with your TMDB_KEY', stop: () => {} }
  const { url, stop } = await startCatalogue({
    UPSTREAM_PORT: process.env['UPSTREAM_PORT'],
    UPSTREAM_DELAY_MS: process.env['UPSTREAM_DELAY_MS'],
  })
  process.env['CATALOGUE_URL'] = url
  return { about: `the bundled catalogue at ${url}, slow on purpose`, stop }
}
