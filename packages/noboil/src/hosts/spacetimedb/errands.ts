/**
 * What a worker is asked to do. Nothing in a module can wait, so flows of tables with an `async` fetcher, and actions of the app's own,
 * are rows here: a worker, a process beside the database, is shown them, takes one under a lease, runs the flow's code itself and its
 * transactions here, and leaves the answer. A worker that dies loses its lease, and another takes the errand again. What nobody takes
 * fails by itself, so the table stays small.
 */
import { NoboilError, toErrorData } from '../../errors/error.ts'
import { systemCall } from '../../factories/shared/call.ts'
import type { AnyAction } from '../../factories/shared/operation.ts'
import { type AnyNamedProgram, startProgram } from '../../program/flow.ts'
import { decodeCall, parametersOf, type ReducerShape } from '../../schema/spacetimedb/reducers.ts'
import { errandsView } from '../../schema/spacetimedb/rows.ts'
import type { App } from './app.ts'
import {
  assertDatabase,
  isServer,
  metaOf,
  millisOf,
  parsedJson,
  told,
  visitorOf,
  within,
} from './calls.ts'
import { columnsOf, type Handles } from './definition.ts'
import { open, patienceMs, send } from './errand-queue.ts'
import { transact } from './flows.ts'
import { type Db, indexed, ownTables, type StoredRow, unique } from './ports.ts'
import { assertRequest, keepAnswer, maxAnswerLength, tooLong } from './results.ts'
import {
  type CallContext,
  type Identity,
  type ModuleExport,
  type ModuleSchema,
  sdk,
  type TableHandle,
} from './sdk.ts'

/** How long a worker holds an errand unless it takes it again. */
const leaseMs = 30_000

const maxArgsLength = 10_000

/** The reducer of an action that a worker runs. */
export function errandReducer(
  module: ModuleSchema,
  shape: ReducerShape,
  operation: AnyAction,
): ModuleExport {
  return module.reducer({}, columnsOf(shape.name, parametersOf(shape)), (ctx, parameters) =>
    told(() => {
      const { args, request = '' } = decodeCall(shape, parameters)
      operation.args(args)
      assertRequest(request)
      send(ctx, { sender: ctx.sender, request, path: shape.path, args: JSON.stringify(args) })
    }),
  )
}

export function errandFunctions(
  app: App,
  module: ModuleSchema,
  own: Handles,
): Readonly<Record<string, ModuleExport>> {
  if (app.fetchedByWorker.size === 0) return {}
  return {
    ...workerFunctions(app, module, own[ownTables.errands] as TableHandle),
    ...ownerFunctions(module),
    ask: askReducer(app, module),
  }
}

function workerFunctions(
  app: App,
  module: ModuleSchema,
  errands: TableHandle,
): Readonly<Record<string, ModuleExport>> {
  const { t } = sdk
  const held = { errand: t.u64(), worker: t.string() }
  return {
    [errandsView]: module.view(
      { name: errandsView, public: true },
      t.array(t.object('Errand', { id: t.u64(), heldUntil: t.f64() })),
      ({ db, sender }) =>
        isWorker(db, sender)
          ? Array.from(indexed(db, ownTables.errands, 'state').filter(open), (row) => ({
              id: row['id'],
              heldUntil: row['heldUntil'],
            }))
          : [],
    ),
    take_errand: module.procedure({}, held, t.string(), (ctx, { errand, worker }: Hold) =>
      told(() => ctx.withTx((tx) => JSON.stringify(take(app, tx, errand, worker)))),
    ),
    run_errand: module.procedure(
      {},
      { ...held, program: t.string(), args: t.string() },
      t.string(),
      (ctx, { errand, worker, program, args }: Hold & { program: string; args: string }) =>
        told(() => {
          const given = parsedJson(args)
          const answer = transact(app, ctx, (transaction, tx) => {
            heldErrand(tx, errand, worker)
            const named = programOf(app, program)
            return transaction.execute(() => startProgram(named, given))
          })
          return JSON.stringify(answer ?? null)
        }),
    ),
    end_errand: module.reducer(
      {},
      { ...held, answer: t.string() },
      (ctx, { errand, worker, answer }: Hold & { answer: string }) =>
        told(() => end(ctx, heldErrand(ctx, errand, worker), answer)),
    ),
    expire_errand: module.reducer(
      { onSchedule: errands },
      { row: errands.rowType },
      (ctx, { row }: { row: StoredRow }) =>
        told(() => {
          assertDatabase(ctx)
          if (row['request'] === '') return
          const error = new NoboilError(
            'UNAVAILABLE',
            'Nobody has fetched this: the worker of this database does not run, or is behind.',
          )
          const failed = { failed: toErrorData(error) }
          keepAnswer(ctx, row['sender'] as Identity, row['request'] as string, failed)
        }),
    ),
  }
}

interface Hold {
  readonly errand: bigint
  readonly worker: string
}

function ownerFunctions(module: ModuleSchema): Readonly<Record<string, ModuleExport>> {
  const parameters = { identity: sdk.t.string() }
  const reducer = (change: (db: Db, identity: string) => void): ModuleExport =>
    module.reducer({}, parameters, (ctx, { identity }: { identity: string }) =>
      told(() => {
        if (!isServer(ctx, ctx.sender)) {
          throw new NoboilError(
            'FORBIDDEN',
            'Only the owner of the database says who its workers are.',
          )
        }
        change(ctx.db, identity)
      }),
    )
  return {
    allow_worker: reducer((db, identity) => {
      if (!/^[0-9a-f]{64}$/.test(identity)) {
        throw new NoboilError('VALIDATION_FAILED', 'identity: Must be 64 hexadecimal digits.', {
          issues: [{ path: 'identity', message: 'Must be 64 hexadecimal digits.' }],
        })
      }
      if (unique(db, ownTables.workers, 'identity').find(identity) !== null) return
      db[ownTables.workers]?.insert({ identity })
    }),
    deny_worker: reducer((db, identity) => {
      unique(db, ownTables.workers, 'identity').delete(identity)
    }),
  }
}

/** An action of the app's own, that only the worker knows. */
function askReducer(app: App, module: ModuleSchema): ModuleExport {
  const { t } = sdk
  const parameters = { path: t.string(), args: t.string(), _request: t.option(t.string()) }
  return module.reducer(
    {},
    parameters,
    (ctx, given: { path: string; args: string; _request: string | undefined }) =>
      told(() => {
        const { path, args, _request: request = '' } = given
        if (!/^\w{1,50}(\.\w{1,50}){1,3}$/.test(path) || app.functions.has(path)) {
          throw new NoboilError('NOT_FOUND', `There is no action '${path.slice(0, 100)}'.`)
        }
        if (args.length > maxArgsLength) throw tooLong('args', args.length, maxArgsLength)
        parsedJson(args)
        assertRequest(request)
        send(ctx, { sender: ctx.sender, request, path, args })
      }),
  )
}

function take(app: App, ctx: CallContext, id: bigint, worker: string): object | null {
  assertWorker(ctx)
  const errands = unique(ctx.db, ownTables.errands, 'id')
  const row = errands.find(id)
  const holder = holderOf(ctx, worker)
  const now = millisOf(ctx)
  if (row === null) return null
  if (row['holder'] !== holder && (row['heldUntil'] as number) > now) return null
  const heldUntil = now + leaseMs
  const at = sdk.ScheduleAt.time(BigInt(heldUntil + patienceMs) * 1000n)
  errands.update({ ...row, holder, heldUntil, at })
  const sender = row['sender'] as Identity
  return within(app, ctx, (transaction) => ({
    path: row['path'],
    args: JSON.parse(row['args'] as string) as unknown,
    call: isServer(ctx, sender)
      ? systemCall
      : visitorOf({ sender, db: ctx.db }, transaction, app.users, app.people),
    leaseMs,
  }))
}

/** The errand, if it is this worker's still: a lease that ran out is taken again, by whoever comes first. */
function heldErrand(ctx: CallContext, id: bigint, worker: string): StoredRow {
  assertWorker(ctx)
  const row = unique(ctx.db, ownTables.errands, 'id').find(id)
  const isHeld = row?.['holder'] === holderOf(ctx, worker)
  if (isHeld && (row['heldUntil'] as number) > millisOf(ctx)) return row
  throw new NoboilError('FORBIDDEN', 'This errand is over, or somebody else has it.')
}

function programOf(app: App, name: string): AnyNamedProgram {
  const [table = ''] = name.split(':')
  const found = Object.hasOwn(app.programs, name) ? app.programs[name] : undefined
  if (found !== undefined && app.fetchedByWorker.has(table)) return found
  throw new NoboilError('FORBIDDEN', `Workers do not run '${name.slice(0, 100)}'.`)
}

function end(ctx: CallContext, row: StoredRow, answer: string): void {
  if (answer.length > maxAnswerLength) throw tooLong('answer', answer.length, maxAnswerLength)
  const value = parsedJson(answer)
  unique(ctx.db, ownTables.errands, 'id').delete(row['id'])
  if (row['request'] === '') return
  keepAnswer(ctx, row['sender'] as Identity, row['request'] as string, value)
}

const holderOf = ({ sender }: CallContext, worker: string): string =>
  `${sender.toHexString()} ${worker}`

/** Workers, and who published the module. */
const isWorker = (db: Db, who: Identity): boolean =>
  unique(db, ownTables.workers, 'identity').find(who.toHexString()) !== null ||
  who.toHexString() === metaOf(db, 'owner')

function assertWorker({ db, sender }: CallContext): void {
  if (isWorker(db, sender)) return
  throw new NoboilError('FORBIDDEN', 'Only a worker that the owner has allowed may do this.')
}
