/**
 * A few tables on the memory host, with a clock that stands still until it is moved: for tests of the factories.
 */
import { openMemoryHost } from '../hosts/memory/host.ts'
import { dueFlows, finishFlow, scheduleLayout } from '../hosts/shared/schedule.ts'
import type { Host, ReadRecord } from '../hosts/host.ts'
import { errorData } from '../errors/match.ts'
import type { ErrorData } from '../errors/table.ts'
import { type FlowPort, type Report, runFlow, startProgram } from '../program/flow.ts'
import { byId, insert, type Program, range } from '../program/program.ts'
import type { Transaction } from '../program/request.ts'
import type { HookContext, PredicateContext, Writer } from '../schema/context.ts'
import { type Layout, tableOfId } from '../schema/layout.ts'
import type { User } from '../schema/register.ts'
import type { Row } from '../schema/values.ts'
import {
  type Call,
  defaultFactoryLimits,
  type FactoryLimits,
  type Settings,
  systemCall,
} from './shared/call.ts'
import {
  type AnyQuery,
  type BuiltTable,
  Listing,
  type Operation,
  type Operations,
} from './shared/operation.ts'
import { type UserRow, usersLayout } from './shared/users.ts'
import { buildUserRemoval, type UserRemoval } from './users/remove.ts'

export type Build = (settings: Settings, users: Layout<UserRow>) => readonly BuiltTable[]

/** Calls operations by path: `as(user)` or as the server itself. */
export type Caller = <result = Row>(path: string, args?: object) => Promise<result>

const start = 1_700_000_000_000

export class Rig {
  /** The time, which only {@link wait} moves. */
  time: number = start
  readonly host: Host
  readonly users: Layout<UserRow> = usersLayout()
  readonly tables: readonly BuiltTable[]
  readonly removal: UserRemoval
  /** What flows have reported. */
  readonly reports: Report[] = []
  /** The reads of the newest query. */
  reads: ReadRecord[] = []
  readonly #settings: Settings

  constructor(build: Build, limits: Partial<FactoryLimits> = {}) {
    this.#settings = {
      admin: (ctx) => ctx.user?.role === 'admin',
      limits: { ...defaultFactoryLimits, ...limits },
      hookContext: (call, transaction) => this.#hookContext(call, transaction),
      predicateContext: (call, transaction) => this.#predicateContext(call, transaction),
    }
    this.tables = build(this.#settings, this.users)
    this.removal = buildUserRemoval(this.tables, this.users, 2)
    const layouts = new Set([this.users, ...this.tables.flatMap((table) => table.layouts)])
    let seed = 1
    this.host = openMemoryHost({
      layouts: [...layouts] as Layout[],
      ports: {
        clock: { now: () => this.time, setTimer: () => () => {} },
        random: {
          bytes: (count) =>
            Uint8Array.from(
              { length: count },
              () => (seed = (seed * 16_807) % 2_147_483_647) & 255,
            ),
        },
      },
    })
  }

  wait(ms: number): void {
    this.time += ms
  }

  as(user: string, role?: string): Caller {
    const person = { _id: user, name: user, ...(role ? { role } : {}) } as User
    return this.#caller({ user: person, internal: false, caller: user })
  }

  get nobody(): Caller {
    return this.#caller({ user: null, internal: false, caller: 'shared' })
  }

  get server(): Caller {
    return this.#caller(systemCall)
  }

  async addUser(id: string, name: string): Promise<void> {
    const row = { _id: id, _creationTime: this.time, name }
    await this.write(() => insertOne(this.users, row))
  }

  async write<result>(program: () => Program<result>): Promise<result> {
    return (await this.host.write(program)).value
  }

  /** What a table holds, soft-deleted rows as well. */
  async stored(name: string): Promise<readonly Row[]> {
    const layouts = [scheduleLayout, this.users, ...this.tables.flatMap((table) => table.layouts)]
    const layout = layouts.find((each) => each.name === name) as Layout<Row>
    return (await this.host.read(() => all(layout))).value
  }

  /** Runs what is scheduled until nothing is due. */
  async settle(): Promise<void> {
    for (;;) {
      const { value: due } = await this.host.read(() => dueFlows(this.time, 100))
      if (due.length === 0) return
      for (const { id, flow, args } of due) {
        const known = [...this.tables.map((table) => table.flows ?? {}), this.removal.flows]
        const make = Object.assign({}, ...known)[flow]
        await runFlow(make(args), this.flowPort)
        await this.write(() => finishFlow(id))
      }
    }
  }

  /** What flows stand on: the clock moves where they wait. */
  readonly flowPort: FlowPort = {
    run: (program, args) => this.write(() => startProgram(program, args)),
    wait: async (ms) => this.wait(ms),
    fetch: async (work) => work(new AbortController().signal),
    report: (said) => void this.reports.push(said),
  }

  #caller(call: Call): Caller {
    return async <result>(path: string, args: object = {}) => {
      const operation = this.#find(path)
      if (operation.kind === 'action') {
        return (await runFlow(
          operation.flow(call, operation.args(args) as never),
          this.flowPort,
        )) as result
      }
      if (operation.kind === 'mutation') {
        return this.write(() => mutation(operation, call, args)) as result
      }
      this.reads = []
      const record = (read: ReadRecord): number => this.reads.push(read)
      return (await this.host.read(() => query(operation, call, args), { record })).value as result
    }
  }

  #find(path: string): Operation {
    const [name, ...rest] = path.split('.')
    if (name === 'users') return this.removal.operation
    let at: Operations | Operation | undefined = this.tables.find(
      (each) => each.name === name,
    )?.operations
    for (const step of rest) at = (at as Operations | undefined)?.[step] as Operation
    if (at === undefined) throw new Error(`no operation ${path}`)
    return at as Operation
  }

  #db(transaction: Transaction): Writer {
    const run = async (path: string, args: unknown): Promise<never> => {
      const operation = this.#find(path)
      return transaction.run(() =>
        operation.kind === 'mutation'
          ? mutation(operation, systemCall, args as object)
          : query(operation, systemCall, args as object),
      ) as Promise<never>
    }
    return {
      get: (id) => transaction.run(() => this.#row(id ?? '')) as Promise<never>,
      query: (fn, args) => run(fn.path, args),
      mutation: (fn, args) => run(fn.path, args),
    }
  }

  *#row(id: string): Program<object | null> {
    const layouts = [this.users, ...this.tables.flatMap((table) => table.layouts)]
    const layout = layouts.find((each) => each.name === tableOfId(id))
    return layout ? yield* byId(layout, id) : null
  }

  #hookContext(call: Call, transaction: Transaction): HookContext {
    const user = call.user ?? ({ _id: call.internal ? 'system' : 'anonymous', name: '' } as User)
    return {
      user,
      userId: user._id,
      internal: call.internal,
      now: transaction.now,
      db: this.#db(transaction),
      afterCommit: (effect) => transaction.afterCommit(effect),
    }
  }

  #predicateContext(call: Call, transaction: Transaction): PredicateContext {
    return {
      user: call.user,
      userId: call.user?._id ?? null,
      internal: call.internal,
      now: transaction.now,
      db: this.#db(transaction),
    }
  }
}

/** What a call failed with; fails the test when it did not. */
export async function failure(call: Promise<unknown>): Promise<ErrorData> {
  try {
    await call
  } catch (error) {
    const data = errorData(error)
    if (data) return data
    throw error
  }
  throw new Error('expected a failure')
}

export async function codeOf(call: Promise<unknown>): Promise<string> {
  return (await failure(call)).code
}

/** A page from the start, or after a cursor. */
export const first = (numItems: number, cursor: string | null = null): object => ({
  paginationOpts: { numItems, cursor },
})

/** Reading its arguments is part of an operation: a throw there fails the call like any other. */
function* mutation(operation: Operation, call: Call, args: object): Program<unknown> {
  if (operation.kind !== 'mutation') throw new Error('not a mutation')
  return yield* operation.run(call, operation.args(args) as never)
}

function* query(operation: Operation, call: Call, args: object): Program<unknown> {
  const asked = operation as AnyQuery
  const given = asked.args(args) as never
  const verdict = yield* asked.access(call, given)
  if (!verdict.allowed) return verdict.value
  const answer = yield* asked.read(given, verdict.scope)
  return answer instanceof Listing ? answer.value() : answer
}

function* insertOne(layout: Layout<UserRow>, row: UserRow): Program<void> {
  yield* insert(layout, row)
}

function* all(layout: Layout<Row>): Program<readonly Row[]> {
  return yield* range(layout, '', [], { limit: 10_000 })
}
