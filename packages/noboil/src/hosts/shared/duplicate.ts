import { NoboilError } from '../../errors/error.ts'
import type { Layout } from '../../schema/layout.ts'

/** The error of a row whose values in `fields` another row has already. */
export function duplicate(layout: Layout, fields: readonly string[]): NoboilError<'DUPLICATE'> {
  return new NoboilError(
    'DUPLICATE',
    `Another row of '${layout.name}' has the same ${fields.join(' and ')}.`,
    { fields },
  )
}
