/** What errors of SQLite mean. */
import { InvariantError } from '../../errors/assert.ts'
import { isNoboilError, NoboilError } from '../../errors/error.ts'

/** SQLite's primary result codes that speak of the machine or the file, not of the statement. */
const storeCodes: ReadonlyMap<number, string> = new Map([
  [5, 'the file is locked by another program'],
  [6, 'the file is locked by another program'],
  [7, 'there is not enough memory'],
  [8, 'the file cannot be written'],
  [10, 'the disk reported an error'],
  [11, 'the file is damaged'],
  [13, 'the disk is full'],
  [14, 'the file cannot be opened'],
  [26, 'the file is not a database'],
])

/** SQLite's result code; undefined for another error. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode : undefined
}

/** In words; undefined when the error does not come from the machine or the file. */
export function storeReason(error: unknown): string | undefined {
  const code = resultCode(error)
  return code === undefined ? undefined : storeCodes.get(code & 0xff)
}

/** A unique index or a primary key has the values already. */
export function isConstraintError(error: unknown): boolean {
  const code = resultCode(error)
  return code === 2067 || code === 1555
}

/** Trouble of the store becomes `UNAVAILABLE`; anything else is left as it is. */
export function storeError(error: unknown): unknown {
  if (isNoboilError(error) || error instanceof InvariantError) return error
  const reason = storeReason(error)
  if (reason === undefined) return error
  const failure = new NoboilError('UNAVAILABLE', `The database could not be used: ${reason}.`)
  failure.cause = error
  return failure
}
