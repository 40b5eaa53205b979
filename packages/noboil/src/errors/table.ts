/**
 * The closed table of everything noboil can refuse: one row per code, read by every edge.
 *
 * `status` is the HTTP status, `retry` says whether the same call may succeed later without being changed.
 */
export const ERROR_TABLE = {
  NOT_AUTHENTICATED: { status: 401, retry: false },
  FORBIDDEN: { status: 403, retry: false },
  NOT_FOUND: { status: 404, retry: false },
  CONFLICT: { status: 409, retry: false },
  INVALID_KEY: { status: 400, retry: false },
  VALIDATION_FAILED: { status: 400, retry: false },
  RATE_LIMITED: { status: 429, retry: true },
  LIMIT_EXCEEDED: { status: 413, retry: false },
  IDEMPOTENCY_MISMATCH: { status: 422, retry: false },
  FETCH_FAILED: { status: 502, retry: true },
  NO_FETCHER: { status: 501, retry: false },
  DUPLICATE: { status: 409, retry: false },
  INVALID_CURSOR: { status: 400, retry: false },
  UNSUPPORTED: { status: 501, retry: false },
  TIMEOUT: { status: 504, retry: true },
  UNAVAILABLE: { status: 503, retry: true },
  UPGRADE_REQUIRED: { status: 426, retry: false },
  INTERNAL: { status: 500, retry: false },
} as const

/** Every code an operation can fail with. */
export type ErrorCode = keyof typeof ERROR_TABLE

/** One thing that is wrong with an argument: where (dotted path, `''` for the whole) and what. */
export interface Issue {
  readonly path: string
  readonly message: string
}

/** What each code carries beside its message. Codes that are not named carry nothing. */
export interface ErrorPayloads {
  /** The row's current `updatedAt` (null: no such row), or the log's last `seq`. */
  CONFLICT: { readonly updatedAt: number | null } | { readonly seq: number }
  INVALID_KEY: { readonly key: string; readonly keys?: readonly string[] }
  VALIDATION_FAILED: { readonly issues: readonly Issue[] }
  /** `retryAfter` in ms: exact, one millisecond earlier still fails. */
  RATE_LIMITED: { readonly retryAfter: number; readonly max: number; readonly windowMs: number }
  LIMIT_EXCEEDED: { readonly limit: string; readonly max: number; readonly actual?: number }
  DUPLICATE: { readonly fields: readonly string[] }
}

/** The payload of one code; `undefined` for codes that carry nothing. */
export type ErrorPayload<code extends ErrorCode> = code extends keyof ErrorPayloads
  ? ErrorPayloads[code]
  : undefined

/** The error as it crosses a wire: plain JSON. */
export interface ErrorData<code extends ErrorCode = ErrorCode> {
  readonly code: code
  readonly message: string
  readonly data?: ErrorPayload<code>
}

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(ERROR_TABLE, value)
