/**
 * Where accounts lie: a SQLite file of their own that only its owner may read, and beside it the secret that signs cookies, where
 * the app gives none.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DefinitionError } from '../../../errors/assert.ts'

export interface AccountsFile {
  readonly writer: DatabaseSync
  /** Reads what is committed, and never waits for the writer. */
  reader(): DatabaseSync
  /** Once or more often. */
  close(): void
}

/** Throws {@link DefinitionError} naming the file and what is wrong with it. */
export function openAccountsFile(file: string): AccountsFile {
  const connections: DatabaseSync[] = []
  const connect = (readOnly: boolean): DatabaseSync => {
    const connection = new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs })
    connections.push(connection)
    return connection
  }
  const close = (): void => {
    for (const connection of connections.splice(0)) connection.close()
  }
  try {
    mkdirSync(dirname(file), { recursive: true })
    closeSync(openSync(file, 'a', ownerOnly))
    const writer = connect(false)
    writer.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    return { writer, reader: () => connect(true), close }
  } catch (error) {
    close()
    throw new DefinitionError(`The accounts file ${file} cannot be opened: ${reason(error)}.`, {
      cause: error,
    })
  }
}

/** The secret in this file, which is made with one where there is none. */
export function keptSecret(file: string): string {
  let secret: string
  try {
    secret = makeSecret(file) ?? readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new DefinitionError(`The secret in ${file} cannot be kept: ${reason(error)}.`, {
      cause: error,
    })
  }
  if (secret.length >= minSecretLength) return secret
  throw new DefinitionError(
    `The secret in ${file} is too short. Remove the file and a new one is made; everybody then signs in again.`,
  )
}

/** Characters. */
export const minSecretLength = 32

const ownerOnly = 0o600

/** Another process may be writing for a moment: a script that gives somebody a role. */
const busyTimeoutMs = 1_000

/** Undefined: there is a file already. */
function makeSecret(file: string): string | undefined {
  let descriptor: number
  try {
    descriptor = openSync(file, 'wx', ownerOnly)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
  const secret = randomBytes(32).toString('base64url')
  try {
    writeSync(descriptor, secret)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  return secret
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))
