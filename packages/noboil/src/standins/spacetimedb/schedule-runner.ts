/** Runs what is scheduled: as a virtual clock is moved, or by timers of the machine's. */
import { DefinitionError } from '../../errors/assert.ts'
import { VirtualClock } from './clock.ts'
import type { Engine } from './engine.ts'

/** Calls that are due at one and the same time: an interval of nothing would run for ever. */
const MAX_RUNS_AT_ONCE = 5000

/** In microseconds. */
const MILLISECOND = 1000n

export class ScheduleRunner {
  readonly #engine: Engine
  #cancel: (() => void) | undefined
  #isStopped = false

  constructor(engine: Engine) {
    this.#engine = engine
    engine.commits.add(() => this.rearm())
    this.rearm()
  }

  /**
   * Whole milliseconds, never backwards. The microseconds within one only tell calls apart, so what a call scheduled for five
   * minutes on runs five minutes on, whichever of a millisecond's calls it was.
   *
   * @throws {DefinitionError} when the clock is the machine's.
   */
  advance(ms: number): number {
    const { clock } = this.#engine.options
    if (!(clock instanceof VirtualClock))
      throw new DefinitionError('Only a virtual clock can be moved; this host reads the system’s.')
    const until = clock.now() / MILLISECOND + BigInt(Math.round(ms))
    const end = (until + 1n) * MILLISECOND - 1n
    const runs = this.#run(end, (due) => clock.moveTo(due))
    clock.moveTo(until * MILLISECOND)
    return runs
  }

  /** Sets the timer for what is due first. Virtual clocks have none. */
  rearm(): void {
    this.#cancel?.()
    const job = this.#isStopped ? undefined : this.#engine.nextJob()
    const { clock } = this.#engine.options
    this.#cancel = job === undefined ? undefined : clock.setTimer(job.due, () => this.#ring())
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
  }

  #ring(): void {
    try {
      this.#run(this.#engine.options.clock.now(), () => {})
    } catch (error) {
      this.#engine.logs.add('error', (error as Error).message)
    }
    this.rearm()
  }

  #run(until: bigint, before: (due: bigint) => void): number {
    let [runs, runsAtOnce, last] = [0, 0, -1n]
    for (;;) {
      const job = this.#engine.nextJob()
      if (job === undefined || job.due > until) return runs
      runsAtOnce = job.due === last ? runsAtOnce + 1 : 1
      last = job.due
      if (runsAtOnce > MAX_RUNS_AT_ONCE)
        throw new DefinitionError(
          `More than ${MAX_RUNS_AT_ONCE} scheduled calls were due at once: is an interval too short?`,
        )
      before(job.due)
      this.#engine.runJob(job)
      runs++
    }
  }
}
