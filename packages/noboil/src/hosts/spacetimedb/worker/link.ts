/**
 * One connection of a worker to its database: the errands it is shown, and the calls that are a worker's alone. SpacetimeDB's client
 * library leaves calls open whose connection has ended; here they fail.
 */
import * as client from 'spacetimedb'
import { isNoboilError, NoboilError } from '../../../errors/error.ts'
import { errorData } from '../../../errors/match.ts'
import { errandsView } from '../../../schema/spacetimedb/rows.ts'

export interface LinkOptions {
  /** As in `http://127.0.0.1:3000`. */
  readonly uri: string
  /** The name the module was published under. */
  readonly database: string
  /** Of the identity that the owner has allowed. */
  readonly token: string
  /** In place of a WebSocket, for tests. */
  readonly webSocket?: unknown
}

export interface LinkListener {
  /** The errands are known. */
  opened(link: Link, identity: string): void
  changed(): void
  /** The connection has ended, or could not be made. Called once. */
  lost(reason: string): void
}

export interface ErrandRow {
  readonly id: bigint
  /** Milliseconds since the epoch; 0: nobody holds it. */
  readonly heldUntil: number
}

export interface Link {
  errands(): readonly ErrandRow[]
  /** Whether the owner has allowed this identity to work. */
  mayWork(worker: string): Promise<boolean>
  /** Null: it has gone, or somebody else has it. */
  take(errand: bigint, worker: string): Promise<TakenErrand | null>
  run(errand: bigint, worker: string, program: string, args: unknown): Promise<unknown>
  end(errand: bigint, worker: string, answer: unknown): Promise<void>
  close(): void
}

export interface TakenErrand {
  readonly path: string
  readonly args: unknown
  readonly call: { readonly user: unknown; readonly internal: boolean; readonly caller: string }
  readonly leaseMs: number
}

interface Connection {
  readonly db: Readonly<
    Record<
      string,
      {
        iter(): Iterable<ErrandRow>
        onInsert(listener: () => void): void
        onDelete(listener: () => void): void
      }
    >
  >
  readonly reducers: Readonly<Record<string, (args: object) => Promise<void>>>
  readonly procedures: Readonly<Record<string, (args: object) => Promise<string>>>
  subscriptionBuilder(): Subscribing
  disconnect(): void
}

interface Subscribing {
  onApplied(listener: () => void): Subscribing
  onError(listener: (ctx: { readonly event?: unknown }) => void): Subscribing
  subscribe(query: string): unknown
}

interface Builder {
  withUri(uri: string): Builder
  withDatabaseName(name: string): Builder
  withToken(token: string): Builder
  withCompression(compression: 'none'): Builder
  withWSFn(make: unknown): Builder
  onConnect(
    listener: (connection: Connection, identity: { toHexString(): string }) => void,
  ): Builder
  onDisconnect(listener: (ctx: unknown, error?: unknown) => void): Builder
  onConnectError(listener: (ctx: unknown, error: unknown) => void): Builder
  build(): Connection
}

/** The library as far as a worker uses it; its own types name every table of a module. */
interface Sdk {
  readonly t: {
    u64(): unknown
    f64(): unknown
    string(): unknown
    row(name: string, columns: object): unknown
  }
  readonly table: (options: object, row: unknown) => unknown
  readonly schema: (tables: object) => { readonly schemaType: { readonly tables: object } }
  readonly reducerSchema: (name: string, params: object) => unknown
  readonly reducers: (...all: unknown[]) => {
    readonly reducersType: { readonly reducers: unknown }
  }
  readonly procedureSchema: (name: string, params: object, answer: unknown) => unknown
  readonly procedures: (...all: unknown[]) => object
  readonly DbConnectionBuilder: new (remote: object, make: (config: object) => unknown) => Builder
  readonly DbConnectionImpl: new (config: object) => Connection
}

const sdk = client as unknown as Sdk

/** Ids begin at 1: nothing is taken by it, and who is no worker is refused. */
const noErrand = 0n

function remoteModule(): object {
  const { t } = sdk
  const held = { errand: t.u64(), worker: t.string() }
  const row = t.row('errand', { id: t.u64(), heldUntil: t.f64() })
  return {
    versionInfo: { cliVersion: '2.10.1' },
    tables: sdk.schema({ [errandsView]: sdk.table({ name: errandsView }, row) }).schemaType.tables,
    reducers: sdk.reducers(sdk.reducerSchema('end_errand', { ...held, answer: t.string() }))
      .reducersType.reducers,
    ...sdk.procedures(
      sdk.procedureSchema('take_errand', held, t.string()),
      sdk.procedureSchema(
        'run_errand',
        { ...held, program: t.string(), args: t.string() },
        t.string(),
      ),
    ),
  }
}

export function openLink(options: LinkOptions, listener: LinkListener): { close(): void } {
  const calls = new Calls()
  const lose = (error: unknown): void => {
    if (calls.areOver) return
    calls.end()
    listener.lost(error instanceof Error ? error.message : 'The connection has ended.')
  }
  let builder = new sdk.DbConnectionBuilder(
    remoteModule(),
    (config) => new sdk.DbConnectionImpl(config),
  )
    .withUri(options.uri)
    .withDatabaseName(options.database)
    .withToken(options.token)
    .withCompression('none')
    .onConnect((connection, identity) => {
      const link = linkOver(connection, calls)
      subscribe(connection, {
        applied: () => listener.opened(link, identity.toHexString()),
        changed: () => listener.changed(),
        refused: (event) => {
          lose(event)
          connection.disconnect()
        },
      })
    })
    .onDisconnect((_ctx, error) => lose(error))
    .onConnectError((_ctx, error) => lose(error))
  if (options.webSocket !== undefined) builder = builder.withWSFn(options.webSocket)
  const connection = builder.build()
  return {
    close() {
      lose(undefined)
      connection.disconnect()
    },
  }
}

function subscribe(
  connection: Connection,
  on: { applied(): void; changed(): void; refused(event: unknown): void },
): void {
  connection.db[errandsView]?.onInsert(on.changed)
  connection.db[errandsView]?.onDelete(on.changed)
  connection
    .subscriptionBuilder()
    .onApplied(on.applied)
    .onError(({ event }) => on.refused(event))
    .subscribe(`SELECT * FROM ${errandsView}`)
}

/** Calls that are under way over one connection. */
class Calls {
  readonly #failing = new Set<(reason: NoboilError) => void>()
  areOver = false

  make<answer>(calling: () => Promise<answer> | undefined): Promise<answer> {
    const { promise, resolve, reject } = Promise.withResolvers<answer>()
    this.#failing.add(reject)
    if (this.areOver) reject(ended())
    else {
      const made = calling() ?? Promise.reject(unavailable('The module has no workers’ functions.'))
      made.then(resolve, (error: unknown) => reject(asNoboilError(error)))
    }
    return promise.finally(() => this.#failing.delete(reject))
  }

  end(): void {
    this.areOver = true
    for (const fail of [...this.#failing]) fail(ended())
  }
}

function linkOver(connection: Connection, calls: Calls): Link {
  const procedure = async (name: string, args: object): Promise<unknown> =>
    JSON.parse(await calls.make(() => connection.procedures[name]?.(args)))
  const take = async (errand: bigint, worker: string): Promise<TakenErrand | null> =>
    (await procedure('takeErrand', { errand, worker })) as TakenErrand | null
  return {
    errands: () => Array.from(connection.db[errandsView]?.iter() ?? []),
    mayWork: (worker) =>
      take(noErrand, worker).then(
        () => true,
        (error: unknown) => {
          if (isNoboilError(error) && error.code === 'FORBIDDEN') return false
          throw error
        },
      ),
    take,
    run: (errand, worker, program, args) =>
      procedure('runErrand', { errand, worker, program, args: JSON.stringify(args ?? {}) }),
    end: (errand, worker, answer) =>
      calls.make(() =>
        connection.reducers['endErrand']?.({
          errand,
          worker,
          answer: JSON.stringify(answer ?? null),
        }),
      ),
    close: () => connection.disconnect(),
  }
}

const ended = (): NoboilError => unavailable('The connection to the database has ended.')

const unavailable = (message: string): NoboilError => new NoboilError('UNAVAILABLE', message)

/** What a module's function threw has its code in its text. */
function asNoboilError(error: unknown): NoboilError {
  if (isNoboilError(error)) return error
  const data = errorData(error)
  if (data === undefined) return unavailable(error instanceof Error ? error.message : String(error))
  return new NoboilError(data.code as 'CONFLICT', data.message, data.data as never)
}
