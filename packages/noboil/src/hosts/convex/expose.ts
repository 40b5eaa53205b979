/**
 * Operations as Convex functions.
 */
import type { GenericActionCtx, GenericDataModel } from 'convex/server'
import { type Call, systemCall } from '../../factories/shared/call.ts'
import type {
  AnyAction,
  BuiltTable,
  Operation,
  Operations,
} from '../../factories/shared/operation.ts'
import { NoboilError } from '../../errors/error.ts'
import { runFlow } from '../../program/flow.ts'
import { actionPort, sessionFor, type Works } from './background.ts'
import type { Builders, Registered } from './builders.ts'
import { callingOf, type GetAuthUserId } from './callers.ts'
import { carried } from './errors.ts'
import { answerOf, isOperation } from './functions.ts'
import { type Middleware, through } from './middleware.ts'
import type { AnyCtx } from './ports.ts'
import { isStorableKey, keyRule, shortened } from './rows.ts'
import { type Signatures, signatureOf } from './signatures.ts'

export interface Exposer {
  readonly builders: Builders
  readonly works: Works
  readonly getAuthUserId: GetAuthUserId
  readonly middleware: readonly Middleware[]
}

interface Exposing {
  readonly path: string
  readonly signatures: Signatures
  /** Runs as the server itself: an internal function. */
  readonly system: boolean
  /** Only the server itself may call it. */
  isClosed(name: string): boolean
}

/**
 * The functions of one table, and under `system` each of them again as the server itself. `isClosed`: operations that are
 * internal in any case.
 */
export function exposeTable(
  exposer: Exposer,
  table: BuiltTable,
  signatures: Signatures,
  isClosed: (name: string) => boolean,
): object {
  const { name, operations } = table
  const at = { path: name, signatures, isClosed }
  return {
    ...exposeAll(exposer, operations, { ...at, system: false }),
    system: exposeAll(exposer, operations, { ...at, system: true }),
  }
}

function exposeAll(exposer: Exposer, operations: Operations, at: Exposing): object {
  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => {
      const path = `${at.path}.${name}`
      if (!isOperation(operation)) return [name, exposeAll(exposer, operation, { ...at, path })]
      const internal = at.system || operation.internal === true || at.isClosed(name)
      return [name, expose(exposer, operation, { ...at, path, system: internal })]
    }),
  )
}

function expose(
  exposer: Exposer,
  operation: Operation,
  { path, signatures, system }: Exposing,
): object {
  const { builders } = exposer
  const { kind } = operation
  const build = {
    query: system ? builders.internalQuery : builders.query,
    mutation: system ? builders.internalMutation : builders.mutation,
    action: system ? builders.internalAction : builders.action,
  }[kind]
  const signature = signatureOf(signatures, path)
  const isGrouped = signature.returns.kind === 'record'
  const handler = async (ctx: AnyCtx, args: unknown): Promise<unknown> =>
    carried(path, async () => {
      const run = () =>
        operation.kind === 'action'
          ? act(exposer, operation, ctx as never, args, system)
          : transact(exposer, operation, ctx, args, system)
      const answer = await through(exposer.middleware, { ctx, path, kind, args }, run)
      return isGrouped ? groupsOf(answer as object) : answer
    })
  const made: Registered = build({ ...signature, handler })
  // References for hooks: a path beside what Convex has made.
  return Object.assign(made, { path, kind })
}

async function transact(
  exposer: Exposer,
  operation: Exclude<Operation, AnyAction>,
  ctx: AnyCtx,
  input: unknown,
  system: boolean,
): Promise<unknown> {
  const args = operation.args(withOperators(input))
  const calling = system
    ? { call: systemCall, prepare: undefined }
    : await callingOf(ctx, exposer.getAuthUserId)
  const session = sessionFor(exposer.works, ctx, calling.prepare)
  const { call } = calling
  return session.execute(() =>
    operation.kind === 'query'
      ? answerOf(operation, call, args)
      : operation.run(call, args as never),
  )
}

async function act(
  exposer: Exposer,
  operation: AnyAction,
  ctx: GenericActionCtx<GenericDataModel>,
  input: unknown,
  system: boolean,
): Promise<unknown> {
  const args = operation.args(input) as never
  const call: Call = system
    ? systemCall
    : (await callingOf(ctx as never, exposer.getAuthUserId)).call
  return runFlow(operation.flow(call, args), actionPort(exposer.works, ctx))
}

/**
 * Groups are named by values of a field, which may be any text; Convex would fail the answer without a code. Nothing has an empty
 * name there: what erased rows hold is left out.
 */
function groupsOf(answer: object): object {
  const groups = Object.entries(answer).filter(([name]) => name !== '')
  const name = groups.map(([each]) => each).find((each) => !isStorableKey(each))
  if (name === undefined) return Object.fromEntries(groups) as object
  throw new NoboilError(
    'UNSUPPORTED',
    `There is a row whose value is '${shortened(name)}', which cannot name a group on Convex: ${keyRule}`,
  )
}

/** Convex keeps names with a `$` to itself, so comparisons in a `where` come as `gte` and are known as `$gte`. */
function withOperators(input: unknown): unknown {
  if (!isObject(input) || !isObject(input['where'])) return input
  const where = Object.entries(input['where']).map(([field, test]) => [
    field,
    isObject(test)
      ? Object.fromEntries(Object.entries(test).map(([name, value]) => [`$${name}`, value]))
      : test,
  ])
  return { ...input, where: Object.fromEntries(where) as object }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
