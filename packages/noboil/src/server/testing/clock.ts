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

  /** When the next timer rings; infinite for none. */
  nextAt(): number {
    return this.#next()?.at ?? Number.POSITIVE_INFINITY
  }

  /** Moves on to the next timer and rings it. */
  ringNext(): void {
    const next = this.#next()
    if (next === undefined) return
    this.#timers.delete(next)
    this.#now = Math.max(this.#now, next.at)
    next.ring()
  }

  /** Says another time, also an earlier one, without ringing. */
  set(time: number): void {
    this.#now = time
  }

  /** Moves the clock, also backwards; timers ring in order on the way, each at its own time. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    while (this.nextAt() <= until) {
      this.ringNext()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#now = until
  }

  #next(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer
    return first
  }
}
