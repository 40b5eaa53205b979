/**
 * `noboil()` on Convex: the tables of an app as functions of its deployment.
 */
import { DefinitionError } from '../../errors/assert.ts'
import { assembleTables } from '../../factories/assemble.ts'
import { buildBase } from '../../factories/base/build.ts'
import type { BaseOptions, CacheCrudOptions } from '../../factories/base/types.ts'
import type { FactoryLimits, Settings } from '../../factories/shared/call.ts'
import type { BuiltTable } from '../../factories/shared/operation.ts'
import { usersLayout } from '../../factories/shared/users.ts'
import { wiredBy } from '../../factories/tables.ts'
import type { Wired, WireTable } from '../../factories/wiring.ts'
import type { PredicateContext } from '../../schema/context.ts'
import type { AnyObject } from '../../schema/storable.ts'
import type { AnyTable, BaseTable } from '../../schema/tables.ts'
import { type Background, backgroundOf, sessionFor, type Works } from './background.ts'
import { type AppBuilders, assertBuilders } from './builders.ts'
import type { GetAuthUserId } from './callers.ts'
import { Contexts } from './contexts.ts'
import { type AppSchema, assertDefined, defineLayouts } from './definitions.ts'
import { type Exposer, exposeTable } from './expose.ts'
import { functionsOf } from './functions.ts'
import { limitsOf } from './limits.ts'
import type { Middleware } from './middleware.ts'
import type { AnyCtx } from './ports.ts'
import { HookTransaction } from './session.ts'
import { signaturesOf } from './signatures.ts'
import type { ConvexApi, ConvexTable, ConvexWriter } from './types.ts'

export interface NoboilConfig<wired extends Readonly<Record<string, Wired>>> extends AppBuilders {
  /** The `_id` of the caller's row in `users`, or null: Convex Auth's `getAuthUserId`, or the app's own. */
  readonly getAuthUserId: GetAuthUserId
  readonly tables: (build: { readonly table: WireTable }) => wired
  /** What `convex/schema.ts` exports: a table or index that it lacks is then refused at deployment, by its name. */
  readonly schema?: AppSchema
  /** Fields that users have beside `name`, `image` and `role`; register them for the types too. */
  readonly users?: AnyObject
  /** Passes the ownership check of `rm`, purge and restore. Default: `ctx.user?.role === 'admin'`. */
  readonly admin?: (ctx: PredicateContext) => boolean | Promise<boolean>
  /** Runs around every function; the first is outermost. */
  readonly middleware?: readonly Middleware[]
  readonly limits?: Partial<FactoryLimits>
  /** The file that exports {@link ConvexApp.background}. Default: `noboil`, for `convex/noboil.ts`. */
  readonly backgroundModule?: string
}

/** The functions of each table by its name, for its file to export, and beside them what the app's other files need. */
export type ConvexApp<wired> = ConvexApi<wired> & Helpers<wired>

interface Helpers<wired> {
  /** The tables alone: `export const { api, background, cacheCrud } = noboil({ … })`. */
  readonly api: ConvexApi<wired>
  /** Wires a base table in a file of its own, which {@link background}'s file imports. */
  readonly cacheCrud: <table extends BaseTable>(
    options: CacheCrudOptions<table>,
  ) => ConvexTable<table>
  /** What works by itself: `convex/noboil.ts` exports all of it, and imports each file with a `cacheCrud()`. */
  readonly background: Background
  /**
   * The tables' functions inside a query or mutation of the app's own, in its transaction, as the server itself:
   * `db(ctx).mutation(api.siteConfig.set, { … })`.
   */
  readonly db: (ctx: AnyCtx) => ConvexWriter
}

/**
 * The tables of an app as functions of its deployment.
 *
 * ```ts
 * // convex/../lazy.ts
 * export const api = noboil({ query, mutation, …, getAuthUserId, tables: ({ table }) => ({ vote: table(s.vote) }) })
 * // convex/vote.ts
 * export const { append, list } = api.vote
 * ```
 *
 * Throws a {@link DefinitionError} naming what does not fit together, or what Convex cannot keep. */
export function noboil<const wired extends Readonly<Record<string, Wired>>>(
  config: NoboilConfig<wired>,
): ConvexApp<wired> {
  const builders = assertBuilders(config)
  assertAuth(config.getAuthUserId)
  const contexts = new Contexts()
  const settings: Settings = {
    admin: config.admin ?? ((ctx) => ctx.user?.role === 'admin'),
    limits: limitsOf(config.limits),
    keepsFiles: true,
    hookContext: contexts.hookContext,
    predicateContext: contexts.predicateContext,
  }
  const tables = wiredBy(config.tables)
  const assembled = assembleTables(tables, settings, usersLayout(config.users))
  // Whatever Convex cannot keep is found here, before anything is deployed.
  defineLayouts(assembled.layouts)
  if (config.schema) assertDefined(config.schema, assembled.layouts)
  const built = [...assembled.tables]
  const layouts = [...assembled.layouts]
  const works: Works = {
    flows: new Map(Object.entries(assembled.flows)),
    programs: new Map(Object.entries(assembled.programs)),
    module: config.backgroundModule ?? 'noboil',
    sweepRows: settings.limits.maxSweepRows,
  }
  contexts.bind(functionsOf(built, layouts))
  const { getAuthUserId, middleware = [] } = config
  const exposer: Exposer = { builders, works, getAuthUserId, middleware }
  const exposed = (table: BuiltTable, declared: AnyTable | undefined): object =>
    exposeTable(exposer, table, signaturesOf(declared), (name) => isClosed(declared, name))
  const api = Object.fromEntries(
    built.map((table) => [table.name, exposed(shownOf(table), tables[table.name]?.table)]),
  ) as unknown as ConvexApi<wired>
  const helpers: Helpers<wired> = {
    api,
    background: backgroundOf(works, builders),
    db: (ctx) => contexts.db(new HookTransaction(sessionFor(works, ctx))) as ConvexWriter,
    cacheCrud: (options) => {
      const table = buildBase(options.schema, options as BaseOptions, settings)
      defineLayouts(table.layouts)
      if (config.schema) assertDefined(config.schema, table.layouts)
      built.push(table)
      layouts.push(...table.layouts)
      for (const [name, flow] of Object.entries(table.flows ?? {})) works.flows.set(name, flow)
      for (const program of table.programs ?? []) works.programs.set(program.name, program)
      contexts.bind(functionsOf(built, layouts))
      return exposed(table, options.schema) as never
    },
  }
  assertOtherNames(api, helpers)
  return { ...api, ...helpers }
}

function assertOtherNames(api: object, helpers: object): void {
  for (const name of Object.keys(helpers)) {
    if (Object.hasOwn(api, name)) {
      throw new DefinitionError(
        `A table cannot be called '${name}' on Convex: what noboil() answers has that beside its tables; rename the table.`,
      )
    }
  }
}

/** People are made by whatever signs them in, since Convex gives them their ids. */
function shownOf(table: BuiltTable): BuiltTable {
  if (table.name !== 'users') return table
  const { put: _, ...operations } = table.operations
  return { ...table, operations }
}

const openNames: ReadonlySet<string> = new Set(['get', 'load', 'refresh'])

/** Tables without a `writeRole` are written by the server itself alone. */
const isClosed = (table: AnyTable | undefined, name: string): boolean =>
  (table?.factory === 'kv' || table?.factory === 'base') &&
  table.writeRole === undefined &&
  !openNames.has(name)

function assertAuth(getAuthUserId: unknown): void {
  if (typeof getAuthUserId === 'function') return
  throw new DefinitionError(
    "noboil({ getAuthUserId }) must be a function that answers the _id of the caller's row in users, or null: Convex Auth's, or your own.",
  )
}
