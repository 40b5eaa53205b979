/**
 * Failures as Convex carries them: a `ConvexError` with noboil's error data, which reaches the client in production too.
 */
import { ConvexError, type Value } from 'convex/values'
import { NoboilError, toErrorData } from '../../errors/error.ts'
import { reportDefect } from './log.ts'

/** Runs a handler; what it throws leaves as a `ConvexError`. Defects are logged, and say nothing to the client. */
export async function carried<result>(path: string, work: () => Promise<result>): Promise<result> {
  try {
    return await work()
  } catch (error) {
    throw toConvexError(path, error)
  }
}

function toConvexError(path: string, error: unknown): ConvexError<Value> {
  const own = causeOf(error)
  if (own instanceof ConvexError) return own
  const data = toErrorData(overLimit(error) ?? error)
  if (data.code === 'INTERNAL') reportDefect(path, error)
  // `usePaginatedQuery` begins again when an error says this of its cursor.
  const marks =
    data.code === 'INVALID_CURSOR'
      ? { isConvexSystemError: true, paginationError: 'InvalidCursor' }
      : {}
  return new ConvexError({ ...data, ...marks } as unknown as Value)
}

/** Convex's own limits on a transaction, which arguments may lead to: many rows, or large ones. */
function overLimit(error: unknown): NoboilError | undefined {
  const found = error instanceof Error ? String(causeOf(error)).match(ofOneExecution) : null
  if (found === null) return undefined
  return new NoboilError(
    'LIMIT_EXCEEDED',
    'This is more than one transaction of Convex may read or write; ask for less at once.',
    { limit: 'transaction', max: Number(found[1]) },
  )
}

/** As Convex words it: "Too many bytes read in a single function execution (limit: 16777216 bytes)". */
const ofOneExecution = /in a single function execution \(limit: (\d+)/

/** An app's hook may throw a `ConvexError` of its own, which is meant for its client. */
function causeOf(error: unknown): unknown {
  let found = error
  while (found instanceof Error && !(found instanceof ConvexError) && found.cause !== undefined) {
    found = found.cause
  }
  return found
}
