/**
 * Background work: flows that transactions have scheduled, crons, and the sweep of rate windows that are empty again. Whatever
 * runs holds a lease, which says that it lives; a lease that ran out is taken by whoever looks next.
 */
import { isNoboilError } from '../errors/error.ts'
import { systemCall } from '../factories/shared/call.ts'
import { sweepWindows } from '../factories/shared/window.ts'
import type { Host, HostPorts, ScheduledFlow } from '../hosts/host.ts'
import {
  dueFlows,
  finishFlow,
  leaseFlow,
  nextDueAt,
  scheduleLayout,
} from '../hosts/shared/schedule.ts'
import { type FlowFunction, type FlowPort, runFlow } from '../program/flow.ts'
import { byId, type Program, patch, program } from '../program/program.ts'
import {
  type CronEntry,
  dueCrons,
  endCron,
  keepCrons,
  nextCronAt,
  renewCron,
  takeCron,
} from './cron.ts'
import { closingError, type Flows } from './flows.ts'
import type { Logger } from './log.ts'

export interface SchedulerParts {
  readonly host: Host
  readonly ports: HostPorts
  readonly log: Logger
  readonly flows: Readonly<Record<string, FlowFunction>>
  readonly runner: Flows
  readonly crons: readonly CronEntry[]
  readonly leaseMs: number
  /** Rate windows are kept here: they are swept. */
  readonly hasWindows: boolean
}

const maxRunning = 4
const sweepEveryMs = 3_600_000
const sweepRows = 500
const maxRetryMs = 3_600_000
const maxTimerMs = 0x7fffffff

export class Scheduler {
  readonly #parts: SchedulerParts
  readonly #closing = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  readonly #failures = new Map<string, number>()
  #stopTimer: (() => void) | undefined
  #stopListening: (() => void) | undefined
  #sweptAt: number
  #looking: Promise<void> | undefined
  #lookAgain = false

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    this.#sweptAt = parts.ports.clock.now()
  }

  /** Begins, with what was missed while nobody was there. */
  async start(): Promise<void> {
    const { host, crons } = this.#parts
    await host.write(() => keepCrons(crons, this.#now()))
    this.#stopListening = host.onCommit(({ changes }) => {
      const isDue = changes.some(
        ({ table, before, after }) =>
          table.name === scheduleLayout.name && before === null && after !== null,
      )
      if (isDue) this.#look()
    })
    this.#look()
  }

  /** Waits for what is running, which is told to end. */
  async stop(): Promise<void> {
    this.#stopListening?.()
    this.#stopTimer?.()
    this.#closing.abort(closingError())
    await this.#looking
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }

  /** Waits until nothing that is due is left; for tests. */
  async idle(): Promise<void> {
    while (this.#looking !== undefined || this.#running.size > 0) {
      await this.#looking
      await Promise.all(this.#running.values())
    }
  }

  #look(): void {
    if (this.#closing.signal.aborted) return
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
    const { host, crons, hasWindows } = this.#parts
    const free = maxRunning - this.#running.size
    if (free > 0) {
      const { value: due } = await host.read(() => dueFlows(this.#now(), free))
      for (const flow of due) this.#begin(`flow ${flow.id}`, () => this.#runFlow(flow))
    }
    const { value: dueNames } = await host.read(() => dueCrons(this.#now()))
    for (const cron of crons) {
      if (dueNames.includes(cron.name)) this.#begin(`cron ${cron.name}`, () => this.#runCron(cron))
    }
    if (hasWindows && this.#now() - this.#sweptAt >= sweepEveryMs) {
      this.#sweptAt = this.#now()
      this.#begin('sweep', () => this.#sweep())
    }
    const { value: flowAt } = await host.read(() => nextDueAt(this.#now()))
    const { value: cronAt } = await host.read(nextCronAt)
    const times = [flowAt, cronAt, hasWindows ? this.#sweptAt + sweepEveryMs : null]
    this.#lookAt(Math.min(...times.filter((time) => time !== null)))
  }

  #lookAt(time: number): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    if (!Number.isFinite(time) || this.#closing.signal.aborted) return
    // What is due and cannot run now is looked at when something has ended.
    const delayMs = Math.max(time - this.#now(), this.#running.size > 0 ? 1_000 : 1)
    this.#stopTimer = this.#parts.ports.clock.setTimer(Math.min(delayMs, maxTimerMs), () =>
      this.#look(),
    )
  }

  #begin(name: string, work: () => Promise<void>): void {
    if (this.#running.has(name) || this.#closing.signal.aborted) return
    const running = work()
      .catch((error: unknown) => {
        this.#parts.log.error({ err: error, work: name }, 'background work failed')
      })
      .finally(() => {
        this.#running.delete(name)
        this.#look()
      })
    this.#running.set(name, running)
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
      await this.#leased(renew, (port) => runFlow(make(args), port))
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
  async #leased<result>(
    renew: () => Promise<unknown>,
    work: (port: FlowPort) => Promise<result>,
  ): Promise<result> {
    const { clock } = this.#parts.ports
    let stop: (() => void) | undefined
    const beat = (): void => {
      stop = clock.setTimer(Math.ceil(this.#parts.leaseMs / 3), () => {
        renew().catch((error: unknown) =>
          this.#parts.log.warn({ err: error }, 'a lease could not be renewed'),
        )
        beat()
      })
    }
    beat()
    try {
      return await work(this.#parts.runner.port(this.#closing.signal))
    } finally {
      stop?.()
    }
  }

  async #sweep(): Promise<void> {
    for (;;) {
      const { value: removed } = await this.#parts.host.write(() => sweepWindows(sweepRows))
      if (removed < sweepRows || this.#closing.signal.aborted) return
    }
  }

  #now(): number {
    return this.#parts.ports.clock.now()
  }
}

/** Keeps a flow from others until a time. */
const holdFlow: (id: string, until: number) => Program<void> = program(function* (
  id: string,
  until: number,
): Program<void> {
  const row = yield* byId(scheduleLayout, id)
  if (row !== null) yield* patch(scheduleLayout, row, { leaseUntil: until })
})
