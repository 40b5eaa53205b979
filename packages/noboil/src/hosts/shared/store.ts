/**
 * What a synchronous store does, below transactions' rules: the port between this folder, which knows programs, groups and
 * waiting, and a host's storage, which knows rows.
 */
import type { Change } from '../../changes/change.ts'
import type { RangeRequest, SearchRequest, Stretch } from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import type { Position } from '../../program/stretch.ts'

/** One state of the data. Every answer is the caller's own: changing it changes nothing in the store. */
export interface ReadStore {
  get(table: Layout, key: readonly unknown[]): Row | null
  range(request: RangeRequest): readonly Row[]
  /** The stretch's rows strictly after `position` in its order, conditions applied. */
  rowsAfter(stretch: Stretch, position: Position | undefined, limit: number): readonly Row[]
  search(request: SearchRequest): readonly Row[]
}

/**
 * The one writer's view. Calls come in order: `begin`, then savepoints as a stack with writes between, then `commit`
 * or `recover`. Writes answer what they changed; one that throws has changed nothing, unless {@link isOpen} says that the
 * transaction went with it.
 */
export interface WriteStore extends ReadStore {
  insert(table: Layout, row: Row): Change
  /** Undefined: nothing differs. */
  patch(table: Layout, row: Row, set: Row): Change | undefined
  /** The answer's `after` is the row as it now is. */
  increment(table: Layout, key: readonly unknown[], by: Readonly<Record<string, number>>): Change
  remove(table: Layout, row: Row): Change
  /**
   * Where savepoints are dear, a call does without until one has failed: what it wrote is undone by {@link restart}, and the calls
   * before it are written again from their changes. (In SQLite a savepoint copies every page that is touched under it.)
   */
  readonly savepoints: 'free' | 'dear'
  begin(): void
  /** Ends the transaction without a trace and begins another. */
  restart(): void
  /** Writes what a change tells of, on the state that it was first made on. */
  apply(change: Change): void
  /** Makes the transaction durable; with a revision when something changed. */
  commit(revision: number | undefined): void
  savepoint(depth: number): void
  release(depth: number): void
  rollbackTo(depth: number): void
  /**
   * False once the store has ended a transaction by itself (disk full, I/O error), or a savepoint could not be released or
   * gone back to: nothing of the transaction may be committed then.
   */
  isOpen(): boolean
  /** Called after a failed transaction: brings the store back to its last commit, or throws when it cannot. */
  recover(): void
}

/** A state that stays as it is while programs read it. */
export interface Snapshot {
  readonly store: ReadStore
  readonly revision: number
}

/** Where readers get their states from. */
export interface Snapshots {
  /**
   * The newest committed state. It stays good while the caller does not give control away; to keep it longer, `hold` it.
   */
  newest(): Snapshot
  /** `evict` is called, before a commit, when the host cannot keep so many states: the snapshot is gone then. */
  hold(snapshot: Snapshot, evict: () => void): void
  /** Ends a `hold`. */
  release(snapshot: Snapshot, evict: () => void): void
}
