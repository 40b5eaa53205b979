/**
 * The catalogue over HTTP, as somebody else's API would be: slow, conditional, and sometimes out of order.
 *
 *     GET  /search?q=…   { results: [{ id, title, year, directors, voteAverage, genres }], total }
 *     GET  /movie/:id    one film, with an ETag; 304 when `If-None-Match` names it; 404
 *     GET  /switch       { mode, delayMs, requests }
 *     POST /switch       { mode: 'ok' | 'error' | 'hang' | 'garbage' }
 *
 * What it answers is delayed, and a film's votes grow, so that fetching it again brings something new.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { enum as oneOf, strictObject } from 'zod/v4'
import type { Catalogue, Film } from './catalogue.ts'

const modes = ['ok', 'error', 'hang', 'garbage'] as const

/** `error`: answers 503. `hang`: accepts and never answers. `garbage`: answers what is no film. */
export type Mode = (typeof modes)[number]

export interface CataloguePorts {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Resolves after the delay, or as soon as the signal says that nobody waits any more. */
  delay(ms: number, signal: AbortSignal): Promise<void>
}

export interface CatalogueServerOptions {
  readonly catalogue: Catalogue
  readonly delayMs: number
  readonly ports: CataloguePorts
}

const maxResults = 24
const maxQueryChars = 100
const maxBodyBytes = 1_000
/** How long a film's votes stay as they are. */
export const votesEveryMs = 30_000

/** A server that does not listen yet. */
export function createCatalogueServer(options: CatalogueServerOptions): Server {
  const state: State = { mode: 'ok', requests: 0 }
  return createServer((request, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    answer(options, state, request, gone.signal).then(
      (reply) => send(response, reply),
      () => send(response, problem(400, 'The request could not be read.')),
    )
  })
}

interface State {
  mode: Mode
  /** How often a film or a search was asked for. */
  requests: number
}

interface Reply {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function answer(
  options: CatalogueServerOptions,
  state: State,
  request: IncomingMessage,
  gone: AbortSignal,
): Promise<Reply | undefined> {
  const url = new URL(request.url ?? '/', 'http://catalogue')
  if (url.pathname === '/switch') return turn(options, state, request)
  const isSearch = url.pathname === '/search'
  const id = /^\/movie\/(\d{1,12})$/.exec(url.pathname)?.[1]
  if (!isSearch && id === undefined) return problem(404, 'There is nothing here.')
  if (request.method !== 'GET') return problem(405, 'Films are only read here.')
  state.requests += 1
  const { mode } = state
  await options.ports.delay(options.delayMs, gone)
  if (mode === 'hang') return undefined
  if (mode === 'error') return problem(503, 'The catalogue is switched to fail.')
  if (mode === 'garbage') return { status: 200, body: '<html>{"title":', headers: jsonType }
  return isSearch ? search(options, url) : details(options, Number(id), request)
}

function search({ catalogue }: CatalogueServerOptions, url: URL): Reply {
  const text = url.searchParams.get('q')?.trim() ?? ''
  if (text === '') return problem(400, 'Say what to look for: /search?q=…')
  if (text.length > maxQueryChars) {
    return problem(400, `A search may be at most ${maxQueryChars} characters long.`)
  }
  const found = catalogue.search(text)
  const results = found
    .slice(0, maxResults)
    .map(({ id, title, year, directors, voteAverage, genres }) => ({
      id,
      title,
      year,
      directors,
      voteAverage,
      genres,
    }))
  return json({ results, total: found.length })
}

function details(
  { catalogue, ports }: CatalogueServerOptions,
  id: number,
  request: IncomingMessage,
): Reply {
  const film = catalogue.find(id)
  if (film === undefined) return problem(404, 'The catalogue has no film with this number.')
  const body = JSON.stringify({ ...film, voteCount: votesOf(film, ports.now()) })
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`
  const headers = { ...jsonType, etag, 'cache-control': 'no-cache' }
  if (request.headers['if-none-match'] === etag) return { status: 304, headers }
  return { status: 200, body, headers }
}

/** Popular films are voted on more often. */
function votesOf(film: Film, nowMs: number): number {
  const perStep = 1 + Math.floor(film.voteAverage ** 3 / 60)
  return perStep * (Math.floor(nowMs / votesEveryMs) % 10_000) + (film.id % 97)
}

const switchSchema = strictObject({ mode: oneOf(modes) })

async function turn(
  { delayMs }: CatalogueServerOptions,
  state: State,
  request: IncomingMessage,
): Promise<Reply> {
  if (request.method === 'POST') {
    const parsed = switchSchema.safeParse(await readJson(request))
    if (!parsed.success) return problem(400, `The mode must be one of ${modes.join(', ')}.`)
    state.mode = parsed.data.mode
  } else if (request.method !== 'GET') return problem(405, 'The switch is read or set.')
  return json({ mode: state.mode, delayMs, requests: state.requests })
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > maxBodyBytes) return undefined
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const jsonType = { 'content-type': 'application/json; charset=utf-8' }

const json = (value: object): Reply => ({
  status: 200,
  body: JSON.stringify(value),
  headers: jsonType,
})

const problem = (status: number, message: string): Reply => ({
  status,
  body: JSON.stringify({ error: message }),
  headers: jsonType,
})

/** Without a reply the connection stays open, silent, until the other side gives up. */
function send(response: ServerResponse, reply: Reply | undefined): void {
  if (reply === undefined || response.destroyed) return
  const { status, body = '', headers = {} } = reply
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
