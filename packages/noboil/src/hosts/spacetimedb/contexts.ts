/**
 * What hooks and predicates are given. The shape is every host's; here `ctx.db` answers at once, and not with promises.
 */
import { InvariantError } from '../../errors/assert.ts'
import { NoboilError } from '../../errors/error.ts'
import { type Call, systemCall } from '../../factories/shared/call.ts'
import type { AnyQuery, BuiltTable } from '../../factories/shared/operation.ts'
import { byId, type Program } from '../../program/program.ts'
import type { Transaction } from '../../program/request.ts'
import type { HookContext, PredicateContext, Writer } from '../../schema/context.ts'
import { keyOfId, type Layout, tableOfId } from '../../schema/layout.ts'
import type { User } from '../../schema/register.ts'
import { answerOf, type Functions } from './functions.ts'

const systemUser = { _id: 'system', name: 'system' } as User
const anonymousUser = { _id: 'anonymous', name: 'anonymous' } as User

export class Contexts {
  #functions: Functions | undefined
  #layouts: ReadonlyMap<string, Layout> = new Map()

  /** Gives the contexts the functions they call; once, when the tables are built. */
  bind(functions: Functions, tables: readonly BuiltTable[]): void {
    this.#functions = functions
    const layouts = tables.flatMap((table) => table.layouts)
    this.#layouts = new Map(layouts.map((layout) => [layout.name, layout]))
  }

  readonly hookContext = (call: Call, transaction: Transaction): HookContext => {
    const user = call.user ?? (call.internal ? systemUser : anonymousUser)
    return {
      user,
      userId: user._id,
      internal: call.internal,
      now: transaction.now,
      db: this.#db(transaction),
      afterCommit: (effect) => transaction.afterCommit(effect),
    }
  }

  readonly predicateContext = (call: Call, transaction: Transaction): PredicateContext => ({
    user: call.user,
    userId: call.user?._id ?? null,
    internal: call.internal,
    get now() {
      return transaction.now
    },
    db: this.#db(transaction),
  })

  #db(transaction: Transaction): Writer {
    const run = (fn: { readonly path: string }, args: unknown): Promise<never> =>
      this.#run(transaction, fn.path, args) as Promise<never>
    return {
      get: (id) =>
        (typeof id === 'string' ? transaction.run(() => this.#row(id)) : null) as Promise<never>,
      query: run,
      mutation: run,
    }
  }

  #run(transaction: Transaction, path: string, input: unknown): unknown {
    const operation = this.#app.get(path)
    if (operation === undefined) {
      throw new NoboilError('NOT_FOUND', `There is no function '${path}'.`)
    }
    if (operation.kind === 'action') {
      throw new NoboilError(
        'UNSUPPORTED',
        `'${path}' is an action: a transaction cannot wait for it.`,
      )
    }
    const args = operation.args(input) as never
    if (operation.kind === 'query') {
      return transaction.run(() => answerOf(operation, systemCall, args))
    }
    if (!transaction.writable) {
      throw new NoboilError('UNSUPPORTED', `'${path}' writes, and a query may not.`)
    }
    return transaction.run(() => operation.run(systemCall, args))
  }

  /** The row behind an id as its table answers it to the server itself; null for what is removed or never was. */
  *#row(id: string): Program<unknown> {
    const layout = this.#layouts.get(tableOfId(id) ?? '')
    if (layout === undefined || layout.internal === true) return null
    const read = this.#query(`${layout.name}.read`)
    if (read !== undefined) return yield* answerOf(read, systemCall, read.args({ id }))
    const get = this.#query(`${layout.name}.get`)
    const key = keyOfId(layout, id)
    if (get !== undefined && layout.key[0] === 'key' && layout.key.length === 1 && key) {
      return yield* answerOf(get, systemCall, get.args({ key: key[0] }))
    }
    return yield* byId(layout, id)
  }

  #query(path: string): AnyQuery | undefined {
    const operation = this.#app.get(path)
    return operation?.kind === 'query' ? operation : undefined
  }

  get #app(): Functions {
    if (this.#functions !== undefined) return this.#functions
    throw new InvariantError('A hook ran before the module it belongs to was built.')
  }
}

/**
 * What `ctx.db` answered. Its type is a promise, as on hosts that wait; here it is the answer itself.
 *
 * ```ts
 * beforeAppend: (ctx, { parent, payload }) => {
 *   const poll = answered(ctx.db.get(parent))
 * ```
 */
export function answered<result>(answer: Promise<result> | result): result {
  if (typeof (answer as Partial<Promise<result>> | null)?.then !== 'function') {
    return answer as result
  }
  throw new NoboilError('UNSUPPORTED', 'answered() is for what ctx.db answers on SpacetimeDB.')
}
