/** The embedded host: `node:sqlite`, one file, one process. */
import { accessSync, constants, existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { DefinitionError } from '../../errors/assert.ts'
import { NoboilError } from '../../errors/error.ts'
import type { Derived } from '../../factories/shared/operation.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Host } from '../host.ts'
import { derivedLayout, keepDerived } from '../shared/derived.ts'
import { layoutsByName } from '../shared/layouts.ts'
import { systemPorts } from '../shared/ports.ts'
import { type CommonOptions, SyncHost } from '../shared/sync-host.ts'
import { quote } from './columns.ts'
import { openError, openWriter } from './connection.ts'
import { forgetClose, noteClose, type Reached, reachedAtClose } from './epoch.ts'
import { lock } from './lock.ts'
import { type Meta, openMeta } from './meta.ts'
import { migrate } from './migrate.ts'
import { Readers } from './readers.ts'
import { SqliteWriter } from './write-store.ts'
import { SqlTable } from './table.ts'

export interface SqliteHostOptions extends CommonOptions {
  /** The database file; it and its directory are made when they are not there. */
  readonly file: string
  readonly layouts: readonly Layout[]
  /** What is to be kept in step with the configuration it was made with. */
  readonly derived?: readonly Derived[]
  /**
   * Tables (`'poll'`) and fields (`'poll.title'`) that are no longer declared and whose data may go. Without this a migration
   * that would lose data is refused with its plan.
   */
  readonly acceptDataLoss?: readonly string[]
  /** Takes a line for each step of a migration and, for long ones, of its progress. */
  readonly log?: (line: string) => void
  /** `none`: an acknowledged write may be lost with the machine. For measuring and tests. Default `commit`. */
  readonly durability?: 'commit' | 'none'
}

/**
 * Opens or makes the database and brings its tables to the layouts. Fails with a sentence: `UNAVAILABLE` when the file cannot
 * be used (in use, not a database, not writable, written by a newer version), a `DefinitionError` with the whole plan when the
 * layouts would lose or break what is stored.
 */
export async function openSqliteHost(options: SqliteHostOptions): Promise<Host> {
  if (options.file === '' || options.file.startsWith(':')) {
    throw new DefinitionError(
      `'${options.file}' is no file; tests that want no file use the memory host.`,
    )
  }
  const file = realPath(options.file)
  const layouts = layoutsByName(options.layouts)
  const unlock = lock(file)
  let db: DatabaseSync | undefined
  let host: Host
  try {
    assertWritable(file)
    const reached = reachedAtClose(file)
    db = openWriter(file, { durability: options.durability ?? 'commit' })
    const meta = await prepareFile(db, file, reached, layouts, options)
    forgetClose(file)
    host = start(db, file, meta, layouts, options, unlock)
  } catch (error) {
    db?.close()
    unlock()
    throw openError(file, error)
  }
  try {
    await keepDerived(host, options.derived ?? [], { log: options.log ?? (() => {}) })
    return host
  } catch (error) {
    await host.close()
    throw openError(file, error)
  }
}

/** SQLite, asked for a log beside a file that it may not write, leaves one behind that nobody can write later. */
function assertWritable(file: string): void {
  if (!existsSync(file)) return
  try {
    accessSync(file, constants.W_OK)
  } catch (error) {
    const failure = new NoboilError(
      'UNAVAILABLE',
      `The database '${file}' cannot be opened: the file cannot be written.`,
    )
    failure.cause = error
    throw failure
  }
}

/** One name for one file, so that one lock guards it. */
function realPath(file: string): string {
  const path = resolve(file)
  if (existsSync(path)) return realpathSync(path)
  const directory = dirname(path)
  return existsSync(directory) ? join(realpathSync(directory), basename(path)) : path
}

/** One transaction: a file is either as it was or as the layouts say. */
async function prepareFile(
  db: DatabaseSync,
  file: string,
  reached: Reached | undefined,
  layouts: ReadonlyMap<string, Layout>,
  options: SqliteHostOptions,
): Promise<Meta> {
  const { random } = options.ports ?? systemPorts
  const { derived = [], log = () => {} } = options
  db.exec('BEGIN IMMEDIATE')
  try {
    const meta = openMeta(db, { file, random, reached, log })
    const begun = await migrate({
      db,
      file,
      tables: [...layouts.values()].map((layout) => new SqlTable(layout)),
      derived: new Set(derived.map(({ layout }) => layout.name)),
      acceptDataLoss: options.acceptDataLoss ?? [],
      log,
    })
    const isBegun = ({ table, layout }: Derived): boolean =>
      begun.has(table) || begun.has(layout.name)
    for (const each of derived.filter(isBegun)) forgetDerived(db, each)
    db.exec('COMMIT')
    return meta
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** What has lost its rows, or the rows it follows from, is made again. */
function forgetDerived(db: DatabaseSync, { table, name }: Derived): void {
  db.prepare(
    `DELETE FROM ${quote(derivedLayout.name)} WHERE ${quote('table')} = ? AND name = ?`,
  ).run(table, name)
}

function start(
  db: DatabaseSync,
  file: string,
  meta: Meta,
  layouts: ReadonlyMap<string, Layout>,
  options: SqliteHostOptions,
  unlock: () => void,
): Host {
  const tables = new Map(Array.from(layouts, ([name, layout]) => [name, new SqlTable(layout)]))
  const readers = new Readers(file, tables, () => host.revision)
  const durable = options.durability !== 'none'
  const host = new SyncHost({
    ...options,
    capabilities: { name: 'sqlite', asyncHooks: true, durable, processes: 'one' },
    epoch: meta.epoch,
    revision: meta.revision,
    secret: meta.secret,
    store: new SqliteWriter(db, tables, () => readers.beforeCommit()),
    snapshots: readers,
    close() {
      try {
        readers.close()
        closeWriter(db)
        noteClose(file, { epoch: meta.epoch, revision: host.revision })
      } finally {
        unlock()
      }
    },
  })
  return host
}

/** Leaves one file, complete in itself. */
function closeWriter(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
}
