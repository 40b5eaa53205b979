/**
 * Who is calling, and what every factory is told about the app it is part of.
 */
import { NoboilError } from '../../errors/error.ts'
import { call as callApp, type Op } from '../../program/program.ts'
import type { Transaction } from '../../program/request.ts'
import type { HookContext, Predicate, PredicateContext } from '../../schema/context.ts'
import type { User } from '../../schema/register.ts'

/** One call of one operation. */
export interface Call {
  /** Null: nobody is signed in. */
  readonly user: User | null
  /** A call of the server itself; it passes every policy. */
  readonly internal: boolean
  /** Whom rate limits count: the user, else the host's identity or the client's address, else one shared name. */
  readonly caller: string
}

/** Limits of every operation. All are checked when the app is built. */
export interface FactoryLimits {
  /** Items of a bulk call. */
  readonly maxBulkItems: number
  /** Rows of a page or of `listAfter`. */
  readonly maxPageRows: number
  /** Rows that `authIndexed` and `pubIndexed` group. */
  readonly maxIndexedRows: number
  /** UTF-8 bytes of one payload. */
  readonly maxPayloadBytes: number
  /** UTF-8 bytes of a kv key or an idempotency key. */
  readonly maxKeyBytes: number
  /** Different values of one counted field under one parent. */
  readonly maxCountedValues: number
  /** Rows a search answers. */
  readonly maxSearchRows: number
  /** People a row may be shared with. */
  readonly maxMembers: number
  /** Rows a background sweep removes in one transaction; on Convex 32, since they must fit in it. */
  readonly maxSweepRows: number
}

export const defaultFactoryLimits: FactoryLimits = {
  maxBulkItems: 1_000,
  maxPageRows: 1_000,
  maxIndexedRows: 1_000,
  maxPayloadBytes: 256 * 1024,
  maxKeyBytes: 256,
  maxCountedValues: 1_000,
  maxSearchRows: 100,
  maxMembers: 1_000,
  maxSweepRows: 500,
}

/** What the app tells its factories. */
export interface Settings {
  readonly admin: Predicate
  readonly limits: FactoryLimits
  /** Whether the host stores files itself, so that a table can own some. */
  readonly keepsFiles?: true
  /** Makes the contexts of hooks and predicates on the running transaction. */
  hookContext(call: Call, transaction: Transaction): HookContext
  predicateContext(call: Call, transaction: Transaction): PredicateContext
  /** Runs code of the app that holds a transaction; lets a server notice calls that would wait for their own transaction. */
  within?<result>(work: () => result): result
}

/** The server itself, at work in the background. */
export const systemCall: Call = { user: null, internal: true, caller: 'system' }

/** The row author of a call: the user, or the server itself. */
export const authorOf = (call: Call): string => call.user?._id ?? 'system'

/** Writes need somebody: a signed-in user, or the server itself. */
export function assertSignedIn(call: Call): void {
  if (call.user === null && !call.internal) {
    throw new NoboilError('NOT_AUTHENTICATED', 'Sign in to do this.')
  }
}

/** Asks a predicate of the app. */
export function ask(settings: Settings, call: Call, predicate: Predicate): Op<boolean> {
  return callApp<boolean | Promise<boolean>>((transaction) =>
    within(settings, () => predicate(settings.predicateContext(call, transaction))),
  )
}

/** Runs a hook of the app and answers what it returned. */
export function hook<result>(
  settings: Settings,
  call: Call,
  run: (ctx: HookContext) => result,
): Op<Awaited<result>> {
  return callApp((transaction) =>
    within(settings, () => run(settings.hookContext(call, transaction))),
  )
}

const within = <result>(settings: Settings, work: () => result): result =>
  settings.within === undefined ? work() : settings.within(work)
