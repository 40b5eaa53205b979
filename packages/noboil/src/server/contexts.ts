/**
 * What the app's own code is given: contexts of hooks, predicates and handlers. They are made before the functions they call
 * exist (tables are built with them), so the functions are bound afterwards.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { InvariantError } from '../errors/assert.ts'
import { NoboilError } from '../errors/error.ts'
import { type Call, systemCall } from '../factories/shared/call.ts'
import type { UserRow } from '../factories/shared/users.ts'
import { byId, type Program } from '../program/program.ts'
import type { Transaction } from '../program/request.ts'
import { isThenable } from '../program/run.ts'
import type { HookContext, PredicateContext, Reader, Writer } from '../schema/context.ts'
import { keyOfId, type Layout, tableOfId } from '../schema/layout.ts'
import type { Id, User } from '../schema/register.ts'
import type { Row } from '../schema/values.ts'
import { answer, type Registry } from './registry.ts'
import { functionsAt } from './functions.ts'

/** What handlers of the app's own queries and mutations are given; typed by the app's api at the edge. */
export interface HandlerContext {
  readonly user: User | null
  readonly userId: Id<'users'> | null
  readonly internal: boolean
  readonly now: number
  readonly db: Writer
  readonly api: object
  readonly system: object
  afterCommit(effect: () => unknown): void
}

export interface Bound {
  readonly registry: Registry
  readonly layouts: readonly Layout[]
  readonly users: Layout<UserRow>
}

export class Contexts {
  readonly #inside = new AsyncLocalStorage<{ isOver: boolean }>()
  #bound: Bound | undefined
  #layouts: ReadonlyMap<string, Layout> = new Map()

  /** Gives the contexts the functions they call; once, when the app is built. */
  bind(bound: Bound): void {
    this.#bound = bound
    this.#layouts = new Map(
      [...bound.layouts, bound.users as Layout].map((each) => [each.name, each]),
    )
  }

  /** Runs code of the app that holds a transaction. */
  readonly within = <result>(work: () => result): result => {
    const token = { isOver: false }
    const over = (): void => {
      token.isOver = true
    }
    let result: result
    try {
      result = this.#inside.run(token, work)
    } catch (error) {
      over()
      throw error
    }
    if (isThenable(result)) result.then(over, over)
    else over()
    return result
  }

  /** Throws when code that holds a transaction calls from outside: it would wait for itself. */
  assertOutside(path: string): void {
    const token = this.#inside.getStore()
    if (token === undefined || token.isOver) return
    throw new NoboilError(
      'UNSUPPORTED',
      `'${path}' was called through the api from inside a transaction, which would wait for itself: use ctx.db, ctx.api or ctx.system there.`,
    )
  }

  readonly hookContext = (call: Call, transaction: Transaction): HookContext => {
    const user = call.user ?? (call.internal ? systemUser : anonymousUser)
    const db = (): Writer => this.#db(transaction)
    let made: Writer | undefined
    return {
      user,
      userId: user._id,
      internal: call.internal,
      get now() {
        return transaction.now
      },
      get db() {
        return (made ??= db())
      },
      afterCommit: (effect) => transaction.afterCommit(effect),
    }
  }

  readonly predicateContext = (call: Call, transaction: Transaction): PredicateContext => {
    const db = (): Reader => this.#db(transaction)
    let made: Reader | undefined
    return {
      user: call.user,
      userId: call.user?._id ?? null,
      internal: call.internal,
      get now() {
        return transaction.now
      },
      get db() {
        return (made ??= db())
      },
    }
  }

  readonly handlerContext = (call: Call, transaction: Transaction): HandlerContext => {
    const { user, internal } = call
    const db = this.#db(transaction)
    return {
      user,
      userId: user?._id ?? null,
      internal,
      get now() {
        return transaction.now
      },
      db,
      api: functionsAt('', (path, args) => this.#run(transaction, path, args, call)),
      system: functionsAt('', (path, args) => this.#run(transaction, path, args, systemCall)),
      afterCommit: (effect) => transaction.afterCommit(effect),
    }
  }

  #db(transaction: Transaction): Writer {
    const run = (fn: { readonly path: string }, args: unknown): Promise<never> =>
      this.#run(transaction, fn.path, args, systemCall) as Promise<never>
    return {
      get: async (id) => {
        if (typeof id !== 'string') return null
        return (await transaction.run(() => this.#row(id))) as never
      },
      query: run,
      mutation: run,
    }
  }

  /** A function of the app inside a transaction that is running. */
  async #run(transaction: Transaction, path: string, input: unknown, call: Call): Promise<unknown> {
    const entry = this.#app.registry.find(path)
    if (entry === undefined) throw new NoboilError('NOT_FOUND', `There is no function '${path}'.`)
    if (entry.kind === 'action') {
      throw new NoboilError(
        'UNSUPPORTED',
        `'${path}' is an action: a transaction cannot wait for it. Start it in ctx.afterCommit.`,
      )
    }
    const args = entry.args(input)
    if (entry.kind === 'query') return transaction.run(() => answer(entry, call, args))
    if (!transaction.writable) {
      throw new NoboilError('UNSUPPORTED', `'${path}' writes, and a query may not.`)
    }
    return transaction.run(() => entry.run(call, args))
  }

  /** The row behind an id as its table answers it to the server itself; null for what is removed or never was. */
  *#row(id: string): Program<object | null> {
    const layout = this.#layouts.get(tableOfId(id) ?? '')
    if (layout === undefined || layout.internal === true) return null
    const { registry } = this.#app
    const read = registry.find(`${layout.name}.read`)
    if (read?.kind === 'query') {
      return (yield* answer(read, systemCall, read.args({ id }))) as object | null
    }
    const get = registry.find(`${layout.name}.get`)
    const key = keyOfId(layout, id)
    if (get?.kind === 'query' && layout.key.length === 1 && layout.key[0] === 'key' && key) {
      return (yield* answer(get, systemCall, get.args({ key: key[0] }))) as object | null
    }
    const row = (yield* byId(layout, id)) as Row | null
    return row === null || row['deletedAt'] !== undefined ? null : row
  }

  get #app(): Bound {
    if (this.#bound === undefined) {
      throw new InvariantError('A hook ran before the app it belongs to was built.')
    }
    return this.#bound
  }
}

const systemUser = { _id: 'system', name: 'system' } as User
const anonymousUser = { _id: 'anonymous', name: 'anonymous' } as User
