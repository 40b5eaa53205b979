/**
 * One host per data file. The lock is an exclusive transaction on a file beside it, which the system ends with the process,
 * however it ends.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DefinitionError } from '../../errors/assert.ts'
import { messageOf } from './abi/load.ts'

/** Makes the folder where there is none. Answers the way to let go. @throws {DefinitionError} when another host has the file open, in this process or elsewhere. */
export function lockDataFile(path: string): () => void {
  let lock: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    lock = new DatabaseSync(`${path}.lock`, { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock?.close()
    const isTaken = (error as { readonly errcode?: unknown }).errcode === SQLITE_BUSY
    throw new DefinitionError(
      isTaken
        ? `The data file ${path} is open already, in another process or in this one: close that host first.`
        : `The data file ${path} cannot be locked: ${messageOf(error)}`,
    )
  }
  const held = lock
  return () => {
    if (held.isOpen) held.close()
  }
}

const SQLITE_BUSY = 5
