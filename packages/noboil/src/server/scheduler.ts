/**
 * Looks after background work while a server runs: at its start, when something is scheduled, when the time of something has
 * come, and when something has ended.
 */
import type { HostPorts } from '../hosts/host.ts'
import { scheduleLayout } from '../hosts/shared/schedule.ts'
import { keepCrons } from './cron.ts'
import { Jobs, type JobsParts } from './jobs.ts'

export interface SchedulerParts extends Omit<JobsParts, 'clock' | 'failed'> {
  readonly ports: HostPorts
}

const maxTimerMs = 0x7fffffff

export class Scheduler {
  readonly #parts: SchedulerParts
  readonly #jobs: Jobs
  #isClosing = false
  #stopTimer: (() => void) | undefined
  #stopListening: (() => void) | undefined
  #looking: Promise<void> | undefined
  #lookAgain = false

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    this.#jobs = new Jobs({
      ...parts,
      clock: parts.ports.clock,
      failed: (error, job) => parts.log.error({ err: error, work: job }, 'background work failed'),
    })
  }

  /** Begins, with what was missed while nobody was there. */
  async start(): Promise<void> {
    const { host, crons } = this.#parts
    await host.write(() => keepCrons(crons, this.#now()))
    const stopCommits = host.onCommit(({ changes }) => {
      const isDue = changes.some(
        ({ table, before, after }) =>
          table.name === scheduleLayout.name && before === null && after !== null,
      )
      if (isDue) this.#look()
    })
    const stopRests = this.#jobs.onRest(() => this.#look())
    this.#stopListening = () => {
      stopCommits()
      stopRests()
    }
    this.#look()
  }

  /** Waits for what is running, which is told to end. */
  async stop(): Promise<void> {
    this.#isClosing = true
    this.#stopListening?.()
    this.#stopTimer?.()
    const stopped = this.#jobs.stop()
    await this.#looking
    await stopped
  }

  /** Waits until nothing that is due is left; for tests. */
  async idle(): Promise<void> {
    while (this.#looking !== undefined || this.#jobs.running > 0) {
      await this.#looking
      if (this.#jobs.running > 0) await this.#rest()
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#jobs.onRest(() => {
        stop()
        resolve()
      })
    })
  }

  #look(): void {
    if (this.#isClosing) return
    if (this.#looking !== undefined) {
      this.#lookAgain = true
      return
    }
    this.#lookAgain = false
    this.#looking = this.#lookNow()
      .catch((error: unknown) => {
        this.#parts.log.error({ err: error }, 'background work could not be looked up')
        this.#lookAt(this.#now() + this.#parts.leaseMs)
      })
      .finally(() => {
        this.#looking = undefined
        if (this.#lookAgain) this.#look()
      })
  }

  async #lookNow(): Promise<void> {
    await this.#jobs.begin()
    this.#lookAt(await this.#jobs.nextAt())
  }

  #lookAt(time: number): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    if (!Number.isFinite(time) || this.#isClosing) return
    // What is due and cannot run now is looked at when something has ended.
    const delayMs = Math.max(time - this.#now(), this.#jobs.running > 0 ? 1_000 : 1)
    this.#stopTimer = this.#parts.ports.clock.setTimer(Math.min(delayMs, maxTimerMs), () =>
      this.#look(),
    )
  }

  #now(): number {
    return this.#parts.ports.clock.now()
  }
}
