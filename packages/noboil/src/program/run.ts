/**
 * The interpreters' common part: how a program is driven. A host supplies what its requests mean.
 */
import { NoboilError } from '../errors/error.ts'
import { assertAllRan, type Ledger, type Op, type Program, swapLedger } from './program.ts'
import type {
  CallRequest,
  InsertManyRequest,
  InsertRequest,
  ReadRequest,
  Request,
  StoreRequest,
} from './request.ts'

/** A host that answers at once. `call` may answer a promise: a hook that waits. */
export interface SyncInterpreter {
  run(request: StoreRequest): unknown
  /** Absent: the rows are inserted one by one. */
  insertMany?(request: InsertManyRequest): readonly unknown[]
  call(request: CallRequest): unknown
}

/** A host that answers later. */
export interface AsyncInterpreter {
  run(request: StoreRequest): Promise<unknown>
  /** Absent: the reads of a batch run side by side. */
  batch?(reads: readonly ReadRequest[]): Promise<readonly unknown[]>
  call(request: CallRequest): unknown
}

export type Progress<result> =
  | { readonly state: 'done'; readonly value: result }
  | { readonly state: 'waiting'; readonly promise: PromiseLike<unknown> }

/**
 * A program on a synchronous host that stops only where a hook waits: `start`, and while the answer is `waiting`,
 * `resume` or `fail` with what the promise came to.
 */
export class Execution<result> {
  readonly #program: Program<result>
  readonly #interpreter: SyncInterpreter
  readonly #ledger: Ledger = { made: 0, ran: 0 }

  constructor(program: () => Program<result>, interpreter: SyncInterpreter) {
    this.#interpreter = interpreter
    this.#program = begin(program)
  }

  start(): Progress<result> {
    return this.#drive(next(this.#ledger, this.#program, undefined))
  }

  resume(answer: unknown): Progress<result> {
    return this.#drive(next(this.#ledger, this.#program, answer))
  }

  fail(error: unknown): Progress<result> {
    return this.#drive(fail(this.#ledger, this.#program, error))
  }

  #drive(from: IteratorResult<Op<unknown>, result>): Progress<result> {
    let step = from
    while (step.done !== true) {
      const { request } = step.value
      this.#ledger.ran++
      let answer: unknown
      try {
        answer = this.#answer(request)
      } catch (error) {
        step = fail(this.#ledger, this.#program, error)
        continue
      }
      if (request.op === 'call' && isThenable(answer)) return { state: 'waiting', promise: answer }
      step = next(this.#ledger, this.#program, answer)
    }
    assertAllRan(this.#ledger, step.value)
    return { state: 'done', value: step.value }
  }

  #answer(request: Request): unknown {
    const interpreter = this.#interpreter
    switch (request.op) {
      case 'call':
        return interpreter.call(request)
      case 'batch':
        return request.reads.map((read) => read && interpreter.run(read))
      case 'insertMany':
        return (
          interpreter.insertMany?.(request) ??
          insertsOf(request).map((insert) => interpreter.run(insert))
        )
      default:
        return interpreter.run(request)
    }
  }
}

/** Runs a program to its end on a host that answers at once. A hook that waits is refused, and its promise is not lost. */
export function runSync<result>(
  program: () => Program<result>,
  interpreter: SyncInterpreter,
): result {
  const execution = new Execution(program, interpreter)
  let progress = execution.start()
  while (progress.state === 'waiting') {
    progress.promise.then(undefined, () => {})
    progress = execution.fail(
      new NoboilError(
        'UNSUPPORTED',
        'A hook returned a promise, but this host runs synchronously.',
      ),
    )
  }
  return progress.value
}

/** Runs a program to its end on a host that answers later. */
export async function runAsync<result>(
  program: () => Program<result>,
  interpreter: AsyncInterpreter,
): Promise<result> {
  const ledger: Ledger = { made: 0, ran: 0 }
  const running = begin(program)
  let step = next(ledger, running, undefined)
  while (step.done !== true) {
    ledger.ran++
    let answer: unknown
    try {
      answer = await answerOf(step.value.request, interpreter)
    } catch (error) {
      step = fail(ledger, running, error)
      continue
    }
    step = next(ledger, running, answer)
  }
  assertAllRan(ledger, step.value)
  return step.value
}

async function answerOf(request: Request, interpreter: AsyncInterpreter): Promise<unknown> {
  if (request.op === 'call') return await interpreter.call(request)
  if (request.op === 'insertMany') {
    const ids: unknown[] = []
    for (const insert of insertsOf(request)) ids.push(await interpreter.run(insert))
    return ids
  }
  if (request.op !== 'batch') return interpreter.run(request)
  if (!interpreter.batch) {
    return Promise.all(request.reads.map((read) => read && interpreter.run(read)))
  }
  const answers = (
    await interpreter.batch(request.reads.filter((read) => read !== undefined))
  ).values()
  return request.reads.map((read) => read && answers.next().value)
}

const insertsOf = ({ table, rows }: InsertManyRequest): readonly InsertRequest[] =>
  rows.map((row) => ({ op: 'insert', table, row }))

/** Makes the generator outside any ledger: the outermost program is driven, not yielded. */
function begin<result>(program: () => Program<result>): Program<result> {
  const outer = swapLedger(undefined)
  try {
    return program()
  } finally {
    swapLedger(outer)
  }
}

function next<result>(
  ledger: Ledger,
  program: Program<result>,
  answer: unknown,
): IteratorResult<Op<unknown>, result> {
  const outer = swapLedger(ledger)
  try {
    return program.next(answer)
  } finally {
    swapLedger(outer)
  }
}

function fail<result>(
  ledger: Ledger,
  program: Program<result>,
  error: unknown,
): IteratorResult<Op<unknown>, result> {
  const outer = swapLedger(ledger)
  try {
    return program.throw(error)
  } finally {
    swapLedger(outer)
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}
