/**
 * What flows stand on in this process: transactions of the host, its clock, its commits, and the server's log.
 */
import type { Change } from '../changes/change.ts'
import { NoboilError } from '../errors/error.ts'
import type { Clock, Host } from '../hosts/host.ts'
import {
  type AnyNamedProgram,
  type Flow,
  type FlowPort,
  type Report,
  runFlow,
  startProgram,
  type Wake,
} from '../program/flow.ts'
import { byId } from '../program/program.ts'
import type { Logger } from './log.ts'

/** A timer holds no more: a longer wait ends after 24 days. */
const maxTimerMs = 0x7fffffff

export interface FlowParts {
  readonly host: Pick<Host, 'read' | 'write' | 'onCommit' | 'revision'>
  readonly clock: Clock
  readonly report: (said: Report) => void
}

/** Writes what flows report to a log. */
export const reportTo =
  (log: Logger) =>
  ({ table, key, message }: Report): void =>
    log.warn({ table, key, reason: message }, 'a fetch failed')

/** The reason of signals that end flows because the server closes. */
export const closingError = (): NoboilError =>
  new NoboilError('UNAVAILABLE', 'The server is closing.')

/** Waits for a row to go, by the row's id. */
type Waiters = Map<string, Set<() => void>>

export class Flows {
  readonly #parts: FlowParts
  readonly #waiters: Waiters = new Map()
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  readonly #shared = new Map<string, { readonly revision: number; readonly running: unknown }>()
  #stopListening: (() => void) | undefined

  constructor(parts: FlowParts) {
    this.#parts = parts
  }

  /** Runs the flow of an action: to its end, whoever still waits for it. */
  run<result>(flow: Flow<result>): Promise<result> {
    const running = runFlow(flow, this.port(this.#closing.signal))
    this.#running.add(running)
    const done = (): void => void this.#running.delete(running)
    running.then(done, done)
    return running
  }

  /**
   * Runs a flow, or joins one of the same name. Only where nothing was committed since that one began: then it is as if both
   * had been called in the same moment, and a crowd that comes at once is one.
   */
  share<result>(name: string, start: () => Flow<result>): Promise<result> {
    const { revision } = this.#parts.host
    const known = this.#shared.get(name)
    if (known?.revision === revision) return known.running as Promise<result>
    const running = this.run(start())
    const entry = { revision, running }
    this.#shared.set(name, entry)
    const done = (): void => {
      if (this.#shared.get(name) === entry) this.#shared.delete(name)
    }
    running.then(done, done)
    return running
  }

  /** Ends what waits and fetches, and waits for what is left. */
  async close(): Promise<void> {
    this.#closing.abort(closingError())
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  /**
   * What one flow runs on. `signal` says that the server closes: waits and fetches end with its reason, and the flow has one
   * transaction left to give back what it holds.
   */
  port(signal: AbortSignal): FlowPort {
    let transactionsLeft = 0
    return {
      run: async (program, args) => {
        if (signal.aborted && --transactionsLeft < 0) throw signal.reason
        return this.#run(program, args)
      },
      wait: (ms, wake) => this.#wait(ms, wake, signal),
      fetch: async (work, timeoutMs) => {
        try {
          return await this.#fetch(work, timeoutMs, signal)
        } finally {
          transactionsLeft = 1
        }
      },
      report: (said) => this.#parts.report(said),
    }
  }

  async #run(program: AnyNamedProgram, args: unknown): Promise<unknown> {
    const { host } = this.#parts
    const start = () => startProgram(program, args)
    return (await (program.readOnly === true ? host.read(start) : host.write(start))).value
  }

  async #wait(ms: number, wake: Wake | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const over = Promise.withResolvers<void>()
    const abort = (): void => over.reject(signal.reason as Error)
    const stopTimer = this.#parts.clock.setTimer(Math.min(ms, maxTimerMs), over.resolve)
    const stopWaiting = wake && this.#await(wake, over.resolve)
    signal.addEventListener('abort', abort, { once: true })
    try {
      // It may have gone before anybody listened.
      const isThere = wake === undefined || (await this.#isThere(wake))
      if (isThere) await over.promise
    } finally {
      over.promise.catch(() => {})
      stopTimer()
      stopWaiting?.()
      signal.removeEventListener('abort', abort)
    }
  }

  async #isThere({ table, id }: Wake): Promise<boolean> {
    const { value } = await this.#parts.host.read(function* () {
      return (yield* byId(table, id)) !== null
    })
    return value
  }

  /** Calls `gone` at the commit that removes the row. Commits are listened to only while somebody waits. */
  #await({ id }: Wake, gone: () => void): () => void {
    const waiters = this.#waiters.get(id) ?? new Set()
    this.#waiters.set(id, waiters.add(gone))
    this.#stopListening ??= this.#parts.host.onCommit(({ changes }) => {
      for (const change of changes) this.#wake(change)
    })
    return () => {
      waiters.delete(gone)
      if (waiters.size === 0 && this.#waiters.get(id) === waiters) this.#waiters.delete(id)
      if (this.#waiters.size > 0) return
      this.#stopListening?.()
      this.#stopListening = undefined
    }
  }

  #wake({ before, after }: Change): void {
    if (before === null || after !== null) return
    const waiters = this.#waiters.get(before['_id'] as string)
    if (waiters !== undefined) for (const gone of waiters) gone()
  }

  async #fetch(
    work: (signal: AbortSignal) => unknown,
    timeoutMs: number | undefined,
    closing: AbortSignal,
  ): Promise<unknown> {
    closing.throwIfAborted()
    const over = new AbortController()
    const ended = Promise.withResolvers<never>()
    const end = (reason: unknown): void => {
      ended.reject(reason)
      over.abort(reason)
    }
    const close = (): void => end(closing.reason)
    closing.addEventListener('abort', close, { once: true })
    const stopTimer =
      timeoutMs === undefined
        ? undefined
        : this.#parts.clock.setTimer(timeoutMs, () =>
            end(new NoboilError('TIMEOUT', `There was no answer in ${timeoutMs} ms.`)),
          )
    try {
      return await Promise.race([work(over.signal), ended.promise])
    } finally {
      ended.promise.catch(() => {})
      stopTimer?.()
      closing.removeEventListener('abort', close)
    }
  }
}
