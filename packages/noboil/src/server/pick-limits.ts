/**
 * One `limits` option for the whole app: each layer takes the ones it knows, and a name that none knows is refused.
 */
import { DefinitionError } from '../errors/assert.ts'
import { defaultFactoryLimits } from '../factories/shared/call.ts'
import { defaultHostLimits } from '../hosts/host.ts'
import { defaultServerLimits } from './limits.ts'

const all = { ...defaultFactoryLimits, ...defaultHostLimits, ...defaultServerLimits }

/** The limits of one layer among those that were given. */
export function pickLimits<limits extends object>(
  given: object | undefined,
  defaults: limits,
): Partial<limits> {
  const picked: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!Object.hasOwn(all, name)) {
      throw new DefinitionError(
        `There is no limit '${name}'; there are ${Object.keys(all).sort().join(', ')}.`,
      )
    }
    if (Object.hasOwn(defaults, name) && value !== undefined) picked[name] = value
  }
  return picked as Partial<limits>
}
