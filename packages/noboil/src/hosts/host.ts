/**
 * What every host of the Node server is: it runs programs in transactions and tells of its commits. (Convex and SpacetimeDB
 * own their process; they interpret the same requests behind functions of their own.)
 */
import type { Change, CommitListener, Settled } from '../changes/change.ts'
import type { Program } from '../program/program.ts'
import type { PageRequest, ReadRequest } from '../program/request.ts'
import type { Row } from '../schema/values.ts'

/** What differs between hosts, as data. */
export interface Capabilities {
  readonly name: string
  /** Hooks may return promises. */
  readonly asyncHooks: boolean
  /** Acknowledged writes survive the death of the process and of the machine. */
  readonly durable: boolean
  /** Several processes may serve one database. */
  readonly processes: 'one' | 'many'
}

/** One read of a program, with what it found: the material of live queries. */
export interface ReadRecord {
  readonly request: ReadRequest
  readonly answer: unknown
}

export interface Answer<result> {
  readonly value: result
  /** Reads: the revision the answer is true at. Writes: the commit's, which is durable when this is answered. */
  readonly revision: number
}

export interface ReadOptions {
  /** Takes a record of every read. */
  readonly record?: (read: ReadRecord) => void
  /** The program calls code of the app that may await: it gets a snapshot of its own, within the host's limits. */
  readonly custom?: boolean
}

export interface WriteOptions {
  /** Told to the client on its stream once the commit is durable. */
  readonly settles?: Settled
}

/** Places and their cursors, for whoever keeps pages up to date without reading them again. */
export interface HostCursors {
  /** Values of the columns after the stretch's `eq` (empty: before the first row); undefined for what is no cursor. Not proof against forgery. */
  open(cursor: string): readonly unknown[] | undefined
  seal(request: PageRequest, position: readonly unknown[]): string
}

export interface ScheduledFlow {
  readonly id: string
  readonly flow: string
  readonly args: Row
  readonly at: number
}

export interface Host {
  readonly capabilities: Capabilities
  /** Random, made with the database and again when it is restored: revisions of different epochs do not compare. */
  readonly epoch: string
  /** The newest durable revision. */
  readonly revision: number
  read<result>(program: () => Program<result>, options?: ReadOptions): Promise<Answer<result>>
  write<result>(program: () => Program<result>, options?: WriteOptions): Promise<Answer<result>>
  /** Absent where cursors are made elsewhere. */
  readonly cursors?: HostCursors
  /** Called after each durable commit, in order, before its callers are answered. Returns the way to stop. */
  onCommit(listener: CommitListener): () => void
  /** Waits for what is queued, then lets go of everything. Later calls fail with `UNAVAILABLE`. */
  close(): Promise<void>
}

/**
 * Looks at what a group of calls has changed, before it is committed. The program it answers runs in the same transaction: what it
 * writes is durable with the group or not at all. It is called again for every group, so it must be quick.
 */
export type BeforeCommit = (changes: readonly Change[]) => (() => Program<void>) | undefined

/** Ports that hosts draw time, ids and secrets from; tests replace them. */
export interface HostPorts {
  readonly clock: Clock
  readonly random: Random
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  setTimer(ms: number, ring: () => void): () => void
}

export interface Random {
  bytes(count: number): Uint8Array
}

export interface HostLimits {
  /** Calls waiting for a transaction; more are refused with `UNAVAILABLE`. */
  readonly maxQueuedWrites: number
  /** Calls in one commit. */
  readonly maxGroupWrites: number
  /** How long hooks and handlers of one call may wait altogether before it is undone with `TIMEOUT`. */
  readonly hookTimeoutMs: number
  /** How long a custom query may take before it ends with `TIMEOUT`. */
  readonly queryTimeoutMs: number
  /** Rows one query may read before it ends with `LIMIT_EXCEEDED`. */
  readonly maxScannedRows: number
}

export const defaultHostLimits: HostLimits = {
  maxQueuedWrites: 10_000,
  maxGroupWrites: 256,
  hookTimeoutMs: 2_000,
  queryTimeoutMs: 5_000,
  maxScannedRows: 100_000,
}
