/**
 * An app in the test's own process, with a clock that stands still until it is moved and every limit on.
 */
import { NoboilError } from '../../errors/error.ts'
import { type Call, systemCall } from '../../factories/shared/call.ts'
import { defaultHostLimits, type Host, type HostPorts } from '../../hosts/host.ts'
import { openMemoryHost } from '../../hosts/memory/host.ts'
import { dueFlows, finishFlow } from '../../hosts/shared/schedule.ts'
import { systemPorts } from '../../hosts/shared/ports.ts'
import { openSqliteHost } from '../../hosts/sqlite/host.ts'
import type { Wired } from '../../factories/wiring.ts'
import { runFlow } from '../../program/flow.ts'
import { byId } from '../../program/program.ts'
import type { User } from '../../schema/register.ts'
import { assemble, type Assembled } from '../assemble.ts'
import { Callers, callOf } from '../callers.ts'
import { customEntries } from '../custom.ts'
import { Flows, reportTo } from '../flows.ts'
import { functionsAt } from '../functions.ts'
import { checkServerLimits } from '../limits.ts'
import { type Logger, makeLogger } from '../log.ts'
import type { NoboilConfig } from '../noboil.ts'
import { pickLimits } from '../pick-limits.ts'
import { Registry } from '../registry.ts'
import type { FunctionsApi, FunctionTree, TablesApi } from '../types.ts'
import { VirtualClock } from './clock.ts'

export interface TestConfig<
  wired extends Readonly<Record<string, Wired>>,
  custom extends FunctionTree,
> extends Omit<NoboilConfig<wired, custom>, 'database' | 'auth'> {
  /** Where rows are kept. Default: in memory. */
  readonly host?: 'memory' | { readonly sqlite: string }
  /** What the clock says at first, ms since the epoch. */
  readonly startAt?: number
  /** Takes what effects and listeners throw. Default: the next `idle()` rejects with it. */
  readonly onError?: (error: unknown) => void
}

/** Who calls: the server itself, nobody, a user by id (as `users.set` made them, or without a role), or a user. */
export type Actor = 'system' | 'nobody' | User | (string & {})

export interface TestApp<api> {
  /** As the server itself. */
  readonly api: api
  as(actor: Actor | null): api
  call(path: string, args: unknown, actor: Actor | null): Promise<unknown>
  readonly clock: {
    now(): number
    /** Moves the clock, also backwards. */
    advance(ms: number): Promise<void>
  }
  /** Runs background work that is due until there is none. */
  idle(): Promise<void>
  readonly users: {
    /** Makes or changes a user. */
    set(user: User): Promise<void>
    remove(userId: string, options?: { readonly erase?: boolean }): Promise<void>
  }
  readonly host: Host
  close(): Promise<void>
}

const defaultStart = Date.UTC(2026, 0, 1)

export async function createTestApp<
  const wired extends Readonly<Record<string, Wired>>,
  const custom extends FunctionTree = Record<never, never>,
>(config: TestConfig<wired, custom>): Promise<TestApp<TablesApi<wired> & FunctionsApi<custom>>> {
  const clock = new VirtualClock(config.startAt ?? defaultStart)
  const app = assemble(config)
  const errors: unknown[] = []
  const onError = config.onError ?? ((error: unknown) => void errors.push(error))
  const host = await open(
    config.host ?? 'memory',
    app,
    { ...systemPorts, clock },
    config.limits,
    onError,
  )
  const log = makeLogger({ level: 'silent', ...config.log })
  return running(app, host, clock, errors, log) as never
}

function open(
  kind: 'memory' | { readonly sqlite: string },
  { layouts, derived }: Assembled,
  ports: HostPorts,
  given: object | undefined,
  onError: (error: unknown) => void,
): Host | Promise<Host> {
  const limits = pickLimits(given, defaultHostLimits)
  if (kind === 'memory') return openMemoryHost({ layouts, ports, limits, onError })
  return openSqliteHost({ file: kind.sqlite, layouts, derived, ports, limits, onError })
}

function running(
  app: Assembled,
  host: Host,
  clock: VirtualClock,
  errors: unknown[],
  log: Logger,
): TestApp<object> {
  const { contexts, users, tables, layouts } = app
  const limits = checkServerLimits(undefined, app.settings.limits.maxPayloadBytes)
  const custom = customEntries(app.functions, contexts, (call, signal) =>
    callers.actionContext(call, signal),
  )
  const flows = new Flows({ host, clock, report: reportTo(log) })
  const registry = new Registry(tables, custom.entries, flows)
  const callers = new Callers(host, registry, contexts, limits)
  contexts.bind({ registry, layouts, users })

  const callAs = async (actor: Actor | null): Promise<Call> => {
    if (actor === 'system') return systemCall
    if (actor === null || actor === 'nobody') return callOf(null)
    if (typeof actor !== 'string') return callOf(actor)
    const { value } = await host.read(function* () {
      return yield* byId(users, actor)
    })
    return callOf((value ?? { _id: actor, name: actor }) as User)
  }
  const call = async (path: string, args: unknown, actor: Actor | null): Promise<unknown> => {
    const as = await callAs(actor)
    const answered = as.internal ? callers.call(path, args, as) : callers.callPublic(path, args, as)
    return (await answered).value
  }
  return {
    api: callers.tree(),
    as: (actor) => functionsAt('', (path, args) => call(path, args, actor)),
    call,
    clock: { now: () => clock.now(), advance: (ms) => clock.advance(ms) },
    async idle() {
      while (await runDue(app, host, clock, flows)) continue
      const [first] = errors.splice(0)
      if (first !== undefined) throw new Error('Background work failed.', { cause: first })
    },
    users: {
      async set(user) {
        await callers.call('users.put', user)
      },
      async remove(userId, options = {}) {
        await callers.call('users.remove', { userId, ...options })
      },
    },
    host,
    async close() {
      await Promise.all([callers.close(), flows.close()])
      await host.close()
    },
  }
}

/** Runs what is due once; false when nothing was. */
async function runDue(
  app: Assembled,
  host: Host,
  clock: VirtualClock,
  flows: Flows,
): Promise<boolean> {
  const port = flows.port(new AbortController().signal)
  const { value: due } = await host.read(() => dueFlows(clock.now(), 100))
  for (const row of due) {
    const flow = app.flows[row.flow]
    if (flow === undefined) throw new NoboilError('INTERNAL', `There is no flow '${row.flow}'.`)
    await runFlow(flow(row.args), { ...port, wait: (ms) => clock.advance(ms) })
    await host.write(() => finishFlow(row.id))
  }
  return due.length > 0
}
