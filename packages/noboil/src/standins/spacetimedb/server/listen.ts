/** The server on a port: the SDK's WebSocket, and the few HTTP routes that the SDK asks. */
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import { DefinitionError } from '../../../errors/assert.ts'
import { listenError } from '../../../hosts/shared/listen-error.ts'
import { messageOf } from '../abi/load.ts'
import { identityFromClaims } from '../identity.ts'
import { type Protocol, PROTOCOLS } from './messages.ts'
import type { Server } from './server.ts'
import type { Session } from './session.ts'

export interface ListenOptions {
  /** 0, the default, takes one that is free. */
  readonly port?: number
  /** `127.0.0.1` unless said otherwise: this is no server for strangers. */
  readonly hostname?: string
  /** A client that leaves so much unread is cut off; 64 MiB. */
  readonly maxUnsentBytes?: number
}

export interface Listener {
  /** For `withUri`. */
  readonly url: string
  readonly port: number
  /** Ends every connection and frees the port. */
  close(): Promise<void>
}

/** As SpacetimeDB: a larger message ends the connection. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024
const MAX_UNSENT_BYTES = 64 * 1024 * 1024
const WEBSOCKET_TOKEN_MS = 60_000

/** @throws {DefinitionError} when `ws` is not installed, and naming the port when it cannot be had. */
export async function listen(server: Server, options: ListenOptions): Promise<Listener> {
  const { port = 0, hostname = '127.0.0.1', maxUnsentBytes = MAX_UNSENT_BYTES } = options
  const sockets = await loadSockets()
  const http = createServer((request, response) => void route(server, request, response))
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    void upgrade({ server, sockets, maxUnsentBytes }, request, socket, head)
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error) => reject(listenError(error, port, hostname)))
    http.listen(port, hostname, resolve)
  })
  const bound = (http.address() as AddressInfo).port
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  return { url: `http://${host}:${bound}`, port: bound, close: () => close(server, sockets, http) }
}

async function close(server: Server, sockets: WebSocketServer, http: HttpServer): Promise<void> {
  server.closeAll('The server ends.')
  for (const client of sockets.clients) client.terminate()
  sockets.close()
  await new Promise<void>((resolve) => {
    http.close(() => resolve())
    http.closeAllConnections()
  })
}

async function loadSockets(): Promise<WebSocketServer> {
  try {
    const { WebSocketServer } = await import('ws')
    return new WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
    })
  } catch {
    throw new DefinitionError(
      'The development server needs ws, which is not installed: npm install --save-dev ws.',
    )
  }
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
}

async function route(
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = urlOf(request)
  const reply = (status: number, body?: object): void => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    response.writeHead(status, { ...CORS, ...type })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  }
  request.resume()
  try {
    if (request.method === 'OPTIONS') return reply(204)
    if (request.method === 'GET' && pathname === '/v1/ping') return reply(200)
    if (request.method !== 'POST') return reply(404)
    if (pathname === '/v1/identity') return reply(200, await newIdentity(server))
    if (pathname !== '/v1/identity/websocket-token') return reply(404)
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ')
    const claims = scheme === 'Bearer' ? await server.tokens.read(token) : undefined
    if (claims === undefined) return reply(401, { error: 'The token is not one of this server’s.' })
    reply(200, { token: server.tokens.sign(claims, WEBSOCKET_TOKEN_MS) })
  } catch (error) {
    server.engine.logs.add('error', `${pathname} failed: ${messageOf(error)}`)
    if (!response.headersSent) reply(500)
  }
}

async function newIdentity(server: Server): Promise<object> {
  const token = server.tokens.anonymous()
  const claims = await server.tokens.read(token)
  const identity = claims === undefined ? undefined : identityFromClaims(claims).toHexString()
  return { identity, token }
}

interface Door {
  readonly server: Server
  readonly sockets: WebSocketServer
  readonly maxUnsentBytes: number
}

async function upgrade(
  { server, sockets, maxUnsentBytes }: Door,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { pathname, searchParams } = urlOf(request)
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
  const protocol = PROTOCOLS.find((name) => offered?.includes(name))
  if (!/^\/v1\/database\/[^/]+\/subscribe$/.test(pathname)) return refuse(socket, '404 Not Found')
  if (protocol === undefined) return refuse(socket, '400 Bad Request')
  const token = searchParams.get('token') ?? bearer(request) ?? undefined
  if (token !== undefined && !(await isKnown(server, token)))
    return refuse(socket, '401 Unauthorized')
  sockets.handleUpgrade(request, socket, head, (client) => {
    const connectionId = searchParams.get('connection_id') ?? undefined
    void attach(server, client, maxUnsentBytes, { protocol, token, connectionId })
  })
}

/** What a client asks for; nothing that is here, where it is not even a URL. */
function urlOf({ url = '/' }: IncomingMessage): URL {
  return URL.parse(url, 'http://server') ?? new URL('http://server/')
}

async function isKnown(server: Server, token: string): Promise<boolean> {
  try {
    return (await server.tokens.read(token)) !== undefined
  } catch (error) {
    server.engine.logs.add('error', `A token could not be verified: ${messageOf(error)}`)
    return false
  }
}

function bearer(request: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`)
}

async function attach(
  server: Server,
  client: WebSocket,
  maxUnsentBytes: number,
  request: { protocol: Protocol; token: string | undefined; connectionId: string | undefined },
): Promise<void> {
  let session: Session | undefined
  client.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) return client.close(1003, 'Messages are binary.')
    if (session !== undefined) server.receive(session, Uint8Array.from(data))
  })
  client.on('error', () => client.terminate())
  client.on('close', () => {
    if (session !== undefined) server.closed(session)
  })
  const send = (bytes: Uint8Array): void => {
    if (client.readyState !== client.OPEN) return
    client.send(Buffer.concat([UNCOMPRESSED, bytes]))
    if (client.bufferedAmount <= maxUnsentBytes) return
    server.engine.logs.add('warn', 'A client that does not read what it is sent was cut off.')
    client.terminate()
  }
  // What it sends before it is let in waits in its socket.
  client.pause()
  try {
    session = await server.open(request, {
      send,
      close: (code, reason) => client.close(code, reason),
    })
    client.resume()
    if (client.readyState !== client.OPEN) server.closed(session)
  } catch (error) {
    server.engine.logs.add('warn', `A connection was refused: ${messageOf(error)}`)
    client.resume()
    client.close(1008, 'The connection was refused.')
  }
}

/** Every message of the server says first how it is compressed. */
const UNCOMPRESSED = Buffer.from([0])
