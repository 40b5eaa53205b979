/**
 * Work that spans transactions: sweeps after a purge, the removal of people, fetches. A flow that is scheduled is a row of the
 * schedule; a procedure, woken by a row of its own, runs each flow to its end, one transaction a step. Once a minute what was
 * interrupted is begun again, and what has run out is swept.
 */
import { NoboilError } from '../../errors/error.ts'
import { sweepWindows } from '../../factories/shared/window.ts'
import { type Flow, startProgram, type Step } from '../../program/flow.ts'
import { isThenable } from '../../program/run.ts'
import { dueFlows, finishFlow, holdFlow, leaseFlow, scheduleLayout } from '../shared/schedule.ts'
import type { ScheduledFlow } from '../host.ts'
import type { App } from './app.ts'
import { assertDatabase, atOnce, dueAt, millisOf, told, within } from './calls.ts'
import { type Handles } from './definition.ts'
import { isWorkersFlow, sendFlow } from './errand-queue.ts'
import { runWith } from './fetching.ts'
import { type Db, ownTables, unique } from './ports.ts'
import { keepPolicies, publish } from './public.ts'
import {
  type CallContext,
  type ModuleExport,
  type ModuleSchema,
  type ProcedureContext,
  sdk,
  type TableHandle,
} from './sdk.ts'
import type { HostTransaction } from './transaction.ts'

/** How long a flow is taken to be running before it is begun again. */
const leaseMs = 120_000

/** A flow that fails is begun again after the time of its lease, then after twice that, and so on: at most after this. */
const maxRetryMs = 3_600_000

/** Flows that one run of the procedure looks for at a time. */
const maxDueFlows = 20

const maxSweptRows = 500

/** Wakes the procedure when the transaction has scheduled something. */
export function wake(ctx: CallContext, { changes }: HostTransaction): void {
  const times = changes.flatMap(({ table, before, after }) =>
    table === scheduleLayout && before === null ? [after?.['at'] as number] : [],
  )
  if (times.length === 0) return
  const at = dueAt(Math.max(Math.min(...times), millisOf(ctx)))
  ctx.db[ownTables.wakes]?.insert({ id: 0n, at })
}

export function flowFunctions(
  app: App,
  module: ModuleSchema,
  own: Handles,
): Readonly<Record<string, ModuleExport>> {
  const wakes = own[ownTables.wakes] as TableHandle
  const ticks = own[ownTables.ticks] as TableHandle
  const { t } = sdk
  return {
    run_flows: module.procedure({ onSchedule: wakes }, { row: wakes.rowType }, t.unit(), (ctx) =>
      told(() => runDue(app, ctx)),
    ),
    run_tick: module.reducer({ onSchedule: ticks }, { row: ticks.rowType }, (ctx) =>
      told(() => {
        assertDatabase(ctx)
        tick(app, ctx)
      }),
    ),
  }
}

function tick(app: App, ctx: CallContext): void {
  keepPolicies(app, ctx)
  within(app, ctx, (transaction) => {
    // Whoever comes and goes leaves a window behind: what one sweep does not manage, the next one does at once.
    const swept = transaction.execute(() => sweepWindows(maxSweptRows))
    if (swept >= maxSweptRows) ctx.db[ownTables.ticks]?.insert({ id: 0n, at: atOnce(ctx) })
    const due = transaction.execute(() => dueFlows(millisOf(ctx), 1))
    if (due.length === 0) return
    ctx.db[ownTables.wakes]?.insert({ id: 0n, at: atOnce(ctx) })
  })
}

function runDue(app: App, ctx: ProcedureContext): Record<string, never> {
  for (;;) {
    const due = transact(app, ctx, (transaction, tx) => {
      assertDatabase(tx)
      return transaction.execute(() => dueFlows(millisOf(tx), maxDueFlows))
    })
    for (const { id } of due) runOne(app, ctx, id)
    if (due.length < maxDueFlows) return {}
  }
}

function runOne(app: App, ctx: ProcedureContext, id: string): void {
  const leased = transact(app, ctx, (transaction, tx) =>
    transaction.execute(() => leaseFlow(id, millisOf(tx), leaseMs)),
  )
  if (leased === null) return
  try {
    runLeased(app, ctx, leased)
  } catch (error) {
    // It goes on when its lease has run out.
    if (error instanceof MustWait) return
    putOff(app, ctx, leased, error)
  }
}

function runLeased(app: App, ctx: ProcedureContext, { id, flow: name, args }: ScheduledFlow): void {
  const isWorkers = isWorkersFlow(app, name)
  const flow = app.flows[name]
  // A flow of a table that the module no longer has is done.
  if (!isWorkers && flow !== undefined) drive(app, ctx, flow(args))
  transact(app, ctx, (transaction, tx) => {
    if (isWorkers) sendFlow(tx, name, args)
    transaction.execute(() => finishFlow(id))
    unique(tx.db, ownTables.failures, 'flow').delete(id)
  })
}

/** Has a flow that failed begun again later: after the time of a lease, and twice as long each time. */
function putOff(
  app: App,
  ctx: ProcedureContext,
  { id, flow }: ScheduledFlow,
  error: unknown,
): void {
  const retryMs = transact(app, ctx, (transaction, tx) => {
    const failures = countFailure(tx.db, id)
    const waitMs = Math.min(leaseMs * 2 ** (failures - 1), maxRetryMs)
    transaction.execute(() => holdFlow(id, millisOf(tx) + waitMs))
    return waitMs
  })
  const reason = error instanceof Error ? error.stack : String(error)
  // oxlint-disable-next-line no-console -- a module's console is the log of its database
  console.error(`flow ${flow} failed, and is begun again in ${retryMs / 60_000} minutes: ${reason}`)
}

function countFailure(db: Db, flow: string): number {
  const failures = unique(db, ownTables.failures, 'flow')
  const before = failures.find(flow)
  const count = ((before?.['count'] as number | undefined) ?? 0) + 1
  if (before === null) db[ownTables.failures]?.insert({ flow, count })
  else failures.update({ flow, count })
  return count
}

/** What a flow ends with that can go on only later: a procedure does not wait. */
export class MustWait extends NoboilError<'UNAVAILABLE'> {
  readonly ms: number

  constructor(ms: number) {
    super('UNAVAILABLE', 'Somebody else is fetching this; ask again in a moment.')
    this.ms = ms
  }
}

/** Drives a flow to its end, at once. @throws MustWait */
export function drive<result>(app: App, ctx: ProcedureContext, flow: Flow<result>): result {
  let step = flow.next()
  while (step.done !== true) {
    let answer: unknown
    try {
      answer = take(app, ctx, step.value)
    } catch (error) {
      step = flow.throw(error)
      continue
    }
    step = flow.next(answer)
  }
  return step.value
}

function take(app: App, ctx: ProcedureContext, step: Step): unknown {
  switch (step.step) {
    case 'run':
      return transact(app, ctx, (transaction) =>
        transaction.execute(() => startProgram(step.program, step.args)),
      )
    case 'fetch':
      return fetched(runWith(ctx.http, step.fetch, step.timeoutMs))
    case 'wait':
      throw new MustWait(Math.min(step.ms, step.wake?.pollMs ?? step.ms))
    case 'report':
      // oxlint-disable-next-line no-console -- a module's console is the log of its database
      console.warn(`${step.report.table} ${step.report.key}: ${step.report.message}`)
      return undefined
  }
}

function fetched(answer: unknown): unknown {
  if (!isThenable(answer)) return answer
  answer.then(undefined, () => {})
  throw new NoboilError(
    'UNSUPPORTED',
    'The fetcher returned a promise, but procedures do not wait: use fetchSync, or run a worker.',
  )
}

/** One transaction of a procedure, with what follows from it. */
export function transact<result>(
  app: App,
  ctx: ProcedureContext,
  work: (transaction: HostTransaction, tx: CallContext) => result,
): result {
  return ctx.withTx((tx) =>
    within(app, tx, (transaction) => {
      const answer = work(transaction, tx)
      publish(app, tx, transaction)
      wake(tx, transaction)
      return answer
    }),
  )
}
