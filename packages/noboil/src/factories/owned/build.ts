/**
 * The owned factory: rows that people make, change and share, and that logs and children hang under.
 */
import { now, type Program, program, schedule } from '../../program/program.ts'
import { DefinitionError } from '../../errors/assert.ts'
import type { Index, Layout } from '../../schema/layout.ts'
import type { OwnedTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import type { Settings } from '../shared/call.ts'
import {
  createLimit,
  type Entities,
  type EntityHooks,
  type EntityRow,
  entityLayout,
  uniqueIndexes,
} from '../shared/entity.ts'
import { personalRows } from '../shared/entity-personal.ts'
import { edits } from '../shared/entity-write.ts'
import { declaredIndexes, indexesOf, place } from '../shared/filter.ts'
import type { BuiltTable } from '../shared/operation.ts'
import { everything, type ParentPolicy } from '../shared/parent.ts'
import { Payloads } from '../shared/payload.ts'
import { searchedFields } from '../shared/search.ts'
import type { UserRow } from '../shared/users.ts'
import { stamps, windows } from '../shared/window.ts'
import { create, createBulk } from './create.ts'
import { derivedMembers, keepMembers, membersTable } from './members.ts'
import type { OwnedContext } from './context.ts'
import { membersField, ownedPolicy, publicWhere } from './policy.ts'
import { reads } from './read.ts'
import type { OwnedOptions } from './types.ts'

export interface BuiltOwned extends BuiltTable {
  /** What logs and children of this table ask. */
  readonly policy: ParentPolicy
}

/** `dependants`: the sweep flows of tables whose rows hang under this one's; see `sweepFlowName`. */
export function buildOwned(
  table: OwnedTable,
  options: OwnedOptions,
  settings: Settings,
  users: Layout<UserRow>,
  dependants: readonly string[] = [],
): BuiltOwned {
  const owned = contextOf(table, options, settings, users, dependants)
  const { entities } = owned
  return {
    name: table.name,
    factory: 'owned',
    policy: parentPolicy(owned),
    layouts: [
      entities.layout,
      ...(owned.members ? [owned.members.layout] : []),
      ...(entities.rateLimit ? [windows, stamps] : []),
    ],
    operations: {
      create: create(owned),
      createBulk: createBulk(owned),
      ...edits(entities),
      ...reads(owned, 'readers'),
      auth: reads(owned, 'owner'),
      ...(owned.publicPlacement ? { pub: reads(owned, 'public') } : {}),
    },
    personal: personalRows(entities),
    everybodySees: owned.policy.isPublic,
    ...(owned.members ? { derived: [derivedMembers(entities.layout, owned.members)] } : {}),
  }
}

export const parentPolicy = (owned: OwnedContext): ParentPolicy => owned.policy

function contextOf(
  table: OwnedTable,
  options: OwnedOptions,
  settings: Settings,
  users: Layout<UserRow>,
  dependants: readonly string[],
): OwnedContext {
  const declared = declaredIndexes(table, options.index)
  const unique = declaredIndexes(table, options.unique, 'unique')
  const searched = searchedFields(table, options.search)
  const pub = publicWhere(table, options.pub)
  const memberField = membersField(table, options.members)
  const ownPlacement = place('by_user', ['userId'], declared)
  const publicPlacement = pub && place('by_pub', Object.keys(pub).sort(), declared)
  const layout = entityLayout(
    table,
    {},
    merged(table.name, [
      indexesOf(ownPlacement),
      publicPlacement ? indexesOf(publicPlacement) : {},
      uniqueIndexes([], unique),
    ]),
    searched.length > 0 ? { fields: searched } : undefined,
  )
  const members =
    memberField === undefined
      ? undefined
      : membersTable(table, memberField, declared, searched, settings.limits.maxMembers)
  const policy = ownedPolicy(layout, pub, memberField)
  const kept = program(function* (
    before: EntityRow | null,
    after: EntityRow | null,
  ): Program<void> {
    if (members) yield* keepMembers(members, before, after)
    if (before !== null && after === null) {
      const at = yield* now()
      for (const flow of dependants) {
        yield* schedule(flow, { parent: before._id, through: everything }, at)
      }
    }
  })
  const entities: Entities = {
    name: table.name,
    layout,
    payloads: new Payloads(table.schema, table.fields, settings.limits.maxPayloadBytes),
    settings,
    softDelete: options.softDelete === true,
    rateLimit: createLimit(table.name, options.rateLimit),
    hooks: (options.hooks ?? {}) as EntityHooks<Row, Row>,
    searched,
    authors: options.withAuthor === true ? users : undefined,
    editors: 'its owner',
    // oxlint-disable-next-line require-yield -- a program by its type: other tables read their parent here
    *standing(call, row) {
      const columns = row as unknown as Row
      return {
        sees: call.internal || policy.reads(columns, call),
        edits: call.internal || policy.owns(columns, call),
      }
    },
    ...(members || dependants.length > 0 ? { kept } : {}),
  }
  return { table, entities, policy, declared, pub, members, ownPlacement, publicPlacement }
}

/** Indexes of several placements; two of one name must be the same. */
function merged(
  table: string,
  parts: readonly Readonly<Record<string, Index>>[],
): Record<string, Index> {
  const indexes: Record<string, Index> = {}
  for (const part of parts) {
    for (const [name, index] of Object.entries(part)) {
      const other = indexes[name]
      if (other && other.columns.join(',') !== index.columns.join(',')) {
        throw new DefinitionError(
          `Table '${table}': the indexes on (${other.columns.join(', ')}) and (${index.columns.join(', ')}) would have one name; rename a field.`,
        )
      }
      indexes[name] = index
    }
  }
  return indexes
}
