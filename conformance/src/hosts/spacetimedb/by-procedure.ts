/**
 * An app whose rows its own procedures fetch. A procedure stands still while it does, and with it its thread: so the module runs in
 * a thread of its own, which does what the case asks of it meanwhile, as a database does.
 */
import { Worker } from 'node:worker_threads'
import { fromErrorData } from 'noboil/errors'
import { bundleModule, type ModuleBundle } from 'noboil/spacetimedb/testing'
import type { Running } from '../../driver.ts'
import { upstream } from '../../upstream.ts'
import { told } from './calls.ts'
import type { Said } from './module-by-procedure.ts'
import type { Asked, FromThread, Heard, Task, ThreadData, ToThread } from './thread.ts'

/** It has one app at a time. */
class Thread {
  readonly #signal = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker: Worker
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>()
  #tasks = 0
  #failure: Error | undefined
  now = 0

  constructor(module: ModuleBundle) {
    const workerData: ThreadData = { module, signal: this.#signal }
    this.#worker = new Worker(new URL('thread.ts', import.meta.url), { workerData })
    this.#worker.unref()
    this.#worker.on('message', (message: FromThread) => this.#heard(message))
    this.#worker.on('error', (error: Error) => {
      this.#failure = error
      // The next case has another.
      thread = undefined
      for (const { reject } of this.#open.values()) reject(error)
    })
  }

  async do(task: Task): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure
    const id = ++this.#tasks
    this.#post({ ...task, id })
    const done = Promise.withResolvers<unknown>()
    this.#open.set(id, done)
    return done.promise
  }

  #heard(message: FromThread): void {
    const { id } = message
    if ('asked' in message) {
      void hear(message.asked).then((heard) => this.#post({ do: 'hear', heard, id }))
      return
    }
    this.now = message.now
    const done = this.#open.get(id)
    this.#open.delete(id)
    if ('value' in message) done?.resolve(message.value)
    else if (typeof message.failed === 'string') done?.reject(new Error(message.failed))
    else done?.reject(fromErrorData(message.failed))
  }

  #post(message: ToThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(message)
    Atomics.add(this.#signal, 0, 1)
    Atomics.notify(this.#signal, 0)
  }
}

/** What the source says, or why it does not. */
async function hear({ key, isKept }: Asked): Promise<Heard> {
  const unchanged: Said = { unchanged: true }
  const ctx = { previous: isKept ? {} : null, unchanged }
  try {
    const said: unknown = await upstream.ask(key, ctx as never, (version): Said => ({ version }))
    const isPlain =
      typeof said === 'object' && said !== null && ('version' in said || said === unchanged)
    return isPlain ? (said as Said) : { nonsense: said }
  } catch (error) {
    return { failure: (error as Error).message }
  }
}

let thread: Promise<Thread> | undefined

async function start(): Promise<Thread> {
  return new Thread(await bundleModule(new URL('module-by-procedure.ts', import.meta.url)))
}

export async function openByProcedure(): Promise<Running> {
  const opened = await (thread ??= start())
  await opened.do({ do: 'open' })
  return {
    call: async (path, args, as) => told(await opened.do({ do: 'call', path, args, as })),
    now: () => opened.now,
    advance: async (ms) => void (await opened.do({ do: 'advance', ms })),
    idle: async () => void (await opened.do({ do: 'idle' })),
    putUser: async (user) => (await opened.do({ do: 'putUser', user })) as string,
    close: async () => void (await opened.do({ do: 'close' })),
  }
}
