/**
 * One subscription that hooks share: the rows of a table, or of its rows with one value, as they are in the database. Its rows stay
 * while the connection is away, and are replaced in one piece when the next connection has them.
 */
import { errorData } from '../../errors/match.ts'
import { NoboilError } from '../../errors/error.ts'
import type { TableRef } from '../../wire/spacetimedb.ts'
import { edited, type Edit, type Row } from './overlay.ts'
import type { Connection, RowListener, StoredRow, Subscription } from './sdk.ts'

export interface Filter {
  readonly column: string
  readonly value: string
}

export interface Watched {
  /** Undefined until they are known. */
  readonly rows: readonly Row[] | undefined
  readonly error: NoboilError | null
}

const nothing: Watched = { rows: undefined, error: null }

/** Watches are the same when this text is. */
export const watchKey = ({ table }: TableRef, filter: Filter | undefined): string =>
  filter === undefined ? table : `${table} ${filter.column} ${filter.value}`

export class Watch {
  readonly ref: TableRef
  readonly #filter: Filter | undefined
  readonly #listeners = new Set<() => void>()
  readonly #edits: Edit[] = []
  readonly #rows = new WeakMap<StoredRow, Row>()
  #connection: Connection | undefined
  #subscription: Subscription | undefined
  #confirmed: readonly Row[] | undefined
  #shown: Watched = nothing
  #isApplied = false
  #isQueued = false

  constructor(ref: TableRef, filter: Filter | undefined) {
    this.ref = ref
    this.#filter = filter
  }

  get = (): Watched => this.#shown

  /** What is shown is what the present connection has said. */
  get isCurrent(): boolean {
    return this.#isApplied
  }

  /** Forgets what was known: it was somebody else's. */
  forget(): void {
    this.#confirmed = undefined
    this.#show()
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Asks this connection from now on. Until it has answered, what was known stays. */
  attach(connection: Connection): void {
    this.detach()
    this.#connection = connection
    this.#isApplied = false
    for (const source of this.ref.sources) {
      connection.db[source]?.onInsert(this.#changed)
      connection.db[source]?.onDelete(this.#changed)
    }
    this.#subscription = connection
      .subscriptionBuilder()
      .onApplied(() => {
        if (connection !== this.#connection) return
        this.#isApplied = true
        this.#read()
      })
      .onError(({ event }) => this.#fail(event))
      .subscribe(this.ref.sources.map((source) => sqlOf(source, this.#filter)))
  }

  detach(): void {
    if (this.#isApplied) {
      try {
        this.#subscription?.unsubscribe()
      } catch {
        // The connection has gone, and the subscription with it.
      }
    }
    for (const source of this.ref.sources) {
      this.#connection?.db[source]?.removeOnInsert(this.#changed)
      this.#connection?.db[source]?.removeOnDelete(this.#changed)
    }
    this.#connection = undefined
    this.#subscription = undefined
    this.#isApplied = false
  }

  /** Shows edits until the answer is called. */
  edit(edits: readonly Edit[]): () => void {
    this.#edits.push(...edits)
    this.#show()
    return () => {
      for (const edit of edits) this.#edits.splice(this.#edits.indexOf(edit), 1)
      this.#show()
    }
  }

  /** Many rows of one transaction are one change. */
  readonly #changed: RowListener = (_ctx, row) => {
    if (!this.#isApplied || this.#isQueued || !this.#wants(row)) return
    this.#isQueued = true
    queueMicrotask(() => {
      this.#isQueued = false
      this.#read()
    })
  }

  /** Takes in what has changed without waiting for the turn's end. */
  flush(): void {
    if (this.#isQueued) this.#read()
  }

  #read(): void {
    const connection = this.#connection
    if (connection === undefined || !this.#isApplied) return
    const rows = new Map<unknown, Row>()
    for (const source of this.ref.sources) {
      for (const stored of connection.db[source]?.iter() ?? []) {
        if (!this.#wants(stored)) continue
        const row = this.#decoded(stored)
        rows.set(row['_id'] ?? row, row)
      }
    }
    this.#confirmed = [...rows.values()]
    this.#show()
  }

  #wants(stored: StoredRow): boolean {
    return this.#filter === undefined || stored[this.#filter.column] === this.#filter.value
  }

  /** A row that has not changed is the same object again. */
  #decoded(stored: StoredRow): Row {
    const known = this.#rows.get(stored)
    if (known !== undefined) return known
    const row = this.ref.decode(stored)
    this.#rows.set(stored, row)
    return row
  }

  #fail(event: unknown): void {
    const { code, message } = errorData(event) ?? {
      code: 'INTERNAL' as const,
      message: event instanceof Error ? event.message : 'The subscription was refused.',
    }
    this.#shown = { ...this.#shown, error: new NoboilError(code as 'INTERNAL', message) }
    this.#tell()
  }

  #show(): void {
    this.#shown = {
      rows: this.#confirmed && edited(this.#confirmed, this.#edits),
      error: null,
    }
    this.#tell()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

const sqlOf = (source: string, filter: Filter | undefined): string =>
  filter === undefined
    ? `SELECT * FROM ${source}`
    : `SELECT * FROM ${source} WHERE ${filter.column} = '${filter.value.replaceAll(`'`, `''`)}'`
