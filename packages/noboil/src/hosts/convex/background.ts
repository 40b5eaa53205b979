/**
 * Flows on Convex. Its mutations cannot wait and run exactly once when they are scheduled, its actions can wait and run at most
 * once; so a flow goes on from mutation to mutation, one transaction each, carrying the answers of its earlier steps, and becomes
 * an action only where it fetches. Functions reach each other by name: `convex/noboil.ts` exports them.
 */
import {
  type GenericActionCtx,
  type GenericDataModel,
  type GenericMutationCtx,
  makeFunctionReference,
} from 'convex/server'
import { v } from 'convex/values'
import { InvariantError } from '../../errors/assert.ts'
import { fromErrorData, NoboilError, toErrorData } from '../../errors/error.ts'
import { errorData } from '../../errors/match.ts'
import { sweepWindows } from '../../factories/shared/window.ts'
import {
  type AnyNamedProgram,
  type Flow,
  type FlowFunction,
  type FlowPort,
  type NamedProgram,
  runFlow,
  type RunStep,
  startProgram,
  type Step,
} from '../../program/flow.ts'
import { schedule } from '../../program/program.ts'
import type { ScheduleRequest } from '../../program/request.ts'
import type { Builders, InternalAction, InternalMutation, InternalQuery } from './builders.ts'
import { carried } from './errors.ts'
import { type Entry, Journal, tell } from './journal.ts'
import { report } from './log.ts'
import { type AnyCtx, portsOf, type Scheduler } from './ports.ts'
import { isStorableKey, keyRule, shortened } from './rows.ts'
import { Session } from './session.ts'

type ActionCtx = GenericActionCtx<GenericDataModel>
type MutationCtx = GenericMutationCtx<GenericDataModel>

interface Started {
  readonly flow: string
  readonly args: unknown
  /** The answers of the steps so far: see {@link Journal}. */
  readonly journal: string
}

interface Named {
  readonly name: string
  readonly args: unknown
}

/** What `convex/noboil.ts` exports: everything that runs by itself. All of it is internal. */
export interface Background {
  /** One transaction of a flow. */
  readonly program: InternalMutation<Named, unknown>
  /** One that only reads. */
  readonly look: InternalQuery<Named, unknown>
  /** The next step of a flow. */
  readonly flow: InternalMutation<Started, null>
  /** A flow from a step that fetches on. */
  readonly fetching: InternalAction<Started, null>
  /** Removes what rate limits and quotas no longer need; for a cron of the app. */
  readonly sweep: InternalMutation<Record<string, never>, null>
}

/** What runs in the background, as tables are made. */
export interface Works {
  readonly flows: Map<string, FlowFunction>
  readonly programs: Map<string, AnyNamedProgram>
  /** Where {@link Background} is exported, as Convex names modules. */
  readonly module: string
  readonly sweepRows: number
}

/** A session for a transaction that nobody calls. */
export function sessionFor(
  works: Works,
  ctx: AnyCtx,
  prepare: () => Promise<void> = async () => {},
): Session {
  const ports = portsOf(ctx)
  return new Session({
    ports,
    prepare,
    schedule: (due) => start(works, schedulerOf(ports.scheduler), due),
  })
}

/** A transaction of Convex schedules 1,000 functions at most; what starts more leaves it to transactions of their own. */
const maxStarted = 100

async function start(
  works: Works,
  scheduler: Scheduler,
  due: readonly ScheduleRequest[],
): Promise<void> {
  if (due.length <= maxStarted) {
    for (const { flow, args, at } of due) {
      await scheduler.runAt(at, reference(works, 'flow'), { flow, args, journal: '[]' })
    }
    return
  }
  for (let from = 0; from < due.length; from += maxStarted) {
    const args = { due: due.slice(from, from + maxStarted).map(({ op: _, ...each }) => each) }
    await scheduler.runAt(0, reference(works, 'program'), { name: startMany.name, args })
  }
}

const startMany: NamedProgram<{ readonly due: readonly Omit<ScheduleRequest, 'op'>[] }, void> = {
  name: 'flows:start',
  *run({ due }) {
    for (const { flow, args, at } of due) yield* schedule(flow, args, at)
  },
}

export function backgroundOf(works: Works, builders: Builders): Background {
  const named = { name: v.string(), args: v.any() }
  const started = { flow: v.string(), args: v.any(), journal: v.string() }
  const execute = (ctx: AnyCtx, { name, args }: Named): Promise<unknown> =>
    carried(name, async () => {
      const program = name === startMany.name ? startMany : works.programs.get(name)
      if (program === undefined) throw unknown(works, 'transaction', name)
      return sessionFor(works, ctx).execute(() => startProgram(program, args))
    })
  return {
    program: builders.internalMutation({ args: named, handler: execute }),
    look: builders.internalQuery({ args: named, handler: execute }),
    flow: builders.internalMutation({
      args: started,
      handler: (ctx: MutationCtx, given: Started) =>
        carried(given.flow, async () => {
          await advance(works, ctx, given)
          return null
        }),
    }),
    fetching: builders.internalAction({
      args: started,
      handler: (ctx: ActionCtx, given: Started) =>
        carried(given.flow, async () => {
          const { flow, step } = resume(works, given)
          if (step.done !== true) await runFlow(continued(flow, step.value), actionPort(works, ctx))
          return null
        }),
    }),
    sweep: builders.internalMutation({
      args: {},
      handler: (ctx: MutationCtx) =>
        carried('sweep', async () => {
          const { sweepRows } = works
          const gone = await sessionFor(works, ctx).execute(() => sweepWindows(sweepRows))
          if (gone >= sweepRows) await ctx.scheduler.runAfter(0, reference(works, 'sweep'), {})
          return null
        }),
    }),
  } as unknown as Background
}

/** Runs flows inside one action. */
export function actionPort(works: Works, ctx: ActionCtx): FlowPort {
  return {
    run: async (program, args) => {
      const given = { name: program.name, args }
      try {
        return await (program.readOnly === true
          ? ctx.runQuery(reference(works, 'look'), given as never)
          : ctx.runMutation(reference(works, 'program'), given as never))
      } catch (error) {
        throw ownError(error)
      }
    },
    wait: (ms, wake) =>
      new Promise((resolve) => setTimeout(resolve, wake ? Math.min(ms, wake.pollMs) : ms)),
    fetch: async (work, timeoutMs) => carriable(await timed(work, timeoutMs)),
    report,
  }
}

/** One step of a flow, in the transaction that also says how it goes on. */
async function advance(works: Works, ctx: MutationCtx, given: Started): Promise<void> {
  const { journal, flow, step } = resume(works, given)
  if (step.done === true) return
  const { value } = step
  let target: keyof Background = 'flow'
  let delayMs = 0
  if (value.step === 'fetch') target = 'fetching'
  else {
    const entry = value.step === 'run' ? await attempt(works, ctx, value) : { answer: null }
    journal.add(entry)
    if (value.step === 'wait') {
      delayMs = value.wake ? Math.min(value.ms, value.wake.pollMs) : value.ms
    } else if (value.step === 'report') report(value.report)
    // Told to the flow here already, so that one that ends with it is not scheduled again.
    else if (tell(flow, entry).done === true) return
  }
  const next = { ...given, journal: journal.text() }
  await ctx.scheduler.runAfter(delayMs, reference(works, target), next as never)
}

/** A transaction of its own inside this one: undone alone when it fails, and the flow is told. */
async function attempt(works: Works, ctx: MutationCtx, { program, args }: RunStep): Promise<Entry> {
  const given = { name: program.name, args } as never
  try {
    return { answer: await ctx.runMutation(reference(works, 'program'), given) }
  } catch (error) {
    return { error: toErrorData(ownError(error)) }
  }
}

function resume(
  works: Works,
  { flow: name, args, journal: text }: Started,
): {
  readonly journal: Journal
  readonly flow: Flow<unknown>
  readonly step: IteratorResult<Step, unknown>
} {
  const start = works.flows.get(name)
  if (start === undefined) throw unknown(works, 'flow', name)
  const flow = start(args as Readonly<Record<string, unknown>>)
  const journal = new Journal(text)
  return { journal, flow, step: journal.replay(flow) }
}

/** A flow that has been told some answers, from the step it stands before. */
function* continued(flow: Flow<unknown>, first: Step): Flow<unknown> {
  let step: IteratorResult<Step, unknown> = { done: false, value: first }
  while (step.done !== true) {
    let answer: unknown
    try {
      answer = yield step.value
    } catch (error) {
      step = flow.throw(error)
      continue
    }
    step = flow.next(answer)
  }
  return step.value
}

/**
 * What was fetched goes on to a transaction, as arguments. What Convex will not carry or keep is a failure of the fetch: found any
 * later, the lease of the fetch would be left behind.
 */
function carriable(fetched: unknown): unknown {
  if (typeof fetched !== 'object' || fetched === null) return fetched
  for (const [name, value] of Object.entries(fetched)) {
    if (!Array.isArray(fetched) && !isStorableKey(name)) {
      throw new Error(
        `it answered a key '${shortened(name)}', which Convex cannot keep: ${keyRule}`,
      )
    }
    carriable(value)
  }
  return fetched
}

/** How long work outside any transaction may take that names no limit of its own. */
const defaultTimeoutMs = 60_000

async function timed(
  work: (signal: AbortSignal) => unknown,
  timeoutMs: number = defaultTimeoutMs,
): Promise<unknown> {
  const ending = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new NoboilError('TIMEOUT', `The source took longer than ${timeoutMs} ms.`)
      ending.abort(error)
      reject(error)
    }, timeoutMs)
  })
  try {
    return await Promise.race([work(ending.signal), late])
  } finally {
    clearTimeout(timer)
  }
}

/** The functions of {@link Background}, by name: naming them through the app's `internal` would make its types circular. */
const reference = (works: Works, name: keyof Background): never =>
  makeFunctionReference(`${works.module}:${name}`) as never

/** A refusal that another function carried here as a `ConvexError`. */
function ownError(error: unknown): unknown {
  const data = errorData(error)
  return data === undefined ? error : fromErrorData(data)
}

const unknown = ({ module }: Works, what: string, name: string): InvariantError =>
  new InvariantError(
    `There is no ${what} '${name}': a file with cacheCrud() must be imported by convex/${module}.ts.`,
  )

function schedulerOf(scheduler: Scheduler | undefined): Scheduler {
  if (scheduler === undefined) throw new NoboilError('UNSUPPORTED', 'A query cannot schedule.')
  return scheduler
}
