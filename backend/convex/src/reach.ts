/**
 * Whether there is a deployment of this backend at an address, found out before anybody opens a page that waits for it.
 */
import { ConvexHttpClient } from 'convex/browser'
import { DefinitionError } from 'noboil/errors'
import { api } from '../convex/_generated/api.js'

const timeoutMs = 10_000

/** Answers the address as clients need it; throws a sentence when nothing there can serve the apps. */
export async function reachDeployment(address: string): Promise<string> {
  const url = addressOf(address)
  const response = await fetch(new URL('/instance_name', url), {
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: Error) => {
    const why = error.cause instanceof Error ? error.cause.message : error.message
    return refuse(`Nothing answers at ${url} (${why}): is CONVEX_URL right, and the network there?`)
  })
  if (!response.ok) {
    return refuse(
      `What answers at ${url} is no Convex deployment (status ${response.status}): look at CONVEX_URL.`,
    )
  }
  await new ConvexHttpClient(url, { logger: false })
    .query(api.users.me, {})
    .catch((error: Error) =>
      refuse(
        `The deployment at ${url} does not run this backend: deploy it with 'npx convex dev' in backend/convex. It said: ${error.message}`,
      ),
    )
  return url
}

function addressOf(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return refuse(
      `CONVEX_URL is '${text}'; it must be the address of a deployment, like https://happy-otter-123.convex.cloud.`,
    )
  }
  if (url.hostname.endsWith('.convex.site')) {
    return refuse(
      `CONVEX_URL is '${text}', where HTTP actions are served; clients need the address that ends in .convex.cloud.`,
    )
  }
  return url.origin
}

function refuse(sentence: string): never {
  throw new DefinitionError(sentence)
}
