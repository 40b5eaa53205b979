/**
 * The child factory: rows under a row of an owned table, made and edited like any other.
 */
import { type Flow, type NamedProgram, run } from '../../program/flow.ts'
import { type Program, program, range, remove } from '../../program/program.ts'
import type { Layout } from '../../schema/layout.ts'
import type { ChildTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import type { Settings } from '../shared/call.ts'
import {
  createLimit,
  type Entities,
  type EntityHooks,
  entityLayout,
  type Standing,
  uniqueIndexes,
} from '../shared/entity.ts'
import { personalRows } from '../shared/entity-personal.ts'
import { edits } from '../shared/entity-write.ts'
import { assertBoolean } from '../shared/fields.ts'
import { declaredIndexes, indexesOf, place } from '../shared/filter.ts'
import type { BuiltTable } from '../shared/operation.ts'
import { type ParentPolicy, pubField, sweepFlowName, throughPub } from '../shared/parent.ts'
import { Payloads } from '../shared/payload.ts'
import { searchedFields } from '../shared/search.ts'
import type { UserRow } from '../shared/users.ts'
import { stamps, windows } from '../shared/window.ts'
import { type ChildContext, mayRead, parentColumn, parentOf, readParent } from './context.ts'
import { create, createBulk } from './create.ts'
import { reads } from './read.ts'
import type { ChildOptions } from './types.ts'

export function buildChild(
  table: ChildTable,
  options: ChildOptions,
  settings: Settings,
  parent: ParentPolicy,
  users: Layout<UserRow>,
): BuiltTable {
  const child = contextOf(table, options, settings, parent, users)
  const { entities } = child
  const { maxSweepRows } = settings.limits
  const sweepSome: NamedProgram<string, number> = {
    name: `${table.name}:sweep`,
    run: (gone) => sweepRows(entities, gone, maxSweepRows),
  }
  return {
    name: table.name,
    factory: 'child',
    layouts: [entities.layout, ...(entities.rateLimit ? [windows, stamps] : [])],
    operations: {
      create: create(child),
      createBulk: createBulk(child),
      ...edits(entities),
      ...reads(child, 'readers'),
      auth: reads(child, 'owner'),
      ...(options.pub === undefined ? {} : { pub: reads(child, 'public') }),
    },
    flows: {
      [sweepFlowName(table.name)]: (given) =>
        sweep(sweepSome, maxSweepRows, given['parent'] as string),
    },
    programs: [sweepSome],
    personal: personalRows(entities),
  }
}

function contextOf(
  table: ChildTable,
  options: ChildOptions,
  settings: Settings,
  parent: ParentPolicy,
  users: Layout<UserRow>,
): ChildContext {
  const field = pubField(options.pub)
  if (field !== undefined) assertBoolean(table.name, 'pub', parent.layout, field)
  const declared = declaredIndexes(table, options.index)
  const unique = declaredIndexes(table, options.unique, 'unique')
  const searched = searchedFields(table, options.search)
  const placement = place('by_parent', ['parent'], declared)
  const policy = throughPub(parent, options.pub)
  const layout = entityLayout(
    table,
    parentColumn,
    {
      ...indexesOf(placement),
      ...uniqueIndexes(['parent'], unique),
      by_user: { columns: ['userId'] },
    },
    searched.length > 0 ? { fields: searched, scope: 'parent' } : undefined,
  )
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
    editors: `whoever made it and the owner of the ${policy.layout.name}`,
    *standing(call, row): Program<Standing> {
      const above = yield* readParent(policy, parentOf(row))
      if (!mayRead(policy, call, above)) return { sees: false, edits: false }
      const edits = call.internal || row.userId === call.user?._id || policy.owns(above, call)
      return { sees: true, edits }
    },
  }
  return { table, entities, policy, creators: options.create ?? 'owner', declared, placement }
}

/** Removes the rows of a parent that is gone; some at a time. */
function* sweep(some: NamedProgram<string, number>, rows: number, parent: string): Flow<void> {
  while ((yield* run(some, parent)) === rows);
}

const sweepRows: (entities: Entities, parent: string, rows: number) => Program<number> = program(
  function* ({ layout }, parent, rows) {
    const old = yield* range(layout, 'by_parent', [parent], { limit: rows })
    for (const row of old) yield* remove(layout, row)
    return old.length
  },
)
