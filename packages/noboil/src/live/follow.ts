/**
 * Following a list row by row: what a change of one row does to the window that was read, without reading again, as far as the
 * window itself can tell.
 */
import type { Change } from '../changes/change.ts'
import type { Listing } from '../factories/shared/operation.ts'
import type { PageRequest, RangeRequest } from '../program/request.ts'
import type { Position } from '../program/stretch.ts'
import type { Row } from '../schema/values.ts'
import { isEqual, isSameEnd, type Shape } from './diff.ts'
import type { LiveCursors, LiveEnd, LiveRead, LiveStep } from './ports.ts'
import { Span } from './span.ts'

/** `read`: the window cannot tell; only a fresh read can. */
export type Followed = 'nothing' | 'steps' | 'read'

interface Place {
  readonly position: Position
  /** In the window; otherwise in the stretch behind its end. */
  readonly inside: boolean
}

export class Follower {
  readonly #span: Span
  readonly #map: (row: Row) => object | undefined
  readonly #limit: number
  readonly #cursors: LiveCursors
  readonly #stored: Row[]
  readonly #rows: object[]
  #end: LiveEnd | undefined
  #sentEnd: LiveEnd | undefined
  #steps: LiveStep[] = []

  constructor(span: Span, listing: Listing, cursors: LiveCursors) {
    this.#span = span
    this.#map = listing.map as (row: Row) => object | undefined
    this.#limit = span.request.limit
    this.#cursors = cursors
    this.#stored = [...(listing.rows as readonly Row[])]
    this.#rows = this.#stored.map(this.#map as (row: Row) => object)
    const { page } = listing
    this.#end = page && { continueCursor: page.continueCursor, isDone: page.isDone }
    this.#sentEnd = this.#end
  }

  get shape(): Shape {
    return { kind: 'rows', rows: [...this.#rows], end: this.#end }
  }

  /** After `read` this follower is of no more use. */
  apply({ before, after }: Change): Followed {
    const from = this.#place(before)
    const to = this.#place(after)
    if (from === undefined && to === undefined) return 'nothing'
    const steps = this.#steps.length
    const end = this.#end
    if (!this.#canFollow(from, to)) return 'read'
    if (from?.inside && to?.inside && this.#span.compare(from.position, to.position) === 0) {
      if (!this.#replace(from.position, after as Row)) return 'read'
    } else {
      if (from?.inside && !this.#remove(from.position)) return 'read'
      if (to?.inside && !this.#insert(to.position, after as Row)) return 'read'
      if (to !== undefined && !to.inside) this.#end = this.#end && { ...this.#end, isDone: false }
    }
    return this.#steps.length === steps && isSameEnd(end, this.#end) ? 'nothing' : 'steps'
  }

  /** The steps since the last time, and the new end if it is another. */
  take(): { readonly steps: readonly LiveStep[]; readonly end: LiveEnd | undefined } {
    const steps = this.#steps
    const end = isSameEnd(this.#sentEnd, this.#end) ? undefined : this.#end
    this.#steps = []
    this.#sentEnd = this.#end
    return { steps, end }
  }

  get #isFull(): boolean {
    return !this.#span.isPinned && this.#stored.length >= this.#limit
  }

  #canFollow(from: Place | undefined, to: Place | undefined): boolean {
    // A window that loses a row is filled from behind, where this one cannot see.
    const losesRow = from?.inside === true && to?.inside !== true && this.#isFull
    if (losesRow && (to !== undefined || this.#end?.isDone !== true)) return false
    // The last row behind a page may have gone; unless the page pushes one of its own there.
    const leavesBehind = from !== undefined && !from.inside && (to === undefined || to.inside)
    if (!leavesBehind || this.#end === undefined || this.#end.isDone) return true
    return to !== undefined && this.#isFull
  }

  #place(row: Row | null): Place | undefined {
    const span = this.#span
    if (row === null || !span.admits(row)) return undefined
    const position = span.position(row)
    if (!span.isAfterStart(position)) return undefined
    return { position, inside: this.#isInside(position) }
  }

  #isInside(position: Position): boolean {
    const span = this.#span
    if (span.isPinned) return !span.isEmpty && !span.isAfterEnd(position)
    if (!this.#isFull) return true
    const last = this.#stored.at(-1)
    return last !== undefined && span.compare(position, span.position(last)) <= 0
  }

  #replace(position: Position, row: Row): boolean {
    const at = this.#indexOf(position)
    const mapped = this.#map(row)
    if (!this.#isAt(at, position) || mapped === undefined) return false
    this.#stored[at] = row
    if (isEqual(this.#rows[at], mapped)) return true
    this.#rows[at] = mapped
    this.#steps.push(['=', at, mapped])
    return true
  }

  #remove(position: Position): boolean {
    const at = this.#indexOf(position)
    if (!this.#isAt(at, position)) return false
    this.#stored.splice(at, 1)
    this.#rows.splice(at, 1)
    this.#steps.push(['-', at])
    return at < this.#stored.length || this.#moveEnd()
  }

  #insert(position: Position, row: Row): boolean {
    const at = this.#indexOf(position)
    const mapped = this.#map(row)
    if (this.#isAt(at, position) || mapped === undefined) return false
    this.#stored.splice(at, 0, row)
    this.#rows.splice(at, 0, mapped)
    this.#steps.push(['+', at, mapped])
    const isOver = !this.#span.isPinned && this.#stored.length > this.#limit
    if (isOver) {
      this.#stored.pop()
      this.#rows.pop()
      this.#steps.push(['-', this.#limit])
      this.#end = this.#end && { ...this.#end, isDone: false }
    }
    return isOver || at === this.#stored.length - 1 ? this.#moveEnd() : true
  }

  /** A page that is not pinned ends at its last row. Answers false when the cursor for that cannot be made here. */
  #moveEnd(): boolean {
    if (this.#end === undefined || this.#span.isPinned) return true
    if (this.#cursors.seal === undefined) return false
    const last = this.#stored.at(-1)
    const position = last === undefined ? (this.#span.start ?? []) : this.#span.position(last)
    const continueCursor = this.#cursors.seal(this.#span.request as PageRequest, position)
    this.#end = { continueCursor, isDone: this.#end.isDone }
    return true
  }

  /** Where a position is, or would be put. */
  #indexOf(position: Position): number {
    let low = 0
    let high = this.#stored.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const there = this.#span.position(this.#stored[middle] as Row)
      if (this.#span.compare(there, position) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #isAt(at: number, position: Position): boolean {
    const row = this.#stored[at]
    return row !== undefined && this.#span.compare(this.#span.position(row), position) === 0
  }
}

/** The read whose rows a listing is made of, if it is one that can be followed. */
export function followedRead(
  listing: Listing,
  reads: readonly LiveRead[],
  cursors: LiveCursors,
): { readonly read: LiveRead; readonly span: Span } | undefined {
  const read = reads.find(({ request, answer }) => {
    if (request.op === 'range') return answer === listing.rows
    return request.op === 'page' && (answer as { rows: unknown }).rows === listing.rows
  })
  if (read === undefined) return undefined
  const span = new Span(read.request as RangeRequest | PageRequest, cursors)
  return span.isUnknown ? undefined : { read, span }
}
