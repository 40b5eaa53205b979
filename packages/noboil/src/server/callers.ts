/**
 * Running one function for one caller: validated, on the host, in a transaction of its own.
 */
import { DefinitionError } from '../errors/assert.ts'
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
  #running = 0
  #onIdle: (() => void) | undefined

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
    return this.#run(this.#registry.findPublic(path), path, input, call, options)
  }

  /** From the server's own code: as the server itself, or as somebody else, who sees what clients see. */
  call(
    path: string,
    input: unknown,
    call: Call = systemCall,
    options?: CallOptions,
  ): Promise<Answered> {
    const entry = call.internal ? this.#registry.find(path) : this.#registry.findPublic(path)
    return this.#run(entry, path, input, call, options)
  }

  /** Functions to call bare, as somebody. */
  tree(call: Call = systemCall): object {
    return functionsAt('', (path, args) => this.call(path, args, call).then(valueOf))
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
    while (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
  }

  /** Waits no longer. */
  end(): void {
    this.#ending.abort()
  }

  /** The one async function between a caller and the host: a promise more is felt in an append. */
  async #run(
    entry: Entry | undefined,
    path: string,
    input: unknown,
    call: Call,
    options: CallOptions | undefined,
  ): Promise<Answered> {
    this.#contexts.assertOutside(path)
    if (entry === undefined) throw new NoboilError('NOT_FOUND', `There is no function '${path}'.`)
    const args = entry.args(input)
    this.#running++
    try {
      return await this.#answer(entry, args, call, options)
    } finally {
      if (--this.#running === 0) this.#onIdle?.()
    }
  }

  #answer(
    entry: Entry,
    args: unknown,
    call: Call,
    options: CallOptions | undefined,
  ): Promise<Answered> {
    switch (entry.kind) {
      case 'query':
        return this.#host.read(() => answer(entry, call, args), { custom: entry.custom })
      case 'mutation':
        return this.#host.write(() => entry.run(call, args), options)
      case 'action':
        return this.#act(entry.path, options?.signal, (signal) => entry.run(call, args, signal))
    }
  }

  async #act(
    path: string,
    given: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<Answered> {
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
      const value = await Promise.race([work(signal), ended])
      return { value, revision: this.#host.revision }
    } finally {
      stopTimer()
    }
  }
}

export const valueOf = (answered: Answered): unknown => answered.value

/** A call by a user, for `as(user)` and tests. Refused without an `_id`: a user that was not found must not become the server itself. */
export function callOf(user: User | null): Call {
  if (user !== null && typeof user?._id !== 'string') {
    throw new DefinitionError('as(user) takes a user with an _id, or null for nobody.')
  }
  return { user, internal: false, caller: user?._id ?? 'shared' }
}
