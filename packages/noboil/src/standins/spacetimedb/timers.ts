/** The time of a host for code beside its module, such as a worker: timers that ring as a virtual clock is moved over them. */
import type { Clock } from '../../hosts/host.ts'

interface Timer {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly ring: () => void
}

export class Timers implements Clock {
  readonly now: () => number
  readonly #timers: Set<Timer> = new Set()

  constructor(now: () => number) {
    this.now = now
  }

  /** Whole milliseconds, and at least one, like the machine's: one that is set again and again does not hold time up. */
  setTimer(ms: number, ring: () => void): () => void {
    const timer = { at: this.now() + Math.max(1, Math.ceil(ms)), ring }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** When the first one rings. */
  get nextAt(): number {
    return Math.min(...[...this.#timers].map(({ at }) => at))
  }

  /** Rings what is due, each at most once, in the order of their times. */
  ring(): void {
    const now = this.now()
    const due = [...this.#timers].filter(({ at }) => at <= now)
    for (const timer of due.toSorted((left, right) => left.at - right.at))
      if (this.#timers.delete(timer)) timer.ring()
  }
}
