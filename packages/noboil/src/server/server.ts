/**
 * The server: functions over a host, for the process itself and over HTTP, with live queries on streams.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Change } from '../changes/change.ts'
import { NoboilError } from '../errors/error.ts'
import type { Call } from '../factories/shared/call.ts'
import type { BuiltTable } from '../factories/shared/operation.ts'
import type { UserRow } from '../factories/shared/users.ts'
import { windows } from '../factories/shared/window.ts'
import type { Host, HostPorts } from '../hosts/host.ts'
import { listenError } from '../hosts/shared/listen-error.ts'
import { systemPorts } from '../hosts/shared/ports.ts'
import { LiveEngine } from '../live/engine.ts'
import { mirrorLayouts } from '../mirror/outbox.ts'
import { now, type Program } from '../program/program.ts'
import type { Layout } from '../schema/layout.ts'
import type { User } from '../schema/register.ts'
import { paths } from '../wire/messages.ts'
import { clientAddress, type TrustProxy } from './address.ts'
import type { AccountChange, AuthPort } from './auth/port.ts'
import { Sessions, type Verified } from './auth/sessions.ts'
import { type Answered, Callers, callOf } from './callers.ts'
import type { Contexts } from './contexts.ts'
import { assertCronTime, cronLayout } from './cron.ts'
import { customEntries } from './custom.ts'
import { Flows, reportTo } from './flows.ts'
import { CacheDeployment, type CachePlan } from './cache/deployment.ts'
import { type App, entitiesOf, makeApp, openerKey } from './http/app.ts'
import { failureAnswer } from './http/failure.ts'
import { failureOf, headersOf, originOf, refuse, streamOf } from './http/node.ts'
import { assertOrigin } from './http/origin.ts'
import { WebApp, type WebOptions } from './http/web.ts'
import { checkServerLimits, type ServerLimits } from './limits.ts'
import { type Logger, type LogOptions, makeLogger } from './log.ts'
import { People } from './people.ts'
import { Registry } from './registry.ts'
import { Scheduler } from './scheduler.ts'
import { eventOf } from './stream/batch.ts'
import { Hub } from './stream/hub.ts'
import type { StreamDoor } from './stream/open.ts'
import type { FunctionTree } from './types.ts'

export interface ServerOptions {
  /** Open, with the layouts of the tables and {@link serverLayouts}. */
  readonly host: Host
  /** The people's table among them. */
  readonly tables: readonly BuiltTable[]
  readonly users: Layout<UserRow>
  /** Those that the tables were built with. */
  readonly contexts: Contexts
  readonly functions?: FunctionTree
  readonly auth?: AuthPort
  readonly limits?: Partial<ServerLimits>
  /** The factories' limit, for a check that both fit. */
  readonly maxPayloadBytes: number
  readonly trustProxy?: TrustProxy
  readonly trustedOrigins?: readonly string[]
  readonly web?: WebOptions
  /** The plan that the host was opened with. */
  readonly cache?: CachePlan
  readonly log?: LogOptions
  readonly ports?: HostPorts
}

export interface ListenOptions {
  /** 0, the default: any that is free; the answer says which. */
  readonly port?: number
  /** Default: 127.0.0.1, so that only this machine reaches it. */
  readonly hostname?: string
}

export interface Listening {
  readonly port: number
  readonly url: string
}

/** What the server keeps in the host for itself. */
export const serverLayouts: readonly Layout[] = [cronLayout, ...mirrorLayouts]

/** Builds a server and starts its background work. Throws {@link DefinitionError} for what does not fit together. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const web = options.web === undefined ? undefined : await WebApp.open(options.web)
  const server = new Server(options, web)
  await server.start()
  return server
}

export class Server {
  readonly host: Host
  readonly limits: ServerLimits
  readonly registry: Registry
  readonly callers: Callers
  readonly engine: LiveEngine<string>
  readonly hub: Hub
  readonly sessions: Sessions
  readonly scheduler: Scheduler
  readonly flows: Flows
  readonly cache: CacheDeployment | undefined
  readonly log: Logger
  readonly #options: ServerOptions
  readonly #ports: HostPorts
  readonly #app: App
  readonly #trustProxy: TrustProxy
  readonly #people: People
  readonly #http = new Set<HttpServer>()
  #stopPeople: (() => void) | undefined
  #closing: Promise<void> | undefined
  #requests = 0
  readonly #runName: string

  constructor(options: ServerOptions, web: WebApp | undefined) {
    this.#options = options
    this.host = options.host
    this.#ports = options.ports ?? systemPorts
    this.#trustProxy = options.trustProxy ?? false
    this.limits = checkServerLimits(options.limits, options.maxPayloadBytes)
    this.log = makeLogger(options.log)
    this.#runName = Buffer.from(this.#ports.random.bytes(6)).toString('base64url')
    const { contexts, tables, users, host } = options
    const layouts = tables.flatMap((table) => table.layouts)
    const actions = (call: Call, signal: AbortSignal): object =>
      this.callers.actionContext(call, signal)
    const { entries, crons } = customEntries(options.functions ?? {}, contexts, actions)
    for (const cron of crons) assertCronTime(cron.name, cron.every)
    this.flows = new Flows({
      host,
      clock: this.#ports.clock,
      report: reportTo(this.log),
    })
    this.registry = new Registry(tables, entries, this.flows)
    contexts.bind({ registry: this.registry, layouts, users })
    this.callers = new Callers(host, this.registry, contexts, this.limits, this.#ports.clock)
    this.engine = this.#makeEngine()
    const { engine, limits } = this
    this.hub = new Hub({ engine, limits, ports: this.#ports, soon: setImmediate })
    this.cache = options.cache && new CacheDeployment(options.cache, host, this.hub, this.#ports)
    this.sessions = new Sessions(options.auth, this.#ports.clock, this.limits)
    this.sessions.onDropped((dropped) => this.hub.drop(dropped))
    this.#people = new People(host, users, this.limits.maxCachedSessions)
    this.scheduler = new Scheduler({
      host,
      ports: this.#ports,
      log: this.log,
      flows: Object.assign({}, ...tables.map((table) => table.flows)),
      runner: this.flows,
      crons,
      leaseMs: this.limits.leaseMs,
      hasWindows: layouts.some(({ name }) => name === windows.name),
    })
    this.#app = this.#makeApp(web)
  }

  /** Connects accounts and begins background work. */
  async start(): Promise<void> {
    this.#stopPeople = this.host.onCommit(({ changes }) => {
      for (const change of changes) {
        if (change.table.name === this.#options.users.name) this.#personChanged(change)
      }
    })
    await this.#options.auth?.connect?.({
      dropped: (dropped) => this.sessions.drop(dropped),
      changed: (change) => this.#accountChanged(change),
    })
    await this.scheduler.start()
    await this.cache?.start()
  }

  /** As the server itself, or as `call` says. */
  call(path: string, args: unknown, call?: Call): Promise<Answered> {
    return this.callers.call(path, args, call)
  }

  /** Every function, to be called bare: as the server itself, or as a user (null: as nobody). */
  api(user?: User | null): object {
    return this.callers.tree(user === undefined ? undefined : callOf(user))
  }

  /** Answers a request without a socket: everything but streams. */
  async fetch(request: Request): Promise<Response> {
    return this.#app.fetch(request, {})
  }

  /** Throws {@link DefinitionError}, naming the port, when it cannot be had. */
  async listen({ port = 0, hostname = '127.0.0.1' }: ListenOptions = {}): Promise<Listening> {
    const server = createHttpServer(
      {
        headersTimeout: this.limits.headersTimeoutMs,
        requestTimeout: this.limits.requestTimeoutMs,
      },
      this.listener(),
    )
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(listenError(error, port, hostname)),
      )
      server.listen(port, hostname, resolve)
    })
    this.#http.add(server)
    const { port: actual } = server.address() as AddressInfo
    const shown = hostname.includes(':') ? `[${hostname}]` : hostname
    return { port: actual, url: `http://${shown}:${actual}` }
  }

  /** For an HTTP server of the app's own. */
  listener(): (request: IncomingMessage, response: ServerResponse) => void {
    const rest = getRequestListener((request, env) => this.#app.fetch(request, env), {
      overrideGlobalObjects: false,
    })
    const door = this.#door()
    return (request, response) => {
      const open = request.method === 'GET' ? streamOf(request) : undefined
      if (this.#closing !== undefined) {
        response.setHeader('connection', 'close')
        refuse(response, new NoboilError('UNAVAILABLE', 'The server is closing.'))
      } else if (open === undefined) void rest(request, response)
      else {
        open(door, request, response).catch((error: unknown) => {
          this.log.info({
            code: failureAnswer(error).code,
            path: paths.stream,
            err: failureOf(error),
          })
          refuse(response, error)
        })
      }
    }
  }

  /** Stops accepting, says goodbye to streams, waits for running calls, then lets go of everything. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    const servers = [...this.#http].map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    )
    this.hub.close()
    for (const server of this.#http) server.closeIdleConnections()
    await this.#within(
      Promise.all([this.callers.close(), this.flows.close(), this.scheduler.stop()]),
    )
    this.callers.end()
    await this.#within(Promise.all(servers), 1_000)
    for (const server of this.#http) server.closeAllConnections()
    this.engine.close()
    this.sessions.close()
    await this.cache?.close()
    this.#stopPeople?.()
    await this.#options.auth?.close?.()
    await this.host.close()
  }

  /** Waits for work, but not for ever. */
  async #within(work: Promise<unknown>, ms: number = this.limits.shutdownTimeoutMs): Promise<void> {
    let stop: (() => void) | undefined
    const late = new Promise<void>((resolve) => {
      stop = this.#ports.clock.setTimer(Math.min(ms, this.limits.shutdownTimeoutMs), resolve)
    })
    await Promise.race([work.then(() => {}), late])
    stop?.()
  }

  #makeEngine(): LiveEngine<string> {
    const { host } = this
    const { clock } = this.#ports
    return new LiveEngine<string>({
      source: host,
      cursors: host.cursors ?? { open: () => undefined },
      ports: {
        soon: setImmediate,
        now: () => clock.now(),
        setTimer: (ms, ring) => clock.setTimer(ms, ring),
        name: this.#runName,
        onError: (error, path) => this.log.error({ err: error, path }, 'a live query failed'),
      },
      limits: this.limits,
      encode: eventOf,
      find: (path) => {
        const entry = this.registry.findPublic(path)
        return entry?.kind === 'query' ? entry : undefined
      },
    })
  }

  #makeApp(web: WebApp | undefined): App {
    const { host, hub, engine, limits, log } = this
    return makeApp({
      limits,
      trustProxy: this.#trustProxy,
      trustedOrigins: this.#options.trustedOrigins ?? [],
      log,
      hub,
      auth: this.#options.auth,
      web,
      cache: this.cache,
      epoch: host.epoch,
      revision: () => host.revision,
      verify: (headers) => this.sessions.verify(headers),
      callOf: (verified, address) => this.#callBy(verified, address),
      call: (path, args, call, options) => this.callers.callPublic(path, args, call, options),
      answered: (client, mutationId, revision) => engine.settle(client, mutationId, revision),
      health: async () => {
        if (this.#closing !== undefined)
          throw new NoboilError('UNAVAILABLE', 'The server is closing.')
        await host.read(readClock)
      },
      requestId: () => `${this.#runName}-${(++this.#requests).toString(36)}`,
    })
  }

  #door(): StreamDoor {
    const rules = {
      trustProxy: this.#trustProxy,
      trustedOrigins: this.#options.trustedOrigins ?? [],
    }
    return {
      hub: this.hub,
      engine: this.engine,
      maxSubscriptions: this.limits.maxSubscriptions,
      entitiesOf: (names) => entitiesOf(this.cache, names),
      assertOrigin: (request) => assertOrigin(originOf(request), rules),
      identify: async (request) => {
        const verified = await this.sessions.verify(headersOf(request))
        const address = clientAddress(originOf(request), this.#trustProxy)
        const call = await this.#callBy(verified, address)
        return { verified: { ...verified, key: openerKey(verified) }, call }
      },
    }
  }

  async #callBy(verified: Verified, address: string | undefined): Promise<Call> {
    const { session } = verified
    const user = session && (await this.#people.complete(session.user))
    const caller = user?._id ?? (address === undefined ? 'shared' : `address ${address}`)
    return { user, internal: false, caller }
  }

  #personChanged(change: Change): void {
    const { before, after } = change
    const userId = (after ?? before)?.['_id'] as string
    this.#people.changed(change)
    if (after === null) this.sessions.drop({ user: userId })
    else {
      this.hub.renew(userId, (call) => ({
        ...call,
        user: call.user && this.#people.over(call.user, after),
      }))
    }
  }

  async #accountChanged(change: AccountChange): Promise<void> {
    if (change.type === 'put') await this.call('users.put', change.user)
    else await this.call('users.remove', { userId: change.userId })
  }
}

function* readClock(): Program<number> {
  return yield* now()
}
