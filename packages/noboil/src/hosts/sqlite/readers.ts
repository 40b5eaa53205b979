/**
 * Connections for reads. Programs that do not wait share one open snapshot, which is renewed after each commit that was
 * followed by a read; a program that waits holds its snapshot past commits, on a connection that others then leave alone.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Snapshot, Snapshots } from '../shared/store.ts'
import { openReader } from './connection.ts'
import { storeError } from './errors.ts'
import { prepare, type RowStatement } from './statements.ts'
import { SqliteReader, type SqlTables } from './read-store.ts'

/** How many states of the data can be read at a time. */
const maxConnections = 8

interface Connection {
  readonly db: DatabaseSync
  readonly store: SqliteReader
  readonly begin: RowStatement
  readonly pin: RowStatement
  readonly end: RowStatement
}

interface OpenSnapshot extends Snapshot {
  readonly connection: Connection
  /** How those who hold it are told that it goes. */
  readonly holders: Set<() => void>
}

export class Readers implements Snapshots {
  readonly #file: string
  readonly #tables: SqlTables
  readonly #revision: () => number
  readonly #free: Connection[] = []
  readonly #all: Connection[] = []
  #current: OpenSnapshot | undefined

  constructor(file: string, tables: SqlTables, revision: () => number) {
    this.#file = file
    this.#tables = tables
    this.#revision = revision
    this.#free.push(this.#open())
  }

  newest(): OpenSnapshot {
    if (this.#current !== undefined) return this.#current
    const connection = this.#free.pop() ?? this.#open()
    try {
      connection.begin.run()
      // BEGIN alone fixes nothing: the snapshot is taken by the first read.
      connection.pin.get()
    } catch (error) {
      if (connection.db.isTransaction) connection.end.run()
      this.#free.push(connection)
      throw storeError(error)
    }
    this.#current = {
      connection,
      store: connection.store,
      revision: this.#revision(),
      holders: new Set(),
    }
    return this.#current
  }

  hold(snapshot: Snapshot, evict: () => void): void {
    ;(snapshot as OpenSnapshot).holders.add(evict)
  }

  release(snapshot: Snapshot, evict: () => void): void {
    const open = snapshot as OpenSnapshot
    open.holders.delete(evict)
    if (open !== this.#current && open.holders.size === 0) this.#end(open)
  }

  /**
   * Called before each commit, so that no snapshot keeps the log from being moved into the file and begun anew. One that programs
   * hold stays, unless it would leave no connection for reading what is committed now.
   */
  beforeCommit(): void {
    const open = this.#current
    if (open === undefined) return
    this.#current = undefined
    if (open.holders.size === 0) {
      this.#end(open)
      return
    }
    if (this.#free.length > 0 || this.#all.length < maxConnections) return
    const holders = [...open.holders]
    open.holders.clear()
    this.#end(open)
    for (const evict of holders) evict()
  }

  close(): void {
    for (const { db } of this.#all) db.close()
  }

  #end(open: OpenSnapshot): void {
    open.connection.end.run()
    this.#free.push(open.connection)
  }

  #open(): Connection {
    const db = openReader(this.#file)
    const connection: Connection = {
      db,
      store: new SqliteReader(db, this.#tables),
      begin: prepare(db, 'BEGIN'),
      pin: prepare(db, 'SELECT 1 FROM _meta LIMIT 1'),
      end: prepare(db, 'COMMIT'),
    }
    this.#all.push(connection)
    return connection
  }
}
