/** Connections to one database file, and why one cannot be opened, in a sentence. */
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { NoboilError } from '../../errors/error.ts'
import { resultCode, storeReason } from './errors.ts'

export interface ConnectionSettings {
  /** `none` gives up durability: for measuring and for tests that must see data lost. */
  readonly durability: 'commit' | 'none'
}

/** Pages of the log before they are moved into the file: a grouped writer gains from rare checkpoints. */
const checkpointPages = 20_000
const writerCacheKib = 65_536
const readerCacheKib = 16_384
/** Another program may look at the file (the sqlite3 shell, a backup): wait for it a little. */
const busyTimeoutMs = 2_000

/** A file that is made here is its owner's alone, and SQLite's files beside it are as it is. */
export function openWriter(file: string, settings: ConnectionSettings): DatabaseSync {
  makeFile(file)
  const db = connect(file, false)
  try {
    const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
    if (mode !== 'wal')
      throw new NoboilError(
        'UNAVAILABLE',
        `'${file}' lies on a file system that cannot keep a write-ahead log.`,
      )
    db.exec(`
      PRAGMA synchronous = ${settings.durability === 'commit' ? 'FULL' : 'OFF'};
      PRAGMA wal_autocheckpoint = ${checkpointPages};
      PRAGMA journal_size_limit = 134217728;
      PRAGMA cache_size = -${writerCacheKib};
      PRAGMA temp_store = MEMORY;
    `)
    return db
  } catch (error) {
    db.close()
    throw openError(file, error)
  }
}

export function openReader(file: string): DatabaseSync {
  const db = connect(file, true)
  db.exec(`PRAGMA cache_size = -${readerCacheKib}; PRAGMA temp_store = MEMORY;`)
  return db
}

/** The sentence for a file that cannot be opened. */
export function openError(file: string, error: unknown): unknown {
  const reason = storeReason(error)
  if (reason === undefined) return error
  const failure = new NoboilError(
    'UNAVAILABLE',
    `The database '${file}' cannot be opened: ${reason}.`,
  )
  failure.cause = error
  return failure
}

/** A file that is there stays as it is: who may read it has been decided. */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch {
    // It is there, or SQLite says why it cannot be.
  }
}

function connect(file: string, readOnly: boolean): DatabaseSync {
  try {
    return new DatabaseSync(file, {
      readOnly,
      timeout: busyTimeoutMs,
      enableForeignKeyConstraints: false,
    })
  } catch (error) {
    throw resultCode(error) === undefined ? error : openError(file, error)
  }
}
