import {
  ERROR_TABLE,
  type ErrorCode,
  type ErrorData,
  type ErrorPayload,
  isErrorCode,
} from './table.ts'

type PayloadArgument<code extends ErrorCode> =
  ErrorPayload<code> extends undefined ? [data?: undefined] : [data: ErrorPayload<code>]

/**
 * The one error operations fail with. `code` is stable and closed, `message` is a sentence for a person,
 * `data` is typed by the code.
 */
export class NoboilError<code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'NoboilError'
  readonly code: code
  readonly data: ErrorPayload<code>

  constructor(code: code, message: string, ...[data]: PayloadArgument<code>) {
    super(message)
    this.code = code
    this.data = data as ErrorPayload<code>
  }

  get status(): number {
    return ERROR_TABLE[this.code].status
  }

  get retry(): boolean {
    return ERROR_TABLE[this.code].retry
  }

  toJSON(): ErrorData<code> {
    const { code, message, data } = this
    return data === undefined ? { code, message } : { code, message, data }
  }
}

export const isNoboilError = (error: unknown): error is NoboilError =>
  error instanceof NoboilError ||
  (error instanceof Error &&
    error.name === 'NoboilError' &&
    isErrorCode((error as NoboilError).code))

/** Rebuilds an error from its wire form. Anything malformed becomes `INTERNAL`. */
export function fromErrorData(value: unknown): NoboilError {
  if (typeof value === 'object' && value !== null) {
    const { code, message, data } = value as Partial<ErrorData>
    if (isErrorCode(code) && typeof message === 'string') {
      return new NoboilError(code as 'CONFLICT', message, data as never)
    }
  }
  return new NoboilError(
    'INTERNAL',
    'The server answered with something this client does not understand.',
  )
}

/**
 * The wire form of any failure. What is not a {@link NoboilError} is a defect of the app or of noboil: its message stays on
 * the server, and the client sees `INTERNAL`.
 */
export function toErrorData(error: unknown): ErrorData {
  if (isNoboilError(error)) {
    const { code, message, data } = error
    return data === undefined ? { code, message } : { code, message, data }
  }
  return { code: 'INTERNAL', message: 'Something went wrong on the server. It has been logged.' }
}
