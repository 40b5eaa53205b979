/**
 * The seam between Convex's function runtime and convex-test's database. Every read and write of every function goes through
 * three global functions; standing between, the stand-in learns what was read and written, pins the ends of pages, gives
 * its own addresses to files, and refuses what a deployment would not store.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { jsonToConvex, type JSONValue } from 'convex/values'
import { checkWritten } from './limits.ts'
import { type QueryJson, type ReadSet, type Write } from './read-set.ts'
import { tableOf } from './validator.ts'

/** What one execution of a function, with everything it calls, is told by and tells. */
export interface Execution {
  /** Of a query: what it reads. */
  readonly reads?: ReadSet
  /** Of a paginated query: where its page ends, once that has been shown. */
  journal?: string | undefined
  /** The transaction under way may commit this. */
  readonly wrote: (write: Write) => void
  readonly fileUrl: (storageId: string) => string
  readonly uploadUrl: () => string
}

interface Runtime {
  syscall(op: string, args: string): string
  asyncSyscall(op: string, args: string): Promise<string>
  jsSyscall(op: string, args: Readonly<Record<string, unknown>>): Promise<unknown>
}

const executions = new AsyncLocalStorage<Execution>()

/** One function as it runs; those that it calls are others. */
interface Frame {
  hasPage: boolean
}

const frames = new AsyncLocalStorage<Frame>()

/** Runs one function. */
export const inFunction = <result>(run: () => Promise<result>): Promise<result> =>
  frames.run({ hasPage: false }, run)

/** Runs what belongs to one execution. What it schedules belongs to it too. */
export function within<result>(execution: Execution, run: () => Promise<result>): Promise<result> {
  interpose()
  return executions.run(execution, run)
}

const marked = Symbol.for('noboil.convex-standin')

/** Stands between once; functions that run outside of any stand-in go straight through. */
function interpose(): void {
  const scope = globalThis as unknown as { Convex: Runtime & { [marked]?: true } }
  const inner = scope.Convex
  if (inner[marked]) return
  scope.Convex = {
    [marked]: true,
    syscall(op, args) {
      const execution = executions.getStore()
      if (execution !== undefined && op === '1.0/queryStream') {
        execution.reads?.query((JSON.parse(args) as { query: QueryJson }).query)
      }
      return inner.syscall(op, args)
    },
    asyncSyscall(op, args) {
      const execution = executions.getStore()
      if (execution === undefined) return inner.asyncSyscall(op, args)
      const handler = handlers[op]
      const next = (given: unknown): Promise<string> =>
        inner.asyncSyscall(op, given === undefined ? args : JSON.stringify(given))
      return handler === undefined
        ? next(undefined)
        : handler(execution, JSON.parse(args) as never, next)
    },
    async jsSyscall(op, args) {
      const result = await inner.jsSyscall(op, args)
      if (op === 'storage/storeBlob') {
        executions.getStore()?.wrote(insertOf('_storage', String(result), {}))
      }
      return result
    },
  }
}

type Handler = (
  execution: Execution,
  args: never,
  /** The call itself, with other arguments if any are given. */
  next: (args?: unknown) => Promise<string>,
) => Promise<string>

const handlers: Readonly<Record<string, Handler>> = {
  async '1.0/get'({ reads }, { id }: { id: string }, next) {
    reads?.row(id)
    return next()
  },
  async '1.0/queryStreamNext'({ reads }, _, next) {
    const json = await next()
    const { value } = JSON.parse(json) as { value: { _id: string } | null }
    if (value !== null) reads?.row(value._id)
    return json
  },
  '1.0/queryPage': readPage,
  async '1.0/count'({ reads }, { table }: { table: string }, next) {
    reads?.table(table)
    return next()
  },
  async '1.0/insert'({ wrote }, { table, value }: InsertArgs, next) {
    checkWritten(table, jsonToConvex(value))
    const json = await next()
    wrote(insertOf(table, (JSON.parse(json) as { _id: string })._id, value))
    return json
  },
  '1.0/shallowMerge': (execution, args, next) => change(execution, 'patch', args, next),
  '1.0/replace': (execution, args, next) => change(execution, 'replace', args, next),
  '1.0/remove': (execution, args, next) => change(execution, 'remove', args, next),
  '1.0/schedule': schedule,
  '1.0/cancel_job': schedule,
  async '1.0/storageDelete'({ wrote }, { storageId }: { storageId: string }, next) {
    const json = await next()
    wrote({ table: '_storage', id: storageId, kind: 'remove', fields: {} })
    return json
  },
  async '1.0/storageGetUrl'({ reads, fileUrl }, { storageId }: { storageId: string }, next) {
    reads?.row(storageId)
    const known = JSON.parse(await next()) as string | null
    return JSON.stringify(known === null ? null : fileUrl(storageId))
  },
  '1.0/storageGenerateUploadUrl': async ({ uploadUrl }) => JSON.stringify(uploadUrl()),
}

interface InsertArgs {
  readonly table: string
  readonly value: Readonly<Record<string, JSONValue>>
}

interface ChangeArgs {
  readonly id: string
  readonly value?: Readonly<Record<string, JSONValue>>
}

async function change(
  { wrote }: Execution,
  kind: 'patch' | 'replace' | 'remove',
  { id, value = {} }: ChangeArgs,
  next: () => Promise<string>,
): Promise<string> {
  const table = tableOf(id)
  if (kind !== 'remove') checkWritten(table, storedPart(value))
  const json = await next()
  wrote({ table, id, kind, fields: value })
  return json
}

async function schedule(
  { wrote }: Execution,
  _: unknown,
  next: () => Promise<string>,
): Promise<string> {
  const json = await next()
  wrote(insertOf('_scheduled_functions', '', {}))
  return json
}

interface PageArgs {
  readonly query: QueryJson
  readonly endCursor?: string | null
}

interface Page {
  readonly page: readonly { readonly _id: string }[]
  readonly continueCursor: string
  readonly isDone: boolean
}

/** Past the last row, as convex-test writes it. */
const endOfRange = '_end_cursor'

/**
 * A page that was shown once ends where it ended then, so that pages stay gapless as rows come and go: Convex keeps that end in
 * the query's journal.
 */
async function readPage(
  execution: Execution,
  args: PageArgs,
  next: (args: unknown) => Promise<string>,
): Promise<string> {
  const { reads, journal } = execution
  const frame = frames.getStore()
  if (frame?.hasPage) throw new Error('A function may ask for one page: Convex paginates once.')
  if (frame !== undefined) frame.hasPage = true
  reads?.query(args.query)
  const endCursor = args.endCursor ?? journal ?? null
  const json = await next({ ...args, endCursor })
  const page = JSON.parse(json) as Page
  for (const { _id } of page.page) reads?.row(_id)
  // convex-test takes a page whose last row is gone for the last page.
  const answer =
    endCursor === null || endCursor === endOfRange
      ? page
      : { ...page, continueCursor: endCursor, isDone: false }
  execution.journal = answer.continueCursor
  return JSON.stringify(answer)
}

const insertOf = (table: string, id: string, fields: Write['fields']): Write => ({
  table,
  id,
  kind: 'insert',
  fields,
})

/** What a patch stores: fields it clears come as a mark. */
function storedPart(value: Readonly<Record<string, JSONValue>>): object {
  const stored = Object.entries(value).filter(
    ([, field]) => !(typeof field === 'object' && field !== null && '$undefined' in field),
  )
  return jsonToConvex(Object.fromEntries(stored)) as object
}
