/**
 * The account with which two deployments on one machine sign in to each other, and the mirror's look at the first one.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DefinitionError } from 'noboil/node'
import type { Config, ServiceAccount } from './config.ts'

/** What a file keeps; made the first time, for this user alone. */
export function secretIn(file: string): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${randomBytes(9).toString('base64url')}\n`, { mode: 0o600 })
  }
  return readFileSync(file, 'utf8').trim()
}

/** The account of both deployments: what the environment says, or one of this demo's own. */
export function serviceOf({ service, sharedDir }: Config): ServiceAccount {
  if (service !== null) return service
  return { email: 'mirror@noboil.example', password: secretIn(join(sharedDir, 'service-password')) }
}

/** How long the first deployment may take to say that it is there. */
const patienceMs = 3_000

/** Throws {@link DefinitionError} with what to do when the deployment at `url` is not there, or is a stranger. */
export async function assertFirst(
  url: string,
  account: ServiceAccount,
  ask: typeof fetch = fetch,
): Promise<void> {
  const response = await ask(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    // Accounts are signed in by pages of their own site; a program names the site that it means.
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(account),
    signal: AbortSignal.timeout(patienceMs),
  }).catch(() => undefined)
  if (response?.ok === true) return
  throw new DefinitionError(
    response === undefined || response.status >= 500
      ? `There is no deployment at ${url} to be a mirror of. Start it with npm start in another terminal, then this again; PORT says where it is.`
      : `What answers at ${url} does not let this mirror in (${response.status}). Start both with the same NOBOIL_DATA and PORT, or name an account of both as SERVICE_EMAIL and SERVICE_PASSWORD.`,
  )
}
