/**
 * The `search` option and argument, as every table with a search has them.
 */
import { DefinitionError } from '../../errors/assert.ts'
import { NoboilError } from '../../errors/error.ts'
import type { Fields } from '../../schema/storable.ts'
import { invalid } from './arguments.ts'

/** The text fields that a `search` option names. */
export function searchedFields(
  table: { readonly name: string; readonly fields: Fields },
  option: string | readonly string[] | undefined,
): readonly string[] {
  const names = option === undefined ? [] : typeof option === 'string' ? [option] : option
  for (const name of names) {
    const kind = Object.hasOwn(table.fields, name) ? table.fields[name]?.type.kind : undefined
    if (kind !== 'string') {
      throw new DefinitionError(
        `Table '${table.name}': search names '${name}', which is ${kind === undefined ? 'not a field' : 'not a text field'}.`,
      )
    }
  }
  return names
}

const maxQueryLength = 1_000

/** What somebody typed. */
export const searchText = (input: unknown, path: string): string => {
  if (typeof input !== 'string') throw invalid(path, 'Must be a text.')
  if (input.length > maxQueryLength) {
    throw new NoboilError(
      'LIMIT_EXCEEDED',
      `A search may be at most ${maxQueryLength} characters long.`,
      { limit: 'maxQueryLength', max: maxQueryLength, actual: input.length },
    )
  }
  return input
}

export const noSearch = (table: string): NoboilError =>
  new NoboilError('UNSUPPORTED', `'${table}' has no search; name a field in its search option.`)
