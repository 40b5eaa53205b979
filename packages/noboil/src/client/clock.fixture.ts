/** Time, chance and networks that a test holds in its hands. */
import type { Clock, Random, Waker } from './ports.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly task: () => void
}

/** Lets promises that are ready run, streams included. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++)
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
}

/** A clock that stands still until it is told to go on. */
export class VirtualClock implements Clock {
  #now: number
  #order = 0
  #timers: Timer[] = []

  constructor(now: number = 1_800_000_000_000) {
    this.#now = now
  }

  get waiting(): number {
    return this.#timers.length
  }

  now(): number {
    return this.#now
  }

  after(ms: number, task: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, task }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Time passes, and what was to happen in it happens, each in its moment. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (;;) {
      const due = this.#timers
        .filter(({ at }) => at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== due)
      this.#now = Math.max(this.#now, due.at)
      due.task()
      await settle()
    }
    this.#now = end
  }

  /** Time passes, but timers sleep: a suspended machine. */
  sleep(ms: number): void {
    this.#now += ms
    this.#timers = this.#timers.map((timer) => ({ ...timer, at: timer.at + ms }))
  }
}

/** Ids are counted, chance is always one half. */
export function plainRandom(prefix: string = 'id'): Random {
  let last = 0
  return { unit: () => 0.5, id: () => `${prefix}-${++last}` }
}

/** A waker and the hand that wakes. */
export function handWaker(): { readonly waker: Waker; readonly wake: () => void } {
  const listeners = new Set<() => void>()
  return {
    waker: (awake) => {
      listeners.add(awake)
      return () => listeners.delete(awake)
    },
    wake: () => {
      for (const listener of listeners) listener()
    },
  }
}
