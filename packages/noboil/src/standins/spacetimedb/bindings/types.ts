/** The client's types read off a module's own: no file between them. */
import type {
  DbConnectionBuilder,
  DbConnectionImpl,
  makeQueryBuilder,
  QueryBuilder,
  TypeBuilder,
} from 'spacetimedb'
import type { ProcedureName, ReducerName } from '../module-types.ts'

/**
 * What clients of `module` use, as the bindings file would export it. Accessors are those of the module's exports; views
 * are not in a module's types, so their rows have none here.
 */
export interface ClientBindings<module> {
  /** Of a connection: `builder().withUri(…).withDatabaseName(…).build()`. */
  builder(): DbConnectionBuilder<DbConnectionImpl<RemoteOf<module>>>
  readonly tables: QueryBuilder<{ tables: ModuleTables<module> }>
  readonly reducers: { readonly [name in ReducerName<module>]: ReducerOf<module, name> }
  readonly procedures: { readonly [name in ProcedureName<module>]: ProcedureOf<module, name> }
}

export interface RemoteOf<module> {
  tables: ModuleTables<module>
  reducers: readonly Values<{ [name in ReducerName<module>]: ReducerOf<module, name> }>[]
  procedures: readonly Values<{ [name in ProcedureName<module>]: ProcedureOf<module, name> }>[]
  versionInfo: { cliVersion: string }
}

type ModuleTables<module> = module extends {
  readonly default: { readonly schemaType: { readonly tables: infer tables } }
}
  ? { [name in keyof tables & string]: ClientTable<tables[name]> }
  : UntypedTables

/** With constraints that the SDK's own types take where optional properties are exact. */
type ClientTable<table> = Omit<table, 'constraints'> &
  Pick<UntypedTables[string], 'constraints'> extends infer fitting extends UntypedTables[string]
  ? fitting
  : never

type UntypedTables = Parameters<typeof makeQueryBuilder>[0]['tables']

interface ReducerOf<module, name extends string> {
  name: string
  accessorName: name
  params: ParamsOf<PayloadOf<module, name>>
  paramsType: { elements: [] }
}

interface ProcedureOf<module, name extends string> {
  name: string
  accessorName: name
  params: ParamsOf<PayloadOf<module, name>>
  returnType: TypeBuilder<ResultOf<module, name>, never>
}

type PayloadOf<module, name> = name extends keyof module
  ? module[name] extends (ctx: never, payload: infer payload) => unknown
    ? payload
    : object
  : object

type ResultOf<module, name> = name extends keyof module
  ? module[name] extends (...args: never[]) => infer result
    ? result
    : unknown
  : unknown

/** The builders that would infer to these arguments. */
type ParamsOf<payload> = { [name in keyof payload & string]-?: TypeBuilder<payload[name], never> }

type Values<record> = record[keyof record]
