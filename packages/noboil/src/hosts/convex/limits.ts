/**
 * The limits of an app, within Convex's own: a transaction reads at most 4,096 stretches of
 * indexes and writes at most 16,000 documents, and a list has at most 8,192 items.
 */
import { DefinitionError } from '../../errors/assert.ts'
import { defaultFactoryLimits, type FactoryLimits } from '../../factories/shared/call.ts'

/** What Convex itself has room for: each item of a bulk call reads up to four times. */
const most: Partial<FactoryLimits> = {
  maxBulkItems: 1_000,
  maxPageRows: 8_000,
  maxIndexedRows: 8_000,
  maxPayloadBytes: 900 * 1_024,
  maxCountedValues: 1_000,
  maxSearchRows: 1_024,
  maxMembers: 1_000,
  maxSweepRows: 1_000,
}

/**
 * Of the 16 MiB that a transaction of Convex reads: a sweep takes as many rows as would fit if all were as large as they may be. One
 * that took more would fail for ever, since it finds the same rows each time.
 */
const maxSweptBytes = 8 * 1_024 * 1_024

/** Throws {@link DefinitionError} naming a limit that is unknown, no whole number above 0, or more than Convex allows. */
export function limitsOf(given: Partial<FactoryLimits> = {}): FactoryLimits {
  for (const [name, value] of Object.entries(given) as [keyof FactoryLimits, number][]) {
    if (!Object.hasOwn(defaultFactoryLimits, name)) {
      const known = Object.keys(defaultFactoryLimits).toSorted().join(', ')
      throw new DefinitionError(`There is no limit '${name}'; there are ${known}.`)
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new DefinitionError(`The limit ${name} is ${value}; it must be a whole number above 0.`)
    }
    const highest = most[name] ?? value
    if (value > highest) {
      throw new DefinitionError(
        `The limit ${name} is ${value}; a transaction of Convex has room for ${highest}.`,
      )
    }
  }
  const { maxPayloadBytes } = { ...defaultFactoryLimits, ...given }
  const fitting = Math.max(1, Math.floor(maxSweptBytes / maxPayloadBytes))
  const maxSweepRows = Math.min(defaultFactoryLimits.maxSweepRows, fitting)
  return { ...defaultFactoryLimits, maxSweepRows, ...given }
}
