/**
 * Reads. A program that never waits is answered at once from the newest committed state. One that waits keeps the state it
 * began with, within the host's time limit; where the host cannot keep so many states, it starts again later.
 */
import { NoboilError } from '../../errors/error.ts'
import type { Program } from '../../program/program.ts'
import type { StoreRequest } from '../../program/request.ts'
import type { Answer, HostLimits, ReadOptions, ReadRecord } from '../host.ts'
import { Reads, Running, Session, type SessionTools } from './session.ts'
import type { Snapshot, Snapshots } from './store.ts'

export class Reader {
  readonly #snapshots: Snapshots
  readonly #tools: SessionTools
  readonly #limits: HostLimits
  readonly #active = new Set<Reading>()
  #onIdle: (() => void) | undefined

  constructor(snapshots: Snapshots, tools: SessionTools, limits: HostLimits) {
    this.#snapshots = snapshots
    this.#tools = tools
    this.#limits = limits
  }

  read<result>(
    program: () => Program<result>,
    options: ReadOptions | undefined,
  ): Promise<Answer<result>> {
    return new Promise((resolve, reject) => {
      const reading = new Reading(this, this.#tools, this.#limits, program, options?.record)
      reading.done = (value, revision) => resolve({ value: value as result, revision })
      reading.failed = reject
      this.attempt(reading)
    })
  }

  /** Resolves when no program reads any more. */
  async idle(): Promise<void> {
    if (this.#active.size === 0) return
    await new Promise<void>((resolve) => (this.#onIdle = resolve))
  }

  attempt(reading: Reading): void {
    let snapshot: Snapshot
    try {
      snapshot = this.#snapshots.newest()
    } catch (error) {
      reading.fail(error as Error)
      return
    }
    reading.start(snapshot)
  }

  hold(reading: Reading, snapshot: Snapshot): void {
    if (!this.#active.has(reading)) {
      this.#active.add(reading)
      reading.startTimer()
    }
    this.#snapshots.hold(snapshot, reading.evict)
  }

  release(reading: Reading, snapshot: Snapshot): void {
    this.#snapshots.release(snapshot, reading.evict)
  }

  ended(reading: Reading): void {
    if (!this.#active.delete(reading) || this.#active.size > 0) return
    this.#onIdle?.()
  }
}

/** One call of `read`, through as many attempts as it takes. */
class Reading {
  done: (value: unknown, revision: number) => void = () => {}
  failed: (error: unknown) => void = () => {}
  isOver = false
  readonly #reader: Reader
  readonly #tools: SessionTools
  readonly #limits: HostLimits
  readonly #program: () => Program<unknown>
  readonly #record: ((read: ReadRecord) => void) | undefined
  #session: ReadSession | undefined
  #held: Snapshot | undefined
  #stopTimer: (() => void) | undefined

  constructor(
    reader: Reader,
    tools: SessionTools,
    limits: HostLimits,
    program: () => Program<unknown>,
    record: ((read: ReadRecord) => void) | undefined,
  ) {
    this.#reader = reader
    this.#tools = tools
    this.#limits = limits
    this.#program = program
    this.#record = record
  }

  start(snapshot: Snapshot): void {
    const records: ReadRecord[] | undefined = this.#record && []
    const reads = new Reads(
      this.#tools,
      records && ((read) => records.push(read)),
      this.#limits.maxScannedRows,
    )
    const session = new ReadSession(this.#tools, snapshot, reads, () => this.#hold(snapshot))
    this.#session = session
    const running = new Running(
      session,
      this.#program,
      (value) => {
        this.#end(records)
        this.done(value, snapshot.revision)
      },
      (error) => {
        this.#end(records)
        this.failed(error)
      },
    )
    running.start()
  }

  startTimer(): void {
    const ms = this.#limits.queryTimeoutMs
    this.#stopTimer = this.#tools.ports.clock.setTimer(ms, () => {
      this.#stopTimer = undefined
      this.fail(new NoboilError('TIMEOUT', `The query took longer than ${ms} ms.`))
    })
  }

  fail(error: Error): void {
    this.#session?.abandon(error)
    this.#end(undefined)
    this.failed(error)
  }

  /** The host cannot keep this state any longer: start again, after the commit that wants its place. */
  readonly evict = (): void => {
    this.#session?.abandon(
      new NoboilError('UNAVAILABLE', 'The query has been started again on newer data.'),
    )
    this.#session = undefined
    this.#held = undefined
    queueMicrotask(() => {
      if (!this.isOver) this.#reader.attempt(this)
    })
  }

  #hold(snapshot: Snapshot): void {
    if (this.#held !== undefined) return
    this.#held = snapshot
    this.#reader.hold(this, snapshot)
  }

  /** What was read is told also when the program fails: a live query must run again when that changes. */
  #end(records: readonly ReadRecord[] | undefined): void {
    this.isOver = true
    this.#stopTimer?.()
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) this.#reader.release(this, held)
    this.#reader.ended(this)
    if (records !== undefined) for (const record of records) this.#record?.(record)
  }
}

class ReadSession extends Session {
  override readonly writable = false
  readonly #snapshot: Snapshot
  readonly #reads: Reads
  readonly #onWait: () => void

  constructor(tools: SessionTools, snapshot: Snapshot, reads: Reads, onWait: () => void) {
    super(tools)
    this.#snapshot = snapshot
    this.#reads = reads
    this.#onWait = onWait
  }

  override run(request: StoreRequest): unknown {
    switch (request.op) {
      case 'get':
      case 'byId':
      case 'range':
      case 'page':
      case 'search':
        return this.#reads.answer(this.#snapshot.store, request)
      case 'now':
        return this.now()
      default:
        throw new NoboilError('UNSUPPORTED', `A query may only read; it tried to ${request.op}.`)
    }
  }

  override afterCommit(): void {
    throw new NoboilError(
      'UNSUPPORTED',
      'A query commits nothing, so nothing can follow its commit.',
    )
  }

  override waits(): void {
    this.#onWait()
  }
}
