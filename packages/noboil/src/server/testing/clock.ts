/**
 * A clock that stands still until it is moved, for `noboil/node/testing`.
 */
import type { Clock } from '../../hosts/host.ts'

interface Timer {
  readonly at: number
  readonly ring: () => void
}

export class VirtualClock implements Clock {
  #now: number
  readonly #timers = new Set<Timer>()

  /** `start`: milliseconds since the epoch. */
  constructor(start: number) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  setTimer(ms: number, ring: () => void): () => void {
    const timer = { at: this.#now + ms, ring }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Moves the clock, also backwards; timers ring in order on the way, each at its own time. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      const next = this.#next(until)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.ring()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#now = until
  }

  #next(until: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer
    }
    return first
  }
}
