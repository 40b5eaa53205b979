/** What SpacetimeDB's client library fails with, as callers are told it. */
import { isNoboilError, NoboilError } from '../../errors/error.ts'
import { errorData } from '../../errors/match.ts'

export const isRefusedToken = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('verify token: Unauthorized')

/** What a module's function threw has its code in its text; anything else is the network's. */
export function rethrow(error: unknown): never {
  if (isNoboilError(error)) throw error
  const data = errorData(error)
  if (data !== undefined) {
    throw new NoboilError(data.code as 'CONFLICT', data.message, data.data as never)
  }
  throw new NoboilError(
    'UNAVAILABLE',
    error instanceof Error ? error.message : 'The call did not reach the database.',
  )
}
