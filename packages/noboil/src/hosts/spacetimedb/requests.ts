/**
 * Actions (`load`, `refresh`): work that fetches and so spans transactions. The reducer writes a request; a procedure that
 * runs at once drives the action's flow and leaves the answer where those of other reducers are. An action that fails leaves its
 * refusal there; one that finds somebody else fetching is begun again a moment later.
 */
import { systemCall } from '../../factories/shared/call.ts'
import type { AnyAction } from '../../factories/shared/operation.ts'
import { decodeCall, parametersOf, type ReducerShape } from '../../schema/spacetimedb/reducers.ts'
import type { App } from './app.ts'
import {
  assertDatabase,
  atOnce,
  dueAt,
  failure,
  isServer,
  millisOf,
  told,
  visitorOf,
} from './calls.ts'
import { columnsOf, type Handles } from './definition.ts'
import { drive, MustWait, transact } from './flows.ts'
import { ownTables, type StoredRow } from './ports.ts'
import { assertPlace } from './queues.ts'
import { assertRequest, keepAnswer } from './results.ts'
import {
  type Identity,
  type ModuleExport,
  type ModuleSchema,
  type ProcedureContext,
  sdk,
  type TableHandle,
} from './sdk.ts'

/** How long a request may wait for somebody else who fetches the same: no longer than its caller does. */
const patienceMs = 30_000

/** The reducer of an action. */
export function actionReducer(
  module: ModuleSchema,
  shape: ReducerShape,
  operation: AnyAction,
): ModuleExport {
  return module.reducer({}, columnsOf(shape.name, parametersOf(shape)), (ctx, parameters) =>
    told(() => {
      const { args, request } = decodeCall(shape, parameters)
      operation.args(args)
      assertRequest(request)
      assertPlace(
        ctx,
        ownTables.requests,
        ctx.sender,
        'Too much is being fetched; ask again in a moment.',
      )
      ctx.db[ownTables.requests]?.insert({
        id: 0n,
        at: atOnce(ctx),
        sender: ctx.sender,
        request: request ?? '',
        path: shape.path,
        args: JSON.stringify(args),
        until: millisOf(ctx) + patienceMs,
      })
    }),
  )
}

/** The procedure that answers requests. */
export function requestFunctions(
  app: App,
  module: ModuleSchema,
  own: Handles,
): Readonly<Record<string, ModuleExport>> {
  const requests = own[ownTables.requests] as TableHandle
  return {
    run_request: module.procedure(
      { onSchedule: requests },
      { row: requests.rowType },
      sdk.t.unit(),
      (ctx, { row }: { row: StoredRow }) => told(() => answer(app, ctx, row)),
    ),
  }
}

function answer(app: App, ctx: ProcedureContext, row: StoredRow): Record<string, never> {
  const sender = row['sender'] as Identity
  const request = row['request'] as string
  const operation = app.functions.get(row['path'] as string)
  if (operation?.kind !== 'action') return {}
  const call = transact(app, ctx, (transaction, tx) => {
    assertDatabase(tx)
    return isServer(tx, sender)
      ? systemCall
      : visitorOf({ sender, db: tx.db }, transaction, app.users, app.people)
  })
  let value: unknown
  try {
    const args = operation.args(JSON.parse(row['args'] as string))
    value = drive(app, ctx, operation.flow(call, args as never))
  } catch (error) {
    if (error instanceof MustWait && askAgain(app, ctx, row, error.ms)) return {}
    value = { failed: failure(error) }
  }
  if (request !== '') keep(app, ctx, sender, request, value)
  return {}
}

/** Keeps the answer, or why it cannot be kept: somebody waits for it. */
function keep(
  app: App,
  ctx: ProcedureContext,
  sender: Identity,
  request: string,
  value: unknown,
): void {
  const put = (answer: unknown): void =>
    transact(app, ctx, (_, tx) => keepAnswer(tx, sender, request, answer))
  try {
    put(value)
  } catch (error) {
    put({ failed: failure(error) })
  }
}

/**
 * Begins a request again once somebody else may have fetched what it is for. A refresh has been counted, and what the other
 * fetches is as new: it goes on as a load.
 */
function askAgain(app: App, ctx: ProcedureContext, row: StoredRow, waitMs: number): boolean {
  return transact(app, ctx, (_, tx) => {
    const at = millisOf(tx) + Math.max(1, Math.ceil(waitMs))
    if (at > (row['until'] as number)) return false
    const path = (row['path'] as string).replace(/\.refresh$/, '.load')
    tx.db[ownTables.requests]?.insert({ ...row, id: 0n, at: dueAt(at), path })
    return true
  })
}
