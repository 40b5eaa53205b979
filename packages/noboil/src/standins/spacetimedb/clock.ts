/** Time as a module host reads it, in microseconds since the epoch, as SpacetimeDB counts it. */

export interface ModuleClock {
  now(): bigint
  /** A call has been given this time: from now on it is not earlier. */
  reached(micros: bigint): void
  /** Rings once, at or after the time. Answers what cancels it. */
  setTimer(at: bigint, ring: () => void): () => void
}

/** Stands still until it is moved; whoever moves it says what is due. */
export class VirtualClock implements ModuleClock {
  #now: bigint

  constructor(startMs: number) {
    this.#now = BigInt(startMs) * 1000n
  }

  now(): bigint {
    return this.#now
  }

  reached(micros: bigint): void {
    this.moveTo(micros)
  }

  setTimer(): () => void {
    return () => {}
  }

  /** Never backwards. */
  moveTo(micros: bigint): void {
    if (micros > this.#now) this.#now = micros
  }
}

/** The machine's own time. Timers do not keep the process alive. */
export const systemClock: ModuleClock = {
  now: () => BigInt(Date.now()) * 1000n,
  reached: () => {},
  setTimer(at, ring) {
    const ms = Number((at - systemClock.now() + 999n) / 1000n)
    const timer = setTimeout(ring, Math.min(Math.max(ms, 0), MAX_TIMER_MS)).unref()
    return () => clearTimeout(timer)
  },
}

/** What `setTimeout` can hold. */
const MAX_TIMER_MS = 2 ** 31 - 1
