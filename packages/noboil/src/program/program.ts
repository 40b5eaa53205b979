/**
 * A program is one transaction, written as a generator: it yields {@link Op operations} and is resumed with their answers. It
 * never awaits, never reads a clock, and does not know its host. (The form is that of gensync: one text, run by a
 * synchronous and an asynchronous interpreter.)
 *
 * ```ts
 * const rename = program(function* (id: string, name: string) {
 *   const row = yield* byId(people, id)
 *   if (row === null) throw new NoboilError('NOT_FOUND', 'There is no such person.')
 *   yield* patch(people, row, { name })
 * })
 * ```
 */
import { InvariantError } from '../errors/assert.ts'
import { isNoboilError } from '../errors/error.ts'
import type { Layout } from '../schema/layout.ts'
import type { Row } from '../schema/values.ts'
import type {
  Condition,
  Order,
  Page,
  ReadRequest,
  Request,
  Stretch,
  Transaction,
} from './request.ts'

export type Program<result> = Generator<Op<unknown>, result, unknown>

/**
 * Counts what a program made against what ran: an operation that was made and never yielded is a forgotten `yield*`, which
 * would otherwise compile and do nothing.
 */
export interface Ledger {
  made: number
  ran: number
}

let current: Ledger | undefined

/** Makes `ledger` the one that new operations are counted in; answers the one before, to be put back. */
export function swapLedger(ledger: Ledger | undefined): Ledger | undefined {
  const before = current
  current = ledger
  return before
}

/** Throws for what a program made and did not run, `answer` among it. */
export function assertAllRan(ledger: Ledger, answer: unknown): void {
  if (ledger.made !== ledger.ran) {
    throw new InvariantError(
      `A program made ${ledger.made} operations and ran ${ledger.ran}: a yield* is missing.`,
    )
  }
  // A generator that is not wrapped in `program` is counted nowhere, but it is no answer of any program.
  if (generators.isPrototypeOf(answer as object)) {
    throw new InvariantError(
      'A program answered with another one that it has not run: a yield* is missing.',
    )
  }
}

const generators: object = Object.getPrototypeOf(function* () {}).prototype

/**
 * One operation. It is its own iterator, so that `yield* get(…)` costs one object: the first `next` yields the operation, the
 * second returns the host's answer, typed here and nowhere else.
 */
export class Op<result> {
  readonly request: Request
  #yielded = false

  constructor(request: Request) {
    this.request = request
    if (current !== undefined) current.made++
  }

  [Symbol.iterator](): Iterator<Op<unknown>, result, unknown> {
    return this
  }

  next(answer: unknown): IteratorResult<Op<result>, result> {
    if (this.#yielded) return { done: true, value: answer as result }
    this.#yielded = true
    return { done: false, value: this }
  }

  /** A host's failure surfaces here, inside the program's frames, so that the stack names the factory. */
  throw(error: unknown): never {
    if (isNoboilError(error) || error instanceof InvariantError) throw error
    throw new OperationError(this.request, error)
  }
}

/** A failure below a program that is not one of its answers: a defect, or a store in trouble. */
export class OperationError extends Error {
  override readonly name = 'OperationError'

  constructor(request: Request, cause: unknown) {
    const table = 'table' in request ? ` on ${request.table.name}` : ''
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`${request.op}${table} failed: ${reason}`, { cause })
  }
}

/** Wraps a generator function, so that a forgotten `yield*` before a call of it is noticed too. */
export function program<args extends readonly unknown[], result>(
  body: (...args: args) => Program<result>,
): (...args: args) => Program<result> {
  return (...args) => {
    const ledger = current
    const inner = body(...args)
    if (ledger === undefined) return inner
    ledger.made++
    return new Counted(ledger, inner) as unknown as Program<result>
  }
}

/** Counts the start of a sub-program without adding a frame to each of its operations. */
class Counted {
  readonly #ledger: Ledger
  readonly #inner: Program<unknown>

  constructor(ledger: Ledger, inner: Program<unknown>) {
    this.#ledger = ledger
    this.#inner = inner
  }

  [Symbol.iterator](): Program<unknown> {
    this.#ledger.ran++
    return this.#inner
  }
}

/** Runs reads whose keys are known in one round trip and answers their results in order; an absent one answers undefined. */
export function batch<const ops extends readonly (Op<unknown> | undefined)[]>(
  ...ops: ops
): Op<{
  readonly [at in keyof ops]: ops[at] extends Op<infer result> ? result : ResultIn<ops[at]>
}> {
  const reads = ops.map((op) => {
    if (op !== undefined && current !== undefined) current.ran++
    return op?.request as ReadRequest | undefined
  })
  return new Op({ op: 'batch', reads })
}

type ResultIn<maybe> = maybe extends Op<infer result> ? result : undefined

export function get<row extends object>(
  table: Layout<row>,
  key: readonly unknown[],
  fields?: readonly (keyof row & string)[],
): Op<row | null> {
  return new Op(fields ? { op: 'get', table, key, fields } : { op: 'get', table, key })
}

export function byId<row extends object>(
  table: Layout<row>,
  id: string,
  fields?: readonly (keyof row & string)[],
): Op<row | null> {
  return new Op(fields ? { op: 'byId', table, id, fields } : { op: 'byId', table, id })
}

export interface StretchOptions {
  readonly lower?: Stretch['lower']
  readonly upper?: Stretch['upper']
  readonly order?: Order
  readonly where?: readonly Condition[]
}

const noConditions: readonly Condition[] = []

function stretch(
  table: Layout,
  index: string,
  eq: readonly unknown[],
  options: StretchOptions,
): Stretch {
  const { lower, upper, order = 'asc', where = noConditions } = options
  return { table, index, eq, lower, upper, order, where }
}

/** The first `limit` rows of a stretch of an index (`''`: the primary key). */
export function range<row extends object>(
  table: Layout<row>,
  index: string,
  eq: readonly unknown[],
  options: StretchOptions & { readonly limit: number },
): Op<readonly row[]> {
  return new Op({ op: 'range', ...stretch(table, index, eq, options), limit: options.limit })
}

export interface PageOptions extends StretchOptions {
  readonly scope: string
  readonly cursor: string | null
  readonly endCursor?: string | null | undefined
  readonly limit: number
}

/** A page of a stretch of an index, between cursors. */
export function page<row extends object>(
  table: Layout<row>,
  index: string,
  eq: readonly unknown[],
  options: PageOptions,
): Op<Page<row>> {
  const { scope, cursor, endCursor = null, limit } = options
  return new Op({
    op: 'page',
    ...stretch(table, index, eq, options),
    scope,
    cursor,
    endCursor,
    limit,
  })
}

/** The newest rows in which every word of `words` begins a word. */
export function search<row extends object>(
  table: Layout<row>,
  words: readonly string[],
  options: {
    readonly scope?: unknown
    readonly where?: readonly Condition[]
    readonly limit: number
  },
): Op<readonly row[]> {
  const { scope, where = noConditions, limit } = options
  return new Op({ op: 'search', table, words, scope, where, limit })
}

/** Answers the row's `_id`, made by the host where the row brings none. */
export function insert<row extends object>(table: Layout<row>, row: object): Op<string> {
  return new Op({ op: 'insert', table, row: row as Row })
}

/** Answers the rows' `_id`s. For rows that stand or fall together. */
export function insertMany<row extends object>(
  table: Layout<row>,
  rows: readonly object[],
): Op<readonly string[]> {
  return new Op({ op: 'insertMany', table, rows: rows as readonly Row[] })
}

export function patch<row extends object>(
  table: Layout<row>,
  row: row,
  set: { readonly [field in keyof row]?: row[field] | undefined },
): Op<void> {
  return new Op({ op: 'patch', table, row: row as Row, set: set })
}

export function increment<row extends object>(
  table: Layout<row>,
  key: readonly unknown[],
  by: { readonly [field in keyof row]?: number },
): Op<row> {
  return new Op({ op: 'increment', table, key, by: by as Record<string, number> })
}

export function remove<row extends object>(table: Layout<row>, row: row): Op<void> {
  return new Op({ op: 'remove', table, row: row as Row })
}

export function now(): Op<number> {
  return new Op({ op: 'now' })
}

/** Runs code of the app and answers what it returned or resolved to. */
export function call<result>(run: (transaction: Transaction) => result): Op<Awaited<result>> {
  return new Op({ op: 'call', run })
}

export function schedule(flow: string, args: object, at: number): Op<void> {
  return new Op({ op: 'schedule', flow, args: args as Row, at })
}
