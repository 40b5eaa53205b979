/**
 * The log factory: append-only rows under a parent, each with the next number.
 */
import { DefinitionError } from '../../errors/assert.ts'
import type { Layout } from '../../schema/layout.ts'
import type { LogTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import type { Settings } from '../shared/call.ts'
import { assertBoolean } from '../shared/fields.ts'
import type { BuiltTable } from '../shared/operation.ts'
import { type ParentPolicy, pubField, throughPub } from '../shared/parent.ts'
import { Payloads } from '../shared/payload.ts'
import { searchedFields } from '../shared/search.ts'
import type { UserRow } from '../shared/users.ts'
import { limitOf, stamps, windows } from '../shared/window.ts'
import { append, appendBulk } from './append.ts'
import type { LogContext } from './context.ts'
import { derivedCounts } from './counts.ts'
import { rm, rmBulk, update } from './edit.ts'
import { eraseSome } from './erase.ts'
import { purgeByParent, restoreByParent, type Swept, sweepFlow, sweepOf } from './purge.ts'
import { indexed, reads } from './read.ts'
import { countsLayout, heads, logLayout } from './rows.ts'
import type { LogHooks, LogOptions } from './types.ts'

export function buildLog(
  table: LogTable,
  options: LogOptions,
  settings: Settings,
  parent: ParentPolicy,
  users: Layout<UserRow>,
): BuiltTable {
  const log = contextOf(table, options, settings, parent, users)
  const isPublic = options.pub !== undefined
  const sweep = sweepOf(log)
  return {
    name: table.name,
    factory: 'log',
    layouts: [
      log.layout,
      heads,
      ...(log.counted.length > 0 ? [countsLayout] : []),
      ...(log.rateLimit ? [windows, stamps] : []),
    ],
    operations: {
      append: append(log),
      appendBulk: appendBulk(log),
      update: update(log),
      rm: rm(log),
      rmBulk: rmBulk(log),
      purgeByParent: purgeByParent(log),
      restoreByParent: restoreByParent(log),
      ...reads(log, 'readers'),
      auth: reads(log, 'owner'),
      authIndexed: indexed(log, 'owner'),
      ...(isPublic ? { pub: reads(log, 'public'), pubIndexed: indexed(log, 'public') } : {}),
    },
    flows: { [sweepFlow(log)]: (args) => sweep.flow(args as unknown as Swept) },
    programs: sweep.programs,
    personal: { erase: (userId, from, limit) => eraseSome(log, userId, from, limit) },
    ...(log.counted.length > 0 ? { derived: [derivedCounts(log)] } : {}),
  }
}

function contextOf(
  table: LogTable,
  options: LogOptions,
  settings: Settings,
  parent: ParentPolicy,
  users: Layout<UserRow>,
): LogContext {
  const searched = searchedFields(table, options.search)
  const counted = (options.counts ?? []) as readonly string[]
  for (const name of counted) assertCountable(table, name)
  const field = pubField(options.pub)
  if (field !== undefined) assertBoolean(table.name, 'pub', parent.layout, field)
  return {
    table,
    layout: logLayout(table, searched),
    policy: throughPub(parent, options.pub),
    payloads: new Payloads(table.schema, table.fields, settings.limits.maxPayloadBytes),
    settings,
    softDelete: options.softDelete === true,
    rateLimit:
      options.rateLimit === undefined
        ? undefined
        : limitOf(`${table.name}.append`, options.rateLimit),
    hooks: (options.hooks ?? {}) as LogHooks<Row, Row>,
    counted,
    searched,
    users,
    withAuthor: options.withAuthor === true,
  }
}

function assertCountable(table: LogTable, name: string): void {
  const kind = table.fields[name]?.type.kind
  if (kind === undefined || !['string', 'number', 'boolean', 'literal', 'id'].includes(kind)) {
    throw new DefinitionError(
      `Table '${table.name}': counts names '${name}', which is ${kind === undefined ? 'not a field' : 'not a plain value'}.`,
    )
  }
}
