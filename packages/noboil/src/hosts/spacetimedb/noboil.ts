/**
 * `noboil()` for SpacetimeDB: tables and their operations as a module. `export default` what it answers.
 */
import { DefinitionError } from '../../errors/assert.ts'
import { NoboilError } from '../../errors/error.ts'
import type { AnyMutation, AnyQuery } from '../../factories/shared/operation.ts'
import { systemCall } from '../../factories/shared/call.ts'
import type { Wired } from '../../factories/wiring.ts'
import { get } from '../../program/program.ts'
import type { User } from '../../schema/register.ts'
import { procedureName } from '../../schema/spacetimedb/calls.ts'
import {
  decodeCall,
  parametersOf,
  type ReducerShape,
  reducersOf,
} from '../../schema/spacetimedb/reducers.ts'
import { type App, assembleApp, type SpacetimeConfig } from './app.ts'
import { callerOf, chance, parsedJson, told, within } from './calls.ts'
import { clockFunctions } from './clock.ts'
import { columnsOf, layoutTables, makeOwnTables, visibleTables } from './definition.ts'
import { errandFunctions, errandReducer } from './errands.ts'
import { flowFunctions, wake } from './flows.ts'
import { answerOf } from './functions.ts'
import { peopleFunctions } from './people.ts'
import { merged } from './names.ts'
import { ownTables } from './ports.ts'
import { changedPolicies, moveFunctions, publish } from './public.ts'
import { noteBuilt } from './rebuild.ts'
import { actionReducer, requestFunctions } from './requests.ts'
import { assertRequest, keepAnswer, resultFunctions } from './results.ts'
import { type CallContext, type ModuleExport, type ModuleSchema, sdk } from './sdk.ts'
import type { HostTransaction } from './transaction.ts'
import { ownRowViews } from './views.ts'

/** A SpacetimeDB module: its default export. Functions of the app's own are added with its `reducer`, `procedure` and `view`. */
export type SpacetimeModule = ModuleSchema

/**
 * Defines a module. Its tables, reducers, procedures and views are registered by themselves.
 *
 * ```ts
 * const spacetimedb = noboil({ tables: ({ table }) => ({ poll: table(s.poll), vote: table(s.vote) }) })
 * export default spacetimedb
 * ```
 *
 * @throws DefinitionError naming what does not fit together.
 */
export function noboil<const wired extends Readonly<Record<string, Wired>>>(
  config: SpacetimeConfig<wired>,
): SpacetimeModule {
  const app = assembleApp(config)
  const own = makeOwnTables()
  const visible = visibleTables(app.declared)
  const module = sdk.schema(
    { ...layoutTables([...app.kept.values()]), ...visible, ...own },
    { CASE_CONVERSION_POLICY: sdk.CaseConversionPolicy.None },
  )
  const functions = merged(
    mutationReducers(app, module),
    queryProcedures(app, module),
    peopleReducers(app, module),
    resultFunctions(module, own[ownTables.results] as never),
    flowFunctions(app, module, own),
    requestFunctions(app, module, own),
    errandFunctions(app, module, own),
    peopleFunctions(app, module),
    clockFunctions(module),
    moveFunctions(app, module, own),
    ownRowViews(app, module, visible),
    { on_publish: module.init((ctx) => told(() => begin(app, ctx))) },
  )
  register(module, functions)
  return module
}

/** What is written when the module is published for the first time. */
function begin(app: App, ctx: CallContext): void {
  // What it is good for, and what not, is told where cursors are made.
  const secret = chance(ctx, 32).join('.')
  ctx.db[ownTables.meta]?.insert({ name: 'secret', value: secret })
  ctx.db[ownTables.meta]?.insert({ name: 'owner', value: ctx.sender.toHexString() })
  ctx.db[ownTables.ticks]?.insert({ id: 0n, at: sdk.ScheduleAt.interval(60_000_000n) })
  changedPolicies(app, ctx.db)
  noteBuilt(app, ctx.db)
}

function mutationReducers(app: App, module: ModuleSchema): Record<string, ModuleExport> {
  const functions: Record<string, ModuleExport> = {}
  for (const shape of app.declared.flatMap(reducersOf)) {
    const operation = app.functions.get(shape.path)
    if (operation?.kind === 'mutation') {
      functions[shape.name] = mutationReducer(app, module, shape, operation)
    } else if (operation?.kind === 'action') {
      const [table = ''] = shape.path.split('.')
      const reducer = app.fetchedByWorker.has(table) ? errandReducer : actionReducer
      functions[shape.name] = reducer(module, shape, operation)
    }
  }
  return functions
}

function mutationReducer(
  app: App,
  module: ModuleSchema,
  shape: ReducerShape,
  operation: AnyMutation,
): ModuleExport {
  const columns = columnsOf(shape.name, parametersOf(shape))
  return module.reducer({}, columns, (ctx, parameters) =>
    told(() => {
      const { args, request } = decodeCall(shape, parameters)
      assertRequest(request)
      const answer = mutate(app, ctx, operation, args)
      if (request !== undefined) keepAnswer(ctx, ctx.sender, request, answer)
    }),
  )
}

/** Runs a mutation, and what follows from it in the same transaction. */
function mutate(app: App, ctx: CallContext, operation: AnyMutation, input: unknown): unknown {
  return within(app, ctx, (transaction) => {
    const call = callerOf(ctx, transaction, app.users, app.people)
    if (operation.internal === true && !call.internal) throw noFunction()
    const args = operation.args(input)
    if (app.people === 'everyone' && call.user !== null) meet(app, transaction, call.user)
    const answer = transaction.execute(() => operation.run(call, args as never))
    publish(app, ctx, transaction)
    wake(ctx, transaction)
    return answer
  })
}

/** Keeps who somebody is from their first write on: what they write names them. */
function meet(app: App, transaction: HostTransaction, { _id, name }: User): void {
  transaction.execute(function* () {
    if ((yield* get(app.users, [_id])) !== null) return
    const put = app.functions.get('users.put') as AnyMutation
    yield* put.run(systemCall, { _id, name } as never)
  })
}

/** Queries answer JSON: a procedure of one text, `list_vote('{"parent":…}')`, for what no subscription shows. */
function queryProcedures(app: App, module: ModuleSchema): Record<string, ModuleExport> {
  const functions: Record<string, ModuleExport> = {}
  for (const [path, operation] of app.functions) {
    if (operation.kind === 'query') {
      functions[procedureName(path)] = queryProcedure(app, module, operation)
    }
  }
  return functions
}

function queryProcedure(app: App, module: ModuleSchema, operation: AnyQuery): ModuleExport {
  const { t } = sdk
  return module.procedure({}, { args: t.string() }, t.string(), (ctx, { args }: { args: string }) =>
    told(() => {
      const input = parsedJson(args)
      return ctx.withTx((tx) =>
        within(app, tx, (transaction) => {
          const call = callerOf(tx, transaction, app.users, app.people)
          const given = operation.args(input)
          const answer = transaction.execute(() => answerOf(operation, call, given))
          return JSON.stringify(answer ?? null)
        }),
      )
    }),
  )
}

function peopleReducers(app: App, module: ModuleSchema): Record<string, ModuleExport> {
  const put = app.functions.get('users.put') as AnyMutation
  const remove = app.functions.get('users.remove') as AnyMutation
  const { t } = sdk
  const reducer = (operation: AnyMutation): ModuleExport =>
    module.reducer({}, { args: t.string() }, (ctx, { args }: { args: string }) =>
      told(() => mutate(app, ctx, operation, parsedJson(args))),
    )
  return { put_users: reducer(put), remove_users: reducer(remove) }
}

const noFunction = (): NoboilError =>
  new NoboilError('FORBIDDEN', 'Only the database and its owner may call this.')

/**
 * Registers functions without their being exported one by one: a module need not list what its tables bring. What an export does
 * to be registered is a method under a symbol that the library does not export.
 */
function register(module: ModuleSchema, functions: Readonly<Record<string, ModuleExport>>): void {
  const group = module.exportGroup(functions) as Record<symbol, unknown>
  const symbols = Object.getOwnPropertySymbols(group)
  const named = (name: string): unknown =>
    group[symbols.find((symbol) => symbol.description === `SpacetimeDB.${name}`) as symbol]
  const context = named('exportContext')
  const registerExport = named('registerExport')
  if (typeof registerExport !== 'function' || context === undefined) {
    throw new DefinitionError(
      'This version of spacetimedb registers functions in a way that noboil does not know; use 2.10.',
    )
  }
  registerExport(context, 'noboil')
}
