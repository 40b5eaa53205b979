/**
 * What a client of a SpacetimeDB module knows of it, made from the schema alone: `tables` and `reducers` as hooks take them, with
 * the types of their rows, arguments and answers. No generated files; the module and its clients read the same schema.
 */
import type {
  ChildTable,
  KvTable,
  LogTable,
  OwnedTable,
  BaseTable,
  Input,
  Payload,
  QuotaTable,
  SingletonTable,
  AnyTable,
} from '../schema/tables.ts'
import {
  callOf,
  procedureName,
  readClock,
  type ReducerCall,
  reducerCall,
} from '../schema/spacetimedb/calls.ts'
import { decodeAll, type Shape, shapeOf } from '../schema/spacetimedb/columns.ts'
import { parametersOf, reducersOf } from '../schema/spacetimedb/reducers.ts'
import {
  hasOwnRows,
  hasPublicRows,
  ownView,
  resultFields,
  resultsView,
  userFields,
  userView,
  visibleFields,
} from '../schema/spacetimedb/rows.ts'
import type { Field, Fields } from '../schema/storable.ts'

/** Columns or parameters, by name. */
export type Shapes = Readonly<Record<string, Shape>>

declare const types: unique symbol

const text: Field = { type: { kind: 'string' }, optional: false, nullable: false }

/** A table as clients see it: its public rows, and the view of one's own. */
export interface TableRef<row = unknown> {
  readonly table: string
  readonly factory: AnyTable['factory']
  /** Where its rows are: the public table, the caller's own view. */
  readonly sources: readonly string[]
  readonly columns: Shapes
  /** A row as it is on every host. */
  decode(stored: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
  readonly [types]?: row
}

/** A reducer, with the types of the operation behind it. */
export interface ReducerRef<args = never, result = unknown> extends ReducerCall {
  /** As in `vote.append`. */
  readonly path: string
  readonly parameters: Shapes
  readonly [types]?: (args: args) => result
}

export type RowOf<ref> = ref extends TableRef<infer row> ? row : never
export type ArgsOf<ref> = ref extends ReducerRef<infer args, unknown> ? args : never

type Schema = Readonly<Record<string, AnyTable>>

interface Identified {
  readonly _id: string
  readonly _creationTime: number
  readonly updatedAt: number
}

interface Owned extends Identified {
  readonly userId: string
  readonly author?: { readonly _id: string; readonly name: string; readonly image: string | null }
}

/** The rows that clients see of a table. */
export type RowIn<table> = table extends LogTable
  ? Payload<table> &
      Owned & {
        readonly parent: string
        readonly seq: number
        readonly createdAt: number
        readonly idempotencyKey?: string
      }
  : table extends ChildTable
    ? Payload<table> & Owned & { readonly parent: string }
    : table extends OwnedTable
      ? Payload<table> & Owned
      : table extends SingletonTable
        ? Payload<table> & Identified & { readonly userId: string }
        : table extends KvTable
          ? Payload<table> & Identified & { readonly key: string }
          : table extends BaseTable
            ? Payload<table> &
                Identified & {
                  readonly key: string
                  readonly fetchedAt: number
                  readonly expiresAt?: number
                }
            : never

interface QuotaAnswer {
  readonly allowed: boolean
  readonly remaining: number
  readonly retryAfter?: number
}

interface Edit<table extends LogTable | OwnedTable | ChildTable> {
  id: string
  patch: Partial<Input<table>>
  unset?: readonly string[] | undefined
  expectedUpdatedAt?: number | undefined
}

interface Removed {
  readonly deleted: boolean
}

interface Counted {
  readonly count: number
}

type Keyed = { key: string }

type LogReducers<name extends string, table extends LogTable> = {
  readonly [key in `append_${name}`]: ReducerRef<
    {
      parent: string
      payload: Input<table>
      idempotencyKey?: string | undefined
      expectedSeq?: number | undefined
    },
    { readonly seq: number; readonly created: boolean }
  >
} & {
  readonly [key in `bulk_append_${name}`]: ReducerRef<
    { parent: string; items: readonly Input<table>[] },
    Counted & { readonly firstSeq: number }
  >
} & { readonly [key in `update_${name}`]: ReducerRef<Edit<table>, RowIn<table>> } & {
  readonly [key in `rm_${name}`]: ReducerRef<{ id: string; hard?: boolean | undefined }, Removed>
} & { readonly [key in `bulk_rm_${name}`]: ReducerRef<{ ids: readonly string[] }, Counted> } & {
  readonly [key in `purge_${name}_by_parent`]: ReducerRef<
    { parent: string },
    { readonly deleted: number }
  >
} & {
  readonly [key in `restore_${name}_by_parent`]: ReducerRef<
    { parent: string },
    { readonly restored: number }
  >
}

type EntityReducers<name extends string, table extends OwnedTable | ChildTable, under> = {
  readonly [key in `create_${name}`]: ReducerRef<under & { payload: Input<table> }, RowIn<table>>
} & {
  readonly [key in `bulk_create_${name}`]: ReducerRef<
    under & { items: readonly Input<table>[] },
    Counted & { readonly ids: string[] }
  >
} & { readonly [key in `update_${name}`]: ReducerRef<Edit<table>, RowIn<table>> } & {
  readonly [key in `bulk_update_${name}`]: ReducerRef<{ items: readonly Edit<table>[] }, Counted>
} & {
  readonly [key in `rm_${name}`]: ReducerRef<{ id: string; hard?: boolean | undefined }, Removed>
} & { readonly [key in `bulk_rm_${name}`]: ReducerRef<{ ids: readonly string[] }, Counted> } & {
  readonly [key in `restore_${name}`]: ReducerRef<{ id: string }, RowIn<table>>
}

type KvReducers<name extends string, table extends KvTable> = {
  readonly [key in `set_${name}`]: ReducerRef<
    Keyed & { payload: Input<table>; expectedUpdatedAt?: number | null | undefined },
    RowIn<table>
  >
} & { readonly [key in `rm_${name}`]: ReducerRef<Keyed, Removed> } & {
  readonly [key in `restore_${name}`]: ReducerRef<Keyed, RowIn<table>>
}

type BaseReducers<name extends string, table extends BaseTable> = {
  readonly [key in `load_${name}` | `refresh_${name}`]: ReducerRef<Keyed, RowIn<table>>
} & {
  readonly [key in `invalidate_${name}`]: ReducerRef<Keyed, { readonly invalidated: boolean }>
} & {
  readonly [key in `purge_${name}`]: ReducerRef<
    { keys?: readonly string[] | undefined },
    { readonly deleted: number }
  >
}

/** The reducers of one table, by their names. */
export type ReducersIn<table> =
  table extends LogTable<infer name>
    ? LogReducers<name, table>
    : table extends ChildTable<infer name>
      ? EntityReducers<name, table, { parent: string }>
      : table extends OwnedTable<infer name>
        ? EntityReducers<name, table, unknown>
        : table extends KvTable<infer name>
          ? KvReducers<name, table>
          : table extends SingletonTable<infer name>
            ? {
                readonly [key in `upsert_${name}`]: ReducerRef<
                  {
                    payload: Partial<Input<table>>
                    unset?: readonly string[] | undefined
                    expectedUpdatedAt?: number | null | undefined
                  },
                  RowIn<table>
                >
              }
            : table extends QuotaTable<infer name>
              ? {
                  readonly [key in `consume_${name}` | `record_${name}`]: ReducerRef<
                    { owner?: string | undefined; cost?: number | undefined },
                    QuotaAnswer
                  >
                }
              : table extends BaseTable<infer name>
                ? BaseReducers<name, table>
                : never

type All<union> = (union extends unknown ? (each: union) => void : never) extends (
  each: infer all,
) => void
  ? all
  : never

export interface Bindings<schema extends Schema = Schema> {
  readonly tables: { readonly [name in keyof schema]: TableRef<RowIn<schema[name]>> }
  readonly reducers: All<ReducersIn<schema[keyof schema]>>
  /** Names of the procedures behind queries: `list_vote`. */
  readonly procedures: readonly string[]
  readonly schema: schema
}

/** Any {@link Bindings}. */
export interface AnyBindings {
  readonly tables: object
  readonly reducers: object
  readonly procedures: readonly string[]
  readonly schema: Schema
}

/** Tables and reducers of a module with this schema, for its clients. */
export function bindingsOf<const schema extends Schema>(schema: schema): Bindings<schema> {
  const tables = Object.values(schema)
  const reducers = tables.flatMap((table) =>
    reducersOf(table).map((shape): ReducerRef => ({
      ...reducerCall(shape),
      path: shape.path,
      parameters: shapesOf(parametersOf(shape)),
    })),
  )
  return {
    tables: Object.fromEntries(tables.map((table) => [table.name, tableRef(table)])),
    reducers: Object.fromEntries(reducers.map((ref) => [ref.name, ref])),
    procedures: [...tables.flatMap(queriesOf).map(procedureName), readClock],
    schema,
  } as unknown as Bindings<schema>
}

/** How a query is called: its procedure, and its arguments as JSON. */
export function queryCall(
  schema: Schema,
  path: string,
  args: unknown,
): { readonly name: string; readonly args: { readonly args: string } } {
  const call = callOf(schema, path)
  if (call.kind !== 'procedure') throw new TypeError(`'${path}' is no query.`)
  return { name: call.name, args: call.encode(args) }
}

/** A call of an action that only the module's worker knows. */
export function askCall(path: string, args: unknown): Pick<ReducerRef, 'name' | 'encode'> {
  const text = JSON.stringify(args ?? {})
  return { name: 'ask', encode: (_, request) => ({ path, args: text, _request: request }) }
}

/** Reducers of every module that has them, beside those of its tables. */
export const ownReducers: readonly { readonly name: string; readonly parameters: Shapes }[] = [
  {
    name: 'ask',
    parameters: shapesOf({ path: text, args: text, _request: { ...text, optional: true } }),
  },
  { name: 'enter', parameters: {} },
  { name: 'put_users', parameters: shapesOf({ args: text }) },
]

/** How the database's clock is asked: it answers ms since the epoch, as JSON. */
export const clockCall: { readonly name: string; readonly args: object } = {
  name: readClock,
  args: { args: '' },
}

/** The view of who one is: one row, or none. */
export const userRef: TableRef = {
  table: userView,
  factory: 'singleton',
  sources: [userView],
  columns: shapesOf(userFields),
  decode: (stored) => decodeAll(userFields, stored),
}

/** The view of one's own answers. */
export const resultsRef: TableRef = {
  table: resultsView,
  factory: 'singleton',
  sources: [resultsView],
  columns: shapesOf(resultFields),
  decode: (stored) => stored,
}

function tableRef(table: AnyTable): TableRef {
  const fields = visibleFields(table) ?? {}
  return {
    table: table.name,
    factory: table.factory,
    sources: [
      ...(hasPublicRows(table) ? [table.name] : []),
      ...(hasOwnRows(table) ? [ownView(table.name)] : []),
    ],
    columns: shapesOf(fields),
    decode: (stored) => decodeAll(fields, stored),
  }
}

function shapesOf(fields: Fields): Shapes {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, shapeOf(field)]))
}

const reads = ['list', 'read', 'search']

/** Paths of the queries that a table may have. */
function queriesOf({ name, factory }: AnyTable): readonly string[] {
  const under = (groups: readonly string[], queries: readonly string[]): readonly string[] =>
    groups.flatMap((group) => queries.map((query) => `${name}.${group}${query}`))
  switch (factory) {
    case 'log':
      return [
        ...under(['', 'auth.', 'pub.'], [...reads, 'listAfter', 'counts']),
        `${name}.authIndexed`,
        `${name}.pubIndexed`,
      ]
    case 'owned':
    case 'child':
      return under(['', 'auth.', 'pub.'], reads)
    case 'kv':
      return under([''], ['get', 'list'])
    case 'singleton':
      return under([''], ['get'])
    case 'quota':
      return under([''], ['check'])
    case 'base':
      return under([''], ['get', 'list', 'all'])
  }
}
