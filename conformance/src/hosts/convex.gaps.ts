/** What Convex does otherwise, case by case, and how its own refusals are read. */
import { errorCode, NoboilError } from 'noboil/errors'

const malformed = 'refuses arguments that are missing, unknown or of the wrong type, whoever calls'
const policy = 'does what the policy says for every caller'
const record = 'Convex takes only ASCII names that do not begin with $ or _ as the keys of a record'

const prototype = 'Convex drops an argument called __proto__ on the way'
const internal = 'it is an internal function, which clients cannot call at all, whatever they send'

/** Every argument may be left out, so a call without the one that was dropped is a good one. */
const withoutArguments = [
  'profile.get',
  'draft.get',
  'ballots.check',
  'ballots.record',
  'ballots.consume',
  'mail.check',
  'mail.record',
  'mail.consume',
  'film.purge',
  'price.purge',
]
/** Tables without a `writeRole`. */
const internalOnly = [
  'trace.list',
  'trace.set',
  'trace.rm',
  'trace.restore',
  'weather.list',
  'weather.all',
  'weather.invalidate',
  'weather.purge',
]

export const gaps: Readonly<Record<string, string>> = {
  'poll.create: keeps nested values, numbers and texts as they are': record,
  'poll.create: keeps names of every object as keys like any other': record,
  [`trace.list: ${policy}`]: internal,
  [`weather.list: ${policy}`]: internal,
  ...Object.fromEntries(internalOnly.map((path) => [`${path}: ${malformed}`, internal])),
  ...Object.fromEntries(withoutArguments.map((path) => [`${path}: ${malformed}`, prototype])),
}

/**
 * A refusal by Convex itself, before noboil's code runs, carries no code. What its validators refuse counts as malformed; what is
 * not public is not there for a client.
 */
export function refusedByConvex(path: string, error?: unknown): unknown {
  if (error === undefined) {
    return new NoboilError('FORBIDDEN', `There is no public function '${path}'.`)
  }
  if (errorCode(error) !== undefined || !(error instanceof Error)) return error
  return /^Validator error|must be an object/.test(error.message)
    ? new NoboilError('VALIDATION_FAILED', error.message, { issues: [] })
    : error
}
