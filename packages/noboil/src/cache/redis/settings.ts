/** How the cache uses Redis. */
import { DefinitionError } from '../../errors/assert.ts'

export interface RedisSettings {
  /** Before every key: what several caches on one Redis are told apart by. Default: `noboil`. */
  readonly prefix: string
  /**
   * How long another process may go on serving from memory what has been invalidated, when every message about it is lost. Also
   * how long values are kept while Redis is away. Default: 1,000.
   */
  readonly maxLagMs: number
  /** A process that loads a value says this often that it lives, three times over; then another one loads. Default: 3,000. */
  readonly leaseMs: number
  /** Redis is taken to be away when it says nothing for so long. Default: 500. */
  readonly commandTimeoutMs: number
  /** Longest wait before the next try to connect; the first waits are shorter. Default: 5,000. */
  readonly maxBackoffMs: number
}

export const defaultRedisSettings: RedisSettings = {
  prefix: 'noboil',
  maxLagMs: 1_000,
  leaseMs: 3_000,
  commandTimeoutMs: 500,
  maxBackoffMs: 5_000,
}

/** Throws {@link DefinitionError} naming the setting and what is wrong with it. */
export function checkRedisSettings(given: Partial<RedisSettings>): RedisSettings {
  const settings = { ...defaultRedisSettings, ...given }
  if (typeof settings.prefix !== 'string' || !/^[\w.:-]{1,64}$/.test(settings.prefix)) {
    throw new DefinitionError(
      `The cache's Redis prefix ${JSON.stringify(settings.prefix)} must be 1 to 64 letters, digits, '_', '.', ':' or '-'.`,
    )
  }
  for (const name of ['maxLagMs', 'leaseMs', 'commandTimeoutMs', 'maxBackoffMs'] as const) {
    const value = settings[name]
    if (!Number.isSafeInteger(value) || value < 10 || value > 3_600_000) {
      throw new DefinitionError(
        `The cache's Redis setting ${name} is ${String(value)}; it is a whole number of milliseconds from 10 to 3600000.`,
      )
    }
  }
  return settings
}

/** The names of what one cache keeps in Redis. One hash tag, so that scripts may use them together. */
export interface RedisKeys {
  readonly channel: string
  readonly tags: string
  readonly sets: string
  readonly run: string
  entry(key: string): string
  lease(key: string): string
}

export function redisKeys(prefix: string): RedisKeys {
  const base = `{${prefix}}:`
  return {
    channel: `${base}bus`,
    tags: `${base}tags`,
    sets: `${base}sets`,
    run: `${base}run`,
    entry: (key) => `${base}e:${key}`,
    lease: (key) => `${base}l:${key}`,
  }
}
