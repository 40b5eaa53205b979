/**
 * An app deployed to convex-test, as its tests call it.
 */
import * as convex from 'convex/server'
import { convexTest } from 'convex-test'
import { onTestFinished, vi } from 'vitest'
import type { Wired, WireTable } from '../../factories/wiring.ts'
import type { BaseTable } from '../../schema/tables.ts'
import { type ConvexApp, noboil, type NoboilConfig } from './noboil.ts'
import { defineTables } from './tables.ts'

type Tables = Readonly<Record<string, Wired>>

export const builders = {
  query: convex.queryGeneric,
  mutation: convex.mutationGeneric,
  action: convex.actionGeneric,
  internalQuery: convex.internalQueryGeneric,
  internalMutation: convex.internalMutationGeneric,
  internalAction: convex.internalActionGeneric,
}

export interface Registered {
  readonly isQuery?: true
  readonly isMutation?: true
  readonly isPublic?: true
  readonly isInternal?: true
  exportArgs(): string
  exportReturns(): string
}

/** Functions of a module by `module:name`, groups in files of their own. */
export type Modules = ReadonlyMap<string, Readonly<Record<string, unknown>>>

export interface Deployed<wired> {
  readonly app: ConvexApp<wired>
  readonly modules: Modules
  readonly test: ReturnType<typeof convexTest>
  /** Calls a function: as a user by id, or as nobody. */
  call(path: string, args: object, as?: string): Promise<unknown>
  person(name: string, role?: string): Promise<string>
  /** Runs what is scheduled, and what that schedules. */
  idle(): Promise<void>
}

interface DeployOptions extends Partial<NoboilConfig<Tables>> {
  /** Makes what stands in files of its own beside the tables: `cacheCrud()`, the app's functions. */
  readonly files?: (app: ConvexApp<Tables>) => Readonly<Record<string, object>>
  readonly base?: readonly BaseTable[]
  /** Reads of indexes and of documents by id that one transaction may make. */
  readonly maxReads?: number
}

/** The clock of a deployed app stands still; `vi.setSystemTime` moves it. */
export function deploy<const wired extends Tables>(
  tables: (build: { readonly table: WireTable }) => wired,
  { files, base = [], maxReads, ...config }: DeployOptions = {},
): Deployed<wired> {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const app = noboil({
    ...builders,
    getAuthUserId: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
    ...config,
    tables,
  })
  const own = files?.(app) ?? {}
  const modules = modulesOf({ ...app.api, noboil: app.background, ...own })
  const loaders = [...modules].map(([path, file]) => [`/c/${path}.ts`, async () => file])
  const definitions: unknown = defineTables(tables, { base })
  const test = convexTest({
    transactionLimits: maxReads === undefined ? true : { databaseQueries: maxReads },
    // Tests read tables by names that are data.
    schema: convex.defineSchema(definitions as convex.GenericSchema),
    modules: Object.fromEntries([['/c/_generated/api.ts', async () => ({})], ...loaders]) as Record<
      string,
      () => Promise<unknown>
    >,
  })
  return {
    app,
    modules,
    test,
    call(path, args, as) {
      const [module = '', name = ''] = path.split(':')
      const { isQuery, isMutation } = modules.get(module)?.[name] as Registered
      const kind = isQuery ? 'query' : isMutation ? 'mutation' : 'action'
      const caller = as === undefined ? test : test.withIdentity({ subject: as })
      const run = caller[kind] as (fn: unknown, args: object) => Promise<unknown>
      return run(convex.makeFunctionReference(path), args)
    },
    person: (name, role) =>
      test.run((ctx) => ctx.db.insert('users', { name, ...(role && { role }) })),
    idle: () => test.finishAllScheduledFunctions(vi.runAllTimers),
  }
}

export function modulesOf(tables: object): Modules {
  const modules = new Map<string, Record<string, unknown>>()
  const add = (path: string, group: object): void => {
    for (const [name, value] of Object.entries(group)) {
      if (typeof value === 'function') {
        modules.set(path, Object.assign(modules.get(path) ?? {}, { [name]: value as unknown }))
      } else if (typeof value === 'object' && value !== null) add(`${path}/${name}`, value)
    }
  }
  for (const [table, group] of Object.entries(tables)) add(table, group as object)
  return modules
}
