/** What went wrong, as the screens of every app know it. */
import type { AppError } from '@noboil/web-ui/base'
import { errorData } from 'noboil/spacetimedb/react'

/** An error of the database or the accounts, or one that happened on the way to them. */
export function errorOf(error: unknown): AppError {
  const data = errorData(error)
  if (data === undefined) {
    return { code: 'UNAVAILABLE', message: 'The server did not answer. Try again in a moment.' }
  }
  const retryAfter = (data.data as { readonly retryAfter?: number } | undefined)?.retryAfter
  return {
    code: data.code,
    message: data.message,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}
