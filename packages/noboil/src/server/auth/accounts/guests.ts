/**
 * Guests: people who are signed in without having said who they are. They get a friendly name; when one signs up, the same user
 * gets an e-mail address and a password, so that everything made as a guest stays theirs.
 */
import type { BetterAuthOptions } from 'better-auth'
import { APIError, createAuthMiddleware, getSessionFromCtx } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { email, object, string, optional, boolean, nullish } from 'zod/v4'
import type { Random } from '../../../hosts/host.ts'

export type BeforeHook = NonNullable<NonNullable<BetterAuthOptions['hooks']>['before']>

/** As in "Curious Otter". */
export function guestName(random: Random): string {
  const [first = 0, second = 0] = random.bytes(2)
  return `${qualities[first % qualities.length]} ${animals[second % animals.length]}`
}

/** Takes sign-ups of guests; all others go on to better-auth's own. */
export function guestSignUp(): BeforeHook {
  const running = new Set<string>()
  return createAuthMiddleware(async (ctx) => {
    if (ctx.path === '/change-password') return changePassword(ctx.body)
    if (ctx.path !== '/sign-up/email') return undefined
    const found = await getSessionFromCtx(ctx, { disableRefresh: true })
    if (found === null || found.user['isAnonymous'] !== true) return undefined
    const { id } = found.user
    if (running.has(id)) throw new APIError('CONFLICT', { message: 'You are signing up already.' })
    running.add(id)
    try {
      return await signUp(ctx, id)
    } finally {
      running.delete(id)
    }
  })
}

type Context = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0]

const signUpBody = object({
  name: string(),
  email: email(),
  password: string(),
  image: nullish(string()),
  rememberMe: optional(boolean()),
})

/** Sessions of other devices end with the old password. */
function changePassword(body: unknown): { context: { body: object } } | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  return { context: { body: { ...body, revokeOtherSessions: true } } }
}

async function signUp(ctx: Context, userId: string): Promise<unknown> {
  const { internalAdapter, password: passwords } = ctx.context
  const parsed = signUpBody.safeParse(ctx.body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw refused(`${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'invalid'}`)
  }
  const { name, password, image = null, rememberMe } = parsed.data
  const address = parsed.data.email.toLowerCase()
  const { minPasswordLength, maxPasswordLength } = passwords.config
  if (password.length < minPasswordLength) throw refused('Password too short', 'PASSWORD_TOO_SHORT')
  if (password.length > maxPasswordLength) throw refused('Password too long', 'PASSWORD_TOO_LONG')
  if ((await internalAdapter.findUserByEmail(address)) !== null) {
    throw new APIError('UNPROCESSABLE_ENTITY', {
      code: 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
      message: 'User already exists. Use another email.',
    })
  }
  const hash = await passwords.hash(password)
  // The password first: were it the e-mail address and then nothing, nobody could ever sign in by it.
  const credential = await internalAdapter.findCredentialAccount(userId)
  if (credential) await internalAdapter.updateAccount(credential.id, { password: hash })
  else {
    await internalAdapter.linkAccount({
      userId,
      providerId: 'credential',
      accountId: userId,
      password: hash,
    })
  }
  const user = await internalAdapter.updateUser(userId, {
    name,
    email: address,
    isAnonymous: false,
    ...(image === null ? {} : { image }),
  })
  await internalAdapter.deleteUserSessions(userId)
  const isShort = rememberMe === false
  const session = await internalAdapter.createSession(userId, isShort)
  if (!session || !user) throw new APIError('INTERNAL_SERVER_ERROR')
  await setSessionCookie(ctx, { session, user }, isShort)
  return ctx.json({ token: session.token, user: shown(user) })
}

function shown(user: Readonly<Record<string, unknown>>): object {
  const { id, name, email: address, emailVerified, image, role, isAnonymous } = user
  const { createdAt, updatedAt } = user
  return { id, name, email: address, emailVerified, image, role, isAnonymous, createdAt, updatedAt }
}

const refused = (message: string, code = 'VALIDATION_ERROR'): APIError =>
  new APIError('BAD_REQUEST', { code, message })

const qualities =
  'Amber Brave Bright Calm Cheerful Clever Curious Daring Eager Gentle Golden Happy Honest Jolly Kind Lively Lucky Merry Mighty Nimble Patient Polite Quick Quiet Sunny Swift Tidy Warm Wise Witty'.split(
    ' ',
  )

const animals =
  'Badger Bear Beaver Bison Crane Deer Dolphin Eagle Falcon Finch Fox Hare Hedgehog Heron Ibex Koala Lark Lynx Marten Moose Otter Owl Panda Puffin Raven Robin Seal Swan Tiger Wren'.split(
    ' ',
  )
