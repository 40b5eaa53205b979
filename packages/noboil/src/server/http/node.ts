/**
 * Node's HTTP as the rest of the server sees it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { paths } from '../../wire/messages.ts'
import type { RequestOrigin } from '../address.ts'
import { openFixed, openStream, type StreamDoor } from '../stream/open.ts'
import { failureAnswer } from './failure.ts'

export type OpenStream = (
  door: StreamDoor,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>

/** How to answer a request for a stream; undefined for any other. */
export function streamOf(request: IncomingMessage): OpenStream | undefined {
  const target = request.url ?? '/'
  const end = target.indexOf('?')
  const path = end < 0 ? target : target.slice(0, end)
  if (path !== paths.stream && path !== paths.live) return undefined
  const open = path === paths.stream ? openStream : openFixed
  return (door, incoming, response) =>
    open(door, incoming, response, new URLSearchParams(end < 0 ? '' : target.slice(end + 1)))
}

/** Answers with an error, where there is still somebody to answer. */
export function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const { status, headers, body } = failureAnswer(error)
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/** What a log says of an error: nothing of those that are answers. */
export const failureOf = (error: unknown): unknown =>
  failureAnswer(error).status >= 500 ? error : undefined

export const originOf = (request: IncomingMessage): RequestOrigin => ({
  socketAddress: request.socket.remoteAddress,
  header: (name) => {
    const value = request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  },
})

export function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (Array.isArray(value)) for (const each of value) headers.append(name, each)
    else if (value !== undefined) headers.set(name, value)
  }
  return headers
}
