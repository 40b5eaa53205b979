/**
 * One `limits` option for the whole app: each layer takes the ones it knows, and a name that none knows is refused.
 */
import { DefinitionError } from '../errors/assert.ts'
import { defaultFactoryLimits } from '../factories/shared/call.ts'
import { defaultHostLimits } from '../hosts/host.ts'
import { defaultServerLimits } from './limits.ts'

const all = { ...defaultFactoryLimits, ...defaultHostLimits, ...defaultServerLimits }

/** The limits of one layer among those that were given. All are checked, whichever layer asks. */
export function pickLimits<limits extends object>(
  given: object | undefined,
  defaults: limits,
): Partial<limits> {
  const picked: Record<string, unknown> = {}
  for (const [name, value] of Object.entries((given ?? {}) as Record<string, number | undefined>)) {
    if (!Object.hasOwn(all, name)) {
      throw new DefinitionError(
        `There is no limit '${name}'; there are ${Object.keys(all).sort().join(', ')}.`,
      )
    }
    if (value === undefined) continue
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new DefinitionError(`The limit ${name} is ${value}; it must be a whole number above 0.`)
    }
    if (Object.hasOwn(defaults, name)) picked[name] = value
  }
  return picked as Partial<limits>
}
