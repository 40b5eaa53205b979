/**
 * SpacetimeDB's server library, as far as this host uses it. Its own types name every table of a module, and this host makes tables
 * at run time; so it sees the library through these.
 */
import * as server from 'spacetimedb/server'
import type { Db } from './ports.ts'

/** A column's or a parameter's type. */
export interface TypeBuilder {
  primaryKey(): TypeBuilder
  autoInc(): TypeBuilder
  unique(): TypeBuilder
  index(algorithm: 'btree'): TypeBuilder
}

export type Columns = Readonly<Record<string, TypeBuilder>>

/** What `table()` makes. */
export interface TableHandle {
  readonly rowType: TypeBuilder
}

export interface Identity {
  toHexString(): string
  isEqual(other: Identity): boolean
}

export interface ViewContext {
  readonly sender: Identity
  readonly db: Db
}

/** What reducers are given, and what `withTx` gives to procedures. */
export interface CallContext extends ViewContext {
  readonly databaseIdentity: Identity
  readonly timestamp: { readonly microsSinceUnixEpoch: bigint }
  readonly random: { integerInRange(min: number, max: number): number }
  readonly senderAuth: {
    /** Null for a caller that showed no token. */
    readonly jwt: {
      readonly issuer: string
      readonly subject: string
      readonly fullPayload: Readonly<Record<string, unknown>>
    } | null
  }
}

export interface HttpAnswer {
  readonly ok: boolean
  readonly status: number
  readonly statusText: string
  text(): string
  json(): unknown
}

export interface HttpClient {
  fetch(url: string, init?: object): HttpAnswer
}

export interface ProcedureContext {
  readonly sender: Identity
  readonly http: HttpClient
  withTx<result>(body: (ctx: CallContext) => result): result
}

/** A function of a module, before it has a name. */
export type ModuleExport = object

type Arguments = Readonly<Record<string, unknown>>

export interface ModuleSchema {
  reducer(
    options: object,
    params: Columns,
    run: (ctx: CallContext, args: never) => void,
  ): ModuleExport
  procedure(
    options: object,
    params: Columns,
    answer: TypeBuilder,
    run: (ctx: ProcedureContext, args: never) => unknown,
  ): ModuleExport
  view(
    options: { readonly name: string; readonly public: true },
    answer: TypeBuilder,
    run: (ctx: ViewContext) => readonly Arguments[],
  ): ModuleExport
  init(run: (ctx: CallContext) => void): ModuleExport
  exportGroup(functions: Readonly<Record<string, ModuleExport>>): ModuleExport
}

interface Sdk {
  readonly table: (
    options: {
      readonly name?: string
      readonly public?: boolean
      readonly indexes?: readonly object[]
    },
    columns: Columns,
  ) => TableHandle
  readonly schema: (
    tables: Readonly<Record<string, TableHandle>>,
    settings: { readonly CASE_CONVERSION_POLICY: unknown },
  ) => ModuleSchema
  readonly t: {
    string(): TypeBuilder
    f64(): TypeBuilder
    bool(): TypeBuilder
    u64(): TypeBuilder
    identity(): TypeBuilder
    scheduleAt(): TypeBuilder
    unit(): TypeBuilder
    array(item: TypeBuilder): TypeBuilder
    option(value: TypeBuilder): TypeBuilder
    object(name: string, fields: Columns): TypeBuilder
  }
  readonly SenderError: new (message: string) => Error
  readonly CaseConversionPolicy: { readonly None: unknown }
  readonly ScheduleAt: { time(micros: bigint): unknown; interval(micros: bigint): unknown }
}

export const sdk: Sdk = server as unknown as Sdk
