/**
 * A deployment on a port of this machine: the sync socket, and HTTP.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WebSocket } from 'ws'
import { listenError } from '../../hosts/shared/listen-error.ts'
import type { Deployment } from './deployment.ts'
import { answer } from './http.ts'
import type { ServerMessage } from './protocol.ts'

export interface ListenOptions {
  /** 0, the default, lets the system choose. */
  readonly port?: number
  /** Default: 127.0.0.1. This host is for tests; think before you let others reach it. */
  readonly hostname?: string
}

export interface Listening {
  /** What a `ConvexReactClient` is given. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** Clients give up a socket that is silent for a minute. */
const pingMs = 15_000
const maxBodyBytes = 64 * 1024 * 1024
const maxMessageBytes = 20 * 1024 * 1024

export async function listen(
  deployment: Deployment,
  { port = 0, hostname = '127.0.0.1' }: ListenOptions,
): Promise<Listening> {
  const { WebSocketServer } = await import('ws')
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes })
  const server = createServer((request, response) => {
    serve(deployment, request, response).catch(() => response.destroy())
  })
  server.on('upgrade', (request, socket, head) => {
    if (!/^\/api\/[^/]+\/sync$/.test(pathOf(request))) {
      socket.destroy()
      return
    }
    sockets.handleUpgrade(request, socket, head, (opened) => join(deployment, opened))
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error) => reject(listenError(error, port, hostname)))
  server.listen(port, hostname, resolve)
  await promise
  const url = `http://${hostname}:${(server.address() as AddressInfo).port}`
  deployment.siteUrl = url
  const stopCrons = await deployment.crons()
  return {
    url,
    close: async () => {
      stopCrons()
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function join(deployment: Deployment, socket: WebSocket): void {
  const send = (message: ServerMessage): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
  }
  const session = deployment.open({ send, close: () => socket.close() })
  const pings = setInterval(() => send({ type: 'Ping' }), pingMs)
  socket.on('message', (data) => session.receive((data as Buffer).toString()))
  socket.on('close', () => {
    clearInterval(pings)
    deployment.close(session)
  })
  // What breaks a socket closes it as well.
  socket.on('error', () => {})
}

async function serve(
  deployment: Deployment,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await readBody(incoming)
  if (body === undefined) {
    outgoing.writeHead(413).end('The body is too large for this host.')
    return
  }
  const method = incoming.method ?? 'GET'
  const response = await answer(
    deployment,
    new Request(`${deployment.siteUrl}${incoming.url ?? '/'}`, {
      method,
      headers: Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      ),
      ...(body.length > 0 && method !== 'GET' && method !== 'HEAD' ? { body } : {}),
    }),
  )
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(Buffer.from(await response.arrayBuffer()))
}

/** Undefined when it is too large: the rest is read and dropped, so that whoever sends it hears why. */
async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer> | undefined> {
  let parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxBodyBytes) parts = []
    else parts.push(part)
  }
  return bytes > maxBodyBytes ? undefined : Buffer.concat(parts)
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?')[0] as string
