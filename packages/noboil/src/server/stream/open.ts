/**
 * Opening streams, on the raw socket: a body without a length that ends with the connection, so that what many streams are told
 * is written to each as the same bytes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { NoboilError } from '../../errors/error.ts'
import type { Call } from '../../factories/shared/call.ts'
import type { LiveEngine } from '../../live/engine.ts'
import { headers as names, parsePosition, positionOf, wireVersion } from '../../wire/messages.ts'
import type { Verified } from '../auth/sessions.ts'
import type { Connection } from './connection.ts'
import type { Hub } from './hub.ts'
import { readPlace } from './place.ts'
import { readEntities, readFixed } from './steer.ts'

export interface StreamDoor {
  readonly hub: Hub
  readonly engine: LiveEngine<string>
  readonly maxSubscriptions: number
  /** The declared names of entities of the cache; throws for one that is not known. */
  entitiesOf(names: readonly string[]): readonly string[]
  /** Refuses requests from pages of other sites. */
  assertOrigin(request: IncomingMessage): void
  /** Who opens the stream, and the call that its queries are asked with. */
  identify(request: IncomingMessage): Promise<{ readonly verified: Verified; readonly call: Call }>
}

/** `GET /api/stream`: empty, to be steered. */
export async function openStream(
  door: StreamDoor,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  assertVersion(request.headers[names.version])
  const client = clientName(request.headers[names.client] ?? query.get('client'))
  await open(door, request, response, client, false)
}

/** `GET /api/live?q=…&entity=…`: a fixed set of queries and of entities of the cache, for a plain EventSource. */
export async function openFixed(
  door: StreamDoor,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const names = readEntities(query.getAll('entity').slice(0, door.maxSubscriptions))
  const entities = names.length === 0 ? [] : door.entitiesOf(names)
  const asked =
    entities.length > 0 && !query.has('q')
      ? []
      : readFixed(query.getAll('q'), door.maxSubscriptions)
  const connection = await open(door, request, response, undefined, true)
  if (connection === undefined) return
  const { engine, hub } = door
  hub.watch(connection, entities)
  const place = readPlace(request.headers['last-event-id'])
  const last = parsePosition(place.position)
  const isForeign = last !== undefined && last.epoch !== engine.epoch
  if (isForeign) {
    connection.tell({ type: 'resync', position: positionOf(engine.epoch, engine.revision) })
  }
  for (const { id, path, args } of asked) {
    const group = isForeign ? undefined : place.groups.get(id)
    const after =
      last === undefined || group === undefined ? {} : { after: { group, revision: last.revision } }
    connection.live.subscribe({ id, path, args, ...after })
  }
}

async function open(
  door: StreamDoor,
  request: IncomingMessage,
  response: ServerResponse,
  client: string | undefined,
  isFixed: boolean,
): Promise<Connection | undefined> {
  door.assertOrigin(request)
  const { verified, call } = await door.identify(request)
  door.hub.assertRoom(call.caller)
  const { socket } = response
  if (socket === null || socket.destroyed) return undefined
  response.useChunkedEncodingByDefault = false
  response.shouldKeepAlive = false
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-store, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  })
  response.flushHeaders()
  socket.setNoDelay(true)
  socket.setTimeout(0)
  return door.hub.open({
    opener: { key: verified.key, session: verified.session, call },
    socket,
    client,
    isFixed,
  })
}

/** A client that says its version must speak this server's. */
export function assertVersion(given: string | string[] | undefined): void {
  if (given === undefined || given === String(wireVersion)) return
  throw new NoboilError(
    'UPGRADE_REQUIRED',
    'This page and the server are of different versions. Load the page again.',
  )
}

/** The name a client gives itself, or undefined for what is none. */
export function clientName(given: unknown): string | undefined {
  return typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : undefined
}
