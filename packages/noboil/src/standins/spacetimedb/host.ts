/**
 * A SpacetimeDB TypeScript module, running in this process: its reducers, procedures, views and schedules over tables in
 * memory. It takes the place of the SpacetimeDB server in tests and in development, and is not one: see
 * `docs/spacetimedb-testing.md` for what it does not emulate.
 */
import type { Identity } from 'spacetimedb'
import { DefinitionError } from '../../errors/assert.ts'
import type { Clock } from '../../hosts/host.ts'
import { systemPorts } from '../../hosts/shared/ports.ts'
import type { HttpFetch } from './abi/http.ts'
import { type BuiltBindings, buildBindings } from './bindings/build.ts'
import { type EmitOptions, emitBindings } from './bindings/emit.ts'
import { type Accessors, clientModel } from './bindings/model.ts'
import type { ClientBindings } from './bindings/types.ts'
import { bundleModule, type ModuleBundle, type ModuleEntry } from './bundle.ts'
import { systemClock, VirtualClock } from './clock.ts'
import type { CallCost } from './datastore/costs.ts'
import { DataFile, readDataFile } from './data-file.ts'
import { seededRandom } from './datastore/order.ts'
import { Connection, decodeRows, EngineCaller } from './caller.ts'
import { lockDataFile } from './data-lock.ts'
import { Engine } from './engine.ts'
import { ModuleCallError } from './errors.ts'
import { type Claims, identityFromClaims, identityOf, LOCAL_ISSUER } from './identity.ts'
import type { LogLine } from './logs.ts'
import type {
  ArgumentsOf,
  ProcedureName,
  ReducerName,
  ResultOf,
  RowOf,
  TableName,
  UntypedRow,
} from './module-types.ts'
import { inProcessSockets, type WebSocketFactory } from './server/in-process.ts'
import { listen, type Listener, type ListenOptions } from './server/listen.ts'
import { Server } from './server/server.ts'
import { newSecret, Tokens, type VerifyToken } from './server/tokens.ts'
import { ScheduleRunner } from './schedule-runner.ts'
import { Timers } from './timers.ts'

export interface ModuleHostOptions {
  /** The module's TypeScript entry, bundled here. */
  readonly entry?: ModuleEntry
  /** Or the module bundled before, by {@link bundleModule}: many hosts may share it. */
  readonly module?: ModuleBundle
  /** `virtual` (the default) stands still until `advance`; `system` is the machine's, and schedules run by timers. */
  readonly clock?: 'virtual' | 'system'
  /** Where a virtual clock begins, in milliseconds since the epoch; 2026-01-01 unless said otherwise. */
  readonly startMs?: number
  /** What answers `ctx.http.fetch`. Without it, and until `stubHttp`, every request fails. */
  readonly http?: HttpFetch
  /**
   * A seed: full scans, and rows of one index key, come in an order drawn from it. SpacetimeDB promises none, so a
   * module should pass its tests with any.
   */
  readonly shuffleScans?: number
  /**
   * A file to begin with and to keep: rows, and the secret of the tokens. It is written soon after commits, as a whole and
   * atomically; what was committed just before a crash may be missing. One host at a time has it open.
   */
  readonly dataFile?: string
  /** Vouches for tokens that this host did not hand out. */
  readonly verifyToken?: VerifyToken
  /** How many log lines are kept; 10,000. */
  readonly maxLogLines?: number
}

/** An identity, or a name of your choice that the host gives one to. */
export type Who = Identity | string

/** Somebody who calls the module. */
export interface ModuleCaller<module = unknown> {
  readonly identity: Identity
  /** @throws {ModuleCallError} when the reducer throws; nothing it wrote is left. */
  call<name extends ReducerName<module>>(name: name, ...args: ArgumentsOf<module, name>): void
  /** @throws {ModuleCallError} when the procedure throws; transactions that it committed before stay. */
  procedure<name extends ProcedureName<module>>(
    name: name,
    ...args: ArgumentsOf<module, name>
  ): ResultOf<module, name>
  /** The rows of a public table, or of a view as it is for this caller. */
  rows<name extends TableName<module>>(name: name): RowOf<module, name>[]
  rows(name: string): UntypedRow[]
  /** The rows a subscription to this query would begin with. @throws {QueryError} */
  sql(query: string): UntypedRow[]
}

/** A caller with a connection: the module's `clientConnected` has run for it. */
export interface ModuleConnection<module = unknown> extends ModuleCaller<module> {
  readonly connectionId: bigint
  disconnect(): void
}

export interface ModuleHost<module = unknown> extends ModuleCaller<module> {
  /** Of the database: the sender of scheduled calls. The host itself calls as the database's owner. */
  readonly databaseIdentity: Identity
  readonly logs: readonly LogLine[]
  /** Calls without a connection; `ctx.connectionId` is null unless claims are given. */
  as(who: Who, options?: { readonly claims?: Claims }): ModuleCaller<module>
  /** @throws {ModuleCallError} when the module refuses the connection. */
  connect(options?: { readonly identity?: Who; readonly claims?: Claims }): ModuleConnection<module>
  /** All rows of a table, private ones too. */
  tables<name extends TableName<module>>(name: name): RowOf<module, name>[]
  /** Milliseconds since the epoch. */
  now(): number
  /** Moves a virtual clock, and runs what is scheduled on the way, each at its time. Answers how many calls that were. */
  advance(ms: number): number
  /** The same time for code beside the module, such as a worker's `clock`: its timers ring as `advance` passes them. */
  clock(): Clock
  stubHttp(fetch: HttpFetch): void
  /** What the last call read and wrote. */
  costs(): CallCost
  /** For `DbConnection.builder().withWSFn(…)`: the SDK connects within this process, without a socket. */
  webSocket(): WebSocketFactory
  /** Serves the SDK on a port: `withUri(listener.url)`, with any database name. */
  listen(options?: ListenOptions): Promise<Listener>
  /** A token for `withToken`: whoever connects with it has the identity of its claims. */
  token(who: string | Claims): string
  /** What a client needs to call this module, without a file of bindings. */
  bindings(): ClientBindings<module>
  /** The same as the text of a TypeScript file, for clients that are built; accessors are `camelCase` unless said otherwise. */
  emitBindings(options?: EmitOptions & { readonly accessors?: Accessors }): string
  /** Loads the module again over the same rows: as it was, or another bundle of it. */
  restart(module?: ModuleBundle): void
  /** Stops timers and listeners; connections end, and the data file is written. */
  close(): Promise<void>
}

/** @throws {DefinitionError} when the module cannot be bundled, loaded or published. */
export async function createModuleHost<module = unknown>(
  options: ModuleHostOptions,
): Promise<ModuleHost<module>> {
  // The host reads names and arguments as they come; which there are is what the module's types say.
  return (await openHost(options)) as unknown as ModuleHost<module>
}

const START_MS = Date.UTC(2026, 0, 1)
const MAX_LOG_LINES = 10_000

async function openHost(options: ModuleHostOptions): Promise<Host> {
  const { entry, module } = options
  if ((entry === undefined) === (module === undefined))
    throw new DefinitionError('Give a module host either an entry or a bundled module.')
  const bundle = module ?? (await bundleModule(entry ?? ''))
  if (options.dataFile === undefined) return startHost(bundle, options)
  const unlock = lockDataFile(options.dataFile)
  try {
    return startHost(bundle, options, { path: options.dataFile, unlock })
  } catch (error) {
    unlock()
    throw error
  }
}

function startHost(
  bundle: ModuleBundle,
  options: ModuleHostOptions,
  data?: { readonly path: string; readonly unlock: () => void },
): Host {
  const { http = noHttp, shuffleScans, maxLogLines = MAX_LOG_LINES } = options
  const clock =
    options.clock === 'system' ? systemClock : new VirtualClock(options.startMs ?? START_MS)
  const stored = data && readDataFile(data.path)
  const engine = new Engine(bundle, {
    state: stored?.state,
    identity: identityOf('database'),
    owner: identityOf('owner'),
    clock,
    http,
    shuffle: shuffleScans === undefined ? undefined : seededRandom(shuffleScans),
    maxLogLines,
  })
  const now = (): number => Number(clock.now() / 1000n)
  const tokens = new Tokens(stored?.secret ?? newSecret(), options.verifyToken, now)
  const keeper = data && new DataFile(data.path, engine, tokens.secret)
  return new Host(engine, tokens, async () => {
    try {
      await keeper?.close()
    } finally {
      data?.unlock()
    }
  })
}

function noHttp(): never {
  throw new Error('This host has no network: give it http, or stub it with stubHttp.')
}

class Host extends EngineCaller {
  readonly #runner: ScheduleRunner
  readonly #timers = new Timers(() => this.now())
  readonly #server: Server
  readonly #listeners = new Set<Listener>()
  /** Writes what is left to be written, and lets go of the file. */
  readonly #endData: () => Promise<void>
  #nextConnection = 1n

  constructor(engine: Engine, tokens: Tokens, endData: () => Promise<void>) {
    super(engine, { identity: engine.options.owner, connectionId: 0n })
    this.#runner = new ScheduleRunner(engine)
    this.#server = new Server(engine, tokens)
    this.#endData = endData
  }

  get databaseIdentity(): Identity {
    return this.engine.options.identity
  }

  get logs(): readonly LogLine[] {
    return this.engine.logs.lines
  }

  as(who: Who, { claims }: { readonly claims?: Claims } = {}): EngineCaller {
    const identity = typeof who === 'string' ? identityOf(who) : who
    if (claims === undefined) return new EngineCaller(this.engine, { identity, connectionId: 0n })
    const connectionId = this.#nextConnection++
    this.engine.vouch(connectionId, claims)
    return new EngineCaller(this.engine, { identity, connectionId })
  }

  connect(options: { readonly identity?: Who; readonly claims?: Claims } = {}): Connection {
    const connectionId = this.#nextConnection++
    const { claims, identity = claims === undefined ? `anonymous ${connectionId}` : undefined } =
      options
    const known = typeof identity === 'string' ? identityOf(identity) : identity
    const resolved = known ?? identityFromClaims(claims ?? { iss: '', sub: '' })
    return new Connection(this.engine, this.engine.connect(connectionId, resolved, claims))
  }

  tables(name: string): UntypedRow[] {
    const relation = this.engine.relation(name, this.identity)
    if (relation === undefined) throw new ModuleCallError('refused', `There is no table ${name}.`)
    return decodeRows(relation, relation.rows.values())
  }

  now(): number {
    return Number(this.engine.options.clock.now() / 1000n)
  }

  advance(ms: number): number {
    const until = this.now() + Math.round(ms)
    const left = (): number => Math.max(0, Math.min(until, this.#timers.nextAt) - this.now())
    let runs = 0
    while (this.#timers.nextAt <= until) {
      runs += this.#runner.advance(left())
      this.#timers.ring()
    }
    return runs + this.#runner.advance(left())
  }

  clock(): Clock {
    return this.engine.options.clock instanceof VirtualClock ? this.#timers : systemPorts.clock
  }

  stubHttp(fetch: HttpFetch): void {
    this.engine.http = fetch
  }

  costs(): CallCost {
    return this.engine.lastCost
  }

  webSocket(): WebSocketFactory {
    return inProcessSockets(this.#server)
  }

  async listen(options: ListenOptions = {}): Promise<Listener> {
    const listener = await listen(this.#server, options)
    this.#listeners.add(listener)
    return listener
  }

  token(who: string | Claims): string {
    return this.#server.tokens.sign(
      typeof who === 'string' ? { iss: LOCAL_ISSUER, sub: who, aud: 'spacetimedb' } : who,
    )
  }

  bindings(): BuiltBindings {
    return buildBindings(clientModel(this.engine.definition, 'declared'))
  }

  emitBindings(options: EmitOptions & { readonly accessors?: Accessors } = {}): string {
    return emitBindings(
      clientModel(this.engine.definition, options.accessors ?? 'camelCase'),
      options,
    )
  }

  restart(module?: ModuleBundle): void {
    this.engine.restart(module)
    this.#runner.rearm()
  }

  async close(): Promise<void> {
    this.#runner.stop()
    this.#server.closeAll('The host ends.')
    this.engine.disconnectAll()
    await Promise.all([...this.#listeners].map((listener) => listener.close()))
    await this.#endData()
  }
}
