/**
 * Everything over HTTP but the streams themselves: calls, health, accounts, steering, the web app. It translates and bounds, and
 * decides nothing.
 */
import type { IncomingMessage } from 'node:http'
import { type Context, Hono } from 'hono'
import { NoboilError } from '../../errors/error.ts'
import { invalid } from '../../factories/shared/arguments.ts'
import type { Call } from '../../factories/shared/call.ts'
import { headers as names, paths, positionOf } from '../../wire/messages.ts'
import { clientAddress, type RequestOrigin, type TrustProxy } from '../address.ts'
import { addressHeader, type AuthPort } from '../auth/port.ts'
import type { Verified } from '../auth/sessions.ts'
import type { Answered, CallOptions } from '../callers.ts'
import type { ServerLimits } from '../limits.ts'
import type { Logger } from '../log.ts'
import type { CacheDeployment } from '../cache/deployment.ts'
import type { Hub } from '../stream/hub.ts'
import { assertVersion, clientName } from '../stream/open.ts'
import { readSteering, steer } from '../stream/steer.ts'
import { type Body, readJson } from './body.ts'
import { addCacheRoutes } from './cache.ts'
import { failureAnswer } from './failure.ts'
import { assertOrigin } from './origin.ts'
import type { WebApp } from './web.ts'

export interface AppParts {
  readonly limits: ServerLimits
  readonly trustProxy: TrustProxy
  readonly trustedOrigins: readonly string[]
  readonly log: Logger
  readonly hub: Hub
  readonly auth: AuthPort | undefined
  readonly web: WebApp | undefined
  readonly cache: CacheDeployment | undefined
  readonly epoch: string
  revision(): number
  verify(headers: Headers): Promise<Verified>
  callOf(verified: Verified, address: string | undefined): Promise<Call>
  call(path: string, args: unknown, call: Call, options: CallOptions): Promise<Answered>
  /** A client's call has been answered at this revision. */
  answered(client: string, mutationId: string, revision: number): void
  /** Throws when the server cannot serve. */
  health(): Promise<void>
  requestId(): string
}

/** What the Node adapter hands on of the connection; absent where requests come from elsewhere. */
interface Bindings {
  readonly incoming?: IncomingMessage
}

interface Variables {
  requestId: string
}

export type AppContext = Context<{ Bindings: Bindings; Variables: Variables }>
export type App = Hono<{ Bindings: Bindings; Variables: Variables }>

export function makeApp(parts: AppParts): App {
  const app: App = new Hono()
  app.onError((error, context) => fail(parts, context, error))
  app.use('/api/*', async (context, next) => {
    context.set('requestId', parts.requestId())
    await next()
    context.res.headers.set('x-request-id', context.get('requestId'))
  })
  app.post(`${paths.call}:path{.+}`, (context) => takeCall(parts, context))
  app.post(`${paths.stream}/:connection`, (context) => takeSteering(parts, context))
  app.get(paths.health, (context) => health(parts, context))
  app.all(`${paths.auth}*`, (context) => account(parts, context))
  if (parts.cache !== undefined) {
    const { maxBodyBytes } = parts.limits
    addCacheRoutes(app, {
      deployment: parts.cache,
      admit: async (context) => (await admit(parts, context)).call.user,
      readBody: (context) => readJson(bodyOf(context), 'maxBodyBytes', maxBodyBytes),
      fail: (context, error) => fail(parts, context, error),
    })
  }
  app.all('/api/*', (context) => {
    const known = context.req.path.startsWith(paths.call) || context.req.path === paths.stream
    return fail(
      parts,
      context,
      new NoboilError('NOT_FOUND', known ? 'Calls are sent as POST.' : 'There is nothing here.'),
    )
  })
  app.all('*', async (context) => {
    const response = await parts.web?.respond(context.req.raw)
    return response ?? fail(parts, context, new NoboilError('NOT_FOUND', 'There is nothing here.'))
  })
  return app
}

async function takeCall(parts: AppParts, context: AppContext): Promise<Response> {
  const { log, epoch } = parts
  const startedAt = performance.now()
  const path = decodePath(context.req.param('path') as string)
  try {
    const { verified, call } = await admit(parts, context)
    const body = await readJson(bodyOf(context), 'maxBodyBytes', parts.limits.maxBodyBytes)
    const { args, mutationId } = readCall(body)
    const client = clientName(context.req.header(names.client))
    const settles =
      mutationId === undefined || client === undefined ? {} : { settles: { client, mutationId } }
    const options: CallOptions = {
      ...settles,
      // Only actions ask for it, and it costs the adapter a whole request object.
      get signal() {
        return context.req.raw.signal
      },
    }
    const { value, revision } = await parts.call(path, args, call, options)
    if (client !== undefined && mutationId !== undefined)
      parts.answered(client, mutationId, revision)
    const text = JSON.stringify({ value: value ?? null, position: positionOf(epoch, revision) })
    log.info({
      requestId: context.get('requestId'),
      path,
      user: verified.session?.user._id,
      ms: elapsed(startedAt),
    })
    return new Response(text, { headers: answerHeaders })
  } catch (error) {
    return fail(parts, context, error, { path, ms: elapsed(startedAt) })
  }
}

async function takeSteering(parts: AppParts, context: AppContext): Promise<Response> {
  try {
    const { verified } = await admit(parts, context)
    const { maxStreamBodyBytes, maxSubscriptions } = parts.limits
    const body = await readJson(bodyOf(context), 'maxStreamBodyBytes', maxStreamBodyBytes)
    const steering = readSteering(body, maxSubscriptions)
    const id = context.req.param('connection') as string
    const connection = parts.hub.find(id, openerKey(verified))
    if (connection === undefined) {
      throw new NoboilError('NOT_FOUND', 'There is no such stream of yours. Open one again.')
    }
    const entities = steering.entities && entitiesOf(parts.cache, steering.entities)
    if (entities !== undefined) parts.hub.watch(connection, entities)
    steer(connection, steering, parts.epoch, parts.revision())
    const recent = entities && parts.cache?.recent(entities)
    if (recent !== undefined) {
      return new Response(JSON.stringify(recent), { headers: answerHeaders })
    }
    return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
  } catch (error) {
    return fail(parts, context, error)
  }
}

async function health(parts: AppParts, context: AppContext): Promise<Response> {
  try {
    await parts.health()
    const body = { status: 'ok', position: positionOf(parts.epoch, parts.revision()) }
    return new Response(JSON.stringify(body), { headers: answerHeaders })
  } catch (error) {
    return fail(parts, context, error)
  }
}

async function account(parts: AppParts, context: AppContext): Promise<Response> {
  const handler = parts.auth?.handler?.bind(parts.auth)
  if (handler === undefined) {
    return fail(parts, context, new NoboilError('NOT_FOUND', 'This server keeps no accounts.'))
  }
  try {
    const length = Number(context.req.header('content-length') ?? 0)
    const { maxBodyBytes } = parts.limits
    if (length > maxBodyBytes || context.req.header('transfer-encoding') !== undefined) {
      throw new NoboilError(
        'LIMIT_EXCEEDED',
        `The body may be at most ${maxBodyBytes} bytes long.`,
        {
          limit: 'maxBodyBytes',
          max: maxBodyBytes,
        },
      )
    }
    return await handler(withAddress(parts, context))
  } catch (error) {
    return fail(parts, context, error)
  }
}

/** Accounts limit sign-ins by address: the one that this server believes, in place of any that a client sent. */
function withAddress(parts: AppParts, context: AppContext): Request {
  const headers = new Headers(context.req.raw.headers)
  headers.delete(addressHeader)
  headers.delete('x-forwarded-for')
  headers.delete('x-client-ip')
  const address = clientAddress(originOf(context), parts.trustProxy)
  if (address !== undefined) headers.set(addressHeader, address.replace('/64', ''))
  // Not from the request itself: the one that comes off a socket is no Request of this runtime's own.
  const { url, method, body } = context.req.raw
  return new Request(url, { method, headers, body, duplex: 'half' } as RequestInit)
}

async function admit(
  parts: AppParts,
  context: AppContext,
): Promise<{ readonly verified: Verified; readonly call: Call }> {
  const origin = originOf(context)
  assertVersion(context.req.header(names.version))
  assertOrigin(origin, parts)
  const verified = await parts.verify(context.req.raw.headers)
  const call = await parts.callOf(verified, clientAddress(origin, parts.trustProxy))
  return { verified, call }
}

/** The declared names of entities of the cache. Throws for one that is not known, and where there is no cache. */
export function entitiesOf(
  cache: CacheDeployment | undefined,
  names: readonly string[],
): readonly string[] {
  if (cache !== undefined) return cache.entitiesOf(names)
  if (names.length === 0) return []
  throw new NoboilError('UNSUPPORTED', 'This server has no cache whose entities could be watched.')
}

/** Names the session that a stream belongs to. */
export const openerKey = (verified: Verified): string =>
  verified.session === null ? 'anonymous' : `session ${verified.session.id}`

/** Straight from the connection where there is one: a body of the web's own kind costs more than most calls. */
function bodyOf(context: AppContext): Body {
  const incoming = context.env?.incoming
  return {
    type: context.req.header('content-type'),
    length: context.req.header('content-length'),
    chunks:
      incoming === undefined
        ? ((context.req.raw.body ?? []) as AsyncIterable<Uint8Array>)
        : // A body that is too long still gets its answer.
          incoming.iterator({ destroyOnReturn: false }),
  }
}

const originOf = (context: AppContext): RequestOrigin => ({
  socketAddress: context.env?.incoming?.socket.remoteAddress,
  header: (name) => context.req.header(name),
})

function readCall(body: unknown): {
  readonly args: unknown
  readonly mutationId: string | undefined
} {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('', 'The body must be { "args": … }.')
  }
  const { args, mutationId, ...rest } = body as Record<string, unknown>
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw invalid(unknown, 'Unknown; there are args and mutationId.')
  if (mutationId === undefined || mutationId === null) return { args, mutationId: undefined }
  if (typeof mutationId !== 'string' || !/^[\w-]{1,64}$/.test(mutationId)) {
    throw invalid('mutationId', 'Must be up to 64 letters, digits, dashes and underscores.')
  }
  return { args, mutationId }
}

function fail(
  parts: AppParts,
  context: AppContext,
  error: unknown,
  details: { readonly path?: string; readonly ms?: number } = {},
): Response {
  const { code, status, headers, body } = failureAnswer(error)
  const line = { requestId: context.get('requestId'), ...details, code }
  if (status >= 500) parts.log.error({ ...line, err: error }, 'a request failed')
  else parts.log.info(line)
  return new Response(body, { status, headers })
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

const elapsed = (startedAt: number): number =>
  Math.round((performance.now() - startedAt) * 1000) / 1000

const answerHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}
