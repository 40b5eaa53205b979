/** Errors as every screen knows them, and what to say when nothing more exact is known. */
import { secondsLeft } from './time.ts'

export interface AppError {
  readonly code: ErrorCode
  /** Safe to show; used where the code alone says too little. */
  readonly message: string
  /** With `RATE_LIMITED`: until the same call can succeed. */
  readonly retryAfter?: number | undefined
}

export type ErrorCode =
  | 'NOT_AUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'INVALID_KEY'
  | 'VALIDATION_FAILED'
  | 'RATE_LIMITED'
  | 'LIMIT_EXCEEDED'
  | 'IDEMPOTENCY_MISMATCH'
  | 'FETCH_FAILED'
  | 'NO_FETCHER'
  | 'DUPLICATE'
  | 'INVALID_CURSOR'
  | 'UNSUPPORTED'
  | 'TIMEOUT'
  | 'UNAVAILABLE'
  | 'UPGRADE_REQUIRED'
  | 'INTERNAL'

/** Trying the very same thing again can help. */
export function isWorthRetrying({ code }: AppError): boolean {
  return code === 'UNAVAILABLE' || code === 'TIMEOUT'
}

/** A sentence that a person can act on, whatever they were doing. */
export function generalSentence(error: AppError): string {
  switch (error.code) {
    case 'NOT_AUTHENTICATED':
      return 'You are signed out. Sign in and try again.'
    case 'FORBIDDEN':
      return 'You are not allowed to do this.'
    case 'NOT_FOUND':
      return 'This is no longer there.'
    case 'CONFLICT':
      return 'Somebody else changed this at the same moment. Look at it again, then repeat.'
    case 'VALIDATION_FAILED':
      return error.message || 'Something in this form is not accepted. Check it and try again.'
    case 'LIMIT_EXCEEDED':
      return error.message || 'This is more than the site accepts at once. Make it shorter.'
    case 'UNAVAILABLE':
      return 'We cannot reach the server. Check your connection and try again.'
    case 'TIMEOUT':
      return 'The server took too long to answer. Try again.'
    case 'UPGRADE_REQUIRED':
      return 'This page is out of date. Reload it to continue.'
    case 'RATE_LIMITED':
      return `That was a lot in a short time. Try again ${waitText(error.retryAfter)}.`
    default:
      return 'Something went wrong on our side. Try again in a moment.'
  }
}

/** "in 42 seconds"; in a moment when nobody knows. */
export function waitText(retryAfterMs: number | undefined): string {
  if (retryAfterMs === undefined) return 'in a moment'
  const seconds = secondsLeft(retryAfterMs)
  if (seconds <= 1) return 'in a second'
  if (seconds < 100) return `in ${seconds} seconds`
  return `in ${Math.ceil(seconds / 60)} minutes`
}
