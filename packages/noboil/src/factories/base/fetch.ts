/**
 * Asking the source: the only place where a base table touches the world, outside any transaction.
 */
import { isNoboilError } from '../../errors/error.ts'
import { isThenable } from '../../program/run.ts'
import type { Row } from '../../schema/values.ts'
import type { BaseContext, Fetcher } from './context.ts'
import type { Result } from './settle.ts'
import { type FetchContext, unchanged } from './types.ts'

/** Answers at once where the fetcher does: a host that cannot wait runs it too. Throws {@link BadAnswer} for what does not fit. */
export function fetchOne(
  base: BaseContext,
  key: string,
  previous: Row | null,
  signal: AbortSignal,
): Result | Promise<Result> {
  const ctx: FetchContext<Row> = { signal, previous, unchanged }
  return then((base.fetcher as Fetcher)(ctx, key), (data) => {
    if (data === null) return { state: 'missing' }
    if (data === unchanged) {
      if (previous !== null) return { state: 'unchanged' }
      throw new BadAnswer(`the fetcher answered 'unchanged', and there was nothing before.`)
    }
    return then(base.onFetch === undefined ? data : base.onFetch(data), (made) => ({
      state: 'row',
      payload: checked(base, key, made),
    }))
  })
}

/** What came back is no row of the table. The message names the path, for the log. */
class BadAnswer extends Error {
  override readonly name = 'BadAnswer'
}

/** One sentence on why a fetch failed, for the log. What is asked for may carry a secret in its query: that is left out. */
export function reasonOf(error: unknown): string {
  if (error instanceof BadAnswer) return error.message
  if (isNoboilError(error) && error.code === 'TIMEOUT') return error.message
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return `the fetcher threw ${text.replaceAll(/\?[^\s'"`]*/g, '?…').slice(0, 500)}`
}

function checked(base: BaseContext, key: string, data: unknown): Row {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new BadAnswer(
      `the fetcher answered ${data === undefined ? 'nothing: is a return missing?' : 'what is no object.'}`,
    )
  }
  let payload: Row
  try {
    // A base table's own `userId`, if any, is the source's to say.
    payload = base.payloads.parseHooked(data, (data as { userId?: string }).userId as string)
  } catch (error) {
    if (!isNoboilError(error)) throw error
    throw new BadAnswer(`the answer does not match the schema: ${error.message}`, { cause: error })
  }
  const found = String(payload[base.keyField])
  if (found === key) return payload
  throw new BadAnswer(`the answer's ${base.keyField} is '${found}', which was not asked for.`)
}

function then<value, result>(
  value: value | PromiseLike<value>,
  next: (value: value) => result | Promise<result>,
): result | Promise<result> {
  return isThenable(value) ? (value.then(next) as Promise<result>) : next(value)
}
