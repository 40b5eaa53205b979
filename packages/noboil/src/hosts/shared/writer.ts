/**
 * Group commit: calls that wait for the one writer run one after another in one transaction, each under a savepoint of its own
 * and seeing those before it; one durable commit answers them all. A call that fails is undone alone.
 *
 * A call stays in its group while its hooks settle in microtasks. When one really waits and its call has written nothing yet,
 * the group so far is committed and a new transaction begun at once: nobody else writes in between, so what the call has
 * read still holds. When it has written, the transaction stays open until the hook settles or its time is up.
 */
import type { Change, Commit, CommitListener } from '../../changes/change.ts'
import { isNoboilError, NoboilError } from '../../errors/error.ts'
import type { Program } from '../../program/program.ts'
import type { NewIdRequest, NowRequest, ReadRequest, StoreRequest } from '../../program/request.ts'
import { isThenable } from '../../program/run.ts'
import type { Answer, HostLimits, WriteOptions } from '../host.ts'
import { scheduleLayout } from './schedule.ts'
import { Reads, Running, Session, type SessionTools } from './session.ts'
import type { WriteStore } from './store.ts'

export interface WriterParts {
  readonly store: WriteStore
  readonly tools: SessionTools
  readonly limits: HostLimits
  readonly revision: number
  /** Takes what listeners and effects throw. */
  readonly onError: (error: unknown) => void
}

export class Writer {
  readonly #store: WriteStore
  readonly #tools: SessionTools
  readonly #limits: HostLimits
  readonly #onError: (error: unknown) => void
  readonly #listeners = new Set<CommitListener>()
  readonly #effects = new Set<Promise<unknown>>()
  readonly #queue = new Queue<WriteCall>()
  #revision: number
  /** Undefined between groups. */
  #group: WriteCall[] | undefined
  #current: WriteCall | undefined
  #isLooping = false
  #isPumping = false
  /** Fires only when microtasks have drained, that is, when the current call's hook really waits. */
  #watch: NodeJS.Immediate | undefined
  #broken: unknown
  #onIdle: (() => void) | undefined

  constructor(parts: WriterParts) {
    this.#store = parts.store
    this.#tools = parts.tools
    this.#limits = parts.limits
    this.#revision = parts.revision
    this.#onError = parts.onError
  }

  get revision(): number {
    return this.#revision
  }

  write<result>(
    program: () => Program<result>,
    options: WriteOptions | undefined,
  ): Promise<Answer<result>> {
    if (this.#broken !== undefined) return Promise.reject(this.#brokenError())
    const { maxQueuedWrites } = this.#limits
    if (this.#queue.length >= maxQueuedWrites) {
      return Promise.reject(
        new NoboilError(
          'UNAVAILABLE',
          `${maxQueuedWrites} writes are waiting already. Try again later.`,
        ),
      )
    }
    return new Promise((resolve, reject) => {
      const call = new WriteCall(this, this.#store, this.#tools, options)
      call.running = new Running<result>(
        call,
        program,
        (value) => this.#ended(call, () => resolve({ value, revision: this.#revision })),
        (error) => {
          call.settles = undefined
          this.#ended(call, () => reject(error as Error))
        },
      ) as Running<unknown>
      call.reject = reject
      this.#queue.push(call)
      if (this.#isPumping) return
      this.#isPumping = true
      setImmediate(this.#pump)
    })
  }

  onCommit(listener: CommitListener): () => void {
    // Wrapped, so that one function registered twice is told twice and stopped once.
    const entry: CommitListener = (commit) => listener(commit)
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  /** Resolves when nothing is queued or running, and effects have ended or had their time. */
  async idle(): Promise<void> {
    if (this.#isPumping) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    if (this.#effects.size === 0) return
    let stop: (() => void) | undefined
    const timeUp = new Promise<void>((resolve) => {
      stop = this.#tools.ports.clock.setTimer(this.#limits.hookTimeoutMs, resolve)
    })
    await Promise.race([Promise.all(this.#effects), timeUp])
    stop?.()
  }

  /** The current call waits for a hook: {@link #reallyWaits} if microtasks do not settle it. */
  waits(): void {
    this.#watch ??= setImmediate(this.#reallyWaits)
  }

  readonly #pump = (): void => {
    if (this.#broken === undefined) {
      try {
        this.#store.begin()
      } catch (error) {
        this.#refuseQueued(unavailable(error))
        return
      }
      this.#group = []
      this.#loop()
    } else this.#refuseQueued(this.#brokenError())
  }

  #loop(): void {
    const group = this.#group as WriteCall[]
    this.#isLooping = true
    // Once the store has ended the transaction, a call would run outside it.
    while (
      this.#current === undefined &&
      group.length < this.#limits.maxGroupWrites &&
      this.#store.isOpen()
    ) {
      const call = this.#queue.shift()
      if (call === undefined) break
      this.#current = call
      group.push(call)
      ;(call.running as Running<unknown>).start()
    }
    this.#isLooping = false
    if (this.#current !== undefined) return
    this.#commit(group)
    this.#group = undefined
    this.#next()
  }

  /** Lets I/O have its turn between groups. */
  #next(): void {
    if (this.#queue.length > 0) {
      setImmediate(this.#pump)
      return
    }
    this.#isPumping = false
    this.#onIdle?.()
  }

  /** A call has come to its answer, which waits for the commit. */
  #ended(call: WriteCall, answer: () => void): void {
    call.answer = answer
    call.stopTimer?.()
    this.#current = undefined
    if (this.#watch !== undefined) {
      clearImmediate(this.#watch)
      this.#watch = undefined
    }
    if (!this.#isLooping) this.#loop()
  }

  readonly #reallyWaits = (): void => {
    this.#watch = undefined
    const call = this.#current
    if (call === undefined || !call.isWaiting) return
    call.startTimer(this.#limits.hookTimeoutMs, () => {
      const ms = this.#limits.hookTimeoutMs
      const error = new NoboilError('TIMEOUT', `The hooks of a call waited for more than ${ms} ms.`)
      call.settles = undefined
      call.abandon(error)
      this.#ended(call, () => call.reject(error))
    })
    if (call.hasWritten) return
    const group = this.#group as WriteCall[]
    const before = group.filter((other) => other !== call)
    if (before.length === 0) return
    this.#commit(before)
    this.#group = [call]
    try {
      this.#store.begin()
    } catch (error) {
      call.abandon(unavailable(error))
      this.#current = undefined
      call.stopTimer?.()
      call.reject(unavailable(error))
      this.#group = undefined
      this.#next()
    }
  }

  #commit(group: readonly WriteCall[]): void {
    const changes: Change[] = []
    for (const call of group) for (const change of call.changes) changes.push(change)
    const revision = changes.length > 0 ? this.#revision + 1 : undefined
    try {
      if (!this.#store.isOpen()) throw new Error('The database ended the transaction.')
      this.#store.commit(revision)
    } catch (error) {
      this.#lose(group, error)
      return
    }
    if (revision !== undefined) {
      this.#revision = revision
      const settled = group.flatMap((call) => (call.settles ? [call.settles] : []))
      this.#publish({ revision, changes, settled })
    }
    for (const call of group) call.answer?.()
    for (const call of group) for (const effect of call.effects) this.#effect(effect)
  }

  /** Nothing of the group is in the store, whatever its calls had come to. */
  #lose(group: readonly WriteCall[], cause: unknown): void {
    const error = unavailable(cause)
    try {
      this.#store.recover()
    } catch (broken) {
      this.#broken = broken
    }
    for (const call of group) call.reject(error)
  }

  #publish(commit: Commit): void {
    for (const listener of this.#listeners) {
      try {
        listener(commit)
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  #effect(effect: () => unknown): void {
    let running: unknown
    try {
      running = effect()
    } catch (error) {
      this.#onError(error)
      return
    }
    if (!isThenable(running)) return
    const ended: Promise<unknown> = Promise.resolve(running)
      .then(undefined, this.#onError)
      .then(() => this.#effects.delete(ended))
    this.#effects.add(ended)
  }

  #refuseQueued(error: NoboilError): void {
    for (let call = this.#queue.shift(); call !== undefined; call = this.#queue.shift()) {
      call.reject(error)
    }
    this.#next()
  }

  #brokenError(): NoboilError {
    const reason = this.#broken instanceof Error ? this.#broken.message : String(this.#broken)
    return new NoboilError(
      'UNAVAILABLE',
      `The database cannot be written until it is opened again: ${reason}`,
    )
  }
}

type WriteRequest = Exclude<StoreRequest, ReadRequest | NowRequest | NewIdRequest>

/** One call of `write`. */
class WriteCall extends Session {
  override readonly writable = true
  /** What to tell the client of; not when the call fails. */
  settles: WriteOptions['settles']
  readonly changes: Change[] = []
  readonly effects: (() => unknown)[] = []
  running: Running<unknown> | undefined
  reject: (error: Error) => void = () => {}
  /** Set once the call has ended. */
  answer: (() => void) | undefined
  stopTimer: (() => void) | undefined
  isWaiting = false
  readonly #writer: Writer
  readonly #store: WriteStore
  readonly #reads: Reads
  /** How many of the frames have a savepoint: a program gets one with its first write. */
  #savepoints = 0
  /** For each frame how long {@link changes} and {@link effects} were before it. */
  readonly #marks: number[] = []
  #waitedMs = 0

  constructor(
    writer: Writer,
    store: WriteStore,
    tools: SessionTools,
    options: WriteOptions | undefined,
  ) {
    super(tools)
    this.#writer = writer
    this.#store = store
    this.#reads = new Reads(tools, undefined, Number.MAX_SAFE_INTEGER)
    this.settles = options?.settles
  }

  get hasWritten(): boolean {
    return this.#savepoints > 0
  }

  override run(request: StoreRequest): unknown {
    switch (request.op) {
      case 'get':
      case 'byId':
      case 'range':
      case 'page':
      case 'search':
        return this.#reads.answer(this.#store, request)
      case 'now':
        return this.now()
      case 'newId':
        return this.tools.ids.next(request.table.name)
      default:
        this.#beforeWrite()
        return this.#write(request)
    }
  }

  override afterCommit(effect: () => unknown): void {
    this.effects.push(effect)
  }

  override waits(): void {
    this.isWaiting = true
    this.#writer.waits()
  }

  override resumes(): void {
    this.isWaiting = false
    this.stopTimer?.()
  }

  startTimer(limitMs: number, ring: () => void): void {
    const { clock } = this.tools.ports
    const from = clock.now()
    const stop = clock.setTimer(Math.max(0, limitMs - this.#waitedMs), () => {
      this.stopTimer = undefined
      ring()
    })
    this.stopTimer = () => {
      this.stopTimer = undefined
      this.#waitedMs += clock.now() - from
      stop()
    }
  }

  protected override entered(): void {
    this.#marks.push(this.changes.length, this.effects.length)
  }

  protected override kept(): void {
    this.#marks.length -= 2
    if (this.#savepoints <= this.depth) return
    this.#savepoints--
    this.#store.release(this.#savepoints)
  }

  protected override undone(): void {
    this.effects.length = this.#marks.pop() as number
    this.changes.length = this.#marks.pop() as number
    if (this.#savepoints <= this.depth) return
    this.#savepoints--
    if (this.#store.isOpen()) this.#store.rollbackTo(this.#savepoints)
  }

  #beforeWrite(): void {
    while (this.#savepoints < this.depth) this.#store.savepoint(this.#savepoints++)
  }

  #write(request: WriteRequest): unknown {
    const store = this.#store
    switch (request.op) {
      case 'insert':
        this.changes.push(store.insert(request.table, request.row))
        return undefined
      case 'patch': {
        const change = store.patch(request.table, request.row, request.set)
        if (change !== undefined) this.changes.push(change)
        return undefined
      }
      case 'increment': {
        const change = store.increment(request.table, request.key, request.by)
        if (change.fields?.length !== 0) this.changes.push(change)
        return { ...change.after }
      }
      case 'remove':
        this.changes.push(store.remove(request.table, request.row))
        return undefined
      case 'schedule': {
        const { flow, args, at } = request
        const _id = this.tools.ids.next(scheduleLayout.name)
        this.changes.push(store.insert(scheduleLayout, { _id, flow, args, at }))
        return undefined
      }
    }
  }
}

/** First in, first out, without moving what waits. */
class Queue<item> {
  #items: (item | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: item): void {
    this.#items.push(item)
  }

  shift(): item | undefined {
    if (this.#head >= this.#items.length) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    }
    return item
  }
}

function unavailable(cause: unknown): NoboilError {
  if (isNoboilError(cause) && cause.code === 'UNAVAILABLE') return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const error = new NoboilError('UNAVAILABLE', `The database could not store the write: ${reason}`)
  error.cause = cause
  return error
}
