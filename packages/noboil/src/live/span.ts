/**
 * A stretch of an index as live queries see it: which rows lie in it, and in which order. The rules are the hosts'.
 */
import { holdsAll } from '../program/conditions.ts'
import type { PageRequest, RangeRequest } from '../program/request.ts'
import {
  comparePositions,
  isWithin,
  orderColumns,
  type Position,
  positionOf,
} from '../program/stretch.ts'
import { canonicalJson, compareValues, type Row } from '../schema/values.ts'
import type { LiveCursors } from './ports.ts'

/** Where rows of a read lie. `unknown`: a cursor of the read could not be opened. */
export class Span {
  readonly request: RangeRequest | PageRequest
  /** Before the first row: undefined. */
  readonly start: Position | undefined
  /** The pinned end; undefined when the read ends after a number of rows. */
  readonly end: Position | undefined
  /** Pinned to an end before the first row: nothing is ever in it. */
  readonly isEmpty: boolean
  readonly isUnknown: boolean
  /** The columns of the index, the primary key's after them. */
  readonly #all: readonly string[]
  readonly #sign: number

  constructor(request: RangeRequest | PageRequest, cursors: LiveCursors) {
    this.request = request
    this.#all = orderColumns(request.table, request.index)
    this.#sign = request.order === 'asc' ? 1 : -1
    const start = request.op === 'page' ? openAt(cursors, request.cursor) : undefined
    const end = request.op === 'page' ? openAt(cursors, request.endCursor) : undefined
    this.isUnknown = start === 'unknown' || end === 'unknown'
    this.start = start === 'unknown' || start?.length === 0 ? undefined : start
    this.end = end === 'unknown' || end?.length === 0 ? undefined : end
    this.isEmpty = Array.isArray(end) && end.length === 0
  }

  get isPinned(): boolean {
    return this.request.op === 'page' && this.request.endCursor !== null
  }

  position(row: Row): Position {
    return positionOf(this.#all, this.request.eq.length, row)
  }

  /** Below zero: `a` is read before `b`. */
  compare(a: Position, b: Position): number {
    return comparePositions(a, b) * this.#sign
  }

  /** Whether a row is in the stretch, cursors aside. */
  admits(row: Row): boolean {
    const { eq, where } = this.request
    for (let i = 0; i < eq.length; i++) {
      if (compareValues(row[this.#all[i] as string], eq[i]) !== 0) return false
    }
    const next = this.#all[eq.length]
    return (next === undefined || isWithin(this.request, row[next])) && holdsAll(row, where)
  }

  isAfterStart(position: Position): boolean {
    return this.start === undefined || this.compare(position, this.start) > 0
  }

  isAfterEnd(position: Position): boolean {
    return this.end !== undefined && this.compare(position, this.end) > 0
  }
}

/** A text that is the same for the same values. No stored text holds U+0000. */
export function textOf(values: readonly unknown[]): string {
  let text = ''
  for (const value of values) {
    text += typeof value === 'string' ? `s${value}\0` : `${canonicalOf(value)}\0`
  }
  return text
}

const canonicalOf = (value: unknown): string =>
  value === undefined ? 'u' : typeof value === 'number' ? `n${value}` : canonicalJson(value)

function openAt(
  cursors: LiveCursors,
  cursor: string | null,
): readonly unknown[] | undefined | 'unknown' {
  if (cursor === null) return undefined
  return cursors.open(cursor) ?? 'unknown'
}
