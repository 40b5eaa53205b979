/**
 * Who may see a row of an owned table, and what logs and children under it ask.
 */
import { DefinitionError } from '../../errors/assert.ts'
import type { Layout } from '../../schema/layout.ts'
import type { OwnedTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import type { Call } from '../shared/call.ts'
import type { EntityRow } from '../shared/entity.ts'
import { assertBoolean } from '../shared/fields.ts'
import type { ParentPolicy } from '../shared/parent.ts'
import type { OwnedOptions } from './types.ts'

/** Columns and the values they have in public rows; absent: no row is public. */
export type PublicWhere = Readonly<Record<string, unknown>>

export function publicWhere(table: OwnedTable, pub: OwnedOptions['pub']): PublicWhere | undefined {
  if (pub === undefined) return undefined
  if (pub === true) return {}
  if (typeof pub === 'string') {
    assertBoolean(table.name, 'pub', { name: table.name, columns: table.fields }, pub)
    return { [pub]: true }
  }
  const where = pub.where
  if (Object.keys(where).length === 0) {
    throw new DefinitionError(
      `Table '${table.name}': pub.where is empty; write pub: true to show every row.`,
    )
  }
  for (const name of Object.keys(where)) {
    if (!Object.hasOwn(table.fields, name)) {
      throw new DefinitionError(`Table '${table.name}': pub names '${name}', which is not a field.`)
    }
  }
  return where
}

export function membersField(table: OwnedTable, option: string | undefined): string | undefined {
  if (option === undefined) return undefined
  const type = Object.hasOwn(table.fields, option) ? table.fields[option]?.type : undefined
  const item = type?.kind === 'array' ? type.item.type : undefined
  if (item?.kind === 'id' && item.table === 'users') return option
  throw new DefinitionError(
    `Table '${table.name}': members names '${option}', which is not an array of zid('users').`,
  )
}

/** The policy of a table with these public rows and this field of members. */
export function ownedPolicy(
  layout: Layout<EntityRow>,
  pub: PublicWhere | undefined,
  members: string | undefined,
): ParentPolicy {
  const conditions = pub && Object.entries(pub)
  const fields = ['userId', 'deletedAt', ...Object.keys(pub ?? {}), ...(members ? [members] : [])]
  const isPublic = (row: Row): boolean =>
    conditions?.every(([name, value]) => row[name] === value) === true
  const belongs = (row: Row, call: Call): boolean =>
    owns(row, call) ||
    (members !== undefined && call.user !== null && membersOf(row, members).includes(call.user._id))
  return {
    layout,
    fields: [...new Set(fields)],
    alive: (row) => row['deletedAt'] === undefined,
    owns,
    belongs,
    reads: (row, call) => isPublic(row) || belongs(row, call),
    isPublic,
  }
}

export const membersOf = (row: Row, field: string): readonly string[] =>
  (row[field] as readonly string[] | null | undefined) ?? []

const owns = (row: Row, call: Call): boolean =>
  call.user !== null && row['userId'] === call.user._id
