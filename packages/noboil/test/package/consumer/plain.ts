import { errorCode, matchError, NoboilError } from 'noboil/errors'
import * as convex from 'noboil/convex/schema'
import * as node from 'noboil/node/schema'
import * as plain from 'noboil/schema'
import * as spacetimedb from 'noboil/spacetimedb/schema'

export function explain(error: unknown): string {
  return matchError(error, {
    RATE_LIMITED: ({ data }) => `again in ${data?.retryAfter} ms`,
    _: () => 'something else',
  })
}

if (import.meta.main) {
  const error: unknown = new NoboilError('RATE_LIMITED', 'Too many votes.', {
    retryAfter: 250,
    max: 5,
    windowMs: 60_000,
  })
  const isOne = [convex, node, spacetimedb].every(({ schema }) => schema === plain.schema)
  console.log(errorCode(error), explain(error), isOne ? 'one schema' : 'several schemas')
}
