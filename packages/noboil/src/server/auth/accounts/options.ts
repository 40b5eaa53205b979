/** What better-auth is told: everything that is not written here is its default, and nothing of it comes from the environment. */
import type { DatabaseSync } from 'node:sqlite'
import type { BetterAuthOptions } from 'better-auth'
import { APIError } from 'better-auth/api'
import { anonymous } from 'better-auth/plugins/anonymous'
import { jwt } from 'better-auth/plugins/jwt'
import type { Random } from '../../../hosts/host.ts'
import { addressHeader } from '../port.ts'
import { type BeforeHook, guestName } from './guests.ts'
import { checkedProfile, type ProfileChange } from './profile.ts'

export const basePath = '/api/auth'

/** Names what tokens are for. Their keys are each deployment's own, so that no other believes them. */
const tokenIssuer = 'noboil'

export interface Origins {
  /** As in `https://app.example`. */
  readonly baseUrl: string | undefined
  readonly trustedOrigins: readonly string[]
}

export interface EngineParts extends Origins {
  readonly secret: string
  readonly cookiePrefix: string
  readonly before: BeforeHook
  readonly rateLimit: NonNullable<BetterAuthOptions['rateLimit']>
  readonly random: Random
  /** E-mail addresses in lower case. */
  readonly admins: ReadonlySet<string>
  isBanned(id: string): boolean
  /** The account is there, or is not as it was. */
  changed(id: string): Promise<void>
  sessionEnded(sessionId: string): void
  log(level: 'debug' | 'error', message: string, error?: Error): void
}

export function engineOptions(database: DatabaseSync, parts: EngineParts): BetterAuthOptions {
  const isSecure = parts.baseUrl?.startsWith('https://') === true
  return {
    appName: 'noboil',
    database,
    basePath,
    secret: parts.secret,
    // Requests say where they arrived; a name that cannot exist keeps anything else from being believed.
    baseURL: parts.baseUrl ?? 'http://noboil.invalid',
    trustedOrigins: (request) => (request === undefined ? [] : trustedOrigins(parts, request)),
    emailAndPassword: { enabled: true },
    plugins: [
      anonymous({
        generateName: () => guestName(parts.random),
        // Who signs in to another account leaves a guest behind, whose rows stay under the guest's name.
        disableDeleteAnonymousUser: true,
        onLinkAccount: ({ anonymousUser, ctx }) =>
          ctx.context.internalAdapter.deleteSession(anonymousUser.session.token),
      }),
      // For programs: a browser's session stays in its cookie, which no script can read.
      jwt({
        disableSettingJwtHeader: true,
        jwt: {
          issuer: tokenIssuer,
          audience: tokenIssuer,
          expirationTime: '15m',
          definePayload: ({ session }) => ({ sid: session.id }),
        },
      }),
    ],
    user: {
      additionalFields: {
        role: { type: 'string', required: false, defaultValue: 'user', input: false },
        banned: {
          type: 'boolean',
          required: false,
          defaultValue: false,
          input: false,
          returned: false,
        },
      },
    },
    session: { expiresIn: days(30), updateAge: days(1) },
    rateLimit: parts.rateLimit,
    hooks: { before: parts.before },
    databaseHooks: databaseHooks(parts),
    advanced: {
      cookiePrefix: parts.cookiePrefix,
      useSecureCookies: isSecure,
      // Both are left out under NODE_ENV=test unless they are asked for.
      disableOriginCheck: false,
      disableCSRFCheck: false,
      ipAddress: { ipAddressHeaders: [addressHeader] },
      database: { validateSchema: false },
    },
    // At every other level better-auth also writes to the console what clients do wrong.
    logger: { level: 'info', log: logged(parts) },
    telemetry: { enabled: false },
  }
}

/**
 * The page that sends this request may sign people in and out here. better-auth asks only of requests that bring a cookie; but one
 * that brings none may still be answered with one, in place of the cookie that the browser holds back.
 */
export function isFromTrustedPage(parts: Origins, request: Request): boolean {
  if (request.method === 'GET') return true
  const origin = request.headers.get('origin')
  if (origin !== null) return trustedOrigins(parts, request).includes(origin)
  const site = request.headers.get('sec-fetch-site')
  return site === null || site === 'same-origin' || site === 'none'
}

/** Where the app knows no address of its own, a page may call the server that it came from, by whichever of the two schemes. */
function trustedOrigins(parts: Origins, request: Request): string[] {
  if (parts.baseUrl !== undefined) return [parts.baseUrl, ...parts.trustedOrigins]
  const { host } = new URL(request.url)
  const own = /^[\w.:[\]-]+$/.test(host) ? [`http://${host}`, `https://${host}`] : []
  return [...parts.trustedOrigins, ...own]
}

function databaseHooks(parts: EngineParts): NonNullable<BetterAuthOptions['databaseHooks']> {
  return {
    user: {
      create: {
        before: async (user) => {
          const { data } = checkedProfile(user)
          return { data: { ...data, ...roleOf(parts, user) } }
        },
        after: (user) => parts.changed(user.id),
      },
      update: {
        before: async (change) => {
          const { data } = checkedProfile(change)
          return { data: { ...data, ...roleOf(parts, change) } }
        },
        // Nobody by that id: nothing was updated.
        after: async (user: { id: string } | null) => {
          if (user !== null) await parts.changed(user.id)
        },
      },
    },
    session: {
      create: {
        before: async (session) => {
          if (!parts.isBanned(session.userId)) return
          throw new APIError('FORBIDDEN', {
            code: 'BANNED_USER',
            message: 'This account has been closed by an admin.',
          })
        },
      },
      delete: {
        after: async (session) => parts.sessionEnded(session.id),
      },
    },
  }
}

/** An account that gets the address of an admin becomes one. */
function roleOf(parts: EngineParts, { email }: ProfileChange): { role?: string } {
  return typeof email === 'string' && parts.admins.has(email.toLowerCase()) ? { role: 'admin' } : {}
}

/** better-auth puts e-mail addresses into its messages: of those only what is a failure of this program is told on. */
function logged(parts: EngineParts): NonNullable<BetterAuthOptions['logger']>['log'] {
  return (_level, message, ...rest) => {
    const error = rest.find((each) => each instanceof Error)
    const text = message.replaceAll(/[^\s@"']+@[^\s@"']+/g, '[address]')
    parts.log(error === undefined ? 'debug' : 'error', text, error)
  }
}

/** In seconds. */
const days = (count: number): number => count * 86_400
