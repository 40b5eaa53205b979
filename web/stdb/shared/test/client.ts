/** A client without the pages, for what somebody sends past them. */
import { bindings } from '@noboil/backend-spacetimedb/bindings'
import type { Wire } from '@noboil/web-testing/socket'
import type { Person } from '@noboil/web-testing/stage'
import { createSpacetimeClient, type SpacetimeClient } from 'noboil/spacetimedb/client'

export const wire: Wire = {
  at: /\/v1\/database\/[^/]+\/subscribe/,
  isCall: (message, reducer) => message.includes(reducer),
}

/** Without a token: somebody new. */
export function clientAt(uri: string, token?: string): SpacetimeClient {
  let kept = token
  return createSpacetimeClient({
    uri,
    database: 'noboil-demo',
    bindings,
    tokens: { get: () => kept, set: (given) => void (kept = given) },
  })
}

/** What a person's browser connects with. */
export async function tokenOf({ page }: Person): Promise<string> {
  const token = await page.evaluate(() => {
    const name = Object.keys(localStorage).find((key) => key.startsWith('noboil http'))
    return name === undefined ? null : localStorage.getItem(name)
  })
  if (token === null) throw new Error('This page has no token.')
  return token
}
