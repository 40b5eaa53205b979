/**
 * Everything that crosses between a noboil server and its clients, and nothing else gives bytes a meaning.
 *
 * - A call is `POST /api/call/<path>` with a {@link CallBody}; it answers {@link CallAnswer} or a {@link Failure}.
 * - The stream is `GET /api/stream`: server-sent events whose data is one {@link StreamMessage} each; the event id of the last
 *   message of a tick is a {@link Position}.
 * - What a stream carries is set by `POST /api/stream/<connection>` with a {@link StreamBody}.
 */
import { type ErrorData } from '../errors/table.ts'

/** Raised when a message changes its meaning; a server refuses another major with `UPGRADE_REQUIRED`. */
export const wireVersion = 1

export const headers: {
  readonly version: 'noboil-version'
  readonly client: 'noboil-client'
} = { version: 'noboil-version', client: 'noboil-client' }

export const paths: {
  readonly call: '/api/call/'
  readonly stream: '/api/stream'
  readonly live: '/api/live'
  readonly health: '/api/health'
  readonly auth: '/api/auth/'
  readonly cache: '/api/cache/'
  readonly metrics: '/api/metrics'
} = {
  call: '/api/call/',
  stream: '/api/stream',
  live: '/api/live',
  health: '/api/health',
  auth: '/api/auth/',
  cache: '/api/cache/',
  metrics: '/api/metrics',
}

/** `<epoch>.<revision>`: where in the history of a database something is true. */
export type Position = `${string}.${number}`

export const positionOf = (epoch: string, revision: number): Position => `${epoch}.${revision}`

/** Reads a position, or answers undefined for anything else. */
export function parsePosition(
  text: unknown,
): { readonly epoch: string; readonly revision: number } | undefined {
  if (typeof text !== 'string' || text.length > 64) return undefined
  const match = /^([A-Za-z0-9_-]{1,40})\.(0|[1-9]\d{0,15})$/.exec(text)
  return match ? { epoch: match[1] as string, revision: Number(match[2]) } : undefined
}

export interface CallBody {
  readonly args?: unknown
  /** Made by the client; told back on its stream once the commit's changes are there. */
  readonly mutationId?: string
}

export interface CallAnswer {
  readonly value: unknown
  readonly position: Position
}

export interface Failure {
  readonly error: ErrorData
}

/** One live query of one client. `id` is the client's own. */
export interface Subscription {
  readonly id: number
  readonly path: string
  readonly args: unknown
  /** What the client still holds of it: the group and the revision of its last message. */
  readonly since?: { readonly group: string; readonly position: Position }
}

export interface StreamBody {
  readonly subscribe?: readonly Subscription[]
  readonly unsubscribe?: readonly number[]
  /** All entities of the server's cache that the stream is told of; replaces what was asked for before. */
  readonly entities?: readonly string[]
}

/**
 * One step of a list. Steps of a message are applied in order, each to the list the one before left: put a row in, replace the row,
 * take the row away, all by position.
 */
export type ListStep =
  | readonly ['+', at: number, row: unknown]
  | readonly ['=', at: number, row: unknown]
  | readonly ['-', at: number]

export interface PageEnd {
  readonly continueCursor: string
  readonly isDone: boolean
}

/**
 * Something that the server's cache knows has changed. Nothing of it is data: whoever shows the entity asks again. As an event of
 * the stream it is called `app-update`, for a plain EventSource.
 */
export interface AppUpdate {
  readonly type: 'app-update'
  /** As the server declares it. */
  readonly entity: string
  /** The entity in singular and plural. */
  readonly names: readonly string[]
  /** Null: any, or one that not everybody may know of. */
  readonly id: string | null
  readonly action: 'create' | 'update' | 'delete'
  /** What depends on it and is stale now as well, in singular and plural. */
  readonly stale: readonly string[]
}

/** The answer to a {@link StreamBody} that names entities. */
export interface WatchAnswer {
  /** What of them was told to others within the last `sinceMs`; each entity once. */
  readonly recent: readonly AppUpdate[]
  /** How far back the server remembers, ms. */
  readonly sinceMs: number
}

export type StreamMessage =
  | AppUpdate
  /** First on every connection. `time`: the server's clock, ms. */
  | {
      readonly type: 'hello'
      readonly connection: string
      readonly position: Position
      readonly time: number
      readonly heartbeatMs: number
    }
  /** Subscription `id` is answered by `group` from here on. Groups are shared: several ids may name one. */
  | { readonly type: 'joined'; readonly id: number; readonly group: string }
  /** The whole answer of a group, replacing what the client holds. */
  | {
      readonly type: 'snapshot'
      readonly group: string
      readonly revision: number
      readonly value: unknown
    }
  /** A list (or the `page` of a page) has changed in these steps since revision `from`. */
  | {
      readonly type: 'steps'
      readonly group: string
      readonly from: number
      readonly revision: number
      readonly steps: readonly ListStep[]
      readonly end?: PageEnd
    }
  /** Subscription `id` cannot be answered. It is over. */
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorData }
  /** Everything these calls wrote has been sent on this stream. */
  | {
      readonly type: 'settled'
      readonly mutationIds: readonly string[]
      readonly revision: number
    }
  /** The client's positions are of another history: drop them and subscribe anew. */
  | { readonly type: 'resync'; readonly position: Position }
  /** The server ends the stream; come back after `retryMs`. */
  | {
      readonly type: 'bye'
      readonly reason: 'shutdown' | 'session' | 'overload'
      readonly retryMs: number
    }
