/**
 * Background work: flows that transactions have scheduled, crons, and the sweep of rate windows that are empty again. Whatever
 * runs holds a lease, which says that it lives; a lease that ran out is taken by whoever looks next.
 */
import { isNoboilError } from '../errors/error.ts'
import { systemCall } from '../factories/shared/call.ts'
import { sweepWindows } from '../factories/shared/window.ts'
import type { Clock, Host, ScheduledFlow } from '../hosts/host.ts'
import { dueFlows, finishFlow, holdFlow, leaseFlow, nextDueAt } from '../hosts/shared/schedule.ts'
import { type FlowFunction, type FlowPort, runFlow } from '../program/flow.ts'
import { type CronEntry, dueCrons, endCron, nextCronAt, renewCron, takeCron } from './cron.ts'
import { closingError, type Flows } from './flows.ts'
import type { Logger } from './log.ts'

export interface JobsParts {
  readonly host: Host
  readonly clock: Clock
  readonly log: Logger
  readonly flows: Readonly<Record<string, FlowFunction>>
  readonly runner: Flows
  readonly crons: readonly CronEntry[]
  readonly leaseMs: number
  /** Rate windows are kept here: they are swept. */
  readonly hasWindows: boolean
  /** Takes what a job failed with. It has been, or will be, tried again as its kind is. */
  readonly failed: (error: unknown, job: string) => void
}

const maxRunning = 4
const sweepEveryMs = 3_600_000
const sweepRows = 500
const maxRetryMs = 3_600_000

export class Jobs {
  readonly #parts: JobsParts
  readonly #closing = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  /** Those of them that wait for a time. */
  readonly #asleep = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #listeners = new Set<() => void>()
  /** Long ago: what is often started anew sweeps all the same. */
  #sweptAt = 0

  constructor(parts: JobsParts) {
    this.#parts = parts
  }

  /** How many have begun and not ended. */
  get running(): number {
    return this.#running.size
  }

  /** How many of them do something, or wait for anything but a time. */
  get awake(): number {
    return this.#running.size - this.#asleep.size
  }

  /** Calls `listener` when a job ends or begins to wait for a time. Returns the way to stop. */
  onRest(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Begins what is due and not running, at most `most`. Answers how many. */
  async begin(most: number = Number.POSITIVE_INFINITY): Promise<number> {
    const { host, crons, hasWindows } = this.#parts
    let begun = 0
    const begin = (name: string, work: () => Promise<void>): void => {
      if (begun < most && this.#begin(name, work)) begun++
    }
    const free = maxRunning - this.#running.size
    if (free > 0) {
      const { value: due } = await host.read(() => dueFlows(this.#now(), free))
      for (const flow of due) begin(`flow ${flow.id}`, () => this.#runFlow(flow))
    }
    const { value: dueNames } = await host.read(() => dueCrons(this.#now()))
    for (const cron of crons) {
      if (dueNames.includes(cron.name)) begin(`cron ${cron.name}`, () => this.#runCron(cron))
    }
    if (hasWindows && this.#now() - this.#sweptAt >= sweepEveryMs) {
      begin('sweep', () => this.#sweep())
    }
    return begun
  }

  /** When something is next due; infinite for never. */
  async nextAt(): Promise<number> {
    const { host, hasWindows } = this.#parts
    const { value: flowAt } = await host.read(() => nextDueAt(this.#now()))
    const { value: cronAt } = await host.read(nextCronAt)
    const times = [flowAt, cronAt, hasWindows ? this.#sweptAt + sweepEveryMs : null]
    return Math.min(...times.filter((time) => time !== null))
  }

  /** Begins nothing more, tells what runs to end, and waits for it. */
  async stop(): Promise<void> {
    this.#closing.abort(closingError())
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }

  #begin(name: string, work: () => Promise<void>): boolean {
    if (this.#running.has(name) || this.#closing.signal.aborted) return false
    const running = work()
      .catch((error: unknown) => this.#parts.failed(error, name))
      .finally(() => {
        this.#running.delete(name)
        this.#rests()
      })
    this.#running.set(name, running)
    return true
  }

  #rests(): void {
    for (const listener of this.#listeners) listener()
  }

  async #runFlow({ id, flow: name, args }: ScheduledFlow): Promise<void> {
    const { host, flows, leaseMs, log } = this.#parts
    const taken = await host.write(() => leaseFlow(id, this.#now(), leaseMs))
    if (taken.value === null) return
    const make = flows[name]
    if (make === undefined) {
      log.warn({ flow: name }, 'no table knows this flow; it is kept and tried again')
      await host.write(() => holdFlow(id, this.#now() + maxRetryMs))
      return
    }
    const renew = (): Promise<unknown> => host.write(() => holdFlow(id, this.#now() + leaseMs))
    try {
      await this.#leased(renew, () => runFlow(make(args), this.#port(`flow ${id}`)))
      await host.write(() => finishFlow(id))
      this.#failures.delete(id)
    } catch (error) {
      if (this.#closing.signal.aborted && isNoboilError(error)) return
      const failures = (this.#failures.get(id) ?? 0) + 1
      this.#failures.set(id, failures)
      const waitMs = Math.min(leaseMs * 2 ** (failures - 1), maxRetryMs)
      await host.write(() => holdFlow(id, this.#now() + waitMs))
      throw error
    }
  }

  async #runCron({ name, every, run }: CronEntry): Promise<void> {
    const { host, leaseMs } = this.#parts
    const { value: number } = await host.write(() => takeCron(name, this.#now(), leaseMs))
    if (number === null) return
    const lost = new AbortController()
    const renew = async (): Promise<void> => {
      const { value } = await host.write(() => renewCron(name, number, this.#now(), leaseMs))
      if (!value) lost.abort()
    }
    const signal = AbortSignal.any([lost.signal, this.#closing.signal])
    try {
      await this.#leased(renew, () => run(systemCall, signal))
    } finally {
      // A run that the shutdown ended is made up for at the next start.
      if (!this.#closing.signal.aborted) {
        await host.write(() => endCron(name, number, every, this.#now()))
      }
    }
  }

  /** Runs work that says from time to time that it lives. */
  async #leased(renew: () => Promise<unknown>, work: () => Promise<unknown>): Promise<void> {
    const { clock, leaseMs, log } = this.#parts
    let stop: (() => void) | undefined
    const beat = (): void => {
      stop = clock.setTimer(Math.ceil(leaseMs / 3), () => {
        renew().catch((error: unknown) => log.warn({ err: error }, 'a lease could not be renewed'))
        beat()
      })
    }
    beat()
    try {
      await work()
    } finally {
      stop?.()
    }
  }

  /** What a flow runs on, watched for its waits. */
  #port(job: string): FlowPort {
    const port = this.#parts.runner.port(this.#closing.signal)
    return {
      ...port,
      wait: async (ms, wake) => {
        this.#asleep.add(job)
        this.#rests()
        try {
          await port.wait(ms, wake)
        } finally {
          this.#asleep.delete(job)
        }
      },
    }
  }

  async #sweep(): Promise<void> {
    this.#sweptAt = this.#now()
    for (;;) {
      const { value: removed } = await this.#parts.host.write(() => sweepWindows(sweepRows))
      if (removed < sweepRows || this.#closing.signal.aborted) return
    }
  }

  #now(): number {
    return this.#parts.clock.now()
  }
}
