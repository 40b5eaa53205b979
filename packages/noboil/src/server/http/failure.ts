/** Errors as HTTP answers. */
import { toErrorData } from '../../errors/error.ts'
import { ERROR_TABLE, type ErrorCode } from '../../errors/table.ts'
import type { Failure } from '../../wire/messages.ts'

export interface FailureAnswer {
  readonly code: ErrorCode
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function failureAnswer(error: unknown): FailureAnswer {
  const data = toErrorData(error)
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  }
  if (data.code === 'RATE_LIMITED') {
    const { retryAfter } = data.data as { retryAfter: number }
    headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfter / 1000)))
  } else if (data.code === 'UNAVAILABLE') headers['retry-after'] = '1'
  const body: Failure = { error: data }
  return {
    code: data.code,
    status: ERROR_TABLE[data.code].status,
    headers,
    body: JSON.stringify(body),
  }
}
