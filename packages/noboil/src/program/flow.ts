/**
 * A flow is work that spans transactions, with waiting between: a generator over steps. A host that keeps flows durable starts
 * an interrupted one again from its arguments, so a flow's programs must be safe to repeat.
 */
import type { Layout } from '../schema/layout.ts'
import type { Program } from './program.ts'

/**
 * A transaction that flows run, by a name. Hosts whose flows and transactions live apart (an action and the mutations it calls)
 * find it again by that name, so arguments and result are plain data.
 */
export interface NamedProgram<args, result> {
  /** `<table>:<what it does>`; unique in an app. */
  readonly name: string
  /** It writes nothing: a host may run it as a query. */
  readonly readOnly?: true
  run(args: args): Program<result>
}

/** Any {@link NamedProgram}: arguments go in as whoever named it made them. */
export interface AnyNamedProgram {
  readonly name: string
  readonly readOnly?: true
  run(args: never): Program<unknown>
}

export interface RunStep {
  readonly step: 'run'
  readonly program: AnyNamedProgram
  readonly args: unknown
}

export interface WaitStep {
  readonly step: 'wait'
  readonly ms: number
  readonly wake?: Wake
}

/** What ends a wait early: the removal of one row. */
export interface Wake {
  readonly table: Layout
  /** The row's `_id`. */
  readonly id: string
  /** A host that is not told of commits waits this long at most, and the flow looks again. */
  readonly pollMs: number
}

export interface FetchStep {
  readonly step: 'fetch'
  readonly fetch: (signal: AbortSignal) => unknown
  readonly timeoutMs?: number
}

/** A failure that the flow has dealt with and that whoever runs the app should know of. */
export interface ReportStep {
  readonly step: 'report'
  readonly report: Report
}

export interface Report {
  readonly table: string
  readonly key: string
  /** One sentence. */
  readonly message: string
}

export type Step = RunStep | WaitStep | FetchStep | ReportStep

export type Flow<result> = Generator<Step, result, unknown>

/** A flow by its arguments, as rows of a schedule name it. */
export type FlowFunction = (args: Readonly<Record<string, unknown>>) => Flow<unknown>

/** One transaction. */
export function* run<args, result>(program: NamedProgram<args, result>, args: args): Flow<result> {
  return (yield { step: 'run', program, args }) as result
}

/** Waits `ms` at most: less where the host sees that the row of `wake` has gone, or has gone already. */
export function* wait(ms: number, wake?: Wake): Flow<void> {
  yield wake === undefined ? { step: 'wait', ms } : { step: 'wait', ms, wake }
}

/**
 * Work outside any transaction. It fails with `TIMEOUT` after `timeoutMs` (else at the host's own limit) and with `UNAVAILABLE`
 * when the host closes; `signal` says so to the work. A host that cannot wait takes only plain answers.
 */
export function* fetch<result>(
  work: (signal: AbortSignal) => result,
  timeoutMs?: number,
): Flow<Awaited<result>> {
  return (yield timeoutMs === undefined
    ? { step: 'fetch', fetch: work }
    : { step: 'fetch', fetch: work, timeoutMs }) as Awaited<result>
}

/** Writes a sentence to the host's log. */
export function* report(said: Report): Flow<void> {
  yield { step: 'report', report: said }
}

/** What a host must supply to run flows. */
export interface FlowPort {
  run(program: AnyNamedProgram, args: unknown): Promise<unknown>
  wait(ms: number, wake?: Wake): Promise<void>
  fetch(work: (signal: AbortSignal) => unknown, timeoutMs?: number): Promise<unknown>
  /** Absent: nobody keeps a log. */
  report?(said: Report): void
}

/** Drives a flow to its end. */
export async function runFlow<result>(flow: Flow<result>, port: FlowPort): Promise<result> {
  let step = flow.next()
  while (step.done !== true) {
    let answer: unknown
    try {
      answer = await take(step.value, port)
    } catch (error) {
      step = flow.throw(error)
      continue
    }
    step = flow.next(answer)
  }
  return step.value
}

/** The program of a {@link RunStep} with its arguments. */
export function startProgram(program: AnyNamedProgram, args: unknown): Program<unknown> {
  return program.run(args as never)
}

function take(step: Step, port: FlowPort): Promise<unknown> | undefined {
  switch (step.step) {
    case 'run':
      return port.run(step.program, step.args)
    case 'wait':
      return port.wait(step.ms, step.wake)
    case 'fetch':
      return port.fetch(step.fetch, step.timeoutMs)
    case 'report':
      port.report?.(step.report)
      return undefined
  }
}
