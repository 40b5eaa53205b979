/**
 * A worker: a process beside a SpacetimeDB database that does what a module cannot, because it takes time. It is shown errands, takes
 * them under a lease that it renews, runs their flows here and their transactions in the module, and leaves the answers there. Any
 * number of workers may run for one database: leases keep them apart, and take over from those that die.
 */
import { isNoboilError, NoboilError, toErrorData } from '../../../errors/error.ts'
import type { BaseOptionsOf } from '../../../factories/base/types.ts'
import { wiredBy } from '../../../factories/tables.ts'
import type { Wired } from '../../../factories/wiring.ts'
import { DefinitionError } from '../../../errors/assert.ts'
import { type FlowPort, runFlow } from '../../../program/flow.ts'
import type { User } from '../../../schema/register.ts'
import type { BaseTable } from '../../../schema/tables.ts'
import type { Clock } from '../../host.ts'
import { systemPorts } from '../../shared/ports.ts'
import { type App, assembleApp, type SpacetimeConfig } from '../app.ts'
import type { WorkerAction } from './actions.ts'
import { type Link, type LinkOptions, openLink, type TakenErrand } from './link.ts'
import { fetchWithin, workerPort } from './port.ts'

type Tables = Readonly<Record<string, Wired>>

/** What a worker does with one line: `console`, a logger, or nothing. */
export type WorkerLog = (level: 'info' | 'warn' | 'error', line: string) => void

export interface WorkerOptions<wired extends Tables = Tables> extends LinkOptions {
  /** What the module was given as `tables`. */
  readonly tables: SpacetimeConfig<wired>['tables']
  /** Fetchers by table, in place of those that the module has: for what needs packages of Node. */
  readonly fetchers?: { readonly [name in keyof wired]?: FetcherOf<wired[name]['table']> }
  /** Actions of the app's own, by the names that clients `ask` for. */
  readonly actions?: Readonly<Record<string, WorkerAction>>
  /** Errands at a time. Default: 16. */
  readonly maxErrands?: number
  /** How long an action of the app's own may take, in ms. Default: 10,000. */
  readonly actionTimeoutMs?: number
  /** Default: nothing is written. */
  readonly log?: WorkerLog
  /** In place of the machine's clock, for tests. */
  readonly clock?: Clock
}

type FetcherOf<table> = table extends BaseTable ? BaseOptionsOf<table>['fetcher'] : never

export interface SpacetimeWorker {
  readonly state: 'connecting' | 'working' | 'closed'
  /** Takes nothing new, gives back what it holds, and leaves. */
  close(): Promise<void>
}

const firstWaitMs = 500
const maxWaitMs = 20_000

/** How long a worker that is not allowed waits before it asks again whether it is. */
const notAllowedMs = 5_000

/** How long an errand is left alone that somebody else holds, though by this machine's clock they do no longer. */
const refusedMs = 5_000

/** @throws DefinitionError naming what does not fit together. */
export function startWorker<const wired extends Tables>(
  options: WorkerOptions<wired>,
): SpacetimeWorker {
  return new Worker(options)
}

class Worker implements SpacetimeWorker {
  readonly #options: WorkerOptions
  readonly #app: App
  readonly #clock: Clock
  readonly #log: WorkerLog
  /** What tells this process from others of the same identity. */
  readonly #name = crypto.randomUUID()
  readonly #waiting = new Set<(link: Link) => void>()
  readonly #running = new Map<bigint, Promise<void>>()
  /** Until when errands are left alone, by their ids. */
  readonly #refused = new Map<bigint, number>()
  readonly #closing = new AbortController()
  state: SpacetimeWorker['state'] = 'connecting'
  #connection: { close(): void } | undefined
  #link: Link | undefined
  #attempts = 0
  #stopTimer: (() => void) | undefined
  #stopAsking: (() => void) | undefined

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemPorts.clock
    this.#log = options.log ?? (() => {})
    this.#app = assembleApp({ tables: withFetchers(options) })
    this.#open()
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.#stopTimer?.()
    this.#stopAsking?.()
    this.#closing.abort(new NoboilError('UNAVAILABLE', 'The worker is closing.'))
    await Promise.allSettled(this.#running.values())
    this.#connection?.close()
  }

  #open(): void {
    if (this.state === 'closed') return
    this.#connection = openLink(this.#options, {
      opened: (link, identity) => {
        this.#link = link
        this.#attempts = 0
        if (this.state === 'connecting') this.state = 'working'
        this.#askIfAllowed(link, identity)
        for (const use of [...this.#waiting]) use(link)
        this.#look(true)
      },
      changed: () => this.#look(),
      lost: (reason) => this.#retry(reason),
    })
  }

  /** Whoever is no worker is shown no errands, as if there were none: only a call tells. */
  #askIfAllowed(link: Link, identity: string, isTold = false): void {
    const { database } = this.#options
    link.mayWork(this.#name).then(
      (isAllowed) => {
        if (link !== this.#link || this.state === 'closed') return
        if (isAllowed) return this.#log('info', `Working for ${database} as ${identity}.`)
        if (!isTold) this.#log('warn', this.#notAllowed(identity))
        const again = (): void => this.#askIfAllowed(link, identity, true)
        this.#stopAsking = this.#clock.setTimer(notAllowedMs, again)
      },
      (error: Error) => {
        if (link === this.#link) this.#log('warn', error.message)
      },
    )
  }

  #notAllowed(identity: string): string {
    const { database, token } = this.#options
    const allow = `spacetime call ${database} allow_worker '"${identity}"'`
    const sentence = `Not allowed to work for ${database} yet; its owner allows this worker by: ${allow}`
    if (token !== '') return sentence
    return `${sentence} But without a token it is somebody else every time: give it the token of an identity.`
  }

  #retry(reason: string): void {
    this.#link = undefined
    this.#stopAsking?.()
    if (this.state === 'closed') return
    this.state = 'connecting'
    this.#log('warn', `No connection to the database: ${reason}`)
    const most = Math.min(maxWaitMs, firstWaitMs * 2 ** Math.min(this.#attempts++, 10))
    this.#later(most / 2 + (Math.random() * most) / 2, () => this.#open())
  }

  #later(ms: number, task: () => void): void {
    this.#stopTimer?.()
    this.#stopTimer = this.#clock.setTimer(ms, task)
  }

  /** Takes what nobody holds, and looks again when a lease ends. `isNew`: also what this process held before. */
  #look(isNew = false): void {
    const link = this.#link
    if (link === undefined || this.state !== 'working') return
    const now = this.#clock.now()
    const { maxErrands = 16 } = this.#options
    let next = Infinity
    for (const [id, until] of this.#refused) if (until <= now) this.#refused.delete(id)
    for (const { id, heldUntil } of link.errands()) {
      if (this.#running.has(id)) continue
      const freeAt = Math.max(heldUntil, this.#refused.get(id) ?? 0)
      if (freeAt > now && !isNew) next = Math.min(next, freeAt)
      else if (this.#running.size < maxErrands) this.#begin(id)
    }
    if (next < Infinity) this.#later(Math.min(next - now + 1, 0x7fffffff), () => this.#look())
  }

  #begin(id: bigint): void {
    const running = this.#work(id)
      .catch((error: unknown) => {
        // It is taken again when its lease has ended.
        if (!isNoboilError(error)) throw error
        this.#log('warn', `errand ${id}: ${error.message}`)
      })
      .finally(() => {
        this.#running.delete(id)
        this.#look()
      })
    this.#running.set(id, running)
  }

  async #work(id: bigint): Promise<void> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, this.#closing.signal])
    const errand = await this.#over(signal, (link) => link.take(id, this.#name))
    // The database's clock decides whose it is. A machine whose own is ahead must not ask without end.
    if (errand === null) return void this.#refused.set(id, this.#clock.now() + refusedMs)
    const stopHolding = this.#hold(id, errand.leaseMs, over)
    try {
      const answer = await this.#answer(id, errand, signal)
      await this.#over(signal, (link) => link.end(id, this.#name, answer))
    } finally {
      stopHolding()
    }
  }

  /** Renews the lease from time to time. Ends the work when it has been lost, or could not be renewed. */
  #hold(id: bigint, leaseMs: number, over: AbortController): () => void {
    const lose = (): void => over.abort(new NoboilError('UNAVAILABLE', 'The lease has ended.'))
    let stopDeadline = this.#clock.setTimer(leaseMs, lose)
    let stopRenewal = (): void => {}
    const later = (): void => {
      stopRenewal = this.#clock.setTimer(leaseMs / 3, renew)
    }
    const renew = (): void => {
      this.#over(over.signal, (link) => link.take(id, this.#name)).then(
        (held) => {
          if (held === null) return lose()
          stopDeadline()
          stopDeadline = this.#clock.setTimer(leaseMs, lose)
          later()
        },
        () => {},
      )
    }
    later()
    return () => {
      stopDeadline()
      stopRenewal()
      // What is still being renewed is not held on to.
      over.abort()
    }
  }

  /** Calls over the present connection, or the next one. A call may be made twice: those of workers can be repeated. */
  async #over<answer>(signal: AbortSignal, call: (link: Link) => Promise<answer>): Promise<answer> {
    for (;;) {
      const link = this.#link ?? (await this.#linked(signal))
      try {
        return await call(link)
      } catch (error) {
        if (link === this.#link || this.state === 'closed') throw error
      }
    }
  }

  #linked(signal: AbortSignal): Promise<Link> {
    const { promise, resolve, reject } = Promise.withResolvers<Link>()
    const fail = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', fail, { once: true })
    if (signal.aborted) fail()
    this.#waiting.add(resolve)
    return promise.finally(() => {
      this.#waiting.delete(resolve)
      signal.removeEventListener('abort', fail)
    })
  }

  async #answer(id: bigint, errand: TakenErrand, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#run(
        workerPort({
          run: (program, args) =>
            this.#over(signal, (link) => link.run(id, this.#name, program, args)),
          clock: this.#clock,
          signal,
          report: ({ table, key, message }) => this.#log('warn', `${table} ${key}: ${message}`),
        }),
        errand,
        signal,
      )
    } catch (error) {
      // What ends the worker, or its hold, is no answer: the errand is somebody else's then.
      if (signal.aborted) throw error
      if (!isNoboilError(error)) {
        this.#log('error', error instanceof Error ? String(error.stack) : String(error))
      }
      return { failed: toErrorData(error) }
    }
  }

  #run(port: FlowPort, { path, args, call }: TakenErrand, signal: AbortSignal): Promise<unknown> {
    const flow = Object.hasOwn(this.#app.flows, path) ? this.#app.flows[path] : undefined
    if (flow !== undefined) return runFlow(flow(args as never), port)
    const operation = this.#app.functions.get(path)
    if (operation?.kind === 'action') {
      const { flow, args: read } = operation
      return runFlow(flow(call as never, read(args) as never), port)
    }
    const { actions = {}, actionTimeoutMs = 10_000 } = this.#options
    const own = Object.hasOwn(actions, path) ? actions[path] : undefined
    if (own === undefined) throw new NoboilError('NOT_FOUND', `There is no action '${path}'.`)
    const user = call.user as User | null
    const work = (ending: AbortSignal) =>
      own.run({ user, internal: call.internal, signal: ending }, args)
    return fetchWithin(this.#clock, signal, work, actionTimeoutMs)
  }
}

/** The tables with the worker's fetchers in place of the module's. */
function withFetchers({ tables, fetchers = {} }: WorkerOptions): WorkerOptions['tables'] {
  const given = fetchers as Readonly<Record<string, unknown>>
  return () => {
    const wired = wiredBy(tables)
    for (const name of Object.keys(given)) {
      if (wired[name]?.table.factory === 'base') continue
      throw new DefinitionError(`The worker has a fetcher for '${name}', which is no base table.`)
    }
    return Object.fromEntries(
      Object.entries(wired).map(([name, each]) => [
        name,
        Object.hasOwn(given, name)
          ? { ...each, options: { ...(each.options as object), fetcher: given[name] } }
          : each,
      ]),
    )
  }
}
