/**
 * The thread of {@link openByProcedure}. While a procedure fetches, what the case asks for is done from within its request: as on a
 * database, where a procedure that waits holds nobody up.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type ErrorData, errorData } from 'noboil/errors'
import {
  createModuleHost,
  type HttpFetch,
  type ModuleBundle,
  type ModuleHost,
} from 'noboil/spacetimedb/testing'
import type { Actor, Person } from '../../driver.ts'
import { type Answer, Calls } from './calls.ts'
import { forget } from './garbage.ts'
import type { Said } from './module-by-procedure.ts'

export interface ThreadData {
  readonly module: ModuleBundle
  /** Changes with every message: the thread waits for it when it cannot take messages. */
  readonly signal: Int32Array
}

/** What a module sends when it asks for a key. */
export interface Asked {
  readonly key: string
  readonly isKept: boolean
}

/** What the source comes to: it says something, or fails. */
export type Heard = Said | { readonly failure: string }

export type Task =
  | { readonly do: 'call'; readonly path: string; readonly args: unknown; readonly as: Actor }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'putUser'; readonly user: Person }
  | { readonly do: 'open' | 'idle' | 'close' }
  | { readonly do: 'hear'; readonly heard: Heard }

/** `id`: of the task; of what was asked, where it is heard. */
export type ToThread = Task & { readonly id: number }

export type FromThread =
  | { readonly id: number; readonly now: number; readonly value: unknown }
  | { readonly id: number; readonly now: number; readonly failed: ErrorData | string }
  | { readonly id: number; readonly asked: Asked }

/** Time that passes before what waits for another's fetch is looked at again. */
const stepMs = 50
/** A minute: no caller waits as long, and no answer is kept longer. */
const maxSteps = 1_200

class App {
  readonly #port: MessagePort
  readonly #host: ModuleHost
  readonly #calls: Calls
  readonly #signal: Int32Array
  readonly #waiting = new Map<number, Answer>()
  readonly #idling: number[] = []
  /** Null: not heard yet. */
  readonly #asked = new Map<number, Heard | null>()
  #asks = 0
  /** What nobody waits for is fetched when a case lets the background run, and not before. */
  #runsBackground = false
  #closing: number | undefined

  constructor(port: MessagePort, host: ModuleHost, signal: Int32Array) {
    this.#port = port
    this.#host = host
    this.#calls = new Calls(host)
    this.#signal = signal
    host.stubHttp(this.#fetch)
  }

  /** Does a task, and whatever is asked meanwhile. */
  async run(task: ToThread): Promise<void> {
    this.#take(task)
    for (let steps = 0; this.#waiting.size > 0 && steps < maxSteps; steps++) {
      this.#host.advance(stepMs)
      this.#tell()
    }
    for (const id of this.#waiting.keys()) this.#fail(id, new Error('The call is never answered.'))
    this.#waiting.clear()
    if (this.#idling.length > 0) this.#host.advance(0)
    for (const id of this.#idling.splice(0)) this.reply(id, undefined)
    this.#runsBackground = false
    if (this.#closing === undefined) return
    await this.#host.close()
    forget()
    this.reply(this.#closing, undefined)
  }

  reply(id: number, value: unknown): void {
    this.#send({ id, now: this.#host.now(), value })
  }

  #fail(id: number, error: unknown): void {
    const failed = errorData(error) ?? String((error as Error).stack)
    this.#send({ id, now: this.#host.now(), failed })
  }

  #send(message: FromThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#port.postMessage(message)
  }

  #take(task: ToThread): void {
    const { id } = task
    if (task.do === 'hear') {
      if (this.#asked.has(id)) this.#asked.set(id, task.heard)
    } else if (task.do === 'close') this.#closing = id
    else if (task.do === 'idle') {
      this.#idling.push(id)
      this.#runsBackground = true
    } else {
      try {
        this.#do(task)
      } catch (error) {
        this.#waiting.delete(id)
        this.#fail(id, error)
      }
    }
  }

  #do(task: ToThread): void {
    const { id } = task
    if (task.do === 'call') {
      this.#waiting.set(id, this.#calls.begin(task.path, task.args, task.as))
      this.#tell()
      // Actions are answered by a procedure that is due at once.
      if (this.#waiting.has(id)) this.#host.advance(0)
      this.#tell()
    } else if (task.do === 'advance') {
      this.#runsBackground = true
      this.#host.advance(task.ms)
      this.reply(id, undefined)
    } else if (task.do === 'putUser') this.reply(id, this.#calls.putUser(task.user))
  }

  /** Tells the calls that have been answered. */
  #tell(): void {
    for (const [id, answer] of this.#waiting) {
      const found = answer()
      if (found === undefined) continue
      this.#waiting.delete(id)
      this.reply(id, found.value)
    }
  }

  readonly #fetch: HttpFetch = ({ body, timeoutMs }) => {
    this.#tell()
    this.#until(() => this.#runsBackground || this.#waiting.size > 0)
    const id = ++this.#asks
    const until = this.#host.now() + timeoutMs
    this.#asked.set(id, null)
    this.#send({ id, asked: JSON.parse(Buffer.from(body).toString()) as Asked })
    this.#until(() => this.#asked.get(id) !== null || this.#host.now() >= until)
    const heard = this.#asked.get(id) ?? { failure: 'The source does not answer in time.' }
    this.#asked.delete(id)
    if ('failure' in heard) throw new Error(heard.failure)
    return { body: JSON.stringify(heard) }
  }

  /** Does what the case asks for until something is so. */
  #until(isSo: () => boolean): void {
    while (!isSo() && this.#closing === undefined) {
      const seen = Atomics.load(this.#signal, 0)
      const received = receiveMessageOnPort(this.#port)
      if (received !== undefined) this.#take(received.message as ToThread)
      else Atomics.wait(this.#signal, 0, seen)
    }
  }
}

const port = parentPort as MessagePort
const { module, signal } = workerData as ThreadData
let app: App | undefined

const take = async (task: ToThread): Promise<void> => {
  if (task.do !== 'open') return app?.run(task)
  const host = await createModuleHost({ module, shuffleScans: 7 })
  app = new App(port, host, signal)
  app.reply(task.id, undefined)
}

port.on('message', (task: ToThread) => void take(task))
