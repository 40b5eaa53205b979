/** What the database knows about itself: a table of names and texts. */
import type { DatabaseSync } from 'node:sqlite'
import { NoboilError } from '../../errors/error.ts'
import type { Random } from '../host.ts'
import type { Reached } from './epoch.ts'

/** How tables, values and bookkeeping lie in the file; goes up when an older noboil could not read them. */
const format = 1

export interface Meta {
  readonly epoch: string
  readonly revision: number
  /** Signs cursors. */
  readonly secret: Uint8Array
}

export interface MetaOptions {
  readonly file: string
  readonly random: Random
  /** How far the last close noted that the file went; absent: nobody knows. */
  readonly reached: Reached | undefined
  readonly log: (line: string) => void
}

/**
 * Reads the table, and makes it in a new database. Where the file is not as far as `reached` says, it begins a new epoch. Call
 * it inside a transaction.
 */
export function openMeta(db: DatabaseSync, { file, random, reached, log }: MetaOptions): Meta {
  const isNew = !exists(db)
  if (isNew) create(db, file, random)
  const stored = Number(readMeta(db, 'format'))
  if (stored !== format) {
    throw new NoboilError(
      'UNAVAILABLE',
      `The database '${file}' was written in format ${stored} by another version of noboil; this one reads format ${format}. Use that version, or a newer one.`,
    )
  }
  const revision = Number(readMeta(db, 'revision'))
  const goesOn = reached?.epoch === readMeta(db, 'epoch') && reached?.revision === revision
  if (!isNew && !goesOn) {
    writeMeta(db, 'epoch', newEpoch(random))
    log('a new epoch begins: the file is not as an orderly close left it')
  }
  return {
    epoch: readMeta(db, 'epoch') ?? '',
    revision,
    secret: Buffer.from(readMeta(db, 'secret') ?? '', 'base64'),
  }
}

export function readMeta(db: DatabaseSync, name: string): string | undefined {
  const row = db.prepare('SELECT value FROM _meta WHERE name = ?').get(name)
  return row?.['value'] as string | undefined
}

export function writeMeta(db: DatabaseSync, name: string, value: string | undefined): void {
  if (value === undefined) db.prepare('DELETE FROM _meta WHERE name = ?').run(name)
  else db.prepare('INSERT OR REPLACE INTO _meta (name, value) VALUES (?, ?)').run(name, value)
}

const newEpoch = (random: Random): string => Buffer.from(random.bytes(9)).toString('base64url')

function exists(db: DatabaseSync): boolean {
  return db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = '_meta'`).get() !== undefined
}

function create(db: DatabaseSync, file: string, random: Random): void {
  if (db.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined) {
    throw new NoboilError(
      'UNAVAILABLE',
      `The file '${file}' is a database of another program; noboil keeps its tables in a file of their own.`,
    )
  }
  db.exec('CREATE TABLE _meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID')
  writeMeta(db, 'format', String(format))
  writeMeta(db, 'revision', '0')
  writeMeta(db, 'epoch', newEpoch(random))
  writeMeta(db, 'secret', Buffer.from(random.bytes(32)).toString('base64'))
}
