/**
 * What Convex's browser client and its server say to each other over the sync socket, as far as the client of
 * convex 1.48 needs it; messages of clients as they have been read. Described after `convex/src/browser/sync/protocol.ts`.
 */
import type { JSONValue, Value } from 'convex/values'

export interface AddQuery {
  readonly type: 'Add'
  readonly queryId: number
  readonly udfPath: string
  readonly args: Readonly<Record<string, Value>>
  /** Where a page ended when it was first shown: the client hands it back after a reconnect. */
  readonly journal?: string | null
}

interface RemoveQuery {
  readonly type: 'Remove'
  readonly queryId: number
}

interface FunctionRequest {
  readonly requestId: number
  readonly udfPath: string
  readonly args: Readonly<Record<string, Value>>
}

export interface MutationRequest extends FunctionRequest {
  readonly type: 'Mutation'
}

export interface ActionRequest extends FunctionRequest {
  readonly type: 'Action'
}

export interface ModifyQuerySet {
  readonly type: 'ModifyQuerySet'
  readonly baseVersion: number
  readonly newVersion: number
  readonly modifications: readonly (AddQuery | RemoveQuery)[]
}

export interface Authenticate {
  readonly type: 'Authenticate'
  readonly tokenType: 'User' | 'Admin' | 'None'
  readonly value?: string
  readonly baseVersion: number
}

interface Connect {
  readonly type: 'Connect'
  readonly sessionId: string
  /** The latest moment this client has seen, from before the connection broke. */
  readonly maxObservedTimestamp?: string
}

interface ClientEvent {
  readonly type: 'Event'
}

export type ClientMessage =
  | Connect
  | Authenticate
  | ModifyQuerySet
  | MutationRequest
  | ActionRequest
  | ClientEvent

/** What happened to one query since the client's last version. */
export type Modification =
  | {
      readonly type: 'QueryUpdated'
      readonly queryId: number
      readonly value: JSONValue
      readonly logLines: readonly string[]
      readonly journal: string | null
    }
  | {
      readonly type: 'QueryFailed'
      readonly queryId: number
      readonly errorMessage: string
      readonly errorData?: JSONValue
      readonly logLines: readonly string[]
      readonly journal: string | null
    }
  | { readonly type: 'QueryRemoved'; readonly queryId: number }

export interface WireVersion {
  readonly querySet: number
  readonly identity: number
  readonly ts: string
}

interface FunctionResponse {
  readonly requestId: number
  readonly success: boolean
  /** The value, or the sentence that says what went wrong. */
  readonly result: JSONValue
  readonly errorData?: JSONValue
  readonly logLines: readonly string[]
}

export interface MutationResponse extends FunctionResponse {
  readonly type: 'MutationResponse'
  /** The commit: with a transition that goes as far, the client drops what it expected. */
  readonly ts?: string
}

export interface ActionResponse extends FunctionResponse {
  readonly type: 'ActionResponse'
}

export type ServerMessage =
  | {
      readonly type: 'Transition'
      readonly startVersion: WireVersion
      readonly endVersion: WireVersion
      readonly modifications: readonly Modification[]
    }
  | MutationResponse
  | ActionResponse
  | {
      readonly type: 'AuthError'
      readonly error: string
      readonly baseVersion: number
      readonly authUpdateAttempted: boolean
    }
  | { readonly type: 'FatalError'; readonly error: string }
  | { readonly type: 'Ping' }

/** A moment as the wire has it: 64 bits, least significant byte first, in base64. */
export function encodeMoment(moment: bigint): string {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, moment, true)
  return btoa(String.fromCharCode(...bytes))
}

export function decodeMoment(text: string): bigint {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  return bytes.length === 8 ? new DataView(bytes.buffer).getBigUint64(0, true) : 0n
}
