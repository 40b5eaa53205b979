/**
 * From wired tables to everything a host must know of an app before it opens: tables, layouts, background work.
 */
import type { AnyNamedProgram, FlowFunction } from '../program/flow.ts'
import type { Layout } from '../schema/layout.ts'
import type { Settings } from './shared/call.ts'
import type { BuiltTable, Derived } from './shared/operation.ts'
import type { UserRow } from './shared/users.ts'
import { stamps, windows } from './shared/window.ts'
import { buildTables } from './tables.ts'
import { putUser } from './users/put.ts'
import { buildUserRemoval } from './users/remove.ts'
import type { Wired } from './wiring.ts'

export interface AssembledTables {
  /** The people's table among them, as the last. */
  readonly tables: readonly BuiltTable[]
  /** Everything a host must keep. */
  readonly layouts: readonly Layout[]
  /** What a host keeps in step with the options it was made with. */
  readonly derived: readonly Derived[]
  readonly flows: Readonly<Record<string, FlowFunction>>
  /** The transactions of those flows by name. */
  readonly programs: Readonly<Record<string, AnyNamedProgram>>
}

/** Throws a {@link DefinitionError} naming what does not fit together. */
export function assembleTables(
  wired: Readonly<Record<string, Wired>>,
  settings: Settings,
  users: Layout<UserRow>,
): AssembledTables {
  const built = buildTables(wired, settings, users)
  const removal = buildUserRemoval(built, users, settings.limits.maxSweepRows)
  const people: BuiltTable = {
    name: 'users',
    factory: 'owned',
    layouts: [users],
    operations: { put: putUser(users), remove: removal.operation },
    flows: removal.flows,
    programs: removal.programs,
  }
  const tables = [...built, people]
  const programs = tables.flatMap((table) => table.programs ?? [])
  return {
    tables,
    // Bookkeeping layouts are shared by the tables that use them. Windows are always swept, so they are always there.
    layouts: [...new Set([...tables.flatMap((table) => table.layouts), windows, stamps])],
    derived: tables.flatMap((table) => table.derived ?? []),
    flows: Object.assign({}, ...tables.map((table) => table.flows)) as Record<string, FlowFunction>,
    programs: Object.fromEntries(programs.map((program) => [program.name, program])),
  }
}
