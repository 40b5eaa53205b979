/**
 * An app in the test's own process, with a clock that stands still until it is moved and every limit on.
 */
import { type Call, systemCall } from '../../factories/shared/call.ts'
import type { UserRow } from '../../factories/shared/users.ts'
import { defaultHostLimits, type Host, type HostPorts } from '../../hosts/host.ts'
import { openMemoryHost } from '../../hosts/memory/host.ts'
import { systemPorts } from '../../hosts/shared/ports.ts'
import { openSqliteHost } from '../../hosts/sqlite/host.ts'
import type { Wired } from '../../factories/wiring.ts'
import { byId } from '../../program/program.ts'
import type { Layout } from '../../schema/layout.ts'
import type { User } from '../../schema/register.ts'
import { assemble, type Assembled } from '../assemble.ts'
import { Callers, callOf } from '../callers.ts'
import { assertCronTime, type CronEntry, cronLayout, keepCrons } from '../cron.ts'
import { customEntries } from '../custom.ts'
import { Flows, reportTo } from '../flows.ts'
import { functionsAt } from '../functions.ts'
import { Jobs } from '../jobs.ts'
import { checkServerLimits, defaultServerLimits, type ServerLimits } from '../limits.ts'
import { type Logger, makeLogger } from '../log.ts'
import type { NoboilConfig } from '../noboil.ts'
import { pickLimits } from '../pick-limits.ts'
import { Registry } from '../registry.ts'
import type { FunctionsApi, FunctionTree, TablesApi } from '../types.ts'
import { Background } from './background.ts'
import { VirtualClock } from './clock.ts'

export interface TestConfig<
  wired extends Readonly<Record<string, Wired>>,
  custom extends FunctionTree,
> extends Omit<NoboilConfig<wired, custom>, 'database' | 'auth'> {
  /** Where rows are kept. Default: in memory. */
  readonly host?: 'memory' | { readonly sqlite: string }
  /** What the clock says at first, ms since the epoch. */
  readonly startAt?: number
  /** Takes what effects, listeners and background work throw. Default: the next `idle()` or `advance()` rejects with it. */
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
    /**
     * Moves the clock, also backwards. On the way timers ring, and crons and scheduled flows run at their times, one after another,
     * as far as they come without anything from outside.
     */
    advance(ms: number): Promise<void>
  }
  /** Runs background work that is due until there is none, and waits for it. */
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
  const limits = checkServerLimits(
    pickLimits(config.limits, defaultServerLimits),
    app.settings.limits.maxPayloadBytes,
  )
  const errors: unknown[] = []
  const onError = config.onError ?? ((error: unknown) => void errors.push(error))
  const host = await open(config, app, { ...systemPorts, clock }, onError)
  const log = makeLogger({ level: 'silent', ...config.log })
  const parts = { app, limits, host, clock, errors, onError, log }
  try {
    return (await running(parts)) as never
  } catch (error) {
    await host.close()
    throw error
  }
}

function open(
  config: Pick<TestConfig<never, never>, 'host' | 'limits'>,
  app: Assembled,
  ports: HostPorts,
  onError: (error: unknown) => void,
): Host | Promise<Host> {
  const { host = 'memory' } = config
  const layouts = [...app.layouts, cronLayout]
  const limits = pickLimits(config.limits, defaultHostLimits)
  if (host === 'memory') return openMemoryHost({ layouts, ports, limits, onError })
  const { derived } = app
  return openSqliteHost({ file: host.sqlite, layouts, derived, ports, limits, onError })
}

interface Parts {
  readonly app: Assembled
  readonly limits: ServerLimits
  readonly host: Host
  readonly clock: VirtualClock
  readonly errors: unknown[]
  readonly onError: (error: unknown) => void
  readonly log: Logger
}

async function running(parts: Parts): Promise<TestApp<object>> {
  const { app, limits, host, clock, log } = parts
  const { contexts, users, tables, layouts } = app
  const { entries, crons } = customEntries(app.functions, contexts, (call, signal) =>
    callers.actionContext(call, signal),
  )
  for (const cron of crons) assertCronTime(cron.name, cron.every)
  const flows = new Flows({ host, clock, report: reportTo(log) })
  const registry = new Registry(tables, entries, flows)
  const callers = new Callers(host, registry, contexts, limits, clock)
  contexts.bind({ registry, layouts, users })
  const jobs = jobsOf(parts, flows, crons)
  await host.write(() => keepCrons(crons, clock.now()))
  const background = new Background(jobs, clock, host)
  const assertNoErrors = (): void => {
    const [first] = parts.errors.splice(0)
    if (first !== undefined) throw new Error('Background work failed.', { cause: first })
  }

  const call = async (path: string, args: unknown, actor: Actor | null): Promise<unknown> => {
    const as = await callAs(host, users, actor)
    const answered = as.internal ? callers.call(path, args, as) : callers.callPublic(path, args, as)
    return (await answered).value
  }
  return {
    api: callers.tree(),
    as: (actor) => functionsAt('', (path, args) => call(path, args, actor)),
    call,
    clock: {
      now: () => clock.now(),
      async advance(ms) {
        await background.advance(ms)
        assertNoErrors()
      },
    },
    async idle() {
      await background.idle()
      assertNoErrors()
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
      callers.end()
      const ended = Promise.all([callers.close(), flows.close(), jobs.stop()])
      // As a server does: what waits for a time limit comes to it, and what never ends is left behind.
      const timeUp = clock.advance(limits.shutdownTimeoutMs).then(() => background.settle())
      await Promise.race([ended, timeUp])
      await host.close()
    },
  }
}

function jobsOf(
  { app, limits, host, clock, log, onError }: Parts,
  runner: Flows,
  crons: readonly CronEntry[],
): Jobs {
  const { leaseMs } = limits
  const { flows } = app
  const failed = onError
  return new Jobs({ host, clock, log, flows, runner, crons, leaseMs, hasWindows: true, failed })
}

async function callAs(host: Host, users: Layout<UserRow>, actor: Actor | null): Promise<Call> {
  if (actor === 'system') return systemCall
  if (actor === null || actor === 'nobody') return callOf(null)
  if (typeof actor !== 'string') return callOf(actor)
  const { value } = await host.read(function* () {
    return yield* byId(users, actor)
  })
  return callOf((value ?? { _id: actor, name: actor }) as User)
}
