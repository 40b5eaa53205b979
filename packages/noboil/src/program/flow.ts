/**
 * A flow is work that spans transactions, with waiting between: a generator over steps. A host that keeps flows durable starts
 * an interrupted one again from its arguments, so a flow's programs must be safe to repeat.
 */
import type { Program } from './program.ts'

export type Step =
  | { readonly step: 'run'; readonly program: () => Program<unknown> }
  | { readonly step: 'wait'; readonly ms: number }
  | { readonly step: 'fetch'; readonly fetch: (signal: AbortSignal) => Promise<unknown> }

export type Flow<result> = Generator<Step, result, unknown>

/** A flow by its arguments, as rows of a schedule name it. */
export type FlowFunction = (args: Readonly<Record<string, unknown>>) => Flow<unknown>

/** One transaction. */
export function* run<result>(program: () => Program<result>): Flow<result> {
  return (yield { step: 'run', program }) as result
}

export function* wait(ms: number): Flow<void> {
  yield { step: 'wait', ms }
}

/** Work outside any transaction; `signal` ends it at the host's time limit. */
export function* fetch<result>(work: (signal: AbortSignal) => Promise<result>): Flow<result> {
  return (yield { step: 'fetch', fetch: work }) as result
}

/** What a host must supply to run flows. */
export interface FlowPort {
  run<result>(program: () => Program<result>): Promise<result>
  wait(ms: number): Promise<void>
  fetch<result>(work: (signal: AbortSignal) => Promise<result>): Promise<result>
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

function take(step: Step, port: FlowPort): Promise<unknown> {
  switch (step.step) {
    case 'run':
      return port.run(step.program)
    case 'wait':
      return port.wait(step.ms)
    case 'fetch':
      return port.fetch(step.fetch)
  }
}
