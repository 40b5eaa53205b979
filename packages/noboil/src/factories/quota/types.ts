/**
 * The quota factory as its users see it: options, hooks, operations.
 */
import type { HookContext, PredicateContext } from '../../schema/context.ts'
import type { Mutation, Query } from '../../schema/reference.ts'

/** What a quota says of one owner at `serverTime`. Times are milliseconds. */
export interface QuotaState {
  /** Whether `cost` units fit; after `consume`: whether they were counted. */
  readonly allowed: boolean
  /** Units that still fit. */
  readonly remaining: number
  /** How long until `cost` units fit: exact. Absent when they fit now, or never will. */
  readonly retryAfter?: number
  readonly limit: number
  readonly durationMs: number
  /** The server's clock as this was computed: what a client counts down from. */
  readonly serverTime: number
  /** When `remaining` next grows, on the server's clock. Absent when nothing is used. */
  readonly changesAt?: number
}

interface Use {
  readonly owner: string
  readonly cost: number
}

export interface QuotaHooks {
  /** Runs when the units fit, before they are counted; a throw refuses the use. */
  readonly beforeConsume?: (ctx: HookContext, event: Use) => void | Promise<void>
  readonly afterConsume?: (
    ctx: HookContext,
    event: Use & { readonly state: QuotaState },
  ) => void | Promise<void>
  /** Runs when the units do not fit. What it writes stays: `consume` answers, it does not throw. */
  readonly onExceeded?: (
    ctx: HookContext,
    event: Use & { readonly state: QuotaState },
  ) => void | Promise<void>
}

export interface QuotaOptions {
  /** Who may name an owner other than themselves. Absent: only the server itself. */
  readonly authorize?: (
    ctx: PredicateContext,
    event: { readonly owner: string },
  ) => boolean | Promise<boolean>
  readonly hooks?: QuotaHooks
}

/** `owner`: the signed-in user unless `authorize` allows another; the server itself names one. `cost`: 1 unless given. */
export interface QuotaArgs {
  owner?: string | undefined
  cost?: number | undefined
}

export interface QuotaApi {
  /** Whether `cost` units would fit; null for nobody, and for an owner that is not the caller's to ask about. */
  readonly check: Query<QuotaArgs, QuotaState | null>
  /** Counts, within the limit or not. */
  readonly record: Mutation<QuotaArgs, QuotaState>
  /** Counts if it fits, and says whether it did; never throws for a quota that is used up. */
  readonly consume: Mutation<QuotaArgs, QuotaState>
}
