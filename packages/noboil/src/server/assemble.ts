/**
 * From a config to everything that is known before a database is opened: tables, layouts, functions, background work.
 */
import { defaultFactoryLimits, type Settings } from '../factories/shared/call.ts'
import type { BuiltTable } from '../factories/shared/operation.ts'
import { stamps, windows } from '../factories/shared/window.ts'
import { type UserRow, usersLayout } from '../factories/shared/users.ts'
import { putUser } from '../factories/users/put.ts'
import { buildUserRemoval } from '../factories/users/remove.ts'
import type { FlowFunction } from '../program/flow.ts'
import type { Layout } from '../schema/layout.ts'
import type { AnyObject } from '../schema/storable.ts'
import { Contexts } from './contexts.ts'
import { definers } from './definers.ts'
import { pickLimits } from './pick-limits.ts'
import { buildTables, wire } from './tables.ts'
import type { Admin, FunctionTree, Wired } from './types.ts'

/** The part of a config that says what the app is. */
export interface AppDefinition {
  readonly tables: (build: { readonly table: never }) => Readonly<Record<string, Wired>>
  readonly functions?: ((define: never) => FunctionTree) | undefined
  readonly users?: AnyObject | undefined
  readonly admin?: Admin | undefined
  /** Limits of every layer; each takes its own. */
  readonly limits?: object | undefined
}

export interface Assembled {
  readonly tables: readonly BuiltTable[]
  readonly users: Layout<UserRow>
  /** Everything a host must keep. */
  readonly layouts: readonly Layout[]
  readonly contexts: Contexts
  readonly settings: Settings
  readonly functions: FunctionTree
  readonly flows: Readonly<Record<string, FlowFunction>>
}

/** Throws a {@link DefinitionError} naming what does not fit together. */
export function assemble(definition: AppDefinition): Assembled {
  const contexts = new Contexts()
  const settings: Settings = {
    admin: definition.admin ?? ((ctx) => ctx.user?.role === 'admin'),
    limits: { ...defaultFactoryLimits, ...pickLimits(definition.limits, defaultFactoryLimits) },
    hookContext: contexts.hookContext,
    predicateContext: contexts.predicateContext,
    within: contexts.within,
  }
  const users = usersLayout(definition.users)
  const wired = definition.tables({ table: wire as never })
  const built = buildTables(wired, settings, users)
  const removal = buildUserRemoval(built, users, settings.limits.maxSweepRows)
  const people: BuiltTable = {
    name: 'users',
    factory: 'owned',
    layouts: [users],
    operations: { put: putUser(users), remove: removal.operation },
    flows: removal.flows,
  }
  const tables = [...built, people]
  return {
    tables,
    users,
    // Bookkeeping layouts are shared by the tables that use them. Windows are always swept, so they are always there.
    layouts: [...new Set([...tables.flatMap((table) => table.layouts), windows, stamps])],
    contexts,
    settings,
    functions: definition.functions?.(definers as never) ?? {},
    flows: Object.assign({}, ...tables.map((table) => table.flows)) as Record<string, FlowFunction>,
  }
}
