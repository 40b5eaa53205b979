/**
 * Arguments as operations declare them: small readers that say by path what is wrong, made for hot calls (no schema library
 * between a request and its program; payloads go through Zod in {@link Payloads}).
 */
import { NoboilError } from '../../errors/error.ts'
import type { Issue } from '../../errors/table.ts'
import { utf8Bytes } from '../../schema/values.ts'
import type { Arguments, PaginationOptions } from './operation.ts'

type Reader<value> = (input: unknown, path: string) => value

export const invalid = (path: string, message: string): NoboilError<'VALIDATION_FAILED'> =>
  new NoboilError('VALIDATION_FAILED', path === '' ? message : `${path}: ${message}`, {
    issues: [{ path, message }],
  })

export function invalidAll(issues: readonly Issue[]): NoboilError<'VALIDATION_FAILED'> {
  const [first] = issues
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  const text =
    first === undefined
      ? 'The arguments are not valid.'
      : `${first.path === '' ? '' : `${first.path}: `}${first.message}${more}`
  return new NoboilError('VALIDATION_FAILED', text, { issues })
}

/** An object with exactly these fields. */
export function args<const shape extends Readonly<Record<string, Reader<unknown>>>>(
  shape: shape,
): Arguments<{ readonly [name in keyof shape]: ReturnType<shape[name]> }> {
  const names = Object.keys(shape)
  return (input) => {
    const source = input ?? {}
    if (typeof source !== 'object' || Array.isArray(source)) {
      throw invalid('', 'The arguments must be an object.')
    }
    const read: Record<string, unknown> = {}
    for (const name of names) {
      const value = (shape[name] as Reader<unknown>)(
        Object.hasOwn(source, name) ? (source as Record<string, unknown>)[name] : undefined,
        name,
      )
      if (value !== undefined) read[name] = value
    }
    for (const name of Object.keys(source)) {
      if (!Object.hasOwn(shape, name) && (source as Record<string, unknown>)[name] !== undefined) {
        throw invalid(name, `Unknown argument; there are ${names.join(', ')}.`)
      }
    }
    return read as never
  }
}

export const text: Reader<string> = (input, path) => {
  if (typeof input !== 'string' || input === '')
    throw invalid(path, 'Must be a text that is not empty.')
  return storableText(input, path)
}

/** A text with a limit on its UTF-8 bytes. */
export const shortText =
  (limit: string, maxBytes: number): Reader<string> =>
  (input, path) => {
    const value = text(input, path)
    const bytes = utf8Bytes(value)
    if (bytes > maxBytes) {
      throw new NoboilError('LIMIT_EXCEEDED', `${path} is longer than ${maxBytes} bytes.`, {
        limit,
        max: maxBytes,
        actual: bytes,
      })
    }
    return value
  }

/** An id of any table: whether it is one is for the store to say. */
export const id: Reader<string> = shortText('maxIdBytes', 1024)

export const flag: Reader<boolean> = (input, path) => {
  if (typeof input !== 'boolean') throw invalid(path, 'Must be true or false.')
  return input
}

/** A whole number of at least `min`. */
export const wholeFrom =
  (min: number): Reader<number> =>
  (input, path) => {
    if (typeof input !== 'number' || !Number.isSafeInteger(input) || input < min) {
      throw invalid(path, `Must be a whole number of at least ${min}.`)
    }
    return input
  }

/** How many rows are asked for; over `max` is `LIMIT_EXCEEDED`. */
export const rowCount =
  (max: number): Reader<number> =>
  (input, path) => {
    const value = wholeFrom(1)(input, path)
    if (value > max) {
      throw new NoboilError('LIMIT_EXCEEDED', `${path} may be at most ${max}.`, {
        limit: 'maxPageRows',
        max,
        actual: value,
      })
    }
    return value
  }

/** The time a conflict check expects; null: the row must not exist yet. */
export const expectedTime: Reader<number | null> = (input, path) =>
  input === null ? null : wholeFrom(0)(input, path)

export const optional =
  <value>(read: Reader<value>): Reader<value | undefined> =>
  (input, path) =>
    input === undefined ? undefined : read(input, path)

export const list =
  <value>(read: Reader<value>, maxItems: number): Reader<readonly value[]> =>
  (input, path) => {
    assertList(input, path, maxItems)
    return input.map((item, at) => read(item, `${path}[${at}]`))
  }

/** A list of anything; a later step looks at its items. */
export const items =
  (maxItems: number): Reader<readonly unknown[]> =>
  (input, path) => {
    assertList(input, path, maxItems)
    return input.slice()
  }

/** Anything; a later step looks at it. */
export const anything: Reader<unknown> = (input) => input

export const pagination =
  (maxRows: number): Reader<PaginationOptions> =>
  (input, path) => {
    if (typeof input !== 'object' || input === null) {
      throw invalid(path, 'Must be { numItems, cursor }.')
    }
    const { numItems, cursor, endCursor } = input as Record<string, unknown>
    return {
      numItems: rowCount(maxRows)(numItems, `${path}.numItems`),
      cursor: cursorText(cursor, `${path}.cursor`),
      endCursor: cursorText(endCursor, `${path}.endCursor`),
    }
  }

const cursorText = (input: unknown, path: string): string | null => {
  if (input === null || input === undefined || input === '') return null
  if (typeof input !== 'string' || input.length > 4096) {
    throw new NoboilError('INVALID_CURSOR', `${path} is not a cursor of this query.`)
  }
  return input
}

function assertList(
  input: unknown,
  path: string,
  maxItems: number,
): asserts input is readonly unknown[] {
  if (!Array.isArray(input)) throw invalid(path, 'Must be a list.')
  if (input.length > maxItems) {
    throw new NoboilError('LIMIT_EXCEEDED', `${path} may hold at most ${maxItems} items.`, {
      limit: 'maxBulkItems',
      max: maxItems,
      actual: input.length,
    })
  }
}

function storableText(value: string, path: string): string {
  if (!value.isWellFormed()) throw invalid(path, 'The text holds half of a surrogate pair.')
  if (value.includes('\0')) throw invalid(path, 'The text holds the character U+0000.')
  return value
}
