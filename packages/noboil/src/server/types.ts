/**
 * The types of a server: which options a table takes, which functions it gets, and how an app's own functions join them.
 */
import type * as z from 'zod/v4'
import type { BaseApi } from '../factories/base/types.ts'
import type { ChildApi } from '../factories/child/types.ts'
import type { KvApi } from '../factories/kv/types.ts'
import type { LogApi } from '../factories/log/types.ts'
import type { OwnedApi } from '../factories/owned/types.ts'
import type { QuotaApi } from '../factories/quota/types.ts'
import type { SingletonApi } from '../factories/singleton/types.ts'
import type { PredicateContext, Reader, Writer } from '../schema/context.ts'
import type { FunctionKind, ServerFunction } from '../schema/reference.ts'
import type { Id, User } from '../schema/register.ts'
import type { Wired } from '../factories/wiring.ts'
import type { AnyObject } from '../schema/storable.ts'
import type {
  BaseTable,
  ChildTable,
  KvTable,
  LogTable,
  OwnedTable,
  QuotaTable,
  SingletonTable,
} from '../schema/tables.ts'

/** The functions a table gets, by its factory and options. */
export type ApiOf<table, options> = table extends LogTable
  ? LogApi<table, options>
  : table extends OwnedTable
    ? OwnedApi<table, options>
    : table extends ChildTable
      ? ChildApi<table, options>
      : table extends KvTable
        ? KvApi<table>
        : table extends SingletonTable
          ? SingletonApi<table>
          : table extends QuotaTable
            ? QuotaApi
            : table extends BaseTable
              ? BaseApi<table>
              : never

export type TablesApi<tables> = {
  readonly [name in keyof tables]: tables[name] extends Wired<infer table, infer options>
    ? ApiOf<table, options>
    : never
}

/** A function of the app, before it has a name. */
export interface Custom<kind extends FunctionKind, args, result> {
  readonly custom: kind
  readonly internal: boolean
  readonly args: AnyObject | undefined
  readonly handler: (ctx: never, args: never) => unknown
  readonly types?: (args: args) => result
}

/** Work that the server does by itself, on time. */
export interface Cron {
  readonly custom: 'cron'
  readonly every: CronTime
  readonly handler: (ctx: never) => unknown
}

/** Every so many milliseconds, or daily at a UTC time `'HH:MM'`. */
export type CronTime = { readonly everyMs: number } | { readonly at: string }

export interface FunctionTree {
  readonly [name: string]: Custom<FunctionKind, never, unknown> | Cron | FunctionTree
}

export type FunctionsApi<functions> = {
  readonly [name in keyof functions]: functions[name] extends Cron
    ? never
    : functions[name] extends Custom<infer kind, infer args, infer result>
      ? ServerFunction<kind, args, result>
      : FunctionsApi<functions[name]>
}

interface Caller {
  readonly user: User | null
  readonly userId: Id<'users'> | null
  /** True for calls of the server itself. */
  readonly internal: boolean
}

/** For custom queries: one snapshot, whatever is awaited. */
export interface QueryContext<api> extends Caller {
  /** The snapshot's time, ms since the epoch. */
  readonly now: number
  readonly db: Reader
  /** The tables' functions as the caller: policies apply. */
  readonly api: api
  /** The tables' functions as the server itself. */
  readonly system: api
}

/** For custom mutations: one transaction, undone as a whole if the handler throws. */
export interface MutationContext<api> extends Caller {
  /** The transaction's time, ms since the epoch. */
  readonly now: number
  readonly db: Writer
  readonly api: api
  readonly system: api
  /** Runs after the commit is durable, never when the call fails. The place for effects with I/O. */
  afterCommit(effect: () => unknown): void
}

/** For actions and crons: no transaction; each call of `api` or `system` is one of its own. */
export interface ActionContext<api> extends Caller {
  /** Functions by reference, as the server itself; each call is a transaction of its own. */
  readonly db: Pick<Writer, 'query' | 'mutation'>
  readonly api: api
  readonly system: api
  /** Ends when the server shuts down. */
  readonly signal: AbortSignal
}

type Handler<ctx, schema, result> = (
  ctx: ctx,
  args: schema extends AnyObject ? z.output<schema> : Record<string, never>,
) => result | Promise<result>

interface Definition<ctx, schema, result> {
  /** Absent: the function takes no arguments. */
  readonly args?: schema
  readonly handler: Handler<ctx, schema, result>
}

type Args<schema> = schema extends AnyObject ? z.input<schema> : Record<string, never> | void

export type Define<kind extends FunctionKind, ctx> = <
  result,
  schema extends AnyObject | undefined = undefined,
>(
  definition: Definition<ctx, schema, result>,
) => Custom<kind, Args<schema>, result>

/** What `functions: (define) => …` is given. */
export interface Definers<api> {
  readonly query: Define<'query', QueryContext<api>>
  readonly mutation: Define<'mutation', MutationContext<api>>
  readonly action: Define<'action', ActionContext<api>>
  readonly internalQuery: Define<'query', QueryContext<api>>
  readonly internalMutation: Define<'mutation', MutationContext<api>>
  readonly cron: (every: CronTime, handler: (ctx: ActionContext<api>) => unknown) => Cron
}

export type Admin = (ctx: PredicateContext) => boolean | Promise<boolean>
