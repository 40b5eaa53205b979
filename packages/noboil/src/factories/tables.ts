/**
 * From wired tables to built ones: each by its factory, owned tables before what hangs under them.
 */
import { DefinitionError } from '../errors/assert.ts'
import { buildBase } from './base/build.ts'
import type { BaseOptions } from './base/types.ts'
import { buildChild } from './child/build.ts'
import { buildKv } from './kv/build.ts'
import { buildLog } from './log/build.ts'
import { assertOptions } from './options.ts'
import { buildOwned, type BuiltOwned } from './owned/build.ts'
import { buildQuota } from './quota/build.ts'
import { sweepFlowName } from './shared/parent.ts'
import type { Settings } from './shared/call.ts'
import type { BuiltTable } from './shared/operation.ts'
import type { UserRow } from './shared/users.ts'
import { buildSingleton } from './singleton/build.ts'
import type { Layout } from '../schema/layout.ts'
import type { AnyTable } from '../schema/tables.ts'
import type { Wired } from './wiring.ts'

/** What {@link wire} marks, so that `tables` can be told from anything else. */
export function wire(table: AnyTable, options: unknown = {}): Wired {
  if (typeof table !== 'object' || table === null || !('factory' in table)) {
    throw new DefinitionError('table() takes a table of schema(), as in table(s.poll, { … }).')
  }
  return { table, options }
}

/** What an app's `tables` declares. Throws {@link DefinitionError} when it is no function. */
export function wiredBy<wired>(tables: (build: { readonly table: never }) => wired): wired {
  if (typeof tables !== 'function') {
    throw new DefinitionError(
      'tables must be a function, as in tables: ({ table }) => ({ poll: table(s.poll) }).',
    )
  }
  return tables({ table: wire as never })
}

/** Builds every table. Throws {@link DefinitionError} naming what does not fit together. */
export function buildTables(
  tables: Readonly<Record<string, Wired>>,
  settings: Settings,
  users: Layout<UserRow>,
): readonly BuiltTable[] {
  for (const [name, wired] of Object.entries(tables)) assertWired(name, wired)
  const all = Object.values(tables)
  const owned = new Map<string, BuiltOwned>()
  for (const { table, options } of all) {
    if (table.factory !== 'owned') continue
    const dependants = all.flatMap(({ table: other }) =>
      (other.factory === 'log' || other.factory === 'child') && other.parent === table.name
        ? [sweepFlowName(other.name)]
        : [],
    )
    owned.set(table.name, buildOwned(table, options as object, settings, users, dependants))
  }
  return all.map(({ table, options }) => build(table, options as object, settings, users, owned))
}

function build(
  table: AnyTable,
  options: object,
  settings: Settings,
  users: Layout<UserRow>,
  owned: ReadonlyMap<string, BuiltOwned>,
): BuiltTable {
  switch (table.factory) {
    case 'owned':
      return owned.get(table.name) as BuiltOwned
    case 'log':
      return buildLog(table, options, settings, parentOf(table, owned).policy, users)
    case 'child':
      return buildChild(table, options, settings, parentOf(table, owned).policy, users)
    case 'kv':
      return buildKv(table, options, settings)
    case 'singleton':
      return buildSingleton(table, options, settings)
    case 'quota':
      return buildQuota(table, options, settings)
    case 'base':
      return buildBase(table, options as BaseOptions, settings)
  }
}

function parentOf(
  table: { readonly name: string; readonly parent: string },
  owned: ReadonlyMap<string, BuiltOwned>,
): BuiltOwned {
  const parent = owned.get(table.parent)
  if (parent === undefined) {
    throw new DefinitionError(
      `Table '${table.name}' hangs under '${table.parent}', which is not wired: add ${table.parent}: table(s.${table.parent}).`,
    )
  }
  return parent
}

function assertWired(name: string, wired: Wired | undefined): void {
  if (wired === undefined || typeof wired !== 'object' || !('table' in wired)) {
    throw new DefinitionError(`tables.${name} must be table(s.${name}, { … }).`)
  }
  if (wired.table.name !== name) {
    throw new DefinitionError(
      `tables.${name} is the table '${wired.table.name}': a table is wired under its own name.`,
    )
  }
  assertOptions(wired.table, wired.options as object)
}
