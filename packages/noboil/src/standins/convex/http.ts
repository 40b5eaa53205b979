/**
 * What a deployment answers over HTTP: calls without a socket, files, and the app's own HTTP actions.
 */
import type { Deployment } from './deployment.ts'
import type { FunctionKind } from './functions.ts'
import { readArgs } from './messages.ts'
import type { CallRequest, Outcome } from './session.ts'

/** Answers one request. Anybody's pages may ask: this host is for tests, on this machine. */
export async function answer(deployment: Deployment, request: Request): Promise<Response> {
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: allowed })
  const response = await answerFrom(deployment, request).catch(
    (error: unknown) =>
      new Response(error instanceof Error ? error.message : String(error), { status: 400 }),
  )
  for (const [name, value] of Object.entries(allowed)) response.headers.set(name, value)
  return response
}

const allowed = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*, authorization',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
}

/** Convex's own status for a function that failed. */
const functionFailed = 560

async function answerFrom(deployment: Deployment, request: Request): Promise<Response> {
  const url = new URL(request.url)
  const { pathname } = url
  if (request.method === 'POST') {
    const kind = kinds[pathname]
    if (kind !== undefined)
      return called(await deployment.callPublic(await read(deployment, request, kind)))
    if (pathname === '/api/query_ts') return Response.json({ ts: '0' })
    if (pathname === '/api/storage/upload') return upload(deployment, request, url)
  }
  if (request.method === 'GET' && pathname === '/instance_name') return new Response('stand-in')
  if (request.method === 'GET' && pathname.startsWith(filePath)) {
    return serveFile(deployment, pathname.slice(filePath.length))
  }
  const body = await request.arrayBuffer()
  return deployment.http(`${pathname}${url.search}`, {
    method: request.method,
    headers: request.headers,
    ...(body.byteLength > 0 ? { body } : {}),
  })
}

const filePath = '/api/storage/'

const kinds: Readonly<Record<string, FunctionKind | undefined>> = {
  '/api/query': 'query',
  '/api/query_at_ts': 'query',
  '/api/mutation': 'mutation',
  '/api/action': 'action',
}

interface CallBody {
  readonly path: unknown
  readonly args: unknown
}

async function read(
  deployment: Deployment,
  request: Request,
  kind: FunctionKind,
): Promise<CallRequest> {
  const body = (await request.json().catch(() => null)) as Partial<CallBody> | null
  if (typeof body?.path !== 'string') {
    throw new Error(
      'A call is JSON with a path and its arguments: { "path": "note:list", "args": [{}] }.',
    )
  }
  const { path, args } = body
  const given = readArgs(Array.isArray(args) ? args : [args])
  const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
  const identity = token === undefined ? null : await deployment.identities.identify(token)
  return { kind, path, args: given, identity }
}

function called(outcome: Outcome): Response {
  if (outcome.ok) return Response.json({ status: 'success', value: outcome.value, logLines: [] })
  const { message, data } = outcome
  const body = {
    status: 'error',
    errorMessage: message,
    ...(data === undefined ? {} : { errorData: data }),
    logLines: [],
  }
  return Response.json(body, { status: functionFailed })
}

async function upload(deployment: Deployment, request: Request, url: URL): Promise<Response> {
  if (!deployment.takeUpload(url.searchParams.get('token') ?? '')) {
    return new Response('This upload address was used before, or never given.', { status: 400 })
  }
  const blob = await request.blob()
  const storageId = await deployment.run<string>((ctx) => ctx.storage.store(blob))
  return Response.json({ storageId })
}

async function serveFile(deployment: Deployment, id: string): Promise<Response> {
  // A blob is no value that a transaction answers: it is taken out by the side.
  let blob: Blob | null = null
  await deployment.run(async (ctx) => {
    const { get } = ctx.storage as unknown as { get(id: string): Promise<Blob | null> }
    blob = await get(id).catch(() => null)
  })
  const found = blob as Blob | null
  if (found === null) return new Response('There is no such file.', { status: 404 })
  return new Response(found, {
    headers: {
      'content-type': found.type || 'application/octet-stream',
      // What a browser is given is what was uploaded, never a page of this origin.
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
    },
  })
}
