/**
 * One transaction of a reducer, a procedure or a view: the synchronous interpreter of programs over {@link Store}. SpacetimeDB undoes
 * a call that throws; a program that a hook started, and whose failure it caught, is undone here.
 */
import type { Change } from '../../changes/change.ts'
import { NoboilError } from '../../errors/error.ts'
import type { Program } from '../../program/program.ts'
import type { CallRequest, StoreRequest, Transaction } from '../../program/request.ts'
import { isThenable, runSync, type SyncInterpreter } from '../../program/run.ts'
import { keyOfId } from '../../schema/layout.ts'
import type { Ids } from '../shared/ids.ts'
import { type CursorSeal, readPage } from '../shared/pages.ts'
import { scheduleLayout } from '../shared/schedule.ts'
import type { Store } from './store.ts'

export interface TransactionTools {
  readonly store: Store
  readonly ids: Ids
  readonly cursors: CursorSeal
  readonly writable: boolean
  /** Milliseconds since the epoch. Throws where the host has no clock: in views. */
  now(): number
}

export class HostTransaction implements SyncInterpreter {
  readonly #tools: TransactionTools
  readonly changes: Change[] = []

  constructor(tools: TransactionTools) {
    this.#tools = tools
  }

  /** Runs a program to its end, or undoes what it has written and throws. */
  execute<result>(program: () => Program<result>): result {
    const before = this.changes.length
    try {
      return runSync(program, this)
    } catch (error) {
      while (this.changes.length > before) this.#tools.store.undo(this.changes.pop() as Change)
      throw error
    }
  }

  run(request: StoreRequest): unknown {
    const { store } = this.#tools
    switch (request.op) {
      case 'get':
        return store.get(request.table, request.key)
      case 'byId': {
        const { table, id } = request
        const key = table.id === 'none' ? undefined : keyOfId(table, id)
        return key === undefined ? null : store.get(table, key)
      }
      case 'range':
        return store.range(request)
      case 'page':
        return readPage(request, this.#tools.cursors, (stretch, position, limit) =>
          store.rowsAfter(stretch, position, limit),
        )
      case 'search':
        return store.search(request)
      case 'now':
        return this.#tools.now()
      default:
        return this.#write(request)
    }
  }

  call(request: CallRequest): unknown {
    const handle = new Handle(this, this.#tools)
    try {
      return request.run(handle)
    } finally {
      handle.isOver = true
    }
  }

  #write(
    request: Exclude<
      StoreRequest,
      { readonly op: 'get' | 'byId' | 'range' | 'page' | 'search' | 'now' }
    >,
  ): unknown {
    const { store, ids } = this.#tools
    switch (request.op) {
      case 'insert': {
        const { table, row } = request
        const isNew = table.id === 'stored' && row['_id'] === undefined
        const change = store.insert(table, isNew ? { ...row, _id: ids.next(table.name) } : row)
        this.changes.push(change)
        return change.after?.['_id']
      }
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
        const row = { _id: ids.next(scheduleLayout.name), flow, args, at }
        this.changes.push(store.insert(scheduleLayout, row))
        return undefined
      }
    }
  }
}

/** The transaction as a hook holds it. It answers at once, so nothing can be left running. */
class Handle implements Transaction {
  readonly #transaction: HostTransaction
  readonly #tools: TransactionTools
  isOver = false

  constructor(transaction: HostTransaction, tools: TransactionTools) {
    this.#transaction = transaction
    this.#tools = tools
  }

  get writable(): boolean {
    return this.#tools.writable && !this.isOver
  }

  get now(): number {
    return this.#tools.now()
  }

  run<result>(program: () => Iterator<unknown, result, unknown>): Promise<result> {
    if (this.isOver) {
      throw new NoboilError('INTERNAL', 'The transaction of this hook is over: keep nothing of it.')
    }
    // The contract names programs loosely, and answers as promises; here they are there at once.
    return this.#transaction.execute(program as () => Program<result>) as unknown as Promise<result>
  }

  afterCommit(): void {
    throw new NoboilError(
      'UNSUPPORTED',
      'SpacetimeDB runs nothing after a commit: write a row, and let a scheduled procedure or a client act on it.',
    )
  }
}

/** Wraps code of the app: a promise has no meaning here, so what returns one is refused by its name. */
export function synchronous<args extends readonly unknown[], result>(
  name: string,
  run: (...args: args) => result,
): (...args: args) => result {
  return (...args) => {
    const answer = run(...args)
    if (!isThenable(answer)) return answer
    answer.then(undefined, () => {})
    throw new NoboilError(
      'UNSUPPORTED',
      `${name} returned a promise, but reducers do not wait: make it a plain function, ctx.db answers at once.`,
    )
  }
}
