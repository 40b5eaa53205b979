/** A module before SpacetimeDB knows of it: its tables built, its functions by path. */
import { assembleTables, type AssembledTables } from '../../factories/assemble.ts'
import {
  defaultFactoryLimits,
  type FactoryLimits,
  type Settings,
} from '../../factories/shared/call.ts'
import { type UserRow, usersLayout } from '../../factories/shared/users.ts'
import { wiredBy } from '../../factories/tables.ts'
import type { Wired, WireTable } from '../../factories/wiring.ts'
import { DefinitionError } from '../../errors/assert.ts'
import type { Predicate } from '../../schema/context.ts'
import type { Layout } from '../../schema/layout.ts'
import type { AnyObject } from '../../schema/storable.ts'
import type { AnyTable } from '../../schema/tables.ts'
import { layoutsByName } from '../shared/layouts.ts'
import type { People } from './calls.ts'
import type { Admission } from './people.ts'
import { Contexts } from './contexts.ts'
import { isFetchedByWorker } from './fetching.ts'
import { type Exposure, exposuresOf, policiesOf } from './exposure.ts'
import { type Functions, functionsOf } from './functions.ts'
import { assertNames, assertTypes, assertWithoutFiles } from './names.ts'
import { type Declared, declaredBy } from './rebuild.ts'
import { synchronous } from './transaction.ts'

export interface SpacetimeConfig<wired extends Readonly<Record<string, Wired>>> {
  readonly tables: (build: { readonly table: WireTable }) => wired
  /**
   * Which identities are users: `'everyone'` who connects (the default), or those that `put_users` has made `'known'`; the others are
   * nobody then. A function says who may make themselves known, by what their token claims: see {@link Admission}.
   */
  readonly people?: People | Admission
  /** Fields that users have beside `name`, `image` and `role`. */
  readonly users?: AnyObject
  /** Passes the ownership check of `rm`, purge and restore. Default: `ctx.user?.role === 'admin'`. */
  readonly admin?: Predicate
  readonly limits?: Partial<FactoryLimits>
}

export interface App extends AssembledTables {
  readonly declared: readonly AnyTable[]
  readonly exposures: readonly Exposure[]
  /** What the public rows of each table follow from. */
  readonly policies: ReadonlyMap<string, string>
  /** How its indexes and what else follows from rows are declared. */
  readonly built: Declared
  readonly users: Layout<UserRow>
  readonly people: People
  readonly admit: Admission | undefined
  /** Tables whose fetchers wait, and so run in a worker. */
  readonly fetchedByWorker: ReadonlySet<string>
  readonly functions: Functions
  readonly limits: FactoryLimits
  /** Every layout there is, by name. */
  readonly kept: ReadonlyMap<string, Layout>
}

/** @throws {DefinitionError} naming what does not fit together. */
export function assembleApp(config: SpacetimeConfig<Readonly<Record<string, Wired>>>): App {
  const contexts = new Contexts()
  const { admin, limits } = config
  const settings: Settings = {
    admin: admin ? synchronous('admin', admin) : (ctx) => ctx.user?.role === 'admin',
    limits: checkLimits({ ...defaultFactoryLimits, ...limits }),
    hookContext: contexts.hookContext,
    predicateContext: contexts.predicateContext,
  }
  const wired = wiredBy(config.tables)
  const plain = Object.entries(wired).map(([name, each]) => [name, withPlainCode(each)])
  const users = usersLayout(config.users)
  const assembled = assembleTables(
    Object.fromEntries(plain) as Record<string, Wired>,
    settings,
    users,
  )
  const functions = functionsOf(assembled.tables)
  contexts.bind(functions, assembled.tables)
  const declared = Object.values(wired).map(({ table }) => table)
  for (const table of declared) assertWithoutFiles(table)
  assertNames(declared, functions)
  assertTypes(declared, assembled.layouts)
  const exposures = exposuresOf(assembled, wired, functions)
  return {
    ...assembled,
    declared,
    exposures,
    policies: policiesOf(exposures, wired),
    built: declaredBy(assembled.layouts, assembled.derived),
    users,
    people: typeof config.people === 'function' ? 'known' : (config.people ?? 'everyone'),
    admit: typeof config.people === 'function' ? config.people : undefined,
    fetchedByWorker: new Set(
      Object.values(wired)
        .filter(isFetchedByWorker)
        .map(({ table }) => table.name),
    ),
    functions,
    limits: settings.limits,
    kept: layoutsByName(assembled.layouts),
  }
}

function checkLimits(limits: FactoryLimits): FactoryLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (Object.hasOwn(defaultFactoryLimits, name) && Number.isSafeInteger(value) && value > 0)
      continue
    throw new DefinitionError(
      `The limit ${name} is ${value}; it must be a known limit and a whole number above 0.`,
    )
  }
  return limits
}

/** The table with its hooks and predicates refused by name when they return a promise. */
function withPlainCode({ table, options }: Wired): Wired {
  const given = (options ?? {}) as Readonly<Record<string, unknown>>
  const { hooks, authorize } = given
  const plain: Record<string, unknown> = { ...given }
  // A worker waits for `onFetch` as it does for the fetcher.
  if (typeof hooks === 'object' && hooks !== null && !isFetchedByWorker({ table, options }))
    plain['hooks'] = plainFunctions(table.name, hooks)
  if (typeof authorize === 'function') {
    plain['authorize'] = synchronous(`${table.name}.authorize`, authorize as () => unknown)
  }
  const role = table.factory === 'kv' ? table.writeRole : undefined
  if (typeof role !== 'function') return { table, options: plain }
  const writeRole = synchronous(`${table.name}.writeRole`, role)
  return { table: { ...table, writeRole } as AnyTable, options: plain }
}

const plainFunctions = (table: string, hooks: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(hooks).map(([name, hook]) => [
      name,
      typeof hook === 'function'
        ? synchronous(`${table}.hooks.${name}`, hook as () => unknown)
        : hook,
    ]),
  )
