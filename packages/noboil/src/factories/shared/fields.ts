/**
 * Checks of options that name fields, made when an app is built.
 */
import { DefinitionError } from '../../errors/assert.ts'
import type { Fields } from '../../schema/storable.ts'

/** Refuses options that name a boolean field where there is none. */
export function assertBoolean(
  table: string,
  option: string,
  owner: { readonly name: string; readonly columns: Fields },
  field: string,
): void {
  const kind = Object.hasOwn(owner.columns, field) ? owner.columns[field]?.type.kind : undefined
  if (kind === 'boolean') return
  throw new DefinitionError(
    `Table '${table}': ${option} names '${field}', which is not a boolean field of '${owner.name}'.`,
  )
}
