/** SpacetimeDB's client library, as far as hooks use it. Its own types name every table of a module; bindings are made at run time. */
import * as client from 'spacetimedb'
import type { AnyBindings, Shapes, TableRef } from '../../wire/spacetimedb.ts'
import { ownReducers, resultsRef, userRef } from '../../wire/spacetimedb.ts'

export type StoredRow = Readonly<Record<string, unknown>>

export type RowListener = (ctx: unknown, row: StoredRow) => void

/** One table of a connection's cache. */
export interface CachedTable {
  iter(): Iterable<StoredRow>
  onInsert(listener: RowListener): void
  onDelete(listener: RowListener): void
  removeOnInsert(listener: RowListener): void
  removeOnDelete(listener: RowListener): void
}

export interface Subscription {
  unsubscribe(): void
}

export interface Connection {
  readonly db: Readonly<Record<string, CachedTable>>
  readonly reducers: Readonly<Record<string, (args: object) => Promise<void>>>
  readonly procedures: Readonly<Record<string, (args: object) => Promise<unknown>>>
  subscriptionBuilder(): {
    onApplied(listener: () => void): ReturnType<Connection['subscriptionBuilder']>
    onError(
      listener: (ctx: { readonly event?: unknown }) => void,
    ): ReturnType<Connection['subscriptionBuilder']>
    subscribe(queries: readonly string[]): Subscription
  }
  disconnect(): void
}

export interface Identity {
  toHexString(): string
}

/** Where to connect, and as whom. */
export interface ConnectOptions {
  readonly uri: string
  readonly database: string
  /** Absent: SpacetimeDB makes a new identity. */
  readonly token: string | undefined
  /** In place of a WebSocket, for tests. */
  readonly webSocket?: unknown
}

export interface ConnectListener {
  connected(connection: Connection, identity: Identity, token: string): void
  /** The connection has ended, or could not be made. */
  lost(error: unknown): void
}

interface Builder {
  withUri(uri: string): Builder
  withDatabaseName(name: string): Builder
  withToken(token?: string): Builder
  withCompression(compression: 'none'): Builder
  withWSFn(make: unknown): Builder
  onConnect(listener: ConnectListener['connected']): Builder
  onDisconnect(listener: (ctx: unknown, error?: unknown) => void): Builder
  onConnectError(listener: (ctx: unknown, error: unknown) => void): Builder
  build(): Connection
}

interface Sdk {
  readonly t: {
    string(): unknown
    f64(): unknown
    bool(): unknown
    array(item: unknown): unknown
    option(value: unknown): unknown
    object(name: string, fields: object): unknown
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
  readonly toCamelCase: (name: string) => string
  readonly DbConnectionBuilder: new (remote: object, make: (config: object) => unknown) => Builder
  readonly DbConnectionImpl: new (config: object) => Connection
}

const sdk = client as unknown as Sdk

/** The module as the SDK must know it. */
export function remoteModule({ tables, reducers, procedures }: AnyBindings): object {
  const refs = [...(Object.values(tables) as TableRef[]), resultsRef, userRef]
  const all: Record<string, unknown> = {}
  for (const { sources, columns } of refs) {
    for (const name of sources) all[name] = sdk.table({ name }, sdk.t.row(name, columnsOf(columns)))
  }
  const calls = [
    ...Object.values(reducers as Readonly<Record<string, { name: string; parameters: Shapes }>>),
    ...ownReducers,
  ]
  return {
    versionInfo: { cliVersion: '2.10.1' },
    tables: sdk.schema(all).schemaType.tables,
    reducers: sdk.reducers(
      ...calls.map(({ name, parameters }) => sdk.reducerSchema(name, columnsOf(parameters))),
    ).reducersType.reducers,
    ...sdk.procedures(
      ...procedures.map((name) =>
        sdk.procedureSchema(name, { args: sdk.t.string() }, sdk.t.string()),
      ),
    ),
  }
}

export function connect(
  remote: object,
  { uri, database, token, webSocket }: ConnectOptions,
  listener: ConnectListener,
): Connection {
  const builder = new sdk.DbConnectionBuilder(remote, (config) => new sdk.DbConnectionImpl(config))
    .withUri(uri)
    .withDatabaseName(database)
    .withToken(token)
    .withCompression('none')
    .onConnect((connection, identity, given) => listener.connected(connection, identity, given))
    .onDisconnect((_ctx, error) => listener.lost(error))
    .onConnectError((_ctx, error) => listener.lost(error))
  return (webSocket === undefined ? builder : builder.withWSFn(webSocket)).build()
}

/** The name under which the SDK keeps a reducer or a procedure. */
export const accessorOf = (name: string): string => sdk.toCamelCase(name)

const columnsOf = (shapes: Shapes): object =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, typeOf(name, shape)]))

function typeOf(name: string, shape: Shapes[string]): unknown {
  const { t } = sdk
  switch (shape.kind) {
    case 'text':
    case 'json':
      return t.string()
    case 'number':
      return t.f64()
    case 'flag':
      return t.bool()
    case 'list':
      return t.array(typeOf(name, shape.item))
    case 'option':
      return t.option(typeOf(name, shape.value))
    case 'object':
      return t.object(name, columnsOf(shape.fields))
  }
}
