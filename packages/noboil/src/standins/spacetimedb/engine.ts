/**
 * One running database: a loaded module over a datastore, with its calls, connections, views and schedules. It knows
 * bytes and definitions only; `host.ts` gives it types, `server/` gives it a protocol.
 */
import type { Identity } from 'spacetimedb'
import {
  callProcedure,
  type CallContext,
  callReducer,
  callView,
  checkArguments,
} from './abi/calls.ts'
import type { HttpFetch } from './abi/http.ts'
import { Iterators } from './abi/iterators.ts'
import { type LoadedModule, loadModule } from './abi/load.ts'
import type { SyscallPorts } from './abi/syscalls.ts'
import type { ModuleBundle } from './bundle.ts'
import type { ModuleClock } from './clock.ts'
import { type CallCost, CostMeter } from './datastore/costs.ts'
import { Datastore } from './datastore/datastore.ts'
import type { Shuffle } from './datastore/order.ts'
import { ReadSet } from './datastore/reads.ts'
import { type DatastoreState, exportState, importState } from './datastore/state.ts'
import type { Row, TableChange } from './datastore/table.ts'
import type {
  FunctionDefinition,
  Lifecycle,
  ModuleDefinition,
  ViewDefinition,
} from './definition.ts'
import { ModuleCallError } from './errors.ts'
import type { Claims } from './identity.ts'
import { LogBook } from './logs.ts'
import { type Relation, tableRelation, viewRelation, viewTable } from './relation.ts'
import { type Job, Schedules } from './schedules.ts'
import { selectRows } from './sql/select.ts'

/** Who calls: an identity, and the connection it calls through (0n: none). */
export interface Caller {
  readonly identity: Identity
  readonly connectionId: bigint
}

export interface EngineOptions {
  /** Of the database: the sender of scheduled calls. */
  readonly identity: Identity
  /** Who published it: the sender of `init`, and the one who may call what schedules call. */
  readonly owner: Identity
  readonly clock: ModuleClock
  readonly http: HttpFetch
  readonly shuffle: Shuffle
  readonly maxLogLines: number
  /** Rows to begin with. Without any the module's `init` runs. */
  readonly state?: DatastoreState | undefined
}

export type CommitListener = (changes: readonly TableChange[]) => void

/** What a restart replaces. */
interface Running {
  readonly bundle: ModuleBundle
  readonly module: LoadedModule
  readonly store: Datastore
  readonly schedules: Schedules
}

export class Engine {
  readonly options: EngineOptions
  readonly logs: LogBook
  readonly commits: Set<CommitListener> = new Set()
  /** Called when a restart has replaced the module: whoever holds on to tables lets go. */
  readonly restarts: Set<() => void> = new Set()
  http: HttpFetch
  lastCost: CallCost = new CostMeter('').read()
  #running: Running
  readonly #iterators = new Iterators()
  readonly #connections = new Map<bigint, Caller>()
  /** The JSON of claims, by connection id. */
  readonly #claims = new Map<bigint, string>()
  #soon: { reducer: string; args: Uint8Array }[] = []
  #untold: (readonly TableChange[])[] = []
  #lastTimestamp = 0n

  /** @throws {DefinitionError} when the module cannot be published, or the state is not one it can go on from. */
  constructor(bundle: ModuleBundle, options: EngineOptions) {
    this.options = options
    this.http = options.http
    this.logs = new LogBook(options.maxLogLines)
    this.#running = this.#start(bundle, options.state)
    if (options.state === undefined)
      this.#lifecycle('Init', { identity: options.owner, connectionId: 0n })
  }

  get definition(): ModuleDefinition {
    return this.#running.module.definition
  }

  get module(): LoadedModule {
    return this.#running.module
  }

  get bundle(): ModuleBundle {
    return this.#running.bundle
  }

  get state(): DatastoreState {
    return exportState(this.#running.store)
  }

  isConnected(connectionId: bigint): boolean {
    return this.#connections.has(connectionId)
  }

  /** A function by the name of its export, or by its name on the wire. */
  find(kind: FunctionDefinition['kind'], name: string): FunctionDefinition | undefined {
    const all = this.definition.functions.filter((fn) => fn.kind === kind)
    return all.find((fn) => fn.name === name) ?? all.find((fn) => fn.wireName === name)
  }

  /** What a caller may call. @throws {ModuleCallError} `refused`, also for what is there and not theirs to call. */
  callable(kind: FunctionDefinition['kind'], name: string, caller: Caller): FunctionDefinition {
    const fn = this.find(kind, name)
    const isHidden = fn?.isScheduled === true && !caller.identity.isEqual(this.options.owner)
    if (fn === undefined || fn.lifecycle !== undefined || isHidden)
      throw new ModuleCallError('refused', `no such ${kind}: ${name}`)
    return fn
  }

  reducer(fn: FunctionDefinition, args: Uint8Array, caller: Caller): void {
    checkArguments(fn, args)
    const { module, store } = this.#running
    this.#call(fn.name, () => {
      store.begin('reducer')
      try {
        callReducer(module, fn, args, this.#context(caller))
      } catch (error) {
        store.rollback()
        throw error
      } finally {
        this.#iterators.closeAll()
      }
      this.#committed(store.commit())
    })
  }

  procedure(fn: FunctionDefinition, args: Uint8Array, caller: Caller): Uint8Array {
    checkArguments(fn, args)
    const { module, store } = this.#running
    return this.#call(fn.name, () => {
      try {
        return callProcedure(module, fn, args, this.#context(caller))
      } finally {
        this.#iterators.closeAll()
        if (store.transaction !== undefined) {
          this.logs.add('error', `The procedure ${fn.name} left a transaction open; it was undone.`)
          store.rollback()
        }
      }
    })
  }

  /** A table or view by the name of its export or on the wire; a view as it is for this sender. */
  relation(name: string, sender: Identity): Relation | undefined {
    const table = this.#table(name)
    if (table !== undefined) return table
    const view =
      this.definition.views.find((candidate) => candidate.name === name) ??
      this.definition.views.find((candidate) => candidate.wireName === name)
    return view === undefined ? undefined : this.view(view, sender)
  }

  /** @throws {ModuleCallError} when the view throws. */
  view(view: ViewDefinition, sender: Identity): Relation {
    const { module, store } = this.#running
    const reads = new ReadSet()
    const { result: rows, costs } = store.measure(view.name, () => {
      store.begin('view', reads)
      try {
        const result = callView(module, view, sender.__identity__)
        if (result.kind === 'sql')
          return selectRows(result.sql, (name) => this.#table(name), sender, reads)
        const table = viewTable(view)
        const found = new Map<string, Row>()
        let rest = result.bytes
        for (let at = 0; at < result.count; at++) {
          const { row, length } = table.decode(rest, 0)
          rest = rest.subarray(length)
          found.set(row.key, row)
        }
        return found
      } finally {
        this.#iterators.closeAll()
        store.rollback()
      }
    })
    this.lastCost = costs.read()
    return viewRelation(view, rows, reads)
  }

  /** @throws {ModuleCallError} when the module's `clientConnected` throws: the connection is refused. */
  connect(connectionId: bigint, identity: Identity, claims: Claims | undefined): Caller {
    const caller = { identity, connectionId }
    if (this.#claims.has(connectionId))
      throw new ModuleCallError('refused', 'There is a connection with this id already.')
    this.vouch(connectionId, claims)
    this.#connections.set(connectionId, caller)
    try {
      this.#lifecycle('OnConnect', caller)
    } catch (error) {
      this.#forget(connectionId)
      throw error
    }
    return caller
  }

  /** Makes claims known for a connection id, without telling the module of a connection. */
  vouch(connectionId: bigint, claims: Claims | undefined): void {
    this.#claims.set(connectionId, claims === undefined ? '' : JSON.stringify(claims))
  }

  /** Ends a connection. What `clientDisconnected` throws is logged: nobody is there to read it. */
  disconnect(connectionId: bigint): void {
    const connection = this.#connections.get(connectionId)
    if (connection === undefined) return
    try {
      this.#lifecycle('OnDisconnect', connection)
    } catch (error) {
      this.logs.add('error', `clientDisconnected failed: ${(error as Error).message}`)
    }
    this.#forget(connectionId)
  }

  disconnectAll(): void {
    for (const connectionId of [...this.#connections.keys()]) this.disconnect(connectionId)
  }

  /** The scheduled row that is due first. */
  nextJob(): Job | undefined {
    return this.#running.schedules.next()
  }

  /** Runs a scheduled row. What it throws is logged: nobody called it. */
  runJob(job: Job): void {
    const { schedules, store } = this.#running
    const { functionName } = job.schedule
    const database = { identity: this.options.identity, connectionId: 0n }
    const [reducer, procedure] = [
      this.find('reducer', functionName),
      this.find('procedure', functionName),
    ]
    const isStored = (): boolean => job.table.rows.get(job.row.key) === job.row
    const remove = (): void => {
      if (job.interval !== undefined || !isStored()) return
      this.#call(functionName, () => this.#committed(store.removeCommitted(job.table, job.row)))
    }
    schedules.started(job)
    // A procedure is never run twice, so its row goes before it runs; a reducer's goes after.
    if (procedure !== undefined) remove()
    try {
      if (reducer !== undefined) this.reducer(reducer, job.row.bytes, database)
      else if (procedure !== undefined) this.procedure(procedure, job.row.bytes, database)
    } catch (error) {
      this.logs.add('error', `The scheduled ${functionName} failed: ${(error as Error).message}`)
    }
    const cost = this.lastCost
    if (reducer !== undefined) remove()
    this.lastCost = cost
  }

  /**
   * Starts again over the same rows, from the same bundle or a new one: what the module kept in variables is gone, open
   * connections end. When the new one cannot start, the old one runs on.
   */
  restart(bundle: ModuleBundle = this.#running.bundle): void {
    this.#running = this.#start(bundle, this.state)
    for (const listener of this.restarts) listener()
    this.disconnectAll()
  }

  #forget(connectionId: bigint): void {
    this.#connections.delete(connectionId)
    this.#claims.delete(connectionId)
  }

  #table(name: string): Relation | undefined {
    const tables = [...this.#running.store.tables.values()]
    const table =
      tables.find(({ definition }) => definition.name === name) ??
      tables.find(({ definition }) => definition.wireName === name)
    return table === undefined ? undefined : tableRelation(table)
  }

  #start(bundle: ModuleBundle, state: DatastoreState | undefined): Running {
    const started: { store?: Datastore } = {}
    const module = loadModule(
      bundle,
      this.#ports(() => {
        if (started.store === undefined)
          throw new Error('A module may not read tables while it loads.')
        return started.store
      }),
    )
    const store = new Datastore(module.definition, this.options.shuffle)
    if (state !== undefined) importState(store, module.definition, state)
    started.store = store
    const schedules = new Schedules(module.definition)
    const now = this.options.clock.now()
    for (const table of store.tables.values())
      for (const row of table.rows.values()) schedules.arm(table, row, now)
    return { bundle, module, store, schedules }
  }

  #ports(datastore: () => Datastore): SyscallPorts {
    return {
      datastore,
      iterators: this.#iterators,
      identity: this.options.identity.__identity__,
      now: () => this.#timestamp(),
      http: () => this.http,
      log: (level, message) => this.logs.addLevel(level, message),
      claims: (connectionId) => this.#claims.get(connectionId) ?? '',
      committed: (changes) => this.#committed(changes),
      callSoon: (reducer, args) => this.#soon.push({ reducer, args }),
    }
  }

  #lifecycle(lifecycle: Lifecycle, caller: Caller): void {
    for (const fn of this.definition.functions)
      if (fn.lifecycle === lifecycle) this.reducer(fn, new Uint8Array(), caller)
  }

  #committed(changes: readonly TableChange[]): void {
    this.#running.schedules.follow(changes, this.options.clock.now())
    if (changes.length > 0) this.#untold.push(changes)
  }

  /** Counts one call, and tells of its commits when it has ended: listeners never run inside the module. */
  #call<result>(name: string, work: () => result): result {
    const { store } = this.#running
    try {
      return store.measure(name, work, (costs) => {
        this.lastCost = costs.read()
      }).result
    } finally {
      this.#tell()
      this.#runSoon()
    }
  }

  #tell(): void {
    const untold = this.#untold
    this.#untold = []
    const cost = this.lastCost
    for (const changes of untold) for (const listener of this.commits) listener(changes)
    this.lastCost = cost
  }

  #runSoon(): void {
    const soon = this.#soon
    this.#soon = []
    for (const { reducer, args } of soon) {
      const fn = this.find('reducer', reducer)
      try {
        if (fn !== undefined)
          this.reducer(fn, args, { identity: this.options.identity, connectionId: 0n })
      } catch (error) {
        this.logs.add('error', `${reducer} failed: ${(error as Error).message}`)
      }
    }
  }

  #context({ identity, connectionId }: Caller): CallContext {
    return { sender: identity.__identity__, connectionId, timestamp: this.#timestamp() }
  }

  /** Never the same twice, though the clock may stand still: `ctx.random` is seeded with it. */
  #timestamp(): bigint {
    const { clock } = this.options
    const now = clock.now()
    this.#lastTimestamp = now > this.#lastTimestamp ? now : this.#lastTimestamp + 1n
    clock.reached(this.#lastTimestamp)
    return this.#lastTimestamp
  }
}
