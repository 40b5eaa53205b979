/**
 * Pages of a stretch, between cursors. A cursor stands behind a row: the page from it holds the rows strictly after, and a page
 * pinned by an `endCursor` ends with the row it stands behind. How a position becomes a text that nobody can forge is each
 * host's own: {@link CursorSeal}.
 */
import { NoboilError } from '../../errors/error.ts'
import type { Page, PageRequest, Stretch } from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Field } from '../../schema/storable.ts'
import type { Row } from '../../schema/values.ts'
import { comparePositions, orderColumns, type Position, positionOf } from '../../program/stretch.ts'

/** How a host reads on: the rows of a stretch strictly after a position, at most `limit`, conditions applied. */
export type RowsAfter = (
  stretch: Stretch,
  position: Position | undefined,
  limit: number,
) => readonly Row[]

/** Makes cursors and opens them. */
export interface CursorSeal {
  /** The cursor behind a position; an empty position stands before the first row. */
  seal(request: PageRequest, position: Position): string
  /** Fails with `INVALID_CURSOR` for everything that `seal` did not make for such a request. */
  open(request: PageRequest, columns: readonly string[], cursor: string): Position
}

/** Answers a page request from a host's way to read on. */
export function readPage(request: PageRequest, cursors: CursorSeal, rowsAfter: RowsAfter): Page {
  const columns = orderColumns(request.table, request.index)
  const start = openAt(request, columns, cursors, request.cursor)
  if (request.endCursor !== null) return readPinned(request, columns, cursors, start, rowsAfter)
  const found = rowsAfter(request, start, request.limit + 1)
  const isDone = found.length <= request.limit
  const rows = isDone ? found : found.slice(0, request.limit)
  const last = rows.at(-1)
  const end =
    last === undefined ? (start ?? []) : positionOf(columns, openFrom(request, columns), last)
  return { rows, continueCursor: cursors.seal(request, end), isDone }
}

function readPinned(
  request: PageRequest,
  columns: readonly string[],
  cursors: CursorSeal,
  start: Position | undefined,
  rowsAfter: RowsAfter,
): Page {
  const continueCursor = request.endCursor as string
  const end = openAt(request, columns, cursors, continueCursor)
  const isDone = rowsAfter(request, end, 1).length === 0
  const rows: Row[] = []
  if (end === undefined) return { rows, continueCursor, isDone }
  const sign = request.order === 'asc' ? 1 : -1
  // The end is looked for a chunk at a time, since rows may have come or gone since it was pinned.
  const chunk = Math.max(request.limit, 1) + 1
  const open = openFrom(request, columns)
  for (let from = start; ;) {
    const found = rowsAfter(request, from, chunk)
    for (const row of found) {
      from = positionOf(columns, open, row)
      if (comparePositions(from, end) * sign > 0) return { rows, continueCursor, isDone }
      rows.push(row)
    }
    if (found.length < chunk) return { rows, continueCursor, isDone }
  }
}

/** Positions begin after `eq`; where that names all columns, with the last one, since an empty position is the beginning. */
function openFrom(request: PageRequest, columns: readonly string[]): number {
  return Math.min(request.eq.length, columns.length - 1)
}

/** The position behind a cursor; undefined before the first row. */
function openAt(
  request: PageRequest,
  columns: readonly string[],
  cursors: CursorSeal,
  cursor: string | null,
): Position | undefined {
  if (cursor === null) return undefined
  const position = cursors.open(request, columns, cursor)
  return position.length === 0 ? undefined : position
}

/** Whether a position is one of such a request: a schema may have changed since a cursor was made. */
export function fitsRequest(
  request: PageRequest,
  columns: readonly string[],
  position: Position,
): boolean {
  if (position.length === 0) return true
  return fits(request.table, columns.slice(openFrom(request, columns)), position)
}

function fits(layout: Layout, columns: readonly string[], position: Position): boolean {
  return (
    position.length === columns.length &&
    columns.every((name, at) => fitsField(layout.columns[name] as Field, position[at]))
  )
}

function fitsField(field: Field, value: unknown): boolean {
  if (value === undefined) return field.optional
  if (value === null) return field.nullable
  switch (field.type.kind) {
    case 'number':
      return typeof value === 'number'
    case 'boolean':
      return typeof value === 'boolean'
    case 'literal':
      return field.type.values.some((allowed) => typeof allowed === typeof value)
    default:
      return typeof value === 'string'
  }
}

export function invalidCursor(): NoboilError {
  return new NoboilError('INVALID_CURSOR', 'The cursor does not belong to this query.')
}
