/**
 * How a host runs programs inside one transaction or snapshot: nested programs as frames of a stack, hooks that wait, and the
 * handle that code of the app holds meanwhile. Both the memory and the SQLite host stand on this.
 */
import { NoboilError } from '../../errors/error.ts'
import type { Program } from '../../program/program.ts'
import type {
  CallRequest,
  InsertManyRequest,
  ReadRequest,
  StoreRequest,
  Transaction,
} from '../../program/request.ts'
import { Execution, isThenable, type Progress, type SyncInterpreter } from '../../program/run.ts'
import { keyOfId } from '../../schema/layout.ts'
import type { HostPorts, ReadRecord } from '../host.ts'
import type { Ids } from './ids.ts'
import { readPage } from './pages.ts'
import type { Cursors } from './paging.ts'
import { Queue } from './queue.ts'
import type { ReadStore } from './store.ts'

/** What sessions of one host share. */
export interface SessionTools {
  readonly ports: HostPorts
  readonly ids: Ids
  readonly cursors: Cursors
}

/** A program that has begun and not ended. */
export class Frame {
  /** The running hook's way into the transaction. */
  handle: Handle | undefined
  /** False once the transaction has gone on without this program: what it was waiting for no longer matters. */
  alive = true
}

/** Interprets the requests of one call, its nested programs included. */
export abstract class Session implements SyncInterpreter {
  abstract readonly writable: boolean
  readonly tools: SessionTools
  readonly #frames: Frame[] = []
  #now: number | undefined

  constructor(tools: SessionTools) {
    this.tools = tools
  }

  /** Interprets one request of the innermost program. */
  abstract run(request: StoreRequest): unknown
  insertMany?(request: InsertManyRequest): readonly unknown[]
  abstract afterCommit(effect: () => unknown): void

  protected entered(): void {}
  protected kept(): void {}
  protected undone(): void {}
  /** The outermost program has begun to wait for a hook, or goes on. */
  waits(): void {}
  resumes(): void {}

  call(request: CallRequest): unknown {
    const frame = this.#frames.at(-1) as Frame
    const handle = new Handle(this)
    frame.handle = handle
    let answer: unknown
    try {
      answer = request.run(handle)
    } catch (error) {
      this.leaveHook(frame)
      throw error
    }
    if (isThenable(answer)) return answer
    const left = this.leaveHook(frame)
    if (left !== undefined) throw left
    return answer
  }

  /** The hook of a frame has ended. Answers an error when it left work of its own running. */
  leaveHook(frame: Frame): Error | undefined {
    const { handle } = frame
    frame.handle = undefined
    if (handle === undefined) return undefined
    // Nearly always nothing is left, and an error's stack costs more than the rest of a hook.
    if (!handle.isBusy) {
      handle.end(undefined)
      return undefined
    }
    const error = new NoboilError(
      'INTERNAL',
      'A hook ended while something it had started on its transaction was still running: an await is missing.',
    )
    handle.end(error)
    while (this.#frames.at(-1) !== frame) this.#drop()
    return error
  }

  /** Ends everything that is still running, outermost last, and undoes it. Waiting hooks are told `error` when they come back. */
  abandon(error: Error): void {
    for (const frame of this.#frames) {
      frame.handle?.end(error)
      frame.handle = undefined
    }
    while (this.#frames.length > 0) this.#drop()
  }

  enter(): Frame {
    const frame = new Frame()
    this.#frames.push(frame)
    this.entered()
    return frame
  }

  keep(): void {
    this.#leave()
    this.kept()
  }

  undo(): void {
    this.#leave()
    this.undone()
  }

  get depth(): number {
    return this.#frames.length
  }

  now(): number {
    return (this.#now ??= this.tools.ports.clock.now())
  }

  #drop(): void {
    this.#leave()
    this.undone()
  }

  #leave(): void {
    const frame = this.#frames.pop()
    if (frame !== undefined) frame.alive = false
  }
}

/** Drives one program of a session to its end, through the waits of its hooks. */
export class Running<result> {
  readonly #session: Session
  readonly #program: () => Program<result>
  readonly #done: (value: result) => void
  readonly #failed: (error: unknown) => void
  /** What the hook that started it was given. */
  promise: Promise<unknown> | undefined
  #frame: Frame | undefined
  #isOutermost = false
  #execution: Execution<result> | undefined

  constructor(
    session: Session,
    program: () => Program<result>,
    done: (value: result) => void,
    failed: (error: unknown) => void,
  ) {
    this.#session = session
    this.#program = program
    this.#done = done
    this.#failed = failed
  }

  start(): void {
    this.#frame = this.#session.enter()
    this.#isOutermost = this.#session.depth === 1
    let progress: Progress<result>
    try {
      this.#execution = new Execution(this.#program, this.#session)
      progress = this.#execution.start()
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#take(progress)
  }

  /**
   * Answers a program that never came to run, or that the session has dropped. Its call fails for the same reason, so a promise
   * that the hook did not keep is no news, and must not end the process.
   */
  refuse(reason: unknown): void {
    this.promise?.catch(() => {})
    this.#failed(reason)
  }

  #take(progress: Progress<result>): void {
    if (progress.state === 'waiting') {
      this.#wait(progress.promise)
      return
    }
    try {
      this.#session.keep()
    } catch (error) {
      this.#failed(error)
      return
    }
    this.#done(progress.value)
  }

  #fail(error: unknown): void {
    try {
      this.#session.undo()
    } catch (undoing) {
      this.#failed(undoing)
      return
    }
    this.#failed(error)
  }

  #wait(promise: PromiseLike<unknown>): void {
    if (this.#isOutermost) this.#session.waits()
    Promise.resolve(promise).then(
      (value) => this.#settled(true, value),
      (error: unknown) => this.#settled(false, error),
    )
  }

  #settled(fulfilled: boolean, value: unknown): void {
    const frame = this.#frame as Frame
    if (!frame.alive) return
    const execution = this.#execution as Execution<result>
    const session = this.#session
    let progress: Progress<result>
    try {
      const left = session.leaveHook(frame)
      if (this.#isOutermost) session.resumes()
      if (left !== undefined) progress = execution.fail(left)
      else progress = fulfilled ? execution.resume(value) : execution.fail(value)
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#take(progress)
  }
}

/** The transaction as a hook holds it. Programs run one after another, each undone alone if it fails. */
class Handle implements Transaction {
  readonly #session: Session
  readonly #waiting = new Queue<Running<unknown>>()
  #running: Running<unknown> | undefined
  #isOver = false
  #isAdvancing = false

  constructor(session: Session) {
    this.#session = session
  }

  get writable(): boolean {
    return this.#session.writable && !this.#isOver
  }

  get now(): number {
    return this.#session.now()
  }

  run<result>(program: () => Iterator<unknown, result, unknown>): Promise<result> {
    if (this.#isOver) return Promise.reject(isOverError())
    const { promise, resolve, reject } = Promise.withResolvers<result>()
    const running: Running<unknown> = new Running<unknown>(
      this.#session,
      // The contract names programs loosely, so that apps need not know their operations.
      program as () => Program<result>,
      (value) => {
        resolve(value as result)
        this.#next(running)
      },
      (error) => {
        reject(error)
        this.#next(running)
      },
    )
    running.promise = promise
    this.#waiting.push(running)
    this.#advance()
    return promise
  }

  afterCommit(effect: () => unknown): void {
    if (this.#isOver) throw isOverError()
    this.#session.afterCommit(effect)
  }

  /** Something that was started has not ended. */
  get isBusy(): boolean {
    return !this.#isOver && this.#running !== undefined
  }

  /** Refuses further use, and with `error` what has not ended. */
  end(error: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    running.refuse(error)
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      next.refuse(error)
    }
  }

  #next(ended: Running<unknown>): void {
    if (this.#running !== ended) return
    this.#running = undefined
    this.#advance()
  }

  /** A loop and not a recursion: a hook may start any number of programs at once. */
  #advance(): void {
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    while (this.#running === undefined) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      this.#running = next
      next.start()
    }
    this.#isAdvancing = false
  }
}

/** Interprets reads on a store, and tells `record` of them. */
export class Reads {
  readonly #tools: SessionTools
  readonly #record: ((read: ReadRecord) => void) | undefined
  readonly #maxRows: number
  #rows = 0

  constructor(
    tools: SessionTools,
    record: ((read: ReadRecord) => void) | undefined,
    maxRows: number,
  ) {
    this.#tools = tools
    this.#record = record
    this.#maxRows = maxRows
  }

  answer(store: ReadStore, request: ReadRequest): unknown {
    const answer = this.#read(store, request)
    if (this.#record !== undefined) this.#record({ request, answer })
    return answer
  }

  #read(store: ReadStore, request: ReadRequest): unknown {
    switch (request.op) {
      case 'get':
        this.#count(1)
        return store.get(request.table, request.key)
      case 'byId': {
        this.#count(1)
        const { table, id } = request
        const key = table.id === 'none' ? undefined : keyOfId(table, id)
        return key === undefined ? null : store.get(request.table, key)
      }
      case 'range': {
        const limit = Math.min(request.limit, this.#maxRows - this.#rows + 1)
        const rows = store.range(limit < request.limit ? { ...request, limit } : request)
        this.#count(rows.length)
        return rows
      }
      case 'page':
        return readPage(request, this.#tools.cursors, (stretch, position, limit) => {
          const most = this.#maxRows - this.#rows + 1
          const rows = store.rowsAfter(stretch, position, Math.min(limit, most))
          this.#count(rows.length)
          return rows
        })
      case 'search': {
        const rows = store.search(request)
        this.#count(rows.length)
        return rows
      }
    }
  }

  #count(rows: number): void {
    this.#rows += rows
    if (this.#rows <= this.#maxRows) return
    throw new NoboilError('LIMIT_EXCEEDED', `A query may read ${this.#maxRows} rows.`, {
      limit: 'maxScannedRows',
      max: this.#maxRows,
    })
  }
}

function isOverError(): Error {
  return new NoboilError(
    'INTERNAL',
    'The transaction of this hook is over: await what you start, and do nothing with it afterwards.',
  )
}
