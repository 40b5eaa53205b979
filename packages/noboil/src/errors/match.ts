import { isNoboilError } from './error.ts'
import { type ErrorCode, type ErrorData, isErrorCode } from './table.ts'

/** One handler per code of interest; `_` takes the rest, also errors that carry no code. */
export type ErrorHandlers<result> = {
  readonly [code in ErrorCode]?: (error: ErrorData<code>) => result
} & { readonly _?: (error: unknown) => result }

/**
 * Reads the code of an error from any host: a {@link NoboilError}, Convex's `ConvexError` (`error.data`), SpacetimeDB's
 * `SenderError` (`CODE: message {json}`), or the JSON body of an HTTP answer.
 */
export const errorCode = (error: unknown): ErrorCode | undefined => errorData(error)?.code

/** The whole of {@link errorCode}: code, message and payload, or `undefined` for an error that is not ours. */
export function errorData(error: unknown): ErrorData | undefined {
  if (isNoboilError(error)) return error.toJSON()
  if (typeof error === 'string') return fromSenderText(error)
  if (typeof error !== 'object' || error === null) return undefined
  const carrier = error as { data?: unknown; error?: unknown; message?: unknown }
  return (
    plainData(error) ??
    plainData(carrier.data) ??
    plainData(carrier.error) ??
    (typeof carrier.message === 'string' ? fromSenderText(carrier.message) : undefined)
  )
}

/** Runs the handler of the error's code; an error without a handler is thrown again. */
export function matchError<result>(error: unknown, handlers: ErrorHandlers<result>): result {
  const data = errorData(error)
  const handler = data && (handlers[data.code] as ((error: ErrorData) => result) | undefined)
  if (data && handler) return handler(data)
  if (handlers._) return handlers._(error)
  throw error
}

function plainData(value: unknown): ErrorData | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { code, message, data } = value as Partial<ErrorData>
  if (!isErrorCode(code)) return undefined
  return {
    code,
    message: typeof message === 'string' ? message : code,
    ...(data === undefined ? {} : { data }),
  }
}

/** What SpacetimeDB puts before the text of an error that a procedure threw. */
const procedurePrefix =
  /^The module instance encountered a fatal error: (?:Uncaught )?(?:SenderError: )?/

function fromSenderText(thrown: string): ErrorData | undefined {
  const text = thrown.replace(procedurePrefix, '')
  const match = /^([A-Z_]+)(?:: ([^]*?))?(?: (\{[^]*\}))?$/.exec(text)
  if (!match || !isErrorCode(match[1])) return undefined
  const [, code, message, json] = match
  let data: unknown
  try {
    data = json === undefined ? undefined : JSON.parse(json)
  } catch {
    return { code, message: text.slice(code.length + 2) }
  }
  return { code, message: message ?? code, ...(data === undefined ? {} : { data }) } as ErrorData
}
