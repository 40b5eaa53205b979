/**
 * Sliding windows, by walking every use there ever was.
 */
import { limits, s } from '../app.ts'
import { Refused } from './refused.ts'

type Args = Readonly<Record<string, unknown>>

interface Use {
  readonly at: number
  readonly units: number
}

export class Uses {
  now = 0
  readonly #uses = new Map<string, Use[]>()

  fit(bucket: keyof typeof limits, who: string, units: number): void {
    const { max, window: windowMs } = limits[bucket]
    if (who === 'system') return
    if (units > max) throw new Refused('LIMIT_EXCEEDED')
    const wait = retryAfter(this.#used(bucket, who), this.now, max, windowMs, units)
    if (wait > 0) throw new Refused('RATE_LIMITED', { retryAfter: wait, max, windowMs })
  }
  spend(bucket: keyof typeof limits, who: string, units = 1): void {
    this.fit(bucket, who, units)
    if (who !== 'system') record(this.#used(bucket, who), this.now, units)
  }
  #used(bucket: string, who: string): Use[] {
    const uses = this.#uses.get(`${bucket}/${who}`) ?? []
    this.#uses.set(`${bucket}/${who}`, uses)
    return uses
  }
  state(who: string, cost: number, allowed?: boolean): Args {
    const { limit, durationMs } = s.ballots
    const uses = this.#used('ballots', who)
    const wait = retryAfter(uses, this.now, limit, durationMs, cost)
    const left = remaining(uses, this.now, limit, durationMs)
    const isSilent = wait === 0 || wait === Number.POSITIVE_INFINITY || allowed === true
    const state = { allowed: allowed ?? wait === 0, remaining: left }
    return isSilent ? state : { ...state, retryAfter: wait }
  }
  check = ({ cost }: Args, who: string): Args | null =>
    who === 'nobody' ? null : this.state(who, (cost ?? 1) as number)
  record({ cost }: Args, who: string): Args {
    record(this.#used('ballots', who), this.now, (cost ?? 1) as number)
    return this.state(who, (cost ?? 1) as number)
  }
  consume({ cost }: Args, who: string): Args {
    const units = (cost ?? 1) as number
    const { limit, durationMs } = s.ballots
    if (!fits(this.#used('ballots', who), this.now, limit, durationMs, units))
      return this.state(who, units)
    record(this.#used('ballots', who), this.now, units)
    return this.state(who, units, true)
  }
}

/** Counts a use. Uses never go back in time, whatever the clock does. */
function record(uses: Use[], now: number, units: number): void {
  uses.push({ at: Math.max(now, uses.at(-1)?.at ?? 0), units })
}

const remaining = (uses: readonly Use[], now: number, max: number, windowMs: number): number =>
  Math.max(0, max - inside(uses, now, windowMs))

const fits = (
  uses: readonly Use[],
  now: number,
  max: number,
  windowMs: number,
  units: number,
): boolean => inside(uses, now, windowMs) + units <= max

/** How long until `units` fit: 0 when they do now, infinite when they never will. */
function retryAfter(
  uses: readonly Use[],
  now: number,
  max: number,
  windowMs: number,
  units: number,
): number {
  const moments = [now, ...uses.map(({ at }) => at + windowMs).filter((moment) => moment > now)]
  const free = moments.find((moment) => fits(uses, moment, max, windowMs, units))
  return free === undefined ? Number.POSITIVE_INFINITY : free - now
}

const inside = (uses: readonly Use[], now: number, windowMs: number): number =>
  uses.reduce((sum, { at, units }) => (at + windowMs > now ? sum + units : sum), 0)
