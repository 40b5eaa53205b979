/**
 * From a config to everything that is known before a database is opened: tables, layouts, functions, background work.
 */
import { type AssembledTables, assembleTables } from '../factories/assemble.ts'
import { defaultFactoryLimits, type Settings } from '../factories/shared/call.ts'
import { type UserRow, usersLayout } from '../factories/shared/users.ts'
import { wiredBy } from '../factories/tables.ts'
import type { Wired } from '../factories/wiring.ts'
import type { Layout } from '../schema/layout.ts'
import type { AnyObject } from '../schema/storable.ts'
import { Contexts } from './contexts.ts'
import { definers } from './definers.ts'
import { pickLimits } from './pick-limits.ts'
import type { Admin, FunctionTree } from './types.ts'

/** The part of a config that says what the app is. */
export interface AppDefinition {
  readonly tables: (build: { readonly table: never }) => Readonly<Record<string, Wired>>
  readonly functions?: ((define: never) => FunctionTree) | undefined
  readonly users?: AnyObject | undefined
  readonly admin?: Admin | undefined
  /** Limits of every layer; each takes its own. */
  readonly limits?: object | undefined
}

export interface Assembled extends AssembledTables {
  readonly users: Layout<UserRow>
  readonly contexts: Contexts
  readonly settings: Settings
  readonly functions: FunctionTree
}

/**
 * `more`: tables that are wired outside `tables`. Throws a {@link DefinitionError} naming what does not fit together.
 */
export function assemble(
  definition: AppDefinition,
  more: Readonly<Record<string, Wired>> = {},
): Assembled {
  const contexts = new Contexts()
  const settings: Settings = {
    admin: definition.admin ?? ((ctx) => ctx.user?.role === 'admin'),
    limits: { ...defaultFactoryLimits, ...pickLimits(definition.limits, defaultFactoryLimits) },
    hookContext: contexts.hookContext,
    predicateContext: contexts.predicateContext,
    within: contexts.within,
  }
  const users = usersLayout(definition.users)
  const wired = { ...wiredBy(definition.tables), ...more }
  return {
    ...assembleTables(wired, settings, users),
    users,
    contexts,
    settings,
    functions: definition.functions?.(definers as never) ?? {},
  }
}
