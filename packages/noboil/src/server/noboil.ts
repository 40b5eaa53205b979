/**
 * `noboil()`: the tables and functions of an app as one self-hosted server.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppCache } from '../cache/cache.ts'
import { DefinitionError } from '../errors/assert.ts'
import { NoboilError } from '../errors/error.ts'
import type { BaseApi, CacheCrudOptions } from '../factories/base/types.ts'
import type { Call, FactoryLimits } from '../factories/shared/call.ts'
import { wire } from '../factories/tables.ts'
import type { Wired, WireTable } from '../factories/wiring.ts'
import {
  type BeforeCommit,
  defaultHostLimits,
  type Host,
  type HostLimits,
  type HostPorts,
} from '../hosts/host.ts'
import { openSqliteHost } from '../hosts/sqlite/host.ts'
import type { MirrorConfig } from '../mirror/config.ts'
import type { User } from '../schema/register.ts'
import type { AnyObject } from '../schema/storable.ts'
import type { BaseTable } from '../schema/tables.ts'
import type { TrustProxy } from './address.ts'
import { assemble, type Assembled } from './assemble.ts'
import type { AuthPort } from './auth/port.ts'
import { CachePlan } from './cache/deployment.ts'
import { callOf, valueOf } from './callers.ts'
import { functionsAt } from './functions.ts'
import type { WebOptions } from './http/web.ts'
import { checkServerLimits, defaultServerLimits, type ServerLimits } from './limits.ts'
import { type LogOptions, makeLogger } from './log.ts'
import { pickLimits } from './pick-limits.ts'
import {
  createServer,
  type Listening,
  type ListenOptions,
  type Server,
  serverLayouts,
} from './server.ts'
import type { Admin, Definers, FunctionsApi, FunctionTree, TablesApi } from './types.ts'

/**
 * What an app is and where it keeps its data.
 *
 * (The parameters are not called `tables` and `functions`: with the name that {@link TablesApi} uses itself, TypeScript 7.0
 * infers neither.)
 */
export interface NoboilConfig<
  wired extends Readonly<Record<string, Wired>>,
  custom extends FunctionTree,
> {
  /** A file for embedded SQLite; it is made where there is none. */
  readonly database: string
  readonly tables: (build: { readonly table: WireTable }) => wired
  /** The app's own functions beside those of its tables. */
  readonly functions?: (define: Definers<TablesApi<wired>>) => custom
  /** Who is calling. Absent: nobody can sign in. */
  readonly auth?: AuthPort
  /** Fields that users have beside `name`, `image` and `role`; register them for the types too. */
  readonly users?: AnyObject
  /** Passes the ownership check of `rm`, purge and restore. Default: `ctx.user?.role === 'admin'`. */
  readonly admin?: Admin
  /** Numbers that bound everything; each has a default, and all are checked before anything is opened. */
  readonly limits?: Partial<FactoryLimits & HostLimits & ServerLimits>
  /** Which proxies in front may name the client's address. Default: none. */
  readonly trustProxy?: TrustProxy
  /** Other origins whose pages may use this server with a person's cookies. Default: its own alone. */
  readonly trustedOrigins?: readonly string[]
  /** A built web app to serve beside the API. */
  readonly web?: WebOptions
  /** Made stale by commits of the tables whose names its dependencies know; browsers and mirrors are told. */
  readonly cache?: AppCache
  /** The entity that a table's commits are changes of, where it is not the one of its own name; false: none. */
  readonly invalidates?: { readonly [name in keyof NoInfer<wired>]?: string | false }
  /** Other deployments to tell. Absent: `CACHE_MIRRORS` and so on of the environment; false: none. */
  readonly mirrors?: MirrorConfig | false
  /** Who may say what the cache is to forget, and read its numbers. Default: the roles `admin` and `service`. */
  readonly service?: (user: User) => boolean
  readonly log?: LogOptions
  /** Tables and fields (`'poll'`, `'poll.title'`) that are no longer declared and whose data may go. */
  readonly acceptDataLoss?: readonly string[]
  /** Time and randomness. Default: the machine's. */
  readonly ports?: HostPorts
}

export interface App<api> {
  /** Every function as the server itself: policies are passed. */
  readonly api: api
  /** Every function as a user, or as nobody (null): policies apply. */
  readonly as: (user: User | null) => api
  /**
   * Wires a base table outside `tables`, and answers its functions. Before the first use of the app: that opens the database,
   * with the tables there are. Its functions are part of `api` too; for `api`'s type, wire it in `tables`.
   */
  readonly cacheCrud: <table extends BaseTable>(options: CacheCrudOptions<table>) => BaseApi<table>
  /** noboil's own table of people. Accounts keep it by themselves; this is for apps and scripts that do without. */
  readonly users: People
  /** Opens the database and starts background work. The first use does it too; this is the place to see it fail. */
  readonly start: () => Promise<void>
  /** Serves HTTP. Rejects with a sentence when the port cannot be had. */
  readonly listen: (options?: ListenOptions) => Promise<Listening>
  /** Answers a request without a socket: everything but streams. */
  readonly fetch: (request: Request) => Promise<Response>
  /** For an HTTP server of the app's own. */
  readonly listener: () => Promise<(request: IncomingMessage, response: ServerResponse) => void>
  /** Waits for what is running, then lets go of everything. Later calls fail with `UNAVAILABLE`. */
  readonly close: () => Promise<void>
}

export interface People {
  /** Makes or changes a person. */
  put(user: User): Promise<void>
  /** Removes a person and what they own; with `erase` also what their log rows say. */
  remove(userId: string, options?: { readonly erase?: boolean }): Promise<void>
}

type ApiOf<wired, custom> = TablesApi<wired> & FunctionsApi<custom>

/**
 * Defines an app. Nothing is opened until the first use, or `start()`.
 *
 * @throws DefinitionError naming what does not fit together.
 */
export function noboil<
  const wired extends Readonly<Record<string, Wired>>,
  const custom extends FunctionTree = Record<never, never>,
>(config: NoboilConfig<wired, custom>): App<ApiOf<wired, custom>> {
  assertDatabase(config.database)
  assertAuth(config.auth)
  const assembled = assemble(config)
  const limits = checkServerLimits(
    pickLimits(config.limits, defaultServerLimits),
    assembled.settings.limits.maxPayloadBytes,
  )
  return new NodeApp(config as never, assembled, limits) as never
}

type AnyConfig = NoboilConfig<Record<string, Wired>, FunctionTree>

class NodeApp implements App<object> {
  readonly api: object
  readonly #config: AnyConfig
  readonly #more: Record<string, Wired> = {}
  #assembled: Assembled
  readonly #limits: ServerLimits
  #opening: Promise<Server> | undefined
  #open: Server | undefined
  #closing: Promise<void> | undefined

  constructor(config: AnyConfig, assembled: Assembled, limits: ServerLimits) {
    this.#config = config
    this.#assembled = assembled
    this.#limits = limits
    this.api = this.#tree(undefined)
  }

  // Properties and not methods: an app is taken apart, as in `export const { api, as } = noboil({ … })`.
  readonly as = (user: User | null): object => this.#tree(callOf(user))

  readonly cacheCrud: App<object>['cacheCrud'] = (given) => {
    const { table: name, schema, ...options } = given
    if (this.#opening !== undefined || this.#closing !== undefined) {
      throw new DefinitionError(
        `cacheCrud({ table: '${name}' }) comes too late: the app is open. Call it where the app is defined.`,
      )
    }
    const known = this.#assembled.tables.some((table) => table.name === name)
    if (known) throw new DefinitionError(`Table '${name}' is wired already.`)
    const more = { ...this.#more, [name]: wire(schema, options) }
    this.#assembled = assemble(this.#config, more)
    Object.assign(this.#more, more)
    return (this.api as Record<string, never>)[name] as never
  }

  readonly users: People = {
    put: async (user) => {
      await (await this.#server()).call('users.put', user)
    },
    remove: async (userId, options = {}) => {
      await (await this.#server()).call('users.remove', { userId, ...options })
    },
  }

  readonly start = async (): Promise<void> => {
    await this.#server()
  }

  readonly listen = async (options?: ListenOptions): Promise<Listening> =>
    (await this.#server()).listen(options)

  readonly fetch = async (request: Request): Promise<Response> =>
    (await this.#server()).fetch(request)

  readonly listener = async (): Promise<
    (request: IncomingMessage, response: ServerResponse) => void
  > => (await this.#server()).listener()

  readonly close = (): Promise<void> => (this.#closing ??= this.#end())

  async #end(): Promise<void> {
    // An app that could not be opened has nothing to let go of.
    const server = await this.#opening?.catch(() => undefined)
    await server?.close()
  }

  #tree(call: Call | undefined): object {
    return functionsAt('', (path, args) => {
      const answered =
        this.#open === undefined
          ? this.#server().then((server) => server.call(path, args, call))
          : this.#open.call(path, args, call)
      return answered.then(valueOf)
    })
  }

  #server(): Promise<Server> {
    if (this.#closing !== undefined) {
      return Promise.reject(new NoboilError('UNAVAILABLE', 'The app has been closed.'))
    }
    return (this.#opening ??= this.#start())
  }

  async #start(): Promise<Server> {
    const { tables, users, contexts, functions, settings } = this.#assembled
    const cache = this.#planCache()
    const host = await this.#openHost(cache?.beforeCommit)
    try {
      const { auth, trustProxy, trustedOrigins, web, log, ports } = this.#config
      const server = await createServer({
        host,
        tables,
        users,
        contexts,
        functions,
        limits: this.#limits,
        maxPayloadBytes: settings.limits.maxPayloadBytes,
        ...(auth ? { auth } : {}),
        ...(trustProxy === undefined ? {} : { trustProxy }),
        ...(trustedOrigins ? { trustedOrigins } : {}),
        ...(web ? { web } : {}),
        ...(cache ? { cache } : {}),
        ...(log ? { log } : {}),
        ...(ports ? { ports } : {}),
      })
      this.#open = server
      return server
    } catch (error) {
      await host.close()
      throw error
    }
  }

  /** Only now: cacheCrud may have added tables that take part. */
  #planCache(): CachePlan | undefined {
    const { cache, invalidates, mirrors, service } = this.#config
    if (cache !== undefined) {
      const { tables } = this.#assembled
      return new CachePlan({ cache, invalidates, mirrors, service }, tables)
    }
    if (!invalidates && !mirrors) return undefined
    throw new DefinitionError(
      'noboil({ invalidates, mirrors }) say what a cache does: give it one, as in cache: getCache({ dependencies: { … } }).',
    )
  }

  #openHost(beforeCommit: BeforeCommit | undefined): Promise<Host> {
    const { database, limits, ports, acceptDataLoss } = this.#config
    const logger = makeLogger(this.#config.log)
    return openSqliteHost({
      log: (line) => logger.info({ database }, line),
      file: database,
      layouts: [...this.#assembled.layouts, ...serverLayouts],
      derived: this.#assembled.derived,
      limits: pickLimits(limits, defaultHostLimits),
      ...(ports ? { ports } : {}),
      ...(beforeCommit ? { beforeCommit } : {}),
      ...(acceptDataLoss ? { acceptDataLoss } : {}),
    })
  }
}

function assertDatabase(database: unknown): void {
  if (typeof database !== 'string' || database === '') {
    throw new DefinitionError(`noboil({ database }) must name a file, as in 'data/app.db'.`)
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(database)) {
    const scheme = database.slice(0, database.indexOf(':'))
    throw new DefinitionError(
      `noboil({ database }) names a '${scheme}' server; this version keeps data in an SQLite file, as in 'data/app.db'.`,
    )
  }
}

function assertAuth(auth: unknown): void {
  if (auth === undefined || auth === null) return
  const { session, credential } = auth as Partial<AuthPort>
  if (typeof session === 'function' && typeof credential === 'function') return
  throw new DefinitionError(
    'noboil({ auth }) must be what betterAuth({ … }) of noboil/node/better-auth answers, or an object with the functions session and credential.',
  )
}
