/**
 * Running one function for one caller: validated, on the host, in a transaction of its own.
 */
import { NoboilError } from '../errors/error.ts'
import { type Call, systemCall } from '../factories/shared/call.ts'
import type { Clock, Host, WriteOptions } from '../hosts/host.ts'
import type { User } from '../schema/register.ts'
import type { Contexts } from './contexts.ts'
import { functionsAt } from './functions.ts'
import type { ServerLimits } from './limits.ts'
import { answer, type Entry, type Registry } from './registry.ts'

export interface Answered {
  readonly value: unknown
  /** The revision the answer is true at. */
  readonly revision: number
}

export interface CallOptions extends WriteOptions {
  /** Ends an action early. */
  readonly signal?: AbortSignal
}

export class Callers {
  readonly #host: Host
  readonly #registry: Registry
  readonly #contexts: Contexts
  readonly #limits: ServerLimits
  readonly #clock: Clock
  /** Tells actions to come to an end. */
  readonly #closing = new AbortController()
  /** Ends them. */
  readonly #ending = new AbortController()
  readonly #running = new Set<Promise<unknown>>()

  constructor(
    host: Host,
    registry: Registry,
    contexts: Contexts,
    limits: ServerLimits,
    clock: Clock,
  ) {
    this.#host = host
    this.#registry = registry
    this.#contexts = contexts
    this.#limits = limits
    this.#clock = clock
  }

  /** As a client: internal functions are not there. */
  callPublic(path: string, input: unknown, call: Call, options?: CallOptions): Promise<Answered> {
    return this.#start(this.#registry.findPublic(path), path, input, call, options)
  }

  /** From the server's own code: as the server itself, or as somebody else, who sees what clients see. */
  async call(
    path: string,
    input: unknown,
    call: Call = systemCall,
    options?: CallOptions,
  ): Promise<Answered> {
    this.#contexts.assertOutside(path)
    const entry = call.internal ? this.#registry.find(path) : this.#registry.findPublic(path)
    return this.#start(entry, path, input, call, options)
  }

  /** Functions to call bare, as somebody. */
  tree(call: Call = systemCall): object {
    return functionsAt('', async (path, args) => (await this.call(path, args, call)).value)
  }

  /** What handlers of actions and crons are given: every call is a transaction of its own. */
  readonly actionContext = (call: Call, signal: AbortSignal): object => {
    const { user, internal } = call
    const db = {
      query: async (fn: { readonly path: string }, args: unknown) =>
        (await this.call(fn.path, args)).value,
      mutation: async (fn: { readonly path: string }, args: unknown) =>
        (await this.call(fn.path, args)).value,
    }
    return {
      user,
      userId: user?._id ?? null,
      internal,
      signal,
      db,
      api: this.tree(call),
      system: this.tree(),
    }
  }

  /** Tells actions that the server closes, and waits for everything that runs. */
  async close(): Promise<void> {
    this.#closing.abort(new NoboilError('UNAVAILABLE', 'The server is closing.'))
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  /** Waits no longer. */
  end(): void {
    this.#ending.abort()
  }

  async #start(
    entry: Entry | undefined,
    path: string,
    input: unknown,
    call: Call,
    options: CallOptions | undefined,
  ): Promise<Answered> {
    if (entry === undefined) throw new NoboilError('NOT_FOUND', `There is no function '${path}'.`)
    return this.#track(this.#run(entry, input, call, options))
  }

  async #run(entry: Entry, input: unknown, call: Call, options?: CallOptions): Promise<Answered> {
    const args = entry.args(input)
    switch (entry.kind) {
      case 'query':
        return this.#host.read(() => answer(entry, call, args), { custom: entry.custom })
      case 'mutation':
        return this.#host.write(() => entry.run(call, args), options)
      case 'action': {
        const value = await this.#act(entry.path, options?.signal, (signal) =>
          entry.run(call, args, signal),
        )
        return { value, revision: this.#host.revision }
      }
    }
  }

  async #act(
    path: string,
    given: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<unknown> {
    const late = new AbortController()
    const stopTimer = this.#clock.setTimer(this.#limits.actionTimeoutMs, () => late.abort())
    const over = AbortSignal.any([late.signal, this.#ending.signal, ...(given ? [given] : [])])
    const signal = AbortSignal.any([over, this.#closing.signal])
    const ended = new Promise<never>((_resolve, reject) => {
      const end = (): void =>
        reject(
          late.signal.aborted
            ? new NoboilError('TIMEOUT', `'${path}' took too long.`)
            : new NoboilError('UNAVAILABLE', `'${path}' was ended early.`),
        )
      if (over.aborted) end()
      else over.addEventListener('abort', end, { once: true })
    })
    try {
      return await Promise.race([work(signal), ended])
    } finally {
      stopTimer()
    }
  }

  #track<result>(running: Promise<result>): Promise<result> {
    this.#running.add(running)
    const done = (): void => {
      this.#running.delete(running)
    }
    running.then(done, done)
    return running
  }
}

/** A call by a user, for `as(user)` and tests. */
export const callOf = (user: User | null): Call => ({
  user,
  internal: false,
  caller: user?._id ?? 'shared',
})
