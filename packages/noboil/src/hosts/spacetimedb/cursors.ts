/**
 * Cursors of this host: a MAC under the database's secret, and the position as JSON.
 *
 * The MAC keeps a cursor with the query it came from, and tells one that was damaged. It is no lock: a module has nothing to draw a
 * secret from but the database's time and chance, and whoever tries long enough finds it. Nothing may rest on it. A position narrows
 * the stretch that the query reads anyway, and what a caller may read is decided without it.
 */
import type { PageRequest } from '../../program/request.ts'
import { canonicalJson } from '../../schema/values.ts'
import { type CursorSeal, fitsRequest, invalidCursor } from '../shared/pages.ts'
import type { Position } from '../../program/stretch.ts'
import { hmacSha256 } from './sha256.ts'

const macDigits = 32

export class TextCursors implements CursorSeal {
  readonly #secret: () => string

  /** `secret` is asked for with the first cursor: most calls have none. */
  constructor(secret: () => string) {
    this.#secret = secret
  }

  seal(request: PageRequest, position: Position): string {
    const text = JSON.stringify(position.map((value) => (value === undefined ? [] : value)))
    return this.#mac(request, text) + text
  }

  open(request: PageRequest, columns: readonly string[], cursor: string): Position {
    const text = cursor.slice(macDigits)
    if (text === '' || this.#mac(request, text) !== cursor.slice(0, macDigits)) {
      throw invalidCursor()
    }
    const position = parsed(text)?.map((value) => (Array.isArray(value) ? undefined : value))
    if (position === undefined || !fitsRequest(request, columns, position)) throw invalidCursor()
    return position
  }

  #mac(request: PageRequest, text: string): string {
    const { scope, table, index, order, eq } = request
    const asked = canonicalJson([scope, table.name, index, order, eq])
    return hmacSha256(this.#secret(), `${asked}\n${text}`).slice(0, macDigits)
  }
}

function parsed(text: string): readonly unknown[] | undefined {
  try {
    const position: unknown = JSON.parse(text)
    return Array.isArray(position) ? position : undefined
  } catch {
    return undefined
  }
}
