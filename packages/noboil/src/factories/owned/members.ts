/**
 * Who sees which rows of a table with members: one row per person and row, the owner among them, written in the transaction
 * of the row it names. An array cannot be indexed; this can, so that "mine and shared with me" is one stretch of one index,
 * with the filters, the orders and the search of the table itself.
 */
import { NoboilError } from '../../errors/error.ts'
import {
  batch,
  get,
  insert,
  patch,
  type Program,
  program,
  range,
  remove,
} from '../../program/program.ts'
import { column, type Layout } from '../../schema/layout.ts'
import type { Field, Fields } from '../../schema/storable.ts'
import type { OwnedTable } from '../../schema/tables.ts'
import { canonicalJson, type Row } from '../../schema/values.ts'
import { type EntityRow, isLive } from '../shared/entity.ts'
import type { Pointer } from '../shared/entity-read.ts'
import { indexesOf, place, type Placement } from '../shared/filter.ts'
import type { Derived, Place, Rebuilt } from '../shared/operation.ts'
import { membersOf } from './policy.ts'

/** Both names are reserved, so that no copied field can have them. */
export interface MemberRow extends Pointer {
  /** Who sees it. */
  readonly key: string
}

/** The members table of an owned table. */
export interface Members {
  readonly field: string
  readonly layout: Layout<MemberRow>
  readonly placement: Placement
  /** Fields of the row that its pointers repeat, so that they are found and ordered like it. */
  readonly copied: readonly string[]
  readonly max: number
}

export function membersTable(
  table: OwnedTable,
  field: string,
  declared: readonly (readonly string[])[],
  searched: readonly string[],
  max: number,
): Members {
  const copied = [...new Set([...declared.flat(), ...searched])]
  const placement: Placement = { ...place('by_member', ['key'], declared), base: '' }
  const columns: Fields = { key: column.text, id: column.id(table.name) }
  const copies = Object.fromEntries(copied.map((name) => [name, table.fields[name] as Field]))
  return {
    field,
    copied,
    max,
    placement,
    layout: {
      name: `_members_${table.name}`,
      columns: { ...columns, ...copies },
      key: ['key', 'id'],
      id: 'none',
      indexes: indexesOf(placement),
      ...(searched.length > 0 ? { search: { fields: searched, scope: 'key' } } : {}),
      internal: true,
    },
  }
}

/** Makes the pointers of a row what the row says, after a write. */
export const keepMembers: (
  members: Members,
  before: EntityRow | null,
  after: EntityRow | null,
) => Program<void> = program(function* (members, before, after) {
  const old = peopleOf(members, before)
  const next = peopleOf(members, after)
  const { layout } = members
  const copies = (row: EntityRow | null): Row => pick(row as unknown as Row, members.copied)
  const same = before && after && canonicalJson(copies(before)) === canonicalJson(copies(after))
  const stale = [...old].filter((key) => !next.has(key) || !same)
  const id = (before ?? after)?._id as string
  const stored =
    stale.length === 0 ? [] : yield* batch(...stale.map((key) => get(layout, [key, id])))
  for (const row of stored) {
    if (row === null) continue
    if (!next.has(row.key)) yield* remove(layout, row)
    else yield* patch(layout, row, cleared(copies(after), members.copied))
  }
  for (const key of next) {
    if (!old.has(key)) yield* insert(layout, { ...copies(after), key, id })
  }
})

/** The pointers of a table, as they follow from its rows. */
export const derivedMembers = (layout: Layout<EntityRow>, members: Members): Derived => ({
  table: layout.name,
  name: 'members',
  layout: members.layout,
  within: [],
  config: {
    field: members.field,
    copied: members.copied.map((name) => {
      const field = layout.columns[name]
      // A field that is no longer optional has been filled in.
      return [name, field?.optional === true, field?.nullable === true]
    }),
  },
  rebuild: (from, limit) => pointSome(layout, members, from, limit),
})

const pointSome: (
  layout: Layout<EntityRow>,
  members: Members,
  from: Place | null,
  limit: number,
) => Program<Rebuilt> = program(function* (layout, members, from, limit) {
  const found = yield* range(layout, '', [], {
    ...(from ? { lower: { value: from['id'], inclusive: false } } : {}),
    limit,
  })
  let written = 0
  for (const [at, row] of found.entries()) {
    yield* keepMembers(members, null, row)
    written += 1 + membersOf(row as unknown as Row, members.field).length
    const isLast = found.length < limit && at === found.length - 1
    if (written >= limit && !isLast) return { rows: at + 1, next: { id: row._id } }
  }
  return { rows: found.length, next: null }
})

/** Who sees a row: its owner and its members, while it is there. */
function peopleOf({ field, max }: Members, row: EntityRow | null): ReadonlySet<string> {
  if (row === null || !isLive(row)) return new Set()
  const members = membersOf(row as unknown as Row, field)
  if (members.length > max) {
    throw new NoboilError('LIMIT_EXCEEDED', `'${field}' may name at most ${max} people.`, {
      limit: 'maxMembers',
      max,
      actual: members.length,
    })
  }
  return new Set([row.userId, ...members])
}

const pick = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(
    names.filter((name) => row[name] !== undefined).map((name) => [name, row[name]]),
  )

/** A copy to write over another: what it lacks is cleared. */
const cleared = (copy: Row, names: readonly string[]): Row =>
  Object.fromEntries(names.map((name) => [name, copy[name]]))
