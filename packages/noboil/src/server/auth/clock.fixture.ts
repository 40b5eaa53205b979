/** A clock that stands still until it is told to go on. */
import type { Clock } from '../../hosts/host.ts'

export class HandClock implements Clock {
  #now = 1_800_000_000_000
  readonly #timers = new Set<{ readonly at: number; readonly ring: () => void }>()

  get waiting(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  setTimer(ms: number, ring: () => void): () => void {
    const timer = { at: this.#now + ms, ring }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  pass(ms: number): void {
    this.#now += ms
    for (const timer of this.#timers) {
      if (timer.at > this.#now) continue
      this.#timers.delete(timer)
      timer.ring()
    }
  }
}
