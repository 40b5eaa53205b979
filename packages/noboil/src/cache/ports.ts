/** Where the cache touches the world: time, chance and the log; and every number that bounds it. */
import { DefinitionError } from '../errors/assert.ts'

export interface CacheClock {
  /** Milliseconds from any beginning, whole ones; never goes backwards. */
  now(): number
  /** Runs `ring` once, `ms` from now; the answer calls it off. */
  setTimer(ms: number, ring: () => void): () => void
}

export interface CacheRandom {
  /** At least 0, below 1. */
  unit(): number
  /** A name that nobody else makes. */
  token(): string
}

/** Takes one event: what happened as fields, and as a word. Never a value, never a secret. */
export interface CacheLogger {
  debug(fields: object, event: string): void
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
  error(fields: object, event: string): void
}

export interface CachePorts {
  readonly clock: CacheClock
  readonly random: CacheRandom
  readonly log: CacheLogger
}

export interface CacheLimits {
  /** Values in the memory tier; 0 does without one. */
  readonly maxEntries: number
  /** Estimated bytes in the memory tier, and of one value in it. */
  readonly maxBytes: number
  readonly maxEntryBytes: number
  /** UTF-16 units of a key, and of an id. */
  readonly maxKeyLength: number
  readonly maxIdLength: number
  /** Ids of one value, or of one invalidation. */
  readonly maxIds: number
  /** Loads under way at a time; further ones fail with `UNAVAILABLE`. */
  readonly maxLoads: number
  /** Longest time that any option may ask for. */
  readonly maxTtlMs: number
}

export const defaultCacheLimits: CacheLimits = {
  maxEntries: 100_000,
  maxBytes: 128 * 1024 * 1024,
  maxEntryBytes: 8 * 1024 * 1024,
  maxKeyLength: 512,
  maxIdLength: 128,
  maxIds: 100,
  maxLoads: 10_000,
  maxTtlMs: 366 * 86_400_000,
}

/** Throws {@link DefinitionError} naming the limit and what is wrong with it. */
export function checkCacheLimits(given: Partial<CacheLimits> | undefined): CacheLimits {
  const limits = { ...defaultCacheLimits, ...given }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultCacheLimits, name)) {
      const names = Object.keys(defaultCacheLimits).join(', ')
      throw new DefinitionError(`The cache has no limit '${name}'; there are ${names}.`)
    }
    const least = name === 'maxEntries' ? 0 : 1
    if (!Number.isSafeInteger(value) || value < least) {
      throw new DefinitionError(
        `The cache's limit ${name} is ${String(value)}; it must be a whole number from ${least} on.`,
      )
    }
  }
  if (limits.maxEntryBytes > limits.maxBytes) {
    return { ...limits, maxEntryBytes: limits.maxBytes }
  }
  return limits
}
