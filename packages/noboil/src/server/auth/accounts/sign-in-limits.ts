/** How often one address may try to sign in, counted in windows. */
import type { BetterAuthOptions } from 'better-auth'
import { LRUCache } from 'lru-cache'
import { DefinitionError } from '../../../errors/assert.ts'
import type { Clock } from '../../../hosts/host.ts'

export interface SignInLimits {
  /** Tries of e-mail and password, right or wrong; also of changing a password. */
  readonly signInsPerMinute: number
  readonly signUpsPerMinute: number
  /** A room full of people may share an address. */
  readonly guestsPerMinute: number
}

export const defaultSignInLimits: SignInLimits = {
  signInsPerMinute: 20,
  signUpsPerMinute: 20,
  guestsPerMinute: 60,
}

type RateLimit = NonNullable<BetterAuthOptions['rateLimit']>
type Storage = NonNullable<RateLimit['customStorage']>

export function rateLimit(given: Partial<SignInLimits> | undefined, clock: Clock): RateLimit {
  const limits = { ...defaultSignInLimits, ...given }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultSignInLimits, name)) {
      const names = Object.keys(defaultSignInLimits).join(', ')
      throw new DefinitionError(`There is no limit '${name}' of accounts; there are ${names}.`)
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new DefinitionError(`The limit ${name} is ${value}; it must be a whole number above 0.`)
    }
  }
  const perMinute = (max: number): { window: number; max: number } => ({ window: 60, max })
  return {
    enabled: true,
    ...perMinute(600),
    customRules: {
      '/sign-in/email': perMinute(limits.signInsPerMinute),
      '/change-password': perMinute(limits.signInsPerMinute),
      '/sign-up/email': perMinute(limits.signUpsPerMinute),
      '/sign-in/anonymous': perMinute(limits.guestsPerMinute),
    },
    customStorage: new Windows(clock),
  }
}

class Windows implements Storage {
  readonly #clock: Clock
  readonly #counts = new LRUCache<string, { count: number; until: number }>({ max: 50_000 })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `window` and the answer in seconds. */
  readonly consume: Storage['consume'] = async (key, { window, max }) => {
    const now = this.#clock.now()
    const counted = this.#counts.get(key)
    const windowMs = window * 1_000
    // One that ends so late was begun by a clock that has gone back since, and would hold until it has come there again.
    const isWrong = counted !== undefined && counted.until > now + 2 * windowMs
    if (counted === undefined || counted.until <= now || isWrong) {
      this.#counts.set(key, { count: 1, until: now + windowMs })
      return { allowed: true, retryAfter: null }
    }
    if (counted.count >= max) {
      return { allowed: false, retryAfter: Math.ceil((counted.until - now) / 1_000) }
    }
    counted.count++
    return { allowed: true, retryAfter: null }
  }
}
