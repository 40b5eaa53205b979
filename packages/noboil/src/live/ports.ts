/**
 * What the engine of live queries stands between: a source of reads and commits below, sinks of encoded messages above.
 */
import type { CommitListener } from '../changes/change.ts'
import type { ErrorData } from '../errors/table.ts'
import type { Call } from '../factories/shared/call.ts'
import type { Access, Scope } from '../factories/shared/operation.ts'
import type { Program } from '../program/program.ts'
import type { PageRequest, ReadRequest } from '../program/request.ts'

export interface LiveRead {
  readonly request: ReadRequest
  readonly answer: unknown
}

/** The part of a host that live queries need. */
export interface LiveSource {
  readonly epoch: string
  readonly revision: number
  read<result>(
    program: () => Program<result>,
    options?: { readonly record?: (read: LiveRead) => void; readonly custom?: boolean },
  ): Promise<{ readonly value: result; readonly revision: number }>
  onCommit(listener: CommitListener): () => void
}

/** A query as the engine runs it. Of a custom one each caller has an answer of their own. */
export interface LiveQuery {
  readonly path: string
  readonly custom: boolean
  args(input: unknown): unknown
  access(call: Call, args: unknown): Program<Access<unknown>>
  read(args: unknown, scope: Scope, call: Call): Program<unknown>
}

/** Where a cursor stands, and the cursor that stands at a place: the host's own, since only it can make them. */
export interface LiveCursors {
  /** Values of the columns after the stretch's `eq`; empty: before the first row. */
  open(cursor: string): readonly unknown[] | undefined
  /** Absent: pages whose end moves are read again. */
  seal?(request: PageRequest, position: readonly unknown[]): string
}

export interface LivePorts {
  /** Runs `work` once, soon: commits that come until then are told of together. */
  soon(work: () => void): void
  now(): number
  setTimer(ms: number, ring: () => void): () => void
  /** A name that nobody else has, also not the same engine in another run of the process. */
  readonly name: string
  /** Takes defects: an answer that no client may be told of. */
  onError(error: unknown, path: string): void
}

export interface LiveLimits {
  /** Subscriptions of one client. */
  readonly maxSubscriptions: number
  /** Different queries that are kept at a time. */
  readonly maxGroups: number
  /** UTF-16 units of one subscription's arguments as JSON. */
  readonly maxArgsLength: number
  /** Messages that are kept of a group for clients that come back. */
  readonly maxRingMessages: number
  /** Length of the kept messages of one group, and of all groups. */
  readonly maxRingLength: number
  readonly maxRingTotalLength: number
  /** Length of one whole answer; larger ones cannot be followed. */
  readonly maxSnapshotLength: number
  /** How long a group is kept after its last client went. */
  readonly lingerMs: number
  /** Changes kept for reads that are under way; a read that takes longer is repeated. */
  readonly maxRecentChanges: number
}

export const defaultLiveLimits: LiveLimits = {
  maxSubscriptions: 500,
  maxGroups: 100_000,
  maxArgsLength: 16 * 1024,
  maxRingMessages: 64,
  maxRingLength: 64 * 1024,
  maxRingTotalLength: 64 * 1024 * 1024,
  maxSnapshotLength: 8 * 1024 * 1024,
  lingerMs: 15_000,
  maxRecentChanges: 50_000,
}

/** A row put in, replaced, or taken away, by position; each step applies to the list the one before left. */
export type LiveStep =
  | readonly ['+', at: number, row: unknown]
  | readonly ['=', at: number, row: unknown]
  | readonly ['-', at: number]

export interface LiveEnd {
  readonly continueCursor: string
  readonly isDone: boolean
}

/** What sinks are told; the server's stream messages are these and a few of its own. */
export type LiveMessage =
  | { readonly type: 'joined'; readonly id: number; readonly group: string }
  | {
      readonly type: 'snapshot'
      readonly group: string
      readonly revision: number
      readonly value: unknown
    }
  | {
      readonly type: 'steps'
      readonly group: string
      readonly from: number
      readonly revision: number
      readonly steps: readonly LiveStep[]
      readonly end?: LiveEnd
    }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorData }
  | {
      readonly type: 'settled'
      readonly mutationIds: readonly string[]
      readonly revision: number
    }

/** A message in the form that sinks pass on; made once, however many take it. */
export interface Chunk {
  readonly length: number
}

export type Encode<chunk extends Chunk> = (message: LiveMessage) => chunk

/** One client's way out. A chunk of a group may be left out if {@link LiveClient.resend} makes up for it later. */
export interface Sink<chunk extends Chunk> {
  send(chunk: chunk, group: string | undefined): void
  /** A chunk to be passed on once nothing is left out any more. */
  sendAfter(chunk: chunk): void
}

export interface Subscribing {
  readonly id: number
  readonly path: string
  readonly args: unknown
  /** What the client holds: the revision up to which it has everything of this group. */
  readonly since?: { readonly group: string; readonly revision: number }
  /** For clients that know no groups: everything up to this revision, if it is still this group that answers them. */
  readonly after?: { readonly group: string; readonly revision: number }
}

/** One connected client. */
export interface LiveClient {
  /** Answers come as messages, also the refusal. An id that is in use is subscribed anew. */
  subscribe(subscribing: Subscribing): void
  unsubscribe(id: number): void
  /** Somebody else now, or the same user with other rights: every subscription is judged again. */
  setCall(call: Call): void
  /** The newest whole answer of a group, in place of messages that were left out. */
  resend(group: string): void
  /** Tells of a call of this client that changed nothing, once everything before it has been sent. */
  settle(mutationId: string, revision: number): void
  /** Up to where everything has been sent of what the client holds. */
  readonly revision: number
  /** Every subscription has had its answer. */
  readonly isComplete: boolean
  /** The group that answers each subscription, by the subscription's id. */
  readonly groups: ReadonlyMap<number, string>
  readonly size: number
  close(): void
}
