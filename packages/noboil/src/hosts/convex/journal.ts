/**
 * The answers of a flow's steps so far. A flow is a generator, so it stands again where it stood once it has been told them; what
 * it runs is not run again. Equal answers that follow each other are kept once: a sweep of a million rows is a short journal.
 */
import { fromErrorData } from '../../errors/error.ts'
import type { ErrorData } from '../../errors/table.ts'
import type { Flow, Step } from '../../program/flow.ts'

export type Entry = { readonly answer: unknown } | { readonly error: ErrorData }

interface Run {
  readonly entry: Entry
  times: number
}

export class Journal {
  readonly #runs: Run[]

  constructor(text: string) {
    this.#runs = JSON.parse(text) as Run[]
  }

  add(entry: Entry): void {
    const last = this.#runs.at(-1)
    if (last !== undefined && JSON.stringify(last.entry) === JSON.stringify(entry)) last.times++
    else this.#runs.push({ entry, times: 1 })
  }

  /** Tells a new flow everything; answers the step it then stands before. */
  replay(flow: Flow<unknown>): IteratorResult<Step, unknown> {
    let step = flow.next()
    for (const { entry, times } of this.#runs) {
      for (let time = 0; time < times; time++) step = tell(flow, entry)
    }
    return step
  }

  text(): string {
    return JSON.stringify(this.#runs)
  }
}

export const tell = (flow: Flow<unknown>, entry: Entry): IteratorResult<Step, unknown> =>
  'error' in entry ? flow.throw(fromErrorData(entry.error)) : flow.next(entry.answer)
