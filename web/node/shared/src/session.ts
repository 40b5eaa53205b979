/**
 * Who is signed in, by better-auth's own client. Whenever that changes, noboil's stream is opened anew with the new cookie.
 */
import type { AppUser, Credentials, Session } from '@noboil/web-ui/account'
import type { AppError } from '@noboil/web-ui/base'
import { anonymousClient } from 'better-auth/client/plugins'
import { createAuthClient } from 'better-auth/react'
import type { Client } from 'noboil/client'
import { useMemo } from 'react'

/** What the accounts service refused, as the app's own error. */
export class AccountError extends Error {
  readonly app: AppError

  constructor(app: AppError) {
    super(app.message)
    this.app = app
  }
}

interface Refusal {
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly status: number
}

interface Answer {
  readonly error: Refusal | null
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
    if (error !== null) throw new AccountError(appError(error))
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

function appError({ code, message = 'This did not work.', status }: Refusal): AppError {
  if (code?.startsWith('USER_ALREADY_EXISTS')) return { code: 'DUPLICATE', message }
  if (status === 401 || status === 403) return { code: 'FORBIDDEN', message }
  if (status === 429) return { code: 'RATE_LIMITED', message }
  return { code: status >= 500 ? 'UNAVAILABLE' : 'VALIDATION_FAILED', message }
}
