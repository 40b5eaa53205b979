/**
 * Rows that one transaction has read by key or id, so that it reads none twice: a bulk call looks at one parent and one head for all
 * its rows, and Convex counts every read.
 */
import type { Layout } from '../../schema/layout.ts'
import { canonicalJson, type Row } from '../../schema/values.ts'

interface KnownTable {
  readonly rows: Map<string, Row>
  /** Ids by key; null where there is no row. */
  readonly keys: Map<string, string | null>
}

export class KnownRows {
  readonly #tables = new Map<string, KnownTable>()

  /** Undefined: it has not been read. */
  at(table: Layout, key: readonly unknown[]): Row | null | undefined {
    const known = this.#of(table)
    const id = known.keys.get(canonicalJson(key))
    return id === null || id === undefined ? id : known.rows.get(id)
  }

  byId(table: Layout, id: string): Row | undefined {
    return this.#of(table).rows.get(id)
  }

  note(table: Layout, row: Row | null, key?: readonly unknown[]): void {
    const { rows, keys } = this.#of(table)
    const id = row === null ? null : (row['_id'] as string)
    if (row !== null && id !== null) rows.set(id, row)
    if (key !== undefined) keys.set(canonicalJson(key), id)
  }

  patched(table: Layout, id: string, set: Row): void {
    const { rows } = this.#of(table)
    const row = rows.get(id)
    if (row === undefined) return
    const after = Object.entries({ ...row, ...set }).filter(([, value]) => value !== undefined)
    rows.set(id, Object.fromEntries(after))
  }

  /** A row was made, so that what was no row may be one. */
  inserted(table: Layout): void {
    this.#of(table).keys.clear()
  }

  removed(table: Layout, id: string): void {
    const { rows, keys } = this.#of(table)
    rows.delete(id)
    keys.clear()
  }

  /** Somebody else wrote, or what was written has been undone. */
  forget(): void {
    this.#tables.clear()
  }

  #of({ name }: Layout): KnownTable {
    const found = this.#tables.get(name) ?? { rows: new Map(), keys: new Map() }
    this.#tables.set(name, found)
    return found
  }
}
