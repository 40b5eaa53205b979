/**
 * One call of `write`: its programs run against the one store, each under a savepoint that is made with its first write, and what
 * they changed is kept until the group is committed.
 */
import type { Change } from '../../changes/change.ts'
import type {
  InsertManyRequest,
  NowRequest,
  ReadRequest,
  StoreRequest,
} from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import type { WriteOptions } from '../host.ts'
import { scheduleLayout } from './schedule.ts'
import { Reads, type Running, Session, type SessionTools } from './session.ts'
import type { WriteStore } from './store.ts'

type WriteRequest = Exclude<StoreRequest, ReadRequest | NowRequest>

/** What a call needs of the writer that runs it. */
export interface CallWriter {
  /** Whether a call may write without a savepoint. */
  isBare(): boolean
  /** Undoes what such a call has written. */
  undo(call: WriteCall): void
  onWait(): void
}

export class WriteCall extends Session {
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
  readonly #writer: CallWriter
  readonly #store: WriteStore
  readonly #reads: Reads
  /** How many of the frames have written, and so have a savepoint. */
  #savepoints = 0
  /** The outermost frame has none: the writer undoes the call in its own way. */
  #isBare = false
  /** For each frame how long {@link changes} and {@link effects} were before it. */
  readonly #marks: number[] = []
  #waitedMs = 0

  constructor(
    store: WriteStore,
    tools: SessionTools,
    settles: WriteOptions['settles'],
    writer: CallWriter,
  ) {
    super(tools)
    this.#writer = writer
    this.#store = store
    this.#reads = new Reads(tools, undefined, Number.MAX_SAFE_INTEGER)
    this.settles = settles
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
      default:
        this.#beforeWrite()
        return this.#write(request)
    }
  }

  override insertMany({ table, rows }: InsertManyRequest): readonly unknown[] {
    this.#beforeWrite()
    return rows.map((row) => this.#insert(table, row))
  }

  override afterCommit(effect: () => unknown): void {
    this.effects.push(effect)
  }

  /** The outermost program waits for its hook, in microtasks or really. */
  override waits(): void {
    this.isWaiting = true
    this.#writer.onWait()
  }

  override resumes(): void {
    this.isWaiting = false
    this.stopTimer?.()
  }

  /** Rings once the call's hooks have really waited for `limitMs` altogether. */
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
    if (!this.#isBareAt(this.#savepoints)) this.#store.release(this.#savepoints)
  }

  protected override undone(): void {
    this.effects.length = this.#marks.pop() as number
    this.changes.length = this.#marks.pop() as number
    if (this.#savepoints <= this.depth) return
    this.#savepoints--
    if (!this.#store.isOpen()) return
    try {
      if (this.#isBareAt(this.#savepoints)) this.#writer.undo(this)
      else this.#store.rollbackTo(this.#savepoints)
    } catch {
      // The store has lost the transaction, and the group fails as a whole for it.
    }
  }

  #beforeWrite(): void {
    if (this.#savepoints === 0) this.#isBare = this.#writer.isBare()
    while (this.#savepoints < this.depth) {
      if (!this.#isBareAt(this.#savepoints)) this.#store.savepoint(this.#savepoints)
      this.#savepoints++
    }
  }

  #insert(table: Layout, row: Row): unknown {
    const isNew = table.id === 'stored' && row['_id'] === undefined
    const named = isNew ? { ...row, _id: this.tools.ids.next(table.name) } : row
    const change = this.#store.insert(table, named)
    this.changes.push(change)
    return (change.after as Row)['_id']
  }

  #isBareAt(depth: number): boolean {
    return depth === 0 && this.#isBare
  }

  #write(request: WriteRequest): unknown {
    const store = this.#store
    switch (request.op) {
      case 'insert':
        return this.#insert(request.table, request.row)
      case 'patch': {
        const change = store.patch(request.table, request.row, request.set)
        if (change !== undefined) this.changes.push(change)
        return undefined
      }
      case 'increment': {
        const change = store.increment(request.table, request.key, request.by)
        if (change.fields?.length !== 0) this.changes.push(change)
        return change.after
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
