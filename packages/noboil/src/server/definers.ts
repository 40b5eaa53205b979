/**
 * `functions: (define) => …`: what makes functions of the app's own. They are data until the app gives them names.
 */
import { DefinitionError } from '../errors/assert.ts'
import type { FunctionKind } from '../schema/reference.ts'
import type { AnyObject } from '../schema/storable.ts'
import type { Cron, CronTime, Custom, Definers } from './types.ts'

interface Definition {
  readonly args?: AnyObject
  readonly handler: (ctx: never, args: never) => unknown
}

const define =
  <kind extends FunctionKind>(custom: kind, internal: boolean) =>
  (definition: Definition): Custom<kind, never, never> => {
    if (typeof definition?.handler !== 'function') {
      throw new DefinitionError(`A ${custom} needs a handler: ${custom}({ args, handler }).`)
    }
    const { args, handler } = definition
    return { custom, internal, args, handler }
  }

function cron(every: CronTime, handler: (ctx: never) => unknown): Cron {
  if ('everyMs' in every) {
    if (!Number.isSafeInteger(every.everyMs) || every.everyMs < 1_000) {
      throw new DefinitionError('cron: everyMs must be a whole number of at least 1,000.')
    }
  } else if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(every.at)) {
    throw new DefinitionError(`cron: '${every.at}' is not a time of day as 'HH:MM' (UTC).`)
  }
  return { custom: 'cron', every, handler }
}

export const definers: Definers<never> = {
  query: define('query', false),
  mutation: define('mutation', false),
  action: define('action', false),
  internalQuery: define('query', true),
  internalMutation: define('mutation', true),
  cron,
} as unknown as Definers<never>
