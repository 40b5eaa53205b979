/**
 * What hooks, predicates and handlers are given. One shape on every host; hosts differ only in whether `db` answers at once.
 */
import type { FunctionReference } from './reference.ts'
import type { Id, RowOf, User } from './register.ts'

/** Reads inside the transaction that is running. */
export interface Reader {
  /** The row behind an id, whatever its table, or null; policies are not applied: this is the server's own read. */
  get<table extends string>(id: Id<table> | null | undefined): Promise<RowOf<table> | null>
  /** Calls one of the app's queries inside this transaction, as the server itself. */
  query<args, result>(fn: FunctionReference<'query', args, result>, args: args): Promise<result>
}

/** Reads and writes inside the transaction that is running. */
export interface Writer extends Reader {
  /** Calls one of the app's mutations inside this transaction; its writes are undone if it throws. */
  mutation<args, result>(
    fn: FunctionReference<'mutation', args, result>,
    args: args,
  ): Promise<result>
}

/** For predicates (`writeRole`, `admin`, `authorize`): there may be nobody. */
export interface PredicateContext {
  readonly user: User | null
  readonly userId: Id<'users'> | null
  /** True for calls of the server itself: `internalMutation`, `cron`, a bare `api.x.f()`. */
  readonly internal: boolean
  /** The transaction's time, ms since the epoch. */
  readonly now: number
  readonly db: Reader
}

/**
 * For hooks: `user` is never null. Internal calls run as `{ _id: 'system' }`, calls of nobody as `{ _id: 'anonymous' }`.
 */
export interface HookContext {
  readonly user: User
  readonly userId: Id<'users'>
  readonly internal: boolean
  /** The transaction's time, ms since the epoch: the same for everything one call writes. */
  readonly now: number
  readonly db: Writer
  /** Runs after the commit is durable, never when the call fails. The place for effects with I/O. */
  afterCommit(effect: () => unknown): void
}

export type Predicate = (ctx: PredicateContext) => boolean | Promise<boolean>

/** True for calls of the server itself. */
export const isInternal = (ctx: { readonly internal: boolean }): boolean => ctx.internal
