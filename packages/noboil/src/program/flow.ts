/**
 * A flow is work that spans transactions, with waiting between: a generator over steps. A host that keeps flows durable starts
 * an interrupted one again from its arguments, so a flow's programs must be safe to repeat.
 */
import type { Program } from './program.ts'

/**
 * A transaction that flows run, by a name. Hosts whose flows and transactions live apart (an action and the mutations it calls)
 * find it again by that name, so arguments and result are plain data.
 */
export interface NamedProgram<args, result> {
  /** `<table>:<what it does>`; unique in an app. */
  readonly name: string
  run(args: args): Program<result>
}

/** Any {@link NamedProgram}: arguments go in as whoever named it made them. */
export interface AnyNamedProgram {
  readonly name: string
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
}

export interface FetchStep {
  readonly step: 'fetch'
  readonly fetch: (signal: AbortSignal) => unknown
}

export type Step = RunStep | WaitStep | FetchStep

export type Flow<result> = Generator<Step, result, unknown>

/** A flow by its arguments, as rows of a schedule name it. */
export type FlowFunction = (args: Readonly<Record<string, unknown>>) => Flow<unknown>

/** One transaction. */
export function* run<args, result>(program: NamedProgram<args, result>, args: args): Flow<result> {
  return (yield { step: 'run', program, args }) as result
}

export function* wait(ms: number): Flow<void> {
  yield { step: 'wait', ms }
}

/** Work outside any transaction; `signal` ends it at the host's time limit. A host that cannot wait takes only plain answers. */
export function* fetch<result>(work: (signal: AbortSignal) => result): Flow<Awaited<result>> {
  return (yield { step: 'fetch', fetch: work }) as Awaited<result>
}

/** What a host must supply to run flows. */
export interface FlowPort {
  run(program: AnyNamedProgram, args: unknown): Promise<unknown>
  wait(ms: number): Promise<void>
  fetch(work: (signal: AbortSignal) => unknown): Promise<unknown>
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

function take(step: Step, port: FlowPort): Promise<unknown> {
  switch (step.step) {
    case 'run':
      return port.run(step.program, step.args)
    case 'wait':
      return port.wait(step.ms)
    case 'fetch':
      return port.fetch(step.fetch)
  }
}
