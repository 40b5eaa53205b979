/**
 * Who is signed in, by better-auth's own client. Whenever that changes, noboil's stream is opened anew with the new cookie.
 */
import type { AppUser, Credentials, Session } from '@noboil/web-ui/poll'
import { anonymousClient } from 'better-auth/client/plugins'
import { createAuthClient } from 'better-auth/react'
import type { Client } from 'noboil/client'
import { NoboilError } from 'noboil/errors'
import { useMemo } from 'react'

interface Answer {
  readonly error: { readonly message?: string | undefined; readonly status: number } | null
}

/** Fields that the server adds to a session's user. */
interface Account {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly image?: string | null
  readonly role?: string | null
  readonly isAnonymous?: boolean | null
}

export function sessionHook(client: Client): () => Session {
  const auth = createAuthClient({ plugins: [anonymousClient()] })
  const changed = async (answer: Promise<Answer>, forget = false): Promise<void> => {
    const { error } = await answer
    if (error !== null) throw sentence(error)
    client.reconnect({ forget })
  }
  const actions = {
    signIn: ({ email, password }: Credentials) => changed(auth.signIn.email({ email, password })),
    signUp: (given: Credentials & { readonly name: string }) => changed(auth.signUp.email(given)),
    continueAsGuest: () => changed(auth.signIn.anonymous()),
    signOut: () => changed(auth.signOut(), true),
  }
  return () => {
    const { data, isPending } = auth.useSession()
    const account = data?.user as Account | undefined
    return useMemo(
      () => ({ ...actions, user: account ? userOf(account) : null, isLoading: isPending }),
      [account, isPending],
    )
  }
}

const userOf = (account: Account): AppUser => ({
  _id: `users.${account.id}`,
  name: account.name,
  email: account.isAnonymous === true ? null : account.email,
  image: account.image ?? null,
  role: account.role ?? 'user',
  isAnonymous: account.isAnonymous === true,
})

/** What the accounts service refuses, as the app's own errors. */
function sentence(error: NonNullable<Answer['error']>): NoboilError {
  const message = error.message ?? 'Signing in did not work. Try again in a moment.'
  if (error.status === 401 || error.status === 403) return new NoboilError('FORBIDDEN', message)
  if (error.status === 429) {
    return new NoboilError('UNAVAILABLE', 'Too many attempts. Try again in a minute.')
  }
  if (error.status >= 500) {
    return new NoboilError(
      'UNAVAILABLE',
      'The accounts service is not answering. Try again in a moment.',
    )
  }
  return new NoboilError('VALIDATION_FAILED', message, { issues: [{ path: '', message }] })
}
