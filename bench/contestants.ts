/**
 * Who takes part in which benchmark. A contestant is opened on an empty folder (or, for reads, on a cache folder in which
 * it keeps its data set), is called, and is closed. To enter noboil or another peer: write its file, add it here.
 *
 * Every `open` runs in a process of its own, so contestants neither share a heap nor warm each other's code.
 */
import { floorAppend } from './floor/append.ts'
import { singleAppend } from './floor/append-single.ts'
import { floorBulk, multiRowBulk } from './floor/bulk.ts'
import { floorCounts, scanCounts } from './floor/counts.ts'
import { floorTail } from './floor/tail.ts'
import {
  noboilAppend,
  noboilBulk,
  noboilCounts,
  noboilFullAppend,
  noboilTail,
} from './noboil/contestants.ts'
import { emmettAppend } from './peers/emmett.ts'

interface Contestant<Open> {
  readonly name: string
  /** One line for the results: what it is and how it is configured. */
  readonly note: string
  readonly open: Open
}

interface Closable {
  readonly close: () => Promise<void>
}

export interface AppendContestant extends Contestant<
  (dir: string, calls: number) => Promise<AppendRun>
> {
  /** How many calls are kept in flight. */
  readonly callers: number
  /** How many appends one round makes, the first tenth of them unmeasured. */
  readonly calls: number
}

export interface AppendRun extends Closable {
  /** Appends the ballot with this index (see `makeBallots`); settles when the append is durable. */
  readonly append: (index: number) => Acknowledged | Promise<Acknowledged>
  /** What the round found out about itself, for the results. */
  readonly remark?: string
}

export interface Acknowledged {
  readonly seq: number
  readonly created: boolean
}

export interface BulkContestant extends Contestant<
  (dir: string, calls: number) => Promise<BulkRun>
> {
  /** How many bulk calls of `BULK` rows one round makes, the first tenth of them unmeasured. */
  readonly calls: number
}

export interface BulkRun extends Closable {
  /** Appends the `BULK` ballots from `index * BULK` on to one parent; answers how many were stored, durably. */
  readonly appendBulk: (index: number) => number | Promise<number>
}

/** `rows` rows in one log, over `tailParents(rows)` parents of equal length. Data sets are kept in `cacheDir`. */
export interface TailContestant extends Contestant<
  (cacheDir: string, rows: number) => Promise<TailRun>
> {}

export interface TailRun extends Closable {
  /** The (at most) `TAIL` rows with a greater seq, ascending, as objects of all columns. */
  readonly listAfter: (
    parentIndex: number,
    seq: number,
  ) => readonly unknown[] | Promise<readonly unknown[]>
}

/** One parent with `rows` ballots. Data sets are kept in `cacheDir`. */
export interface CountsContestant extends Contestant<
  (cacheDir: string, rows: number) => Promise<CountsRun>
> {}

export interface CountsRun extends Closable {
  /** Ballots per option: the key is the option, as text. */
  readonly counts: () =>
    | Readonly<Record<string, number>>
    | Promise<Readonly<Record<string, number>>>
}

export const appendContestants: readonly AppendContestant[] = [
  floorAppend,
  noboilAppend,
  noboilFullAppend,
  singleAppend,
  emmettAppend,
]
export const bulkContestants: readonly BulkContestant[] = [floorBulk, noboilBulk, multiRowBulk]
export const tailContestants: readonly TailContestant[] = [floorTail, noboilTail]
export const countsContestants: readonly CountsContestant[] = [
  floorCounts,
  noboilCounts,
  scanCounts,
]

/** The entry that the others are divided by. */
export const BASELINE = 'floor'
/** The loop that grouped appends are also divided by. */
export const SINGLE_LOOP = 'single loop'
