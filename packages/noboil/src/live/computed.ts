/**
 * Something that is worked out by reads and holds until a change overlaps one of them: who a caller is to a query, or a
 * query's answer.
 */
import type { Change } from '../changes/change.ts'
import type { Program } from '../program/program.ts'
import type { Interest } from './interests.ts'
import type { LiveRead } from './ports.ts'

/** What {@link Computed} needs of the engine. */
export interface Computer {
  /** Asks for `computed` to be worked out at the end of this round. */
  stale(computed: Computed): void
}

export abstract class Computed {
  readonly computer: Computer
  interests: Interest<Computed>[] = []
  /** Changes up to here are in it. */
  seen = -1
  isComputing = false
  isOver = false
  /** While it is not up to date: the last revision at which it was. Infinity: it is. */
  validThrough = -1

  constructor(computer: Computer) {
    this.computer = computer
  }

  /** Runs code of the app that may wait. */
  abstract readonly custom: boolean
  abstract readonly path: string
  abstract program(): Program<unknown>
  abstract accept(value: unknown, reads: readonly LiveRead[], revision: number): void
  abstract fail(error: unknown): void
  /** Called when everything up to now has been taken in. */
  abstract tell(revision: number): void

  /** An answer that changes have overtaken is not accepted, not even for the moment until the next one. */
  get isStrict(): boolean {
    return false
  }

  get isFresh(): boolean {
    return this.validThrough === Infinity
  }

  /** A change on one of its shelves. */
  touch(interest: Interest<Computed>, change: Change, revision: number): void {
    if (this.isComputing || !this.isFresh || revision <= this.seen) return
    if (this.followsBy(interest)) this.follow(change, revision)
    else if (interest.overlaps(change)) this.goStale(revision)
  }

  /** A change that it has no answer to but to be worked out again. */
  goStale(revision: number): void {
    this.validThrough = revision - 1
    this.computer.stale(this)
  }

  protected followsBy(_interest: Interest<Computed>): boolean {
    return false
  }

  protected follow(_change: Change, _revision: number): void {}
}
