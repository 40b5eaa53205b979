/**
 * What hooks and predicates are given: noboil's context, whose `db` is Convex's own with calls of the app's functions beside it.
 */
import type { GenericDataModel, GenericMutationCtx } from 'convex/server'
import { InvariantError } from '../../errors/assert.ts'
import { NoboilError } from '../../errors/error.ts'
import { type Call, systemCall } from '../../factories/shared/call.ts'
import { byId, type Program } from '../../program/program.ts'
import type { Transaction } from '../../program/request.ts'
import type { HookContext, PredicateContext, Writer } from '../../schema/context.ts'
import type { Layout } from '../../schema/layout.ts'
import type { User } from '../../schema/register.ts'
import type { Row } from '../../schema/values.ts'
import { answerOf, type Functions } from './functions.ts'
import { tableName } from './names.ts'
import type { Db } from './ports.ts'
import { HookTransaction, type Session } from './session.ts'

const contexts = new WeakMap<object, Session>()

/**
 * Convex's own context behind the one of a hook: its `scheduler`, its `storage`. Name the app's type, as in
 * `convexContext<MutationCtx>(ctx)`.
 */
export function convexContext<ctx extends object = GenericMutationCtx<GenericDataModel>>(
  hook: HookContext | PredicateContext,
): ctx {
  const found = contexts.get(hook)
  if (found === undefined) {
    throw new InvariantError(
      'convexContext() takes the context that a hook or a predicate was given.',
    )
  }
  found.share()
  return found.ports as unknown as ctx
}

/** Contexts are made before the functions they call exist, so the functions are bound afterwards. */
export class Contexts {
  #functions: Functions | undefined

  bind(functions: Functions): void {
    this.#functions = functions
  }

  readonly hookContext = (call: Call, transaction: Transaction): HookContext => {
    const user = call.user ?? (call.internal ? systemUser : anonymousUser)
    const context: HookContext = {
      user,
      userId: user._id,
      internal: call.internal,
      get now() {
        return transaction.now
      },
      db: this.db(transaction),
      afterCommit: (effect) => transaction.afterCommit(effect),
    }
    contexts.set(context, sessionOf(transaction))
    return context
  }

  readonly predicateContext = (call: Call, transaction: Transaction): PredicateContext => {
    const context: PredicateContext = {
      user: call.user,
      userId: call.user?._id ?? null,
      internal: call.internal,
      get now() {
        return transaction.now
      },
      db: this.db(transaction),
    }
    contexts.set(context, sessionOf(transaction))
    return context
  }

  /** Convex's `db` with `get`, `query` and `mutation` that know the app's tables. */
  db(transaction: Transaction): Writer {
    const session = sessionOf(transaction)
    const { db } = session.ports
    const run = (path: string, args: unknown): Promise<unknown> =>
      this.#run(transaction, path, args)
    const own = {
      get: async (...given: readonly string[]) => {
        // Convex also takes the table before the id.
        const id = given.at(-1)
        return typeof id === 'string' ? this.#get(transaction, db, id) : null
      },
      query: (fn: string | { readonly path: string }, args?: unknown) =>
        typeof fn === 'string' ? db.query(fn) : run(fn.path, args),
      mutation: (fn: { readonly path: string }, args: unknown) => run(fn.path, args),
    }
    return new Proxy(db, {
      get: (target, name) => {
        if (Object.hasOwn(own, name)) return own[name as keyof typeof own]
        if (writes.has(name)) session.forget()
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    }) as unknown as Writer
  }

  /** The row behind an id as its table answers it to the server itself; rows of the app's other tables as they are. */
  async #get(transaction: Transaction, db: Db, id: string): Promise<object | null> {
    for (const layout of this.#bound.layouts.values()) {
      if (db.normalizeId(tableName(layout), id) === null) continue
      return transaction.run(() => this.#row(layout, id))
    }
    try {
      return await db.get(id)
    } catch {
      return null
    }
  }

  *#row(layout: Layout, id: string): Program<object | null> {
    const { functions } = this.#bound
    const read = functions.get(`${layout.name}.read`)
    if (read?.kind === 'query') {
      return (yield* answerOf(read, systemCall, read.args({ id }))) as object | null
    }
    const row = (yield* byId(layout, id)) as Row | null
    if (row === null || row['deletedAt'] !== undefined) return null
    return row
  }

  async #run(transaction: Transaction, path: string, input: unknown): Promise<unknown> {
    const operation = this.#bound.functions.get(path)
    if (operation === undefined) {
      throw new NoboilError('NOT_FOUND', `There is no function '${path}'.`)
    }
    if (operation.kind === 'action') {
      throw new NoboilError(
        'UNSUPPORTED',
        `'${path}' is an action: a transaction cannot wait for it. Schedule it with convexContext(ctx).scheduler.`,
      )
    }
    const args = operation.args(input)
    if (operation.kind === 'query') {
      return transaction.run(() => answerOf(operation, systemCall, args))
    }
    if (!transaction.writable) {
      throw new NoboilError('UNSUPPORTED', `'${path}' writes, and a query may not.`)
    }
    return transaction.run(() => operation.run(systemCall, args as never))
  }

  get #bound(): Functions {
    if (this.#functions === undefined) {
      throw new InvariantError('A hook ran before the app it belongs to was built.')
    }
    return this.#functions
  }
}

function sessionOf(transaction: Transaction): Session {
  if (transaction instanceof HookTransaction) return transaction.session
  throw new InvariantError('A context of Convex was asked for outside of a Convex function.')
}

/** Of Convex's own `db`: what is known of the tables may be untrue after them. */
const writes: ReadonlySet<string | symbol> = new Set(['insert', 'patch', 'replace', 'delete'])

const systemUser = { _id: 'system', name: 'system' } as User
const anonymousUser = { _id: 'anonymous', name: 'anonymous' } as User
