/**
 * Who is signed in, by Convex Auth's own hooks.
 */
import { useAuthActions } from '@convex-dev/auth/react'
import { api } from '@noboil/backend-convex/api'
import type { Credentials, Session } from '@noboil/web-ui/account'
import type { AppError } from '@noboil/web-ui/base'
import { type ConvexReactClient, useConvexAuth } from 'convex/react'
import { errorData, useQuery } from 'noboil/convex/react'
import { useMemo } from 'react'

/** What the accounts refused, as the app's own error. */
export class AccountError extends Error {
  readonly app: AppError

  constructor(app: AppError) {
    super(app.message)
    this.app = app
  }
}

export const sessionHook = (client: ConvexReactClient) => (): Session => {
  const { isLoading } = useConvexAuth()
  const { signIn, signOut } = useAuthActions()
  const { data: user } = useQuery(api.users.me)
  const actions = useMemo(() => {
    const enter = async (
      provider: string,
      params: Readonly<Record<string, string>>,
      refusal: AppError,
    ): Promise<void> => {
      const known = personChanges(client)
      await signIn(provider, params).catch((error: unknown) => {
        throw accountError(error, refusal)
      })
      // The token is there before the deployment knows of it; what is called next is called by the new person.
      await known
    }
    return {
      signIn: ({ email, password }: Credentials) =>
        enter('password', { flow: 'signIn', email, password }, wrong),
      signUp: ({ email, password, name }: Credentials & { readonly name: string }) =>
        enter('password', { flow: 'signUp', email, password, name }, taken),
      continueAsGuest: () => enter('anonymous', {}, wrong),
      signOut: () => signOut(),
    }
  }, [signIn, signOut])
  return useMemo(
    () => ({ ...actions, user: user ?? null, isLoading: isLoading || user === undefined }),
    [actions, user, isLoading],
  )
}

const wrong: AppError = { code: 'FORBIDDEN', message: 'The e-mail or the password is wrong.' }
const taken: AppError = { code: 'DUPLICATE', message: 'There is an account with this e-mail.' }

/** Convex Auth refuses with texts that a production deployment keeps to itself: only what the app itself says is known. */
function accountError(error: unknown, refusal: AppError): AccountError {
  const data = errorData(error)
  if (data !== undefined) return new AccountError({ code: data.code, message: data.message })
  if (error instanceof TypeError) {
    return new AccountError({
      code: 'UNAVAILABLE',
      message: 'The server cannot be reached. Try again in a moment.',
    })
  }
  const isTooMany = error instanceof Error && error.message.includes('TooManyFailedAttempts')
  return new AccountError(
    isTooMany ? { code: 'RATE_LIMITED', message: 'Too many attempts. Wait a while.' } : refusal,
  )
}

/** Signing in again as the same person changes nobody. */
const patienceMs = 5_000

/** Resolves when the deployment says that somebody else is there. */
function personChanges(client: ConvexReactClient): Promise<void> {
  const watch = client.watchQuery(api.users.me, {})
  const person = (): string | undefined => watch.localQueryResult()?._id
  const before = person()
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = watch.onUpdate(() => {
    if (person() !== undefined && person() !== before) resolve()
  })
  const timer = setTimeout(resolve, patienceMs)
  return promise.finally(() => {
    clearTimeout(timer)
    stop()
  })
}
