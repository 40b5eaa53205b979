/**
 * What happened: every commit as data, the one fact that live queries, caches and mirrors read. (The union with null sides is
 * that of convex-helpers' triggers.)
 */
import type { Layout } from '../schema/layout.ts'
import type { Row } from '../schema/values.ts'

/** One row's way through one commit. Insert: `before` null; remove: `after` null. */
export interface Change {
  readonly table: Layout
  readonly before: Row | null
  readonly after: Row | null
  /** The columns that differ, for a change of a row that is there before and after. */
  readonly fields?: readonly string[]
}

/** A call whose writes are in a commit, by the id its client made. */
export interface Settled {
  readonly client: string
  readonly mutationId: string
}

export interface Commit {
  /** Strictly increasing, in commit order, no gaps within an epoch. */
  readonly revision: number
  readonly changes: readonly Change[]
  readonly settled: readonly Settled[]
}

export type CommitListener = (commit: Commit) => void
