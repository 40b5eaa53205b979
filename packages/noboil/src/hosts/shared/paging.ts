/**
 * Cursors of the Node hosts: base64url of a MAC and the position, so that nobody can make one that reads where the query would
 * not have led.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { PageRequest } from '../../program/request.ts'
import { canonicalJson } from '../../schema/values.ts'
import { type CursorSeal, fitsRequest, invalidCursor } from './pages.ts'
import type { Position } from '../../program/stretch.ts'

const macBytes = 16

/** Makes and opens cursors with one database's secret. */
export class Cursors implements CursorSeal {
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
    if (!fitsRequest(request, columns, position)) throw invalidCursor()
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
