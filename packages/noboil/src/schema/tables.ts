/**
 * The declared tables: what `schema()` makes of each slot. A table is data (name, factory, Zod object, described fields); what
 * it does is its factory's.
 */
import type * as z from 'zod/v4'
import type { Predicate } from './context.ts'
import type { AnyObject, Fields } from './storable.ts'

interface TableBase<factory extends string, name extends string> {
  readonly factory: factory
  readonly name: name
}

interface StoredTable<
  factory extends string,
  name extends string,
  schema extends AnyObject,
> extends TableBase<factory, name> {
  readonly schema: schema
  readonly fields: Fields
}

/** Who may write besides the server itself: everybody, those whom a predicate lets, or nobody. */
export type WriteRole = Predicate | true | undefined

export interface OwnedTable<
  name extends string = string,
  schema extends AnyObject = AnyObject,
> extends StoredTable<'owned', name, schema> {}

export interface ChildTable<
  name extends string = string,
  schema extends AnyObject = AnyObject,
  parent extends string = string,
> extends StoredTable<'child', name, schema> {
  readonly parent: parent
}

export interface SingletonTable<
  name extends string = string,
  schema extends AnyObject = AnyObject,
> extends StoredTable<'singleton', name, schema> {}

export interface KvTable<
  name extends string = string,
  schema extends AnyObject = AnyObject,
  key extends string = string,
  role extends WriteRole = WriteRole,
> extends StoredTable<'kv', name, schema> {
  /** Absent: any key. */
  readonly keys: readonly key[] | undefined
  /** Absent: internal only. */
  readonly writeRole: role
}

export interface LogTable<
  name extends string = string,
  schema extends AnyObject = AnyObject,
  parent extends string = string,
> extends StoredTable<'log', name, schema> {
  readonly parent: parent
}

export interface BaseTable<
  name extends string = string,
  schema extends AnyObject = AnyObject,
  role extends WriteRole = WriteRole,
> extends StoredTable<'base', name, schema> {
  /** Who may list, invalidate and purge. Absent: internal only. */
  readonly writeRole: role
}

export interface QuotaTable<name extends string = string> extends TableBase<'quota', name> {
  readonly limit: number
  readonly durationMs: number
}

export type AnyTable =
  | OwnedTable
  | ChildTable
  | SingletonTable
  | KvTable
  | LogTable
  | BaseTable
  | QuotaTable

export type FactoryName = AnyTable['factory']

/** A stored payload, as reads answer it. */
export type Payload<table extends { readonly schema: AnyObject }> = z.output<table['schema']>

/** What a caller sends: defaults may be left out, `userId` is the server's to say. */
export type Input<table extends { readonly schema: AnyObject }> = 'userId' extends keyof z.input<
  table['schema']
>
  ? Omit<z.input<table['schema']>, 'userId'>
  : z.input<table['schema']>
