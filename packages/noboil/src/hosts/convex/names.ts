/**
 * What tables and indexes are called on Convex. Its names are identifiers of at most 64 characters that do not begin with an
 * underscore, and every index ends in the row's creation time by itself.
 */
import { DefinitionError } from '../../errors/assert.ts'
import type { Layout } from '../../schema/layout.ts'
import { fingerprint } from '../../schema/values.ts'

const maxNameChars = 64

/** When a row was made, as its transaction read the clock: Convex's own time has fractions and another clock. */
export const createdAt = 'createdAt'

/** All searched texts of a row in one, since a search index has one field. */
export const searchText = 'noboil_search'

/** The name of the search index of every table that has one. */
export const searchIndex = 'search'

/** Bookkeeping tables, whose layouts' names begin with an underscore, are set apart by a prefix. */
export function tableName(layout: Layout): string {
  const name = layout.internal === true ? `noboil_${layout.name.replace(/^_/, '')}` : layout.name
  if (name.length > maxNameChars) {
    throw new DefinitionError(
      `Table '${layout.name}': Convex names have at most ${maxNameChars} characters, '${name}' is longer; give the table a shorter name.`,
    )
  }
  return name
}

/** The index over the primary key; undefined where that is Convex's own `_id`. */
export const keyIndex = (layout: Layout): string | undefined =>
  layout.id === 'stored' ? undefined : shortened(`by_${layout.key.join('_')}`)

/** When the row was made that a row names at the end of its key: see {@link namedColumn}. */
export const namedAt = 'noboil_namedAt'

/**
 * The id that a key ends in: rows of such a table stand for what they name, and lie in its order. That order is of ids elsewhere;
 * Convex's ids have none, so it is kept beside them.
 */
export function namedColumn({ id, key, columns }: Layout): string | undefined {
  const last = key.at(-1)
  return id !== 'stored' && last !== undefined && columns[last]?.type.kind === 'id'
    ? last
    : undefined
}

/** Key columns before the id they end in; undefined where they end in none. */
export const arrivalColumns = (layout: Layout): readonly string[] | undefined =>
  namedColumn(layout) === undefined ? undefined : layout.key.slice(0, -1)

export const arrivalIndex = (columns: readonly string[]): string =>
  shortened(`by_${columns.join('_')}`)

/** A declared index. */
export const indexName = (name: string): string => shortened(name)

/** Long names keep their beginning and end in a fingerprint of the rest. */
function shortened(name: string): string {
  if (name.length <= maxNameChars) return name
  return `${name.slice(0, maxNameChars - 14)}_${fingerprint(name)}`
}
