/**
 * `schema()` and the `make…` functions: from Zod objects to declared tables. A slot stamps each table with its factory, so
 * that a table in the wrong place is a type error that names the right one.
 */
import type * as z from 'zod/v4'
import { DefinitionError } from '../errors/assert.ts'
import type { Predicate } from './context.ts'
import { type AnyObject, assertTableName, describeFields } from './storable.ts'
import type {
  AnyTable,
  BaseTable,
  ChildTable,
  FactoryName,
  KvTable,
  LogTable,
  OwnedTable,
  QuotaTable,
  SingletonTable,
} from './tables.ts'

export interface KvConfig {
  readonly schema: AnyObject
  /** Who may `set`, `rm`, `list` and `restore`. `true`: everybody. Absent: internal calls only. */
  readonly writeRole?: Predicate | true
  /** The keys there are; any other is `INVALID_KEY`. Absent: any. */
  readonly keys?: readonly string[]
}

export interface BaseConfig {
  readonly schema: AnyObject
  /** Who may `list`, `invalidate` and `purge`. `true`: everybody. Absent: internal calls only. */
  readonly writeRole?: Predicate | true
}

export interface ParentedConfig {
  /** The owned table whose rows these belong to. */
  readonly parent: string
  readonly schema: AnyObject
}

export interface QuotaConfig {
  /** How much may be consumed in any window of `durationMs`. */
  readonly limit: number
  readonly durationMs: number
}

type Made<factory extends FactoryName> = { readonly factory: factory }

type ObjectSlot<factory extends FactoryName> = Readonly<Record<string, AnyObject | Made<factory>>>
type BaseSlot = Readonly<Record<string, AnyObject | BaseConfig | Made<'base'>>>
type KvSlot = Readonly<Record<string, KvConfig | Made<'kv'>>>
type ParentedSlot<factory extends 'log' | 'child'> = Readonly<
  Record<string, ParentedConfig | Made<factory>>
>
type QuotaSlot = Readonly<Record<string, QuotaConfig | Made<'quota'>>>

/** The slots of {@link schema}. */
export interface SchemaConfig {
  readonly owned?: ObjectSlot<'owned'>
  readonly child?: ParentedSlot<'child'>
  readonly singleton?: ObjectSlot<'singleton'>
  readonly kv?: KvSlot
  readonly log?: ParentedSlot<'log'>
  readonly base?: BaseSlot
  readonly quota?: QuotaSlot
}

/** Whether there is one is part of a table's type: without it, hosts show clients less. */
type RoleOf<config> = 'writeRole' extends keyof config ? Predicate | true : undefined
type KeyOf<config> = config extends { keys: readonly (infer key extends string)[] } ? key : string

type OwnedOf<name, config> = config extends AnyObject ? OwnedTable<name & string, config> : config
type SingletonOf<name, config> = config extends AnyObject
  ? SingletonTable<name & string, config>
  : config
type BaseOf<name, config> =
  config extends Made<'base'>
    ? config
    : config extends AnyObject
      ? BaseTable<name & string, config, undefined>
      : config extends { schema: infer schema extends AnyObject }
        ? BaseTable<name & string, schema, RoleOf<config>>
        : never
type KvOf<name, config> =
  config extends Made<'kv'>
    ? config
    : config extends { schema: infer schema extends AnyObject }
      ? KvTable<name & string, schema, KeyOf<config>, RoleOf<config>>
      : never
type LogOf<name, config> =
  config extends Made<'log'>
    ? config
    : config extends { schema: infer schema extends AnyObject; parent: infer parent extends string }
      ? LogTable<name & string, schema, parent>
      : never
type ChildOf<name, config> =
  config extends Made<'child'>
    ? config
    : config extends { schema: infer schema extends AnyObject; parent: infer parent extends string }
      ? ChildTable<name & string, schema, parent>
      : never

type Owned<slot> = { readonly [name in keyof slot]: OwnedOf<name, slot[name]> }
type Singletons<slot> = { readonly [name in keyof slot]: SingletonOf<name, slot[name]> }
type Bases<slot> = { readonly [name in keyof slot]: BaseOf<name, slot[name]> }
type Kvs<slot> = { readonly [name in keyof slot]: KvOf<name, slot[name]> }
type Logs<slot> = { readonly [name in keyof slot]: LogOf<name, slot[name]> }
type Children<slot> = { readonly [name in keyof slot]: ChildOf<name, slot[name]> }
type Quotas<slot> = { readonly [name in keyof slot]: QuotaTable<name & string> }

type Slot<config, name extends string> = name extends keyof config ? config[name] : unknown

/** Every table of every slot under its own name. */
export type Tables<config> = Owned<Slot<config, 'owned'>> &
  Children<Slot<config, 'child'>> &
  Singletons<Slot<config, 'singleton'>> &
  Kvs<Slot<config, 'kv'>> &
  Logs<Slot<config, 'log'>> &
  Bases<Slot<config, 'base'>> &
  Quotas<Slot<config, 'quota'>>

type NamesBut<config, slot> = {
  [other in Exclude<keyof config, slot>]: keyof config[other]
}[Exclude<keyof config, slot>]

/** Turns what cannot be into a sentence at the place where it stands. */
type Checked<config> = {
  readonly [slot in keyof config]: {
    readonly [name in keyof config[slot]]: name extends NamesBut<config, slot>
      ? `'${name & string}' is in two slots: a table has one name and one factory.`
      : config[slot][name] extends Made<infer factory>
        ? factory extends slot
          ? unknown
          : `'${name & string}' is a ${factory} table: put it in the ${factory} slot.`
        : unknown
  }
}

/**
 * One schema, all tables.
 *
 * @throws {@link DefinitionError} naming the table and the path of what cannot be stored.
 */
export function schema<const config extends SchemaConfig>(
  config: config & Checked<config>,
): Simplify<Tables<config>> {
  const slots = config as SchemaConfig
  const made: Record<string, AnyTable> = {}
  for (const [slot, entries] of Object.entries(slots) as [keyof SchemaConfig, object][]) {
    const make = makers[slot]
    if (make === undefined) {
      throw new DefinitionError(
        `schema() has no slot '${slot}'; there are ${Object.keys(makers).join(', ')}.`,
      )
    }
    for (const [name, table] of Object.entries(make(entries as never)) as [string, AnyTable][]) {
      if (made[name])
        throw new DefinitionError(
          `'${name}' is in two slots: a table has one name and one factory.`,
        )
      made[name] = table
    }
  }
  for (const table of Object.values(made)) assertParent(table, made)
  return made as Simplify<Tables<config>>
}

type Simplify<type> = { readonly [name in keyof type]: type[name] } & {}

/** Rows of one user each, published or shared as the options say. */
export function makeOwned<const slot extends ObjectSlot<'owned'>>(slot: slot): Owned<slot> {
  return each('owned', slot, objectTable) as Owned<slot>
}

/** Rows under a row of an owned table, edited like any other. */
export function makeChild<const slot extends ParentedSlot<'child'>>(slot: slot): Children<slot> {
  return each('child', slot, parentedTable) as Children<slot>
}

/** One row per signed-in user. */
export function makeSingleton<const slot extends ObjectSlot<'singleton'>>(
  slot: slot,
): Singletons<slot> {
  return each('singleton', slot, objectTable) as Singletons<slot>
}

/** Named values that a role writes and everybody reads. */
export function makeKv<const slot extends KvSlot>(slot: slot): Kvs<slot> {
  return each('kv', slot, kvTable) as Kvs<slot>
}

/** Append-only rows under a row of an owned table, in the order of their `seq`. */
export function makeLog<const slot extends ParentedSlot<'log'>>(slot: slot): Logs<slot> {
  return each('log', slot, parentedTable) as Logs<slot>
}

/** Rows fetched from somebody's API and kept for a while. */
export function makeBase<const slot extends BaseSlot>(slot: slot): Bases<slot> {
  return each('base', slot, baseTable) as Bases<slot>
}

/** Sliding windows: at most `limit` in any `durationMs`, per owner. */
export function makeQuota<const slot extends QuotaSlot>(slot: slot): Quotas<slot> {
  return each('quota', slot, quotaTable) as Quotas<slot>
}

const makers: Record<keyof SchemaConfig, (slot: never) => object> = {
  owned: makeOwned,
  child: makeChild,
  singleton: makeSingleton,
  kv: makeKv,
  log: makeLog,
  base: makeBase,
  quota: makeQuota,
}

function each(
  factory: FactoryName,
  slot: object,
  make: (factory: never, name: string, config: never) => unknown,
): unknown {
  const tables: Record<string, unknown> = {}
  for (const [name, config] of Object.entries(slot)) {
    assertTableName(name)
    if (typeof config === 'object' && config !== null && 'factory' in config) {
      const made = (config as AnyTable).factory
      if (made !== factory) {
        throw new DefinitionError(`'${name}' is a ${made} table: put it in the ${made} slot.`)
      }
      tables[name] = config
    } else tables[name] = make(factory as never, name, config as never)
  }
  return tables
}

const objectTable = (factory: 'owned', name: string, schema: AnyObject): OwnedTable => ({
  factory,
  name,
  schema: assertObject(name, schema),
  fields: describeFields(name, schema),
})

function parentedTable(factory: 'log', name: string, config: ParentedConfig): LogTable {
  if (config.parent === undefined) {
    throw new DefinitionError(
      `Table '${name}': a ${factory} table is declared as { parent, schema }, with the owned table that its rows hang under.`,
    )
  }
  return {
    factory,
    name,
    parent: config.parent,
    schema: assertObject(name, config.schema),
    fields: describeFields(name, config.schema),
  }
}

function kvTable(factory: 'kv', name: string, config: KvConfig): KvTable {
  if (config.keys?.length === 0)
    throw new DefinitionError(`Table '${name}': keys is empty, so nothing could ever be set.`)
  return {
    factory,
    name,
    schema: assertObject(name, config.schema),
    fields: describeFields(name, config.schema),
    keys: config.keys,
    writeRole: config.writeRole,
  }
}

/** Columns that every row of a base table has beside those of all tables. */
const baseColumns = ['fetchedAt', 'expiresAt', 'generation']

function baseTable(factory: 'base', name: string, config: AnyObject | BaseConfig): BaseTable {
  const { schema, writeRole } = isBaseConfig(config) ? config : { schema: config }
  const fields = describeFields(name, assertObject(name, schema))
  for (const column of baseColumns) {
    if (!Object.hasOwn(fields, column)) continue
    throw new DefinitionError(
      `Table '${name}': field '${column}' is a name that noboil gives to every row of a base table; choose another.`,
    )
  }
  return { factory, name, schema, fields, writeRole }
}

/** `{ schema, writeRole }`, and not an object() that happens to have a field of that name. */
const isBaseConfig = (config: AnyObject | BaseConfig): config is BaseConfig =>
  typeof config === 'object' && config !== null && !('_zod' in config) && 'schema' in config

function quotaTable(factory: 'quota', name: string, config: QuotaConfig): QuotaTable {
  for (const field of ['limit', 'durationMs'] as const) {
    if (!Number.isSafeInteger(config[field]) || config[field] < 1) {
      throw new DefinitionError(`Quota '${name}': ${field} must be a whole number of at least 1.`)
    }
  }
  return { factory, name, limit: config.limit, durationMs: config.durationMs }
}

function assertObject(name: string, schema: unknown): AnyObject {
  const type = (schema as z.ZodType | undefined)?._zod?.def.type
  if (type !== 'object') {
    throw new DefinitionError(
      `Table '${name}': its schema must be a Zod object() of zod/v4, not ${type ?? whatIs(schema)}.`,
    )
  }
  return schema as AnyObject
}

function assertParent(table: AnyTable, tables: Readonly<Record<string, AnyTable>>): void {
  if (table.factory !== 'log' && table.factory !== 'child') return
  const parent = tables[table.parent]
  if (parent === undefined) {
    // A parent may be kept elsewhere in the app's own schema; wiring it up checks again.
    return
  }
  if (parent.factory !== 'owned') {
    throw new DefinitionError(
      `Table '${table.name}': its parent '${table.parent}' is a ${parent.factory} table; rows hang under owned tables.`,
    )
  }
}

const whatIs = (schema: unknown): string =>
  typeof schema === 'object' && schema !== null && '_def' in schema
    ? 'one of zod/v3'
    : typeof schema
