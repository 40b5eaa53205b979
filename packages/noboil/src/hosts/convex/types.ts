/**
 * The types of an app on Convex: every operation as a function that Convex registers, with the arguments and answers its client sees.
 */
import type {
  DefaultFunctionArgs,
  RegisteredAction,
  RegisteredMutation,
  RegisteredQuery,
} from 'convex/server'
import type { BaseApi } from '../../factories/base/types.ts'
import type { ChildApi } from '../../factories/child/types.ts'
import type { KvApi } from '../../factories/kv/types.ts'
import type { LogApi } from '../../factories/log/types.ts'
import type { OwnedApi } from '../../factories/owned/types.ts'
import type { QuotaApi } from '../../factories/quota/types.ts'
import type { SingletonApi } from '../../factories/singleton/types.ts'
import type { InternalMutation } from './builders.ts'
import type { Wired } from '../../factories/wiring.ts'
import type { Writer } from '../../schema/context.ts'
import type { FunctionReference, ServerFunction } from '../../schema/reference.ts'
import type {
  BaseTable,
  ChildTable,
  KvTable,
  LogTable,
  OwnedTable,
  QuotaTable,
  SingletonTable,
} from '../../schema/tables.ts'

type Visibility = 'public' | 'internal'

/** Convex wants arguments with an index, which only plain type literals have. */
type Plain<args> = {
  [name in keyof args]: name extends 'where' ? WithoutDollars<args[name]> : args[name]
}

/** Convex keeps names with a `$` to itself: `{ rank: { gte: 1 } }` says what `$gte` says elsewhere. */
type WithoutDollars<where> = {
  [field in keyof where]: where[field] extends infer test ? Undollared<test> : never
}
type Undollared<test> = test extends object
  ? { [name in keyof test as name extends `$${infer plain}` ? plain : name]: test[name] }
  : test

/**
 * A registered function. Nothing may be added to it: Convex finds its arguments and answer by the alias alone.
 */
type Exposed<fn, visibility extends Visibility> =
  fn extends ServerFunction<'query', infer args, infer result>
    ? RegisteredQuery<visibility, Plain<args>, Promise<result>>
    : fn extends ServerFunction<'mutation', infer args, infer result>
      ? RegisteredMutation<visibility, Plain<args>, Promise<result>>
      : fn extends ServerFunction<'action', infer args, infer result>
        ? RegisteredAction<visibility, Plain<args>, Promise<result>>
        : fn extends object
          ? ExposedApi<fn, visibility>
          : undefined

type ExposedApi<api, visibility extends Visibility> = {
  readonly [name in keyof api]: Exposed<api[name], visibility>
}

/** What everybody may call of a table without a `writeRole`. */
type OpenNames = 'get' | 'load' | 'refresh'

/** Operations that only the server itself may call are internal functions. */
type Roled<api, table> = table extends { readonly writeRole: undefined }
  ? ExposedApi<Pick<api, keyof api & OpenNames>, 'public'> &
      ExposedApi<Omit<api, OpenNames>, 'internal'>
  : ExposedApi<api, 'public'>

/** Every operation a second time, as the server itself: internal functions, for crons and actions. */
type WithSystem<api, exposed> = exposed & { readonly system: ExposedApi<api, 'internal'> }

/** The functions of one table. */
export type ConvexTable<table, options = unknown> = table extends LogTable
  ? WithSystem<LogApi<table, options>, ExposedApi<LogApi<table, options>, 'public'>>
  : table extends OwnedTable
    ? WithSystem<OwnedApi<table, options>, ExposedApi<OwnedApi<table, options>, 'public'>>
    : table extends ChildTable
      ? WithSystem<ChildApi<table, options>, ExposedApi<ChildApi<table, options>, 'public'>>
      : table extends KvTable
        ? WithSystem<KvApi<table>, Roled<KvApi<table>, table>>
        : table extends SingletonTable
          ? WithSystem<SingletonApi<table>, ExposedApi<SingletonApi<table>, 'public'>>
          : table extends QuotaTable
            ? WithSystem<QuotaApi, ExposedApi<QuotaApi, 'public'>>
            : table extends BaseTable
              ? WithSystem<BaseApi<table>, Roled<BaseApi<table>, table>>
              : never

/** Inside a transaction: takes functions as they are registered, and references to them. */
export interface ConvexWriter extends Writer {
  query<args extends DefaultFunctionArgs, result>(
    fn: RegisteredQuery<Visibility, args, Promise<result>>,
    args: NoInfer<args>,
  ): Promise<result>
  query<args, result>(fn: FunctionReference<'query', args, result>, args: args): Promise<result>
  mutation<args extends DefaultFunctionArgs, result>(
    fn: RegisteredMutation<Visibility, args, Promise<result>>,
    args: NoInfer<args>,
  ): Promise<result>
  mutation<args, result>(
    fn: FunctionReference<'mutation', args, result>,
    args: NoInfer<args>,
  ): Promise<result>
}

export type ConvexApi<wired> = {
  readonly [name in keyof wired]: wired[name] extends Wired<infer table, infer options>
    ? ConvexTable<table, options>
    : never
} & { readonly users: ConvexUsers }

/** Noboil's own table of people. Whatever signs them in makes and changes them. */
export interface ConvexUsers {
  /**
   * Removes a person's row and, in the background, what they own; with `erase` also what their log rows say. Accounts and sessions
   * are for whatever signs people in.
   */
  readonly remove: InternalMutation<
    { userId: string; erase?: boolean | undefined },
    { removed: boolean }
  >
}
