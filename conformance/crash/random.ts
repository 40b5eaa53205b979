/** Numbers that look random and follow from a seed, so that a run can be repeated (mulberry32, by Tommy Ettinger). */

export interface Chance {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number
  pick<item>(items: readonly item[]): item
}

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return { between, pick: (items) => items[between(0, items.length - 1)] as never }
}

/** From `NOBOIL_CRASH_SEED`, to repeat a run; else a new one. Printed, because a failure is only worth something with it. */
export function seedOfRun(): number {
  const given = process.env['NOBOIL_CRASH_SEED']
  const seed = given === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : Number(given)
  if (!Number.isSafeInteger(seed)) throw new Error(`NOBOIL_CRASH_SEED is '${given}': no number.`)
  console.log(`crash: NOBOIL_CRASH_SEED=${seed}`)
  return seed
}
