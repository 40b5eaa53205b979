/**
 * Pages and their cursors. A cursor stands behind a row: the page from it holds the rows strictly after, and a page pinned by an
 * `endCursor` ends with the row it stands behind. The text is base64url of a MAC and the position, so that nobody can make one
 * that reads where the query would not have led.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { NoboilError } from '../../errors/error.ts'
import type { Page, PageRequest, Stretch } from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Field } from '../../schema/storable.ts'
import { canonicalJson, type Row } from '../../schema/values.ts'
import { comparePositions, orderColumns, type Position, positionOf } from './stretch.ts'

/** How a host reads on: the rows of a stretch strictly after a position, at most `limit`, conditions applied. */
export type RowsAfter = (
  stretch: Stretch,
  position: Position | undefined,
  limit: number,
) => readonly Row[]

const macBytes = 16

/** Makes and opens cursors with one database's secret. */
export class Cursors {
  readonly #secret: Uint8Array

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** The cursor behind a position; an empty position stands before the first row. */
  seal(request: PageRequest, position: Position): string {
    const text = JSON.stringify(position.map((value) => (value === undefined ? [] : value)))
    return Buffer.concat([this.#mac(request, text), Buffer.from(text)]).toString('base64url')
  }

  /** The position behind a cursor that was opened before; undefined for what is no cursor. */
  peek(cursor: string): Position | undefined {
    try {
      const text = Buffer.from(cursor, 'base64url').toString('utf8', macBytes)
      const position: unknown = JSON.parse(text)
      if (!Array.isArray(position)) return undefined
      return position.map((value: unknown) => (Array.isArray(value) ? undefined : value))
    } catch {
      return undefined
    }
  }

  /** Fails with `INVALID_CURSOR` for everything that {@link seal} did not make for such a request. */
  open(request: PageRequest, columns: readonly string[], cursor: string): Position {
    const bytes = Buffer.from(cursor, 'base64url')
    // Node's decoder skips what is not base64url; only the text that comes back the same is ours.
    if (bytes.length <= macBytes || bytes.toString('base64url') !== cursor) throw invalidCursor()
    const text = bytes.toString('utf8', macBytes)
    if (!timingSafeEqual(this.#mac(request, text), bytes.subarray(0, macBytes)))
      throw invalidCursor()
    const position = (JSON.parse(text) as unknown[]).map((value) =>
      Array.isArray(value) ? undefined : value,
    )
    const open = columns.slice(openFrom(request, columns))
    if (position.length !== 0 && !fits(request.table, open, position)) throw invalidCursor()
    return position
  }

  #mac(request: PageRequest, text: string): Buffer {
    const { scope, table, index, order, eq } = request
    return createHmac('sha256', this.#secret)
      .update(canonicalJson([scope, table.name, index, order, eq]))
      .update('\n')
      .update(text)
      .digest()
      .subarray(0, macBytes)
  }
}

/** Answers a page request from a host's way to read on. */
export function readPage(request: PageRequest, cursors: Cursors, rowsAfter: RowsAfter): Page {
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
  cursors: Cursors,
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
  cursors: Cursors,
  cursor: string | null,
): Position | undefined {
  if (cursor === null) return undefined
  const position = cursors.open(request, columns, cursor)
  return position.length === 0 ? undefined : position
}

/** A schema may have changed since a cursor was made. */
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

function invalidCursor(): NoboilError {
  return new NoboilError('INVALID_CURSOR', 'The cursor does not belong to this query.')
}
