/**
 * One process per database. The lock is an exclusive transaction on a file beside the database, which the system ends with the
 * process, however it ends.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { NoboilError } from '../../errors/error.ts'
import { openError } from './connection.ts'
import { resultCode } from './errors.ts'

const busy = 5

/** Answers the way to let go. Throws a sentence when another process, or this one, has the database open. */
export function lock(file: string): () => void {
  const name = `${file}.lock`
  let db: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true })
    db = new DatabaseSync(name, { timeout: 0 })
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db?.close()
    throw refusal(file, name, error)
  }
  const held = db
  return () => held.close()
}

function refusal(file: string, name: string, error: unknown): unknown {
  if (resultCode(error) === busy) {
    return new NoboilError(
      'UNAVAILABLE',
      `The database '${file}' is open already, in another process or in this one; embedded SQLite is served by one process at a time. Stop the other one first.`,
    )
  }
  if (resultCode(error) !== undefined) return openError(name, error)
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) return error
  const failure = new NoboilError(
    'UNAVAILABLE',
    `The directory '${dirname(file)}' for the database cannot be made or used (${code}).`,
  )
  failure.cause = error
  return failure
}
