/**
 * A stretch of an index as live queries see it: which rows lie in it, and in which order. The rules are the hosts'; a test
 * holds both against each other.
 */
import type { Condition, PageRequest, RangeRequest, Stretch } from '../program/request.ts'
import type { Layout } from '../schema/layout.ts'
import { canonicalJson, compareValues, type Row } from '../schema/values.ts'
import type { LiveCursors } from './ports.ts'

export type Position = readonly unknown[]

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
  /** Those of them that `eq` leaves open. */
  readonly #columns: readonly string[]
  readonly #sign: number

  constructor(request: RangeRequest | PageRequest, cursors: LiveCursors) {
    this.request = request
    this.#all = orderColumns(request.table, request.index)
    this.#columns = this.#all.slice(request.eq.length)
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
    return this.#columns.map((column) => row[column])
  }

  /** Below zero: `a` is read before `b`. */
  compare(a: Position, b: Position): number {
    for (let i = 0; i < a.length; i++) {
      const order = compareValues(a[i], b[i])
      if (order !== 0) return order * this.#sign
    }
    return 0
  }

  /** Whether a row is in the stretch, cursors aside. */
  admits(row: Row): boolean {
    const { eq, where } = this.request
    for (let i = 0; i < eq.length; i++) {
      if (compareValues(row[this.#all[i] as string], eq[i]) !== 0) return false
    }
    return isWithin(this.request, row, this.#columns[0]) && holdsAll(row, where)
  }

  isAfterStart(position: Position): boolean {
    return this.start === undefined || this.compare(position, this.start) > 0
  }

  isAfterEnd(position: Position): boolean {
    return this.end !== undefined && this.compare(position, this.end) > 0
  }
}

/** The columns that order the rows of an index, ending in the whole primary key. */
export function orderColumns(layout: Layout, index: string): readonly string[] {
  if (index === '') return layout.key
  const columns = layout.indexes[index]?.columns ?? []
  return [...columns, ...layout.key.filter((name) => !columns.includes(name))]
}

export function holdsAll(row: Row, conditions: readonly Condition[]): boolean {
  for (const condition of conditions) if (!holds(row, condition)) return false
  return true
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

function isWithin(stretch: Stretch, row: Row, column: string | undefined): boolean {
  const { lower, upper } = stretch
  if (column === undefined || (lower === undefined && upper === undefined)) return true
  const value = row[column]
  if (lower !== undefined) {
    const order = compareValues(value, lower.value)
    if (lower.inclusive ? order < 0 : order <= 0) return false
  }
  if (upper !== undefined) {
    const order = compareValues(value, upper.value)
    if (upper.inclusive ? order > 0 : order >= 0) return false
  }
  return true
}

function holds(row: Row, condition: Condition): boolean {
  const value = row[condition.field]
  switch (condition.is) {
    case 'eq':
      return isSame(value, condition.value)
    case 'ne':
      return !isSame(value, condition.value)
    case 'lt':
      return compareValues(value, condition.value) < 0
    case 'lte':
      return compareValues(value, condition.value) <= 0
    case 'gt':
      return compareValues(value, condition.value) > 0
    case 'gte':
      return compareValues(value, condition.value) >= 0
  }
}

/** Equality of stored values, nested ones included; a missing value is not null. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  return canonicalJson(a) === canonicalJson(b)
}
