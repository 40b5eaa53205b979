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
import { isThenable } from '../../program/run.ts'
import type { Answer, BeforeCommit, HostLimits, WriteOptions } from '../host.ts'
import { Queue } from './queue.ts'
import { Running, type SessionTools } from './session.ts'
import type { WriteStore } from './store.ts'
import { type CallWriter, WriteCall } from './write-call.ts'

/** Failures come in runs: after one, this many calls are undone by savepoints, which cost little then. */
const carefulCalls = 1_000

export interface WriterParts {
  readonly store: WriteStore
  readonly tools: SessionTools
  readonly limits: HostLimits
  readonly revision: number
  readonly beforeCommit?: BeforeCommit | undefined
  /** Takes what listeners and effects throw. */
  readonly onError: (error: unknown) => void
}

export class Writer {
  readonly #store: WriteStore
  readonly #tools: SessionTools
  readonly #limits: HostLimits
  readonly #beforeCommit: BeforeCommit | undefined
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
  /** How many calls to come take savepoints, since one has failed. */
  #carefulCalls = 0
  #broken: unknown
  #onIdle: (() => void) | undefined

  constructor(parts: WriterParts) {
    this.#store = parts.store
    this.#tools = parts.tools
    this.#limits = parts.limits
    this.#revision = parts.revision
    this.#beforeCommit = parts.beforeCommit
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
      const call = new WriteCall(this.#store, this.#tools, options?.settles, this.#calls)
      call.running = new Running<result>(
        call,
        program,
        (value) => this.#ended(call, () => resolve({ value, revision: this.#revision })),
        (error) => {
          call.settles = undefined
          this.#ended(call, () => reject(error))
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
    clearImmediate(this.#watch)
    this.#watch = undefined
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
    if (this.#carefulCalls > 0) this.#carefulCalls--
    this.#current = undefined
    if (!this.#isLooping) this.#loop()
  }

  readonly #calls: CallWriter = {
    isBare: () => this.#store.savepoints === 'dear' && this.#carefulCalls === 0,
    undo: (call) => this.#undo(call),
    // One watch serves the group: it cannot fire before microtasks have drained.
    onWait: () => {
      this.#watch ??= setImmediate(this.#reallyWaits)
    },
  }

  /** Undoes a call that has no savepoint: all of the transaction goes, and the calls before it are written again. */
  #undo(call: WriteCall): void {
    this.#carefulCalls = carefulCalls
    this.#store.restart()
    for (const other of this.#group as WriteCall[]) {
      if (other !== call) for (const change of other.changes) this.#store.apply(change)
    }
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
    this.#commitBefore(call)
  }

  /** Commits what came before a waiting call and goes on in a new transaction, with nobody in between. */
  #commitBefore(call: WriteCall): void {
    const before = (this.#group as WriteCall[]).filter((other) => other !== call)
    if (before.length === 0) return
    this.#commit(before)
    this.#group = [call]
    try {
      if (this.#broken !== undefined) throw this.#brokenError()
      this.#store.begin()
    } catch (error) {
      const failure = unavailable(error)
      call.abandon(failure)
      call.stopTimer?.()
      call.reject(failure)
      this.#current = undefined
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
      if (this.#beforeCommit !== undefined && revision !== undefined) this.#complete(changes)
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

  /** Adds to a group what {@link BeforeCommit} writes. */
  #complete(changes: Change[]): void {
    const program = this.#beforeCommit?.(changes)
    if (program === undefined) return
    const call = new WriteCall(this.#store, this.#tools, undefined, this.#calls)
    let failure: unknown = new Error('What completes a commit may not wait.')
    const running = new Running<void>(
      call,
      program,
      () => (failure = undefined),
      (error) => (failure = error),
    )
    running.start()
    if (failure !== undefined)
      throw new Error('What completes a commit has failed.', { cause: failure })
    for (const change of call.changes) changes.push(change)
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

function unavailable(cause: unknown): NoboilError {
  if (isNoboilError(cause) && cause.code === 'UNAVAILABLE') return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const error = new NoboilError('UNAVAILABLE', `The database could not store the write: ${reason}`)
  error.cause = cause
  return error
}
