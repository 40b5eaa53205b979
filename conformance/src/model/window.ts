/**
 * A sliding window, by walking every use there ever was.
 */

export interface Use {
  readonly at: number
  readonly units: number
}

/** Counts a use. Uses never go back in time, whatever the clock does. */
export function record(uses: Use[], now: number, units: number): void {
  uses.push({ at: Math.max(now, uses.at(-1)?.at ?? 0), units })
}

export const remaining = (
  uses: readonly Use[],
  now: number,
  max: number,
  windowMs: number,
): number => Math.max(0, max - inside(uses, now, windowMs))

export const fits = (
  uses: readonly Use[],
  now: number,
  max: number,
  windowMs: number,
  units: number,
): boolean => inside(uses, now, windowMs) + units <= max

/** How long until `units` fit: 0 when they do now, infinite when they never will. */
export function retryAfter(
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
