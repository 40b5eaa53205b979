/**
 * Background work on a clock that a test moves: what is due runs one after another, in the order of its times, and never by itself.
 */
import type { Host } from '../../hosts/host.ts'
import type { Jobs } from '../jobs.ts'
import type { VirtualClock } from './clock.ts'

/** After so many turns of the event loop without a commit, a job is taken to wait for something outside, or for the clock. */
const quietTurns = 20
/** What has just been called comes as far as the timer it waits for in fewer turns. */
const callTurns = 5

export class Background {
  readonly #jobs: Jobs
  readonly #clock: VirtualClock
  readonly #host: Host

  constructor(jobs: Jobs, clock: VirtualClock, host: Host) {
    this.#jobs = jobs
    this.#clock = clock
    this.#host = host
  }

  /** Runs what is due until nothing is, and waits for all of it that does not wait for the clock. */
  async idle(): Promise<void> {
    do while (this.#jobs.awake > 0) await this.#rest()
    while ((await this.#jobs.begin(1)) > 0)
  }

  /** Moves the clock, also backwards. Timers ring and work begins on the way, each at its own time, and runs as far as it can by itself. */
  async advance(ms: number): Promise<void> {
    const until = this.#clock.now() + ms
    for (let at = 0; at < callTurns; at++) await turn()
    for (;;) {
      await this.#runDue()
      const ringsAt = this.#clock.nextAt()
      const dueAt = await this.#dueAt()
      if (Math.min(ringsAt, dueAt) > until) break
      if (ringsAt <= dueAt) this.#clock.ringNext()
      else this.#clock.set(dueAt)
      await turn()
    }
    this.#clock.set(until)
  }

  /** Waits for what runs, as far as it comes by itself. */
  async settle(): Promise<void> {
    let quiet = 0
    let before = ''
    while (this.#jobs.awake > 0 && quiet < quietTurns) {
      await turn()
      const now = `${this.#jobs.awake} ${this.#host.revision}`
      quiet = now === before ? quiet + 1 : 0
      before = now
    }
  }

  /** When something else is due: what is due now and has not begun waits for what runs. */
  async #dueAt(): Promise<number> {
    const at = await this.#jobs.nextAt()
    return at > this.#clock.now() ? at : Number.POSITIVE_INFINITY
  }

  async #runDue(): Promise<void> {
    do await this.settle()
    while ((await this.#jobs.begin(1)) > 0)
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#jobs.onRest(() => {
        stop()
        resolve()
      })
    })
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
