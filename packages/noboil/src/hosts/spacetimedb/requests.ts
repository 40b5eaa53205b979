/**
 * Actions (`load`, `refresh`): work that fetches and so spans transactions. The reducer writes a request; a procedure that
 * runs at once drives the action's flow and leaves the answer where those of other reducers are. An action that fails leaves its
 * refusal there.
 */
import { toErrorData } from '../../errors/error.ts'
import { systemCall } from '../../factories/shared/call.ts'
import type { AnyAction } from '../../factories/shared/operation.ts'
import { decodeCall, parametersOf, type ReducerShape } from '../../schema/spacetimedb/reducers.ts'
import type { App } from './app.ts'
import { assertDatabase, atOnce, isServer, told, visitorOf } from './calls.ts'
import { columnsOf, type Handles } from './definition.ts'
import { drive, transact } from './flows.ts'
import { ownTables, type StoredRow } from './ports.ts'
import { keepAnswer } from './results.ts'
import {
  type Identity,
  type ModuleExport,
  type ModuleSchema,
  type ProcedureContext,
  sdk,
  type TableHandle,
} from './sdk.ts'

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
      ctx.db[ownTables.requests]?.insert({
        id: 0n,
        at: atOnce(ctx),
        sender: ctx.sender,
        request: request ?? '',
        path: shape.path,
        args: JSON.stringify(args),
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
  const value = outcome(() => {
    const args = operation.args(JSON.parse(row['args'] as string))
    return drive(app, ctx, operation.flow(call, args as never))
  })
  if (request !== '') transact(app, ctx, (_, tx) => keepAnswer(tx, sender, request, value))
  return {}
}

function outcome(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return { failed: toErrorData(error) }
  }
}
