/**
 * Who is signed in. A browser has an identity from its first visit; somebody it is when that has been made known: as a guest, or by a
 * token of the accounts beside the site.
 */
import type { AppUser, Credentials, Session } from '@noboil/web-ui/account'
import { fromErrorData, type ErrorData } from 'noboil/errors'
import { type KnownUser, type SpacetimeClient, useUser } from 'noboil/spacetimedb/react'
import { useMemo } from 'react'

export function sessionHook(client: SpacetimeClient): () => Session {
  const enterWith = async (path: string, input: object): Promise<void> => {
    client.reconnect({ token: await tokenFrom(path, input) })
    await client.enter()
  }
  const actions = {
    signIn: (input: Credentials) => enterWith('sign-in', input),
    signUp: (input: Credentials & { readonly name: string }) => enterWith('sign-up', input),
    continueAsGuest: () => client.enter(),
    signOut: async () => client.reconnect({ token: undefined }),
  }
  return () => {
    const user = useUser()
    return useMemo(
      () => ({
        ...actions,
        user: user ? appUser(user, client.token) : null,
        isLoading: user === undefined,
      }),
      [user],
    )
  }
}

const appUser = ({ _id, name, image, role }: KnownUser, token: string | undefined): AppUser => ({
  _id,
  name,
  email: role === 'guest' ? null : emailIn(token),
  image: image ?? null,
  role: role ?? 'user',
  isAnonymous: role === 'guest',
})

/** The database keeps no addresses: one's own stands in one's token. */
function emailIn(token: string | undefined): string | null {
  const body = token?.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/')
  if (body === undefined) return null
  const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0))
  const { email } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly email?: unknown }
  return typeof email === 'string' ? email : null
}

/** Asks the accounts. Fails with what they refuse. */
async function tokenFrom(path: string, input: object): Promise<string> {
  const response = await fetch(`/accounts/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  })
  const answer = (await response.json()) as { readonly token?: string; readonly error?: ErrorData }
  if (answer.token !== undefined) return answer.token
  throw answer.error === undefined
    ? new Error('The accounts do not answer.')
    : fromErrorData(answer.error)
}
