/** Who waits for another process to finish loading a key. */
import type { CacheClock } from '../ports.ts'

export interface Alarm {
  /** Resolves when the key is said to be finished, also when that was before; at the latest after `ms`. */
  wait(ms: number): Promise<void>
  stop(): void
}

export class Wakes {
  readonly #clock: CacheClock
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(clock: CacheClock) {
    this.#clock = clock
  }

  /** Set before Redis is asked: the message may come in one piece with the answer. */
  set(key: string): Alarm {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiting.add(resolve))
    let stopTimer = (): void => {}
    return {
      wait: (ms) => {
        stopTimer = this.#clock.setTimer(ms, resolve)
        return promise
      },
      stop: () => {
        stopTimer()
        waiting.delete(resolve)
        if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key)
      },
    }
  }

  wake(key: string): void {
    for (const resolve of this.#waiting.get(key) ?? []) resolve()
  }

  wakeAll(): void {
    for (const key of [...this.#waiting.keys()]) this.wake(key)
  }
}
