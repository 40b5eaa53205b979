/** Prepared statements of one connection, kept by their text, as many as are of use. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'

/** Each generation holds this many, so that at most twice as many are kept. */
const maxPerGeneration = 256

/** A statement whose rows come as arrays. */
export interface RowStatement {
  get(...values: SQLInputValue[]): readonly SQLOutputValue[] | undefined
  all(...values: SQLInputValue[]): readonly (readonly SQLOutputValue[])[]
  iterate(...values: SQLInputValue[]): Iterable<readonly SQLOutputValue[]>
  run(...values: SQLInputValue[]): { readonly changes: number | bigint }
}

export function prepare(db: DatabaseSync, sql: string): RowStatement {
  // The types of node:sqlite know rows as objects only.
  return db.prepare(sql, { returnArrays: true }) as unknown as RowStatement
}

/**
 * A cache in two generations: what is used moves to the young one, and when that is full the old one is forgotten. Nearly
 * as good as least-recently-used, for one look-up in the common case.
 */
export class Statements {
  readonly #db: DatabaseSync
  #young = new Map<string, RowStatement>()
  #old = new Map<string, RowStatement>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** The statement called `shape`, whose text `sql` makes when it is new. */
  get(shape: string, sql: () => string): RowStatement {
    const young = this.#young.get(shape)
    if (young !== undefined) return young
    const statement = this.#old.get(shape) ?? prepare(this.#db, sql())
    if (this.#young.size >= maxPerGeneration) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(shape, statement)
    return statement
  }
}
