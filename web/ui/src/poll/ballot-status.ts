/** What the line under a ballot says: one thing at a time, the most pressing first. */
import type { QuotaState } from './port.ts'

export interface Receipt {
  readonly optionIdx: number
  readonly seq: number
  /** False: the server had already counted this very ballot. */
  readonly created: boolean
}

/** `left`: how many more ballots are allowed, once it is so few that it is worth saying. */
export type BallotStatus =
  | { readonly kind: 'closed' }
  | { readonly kind: 'limited'; readonly waitMs: number }
  | { readonly kind: 'counted'; readonly receipt: Receipt; readonly left: number | undefined }
  | { readonly kind: 'few'; readonly left: number }
  | { readonly kind: 'ready' }

export interface BallotFacts {
  readonly isClosed: boolean
  readonly quota: QuotaState | undefined
  /** From a refusal, for hosts whose quota query lags behind it. */
  readonly refusedForMs: number
  readonly receipt: Receipt | undefined
}

const fewMax = 2

export function ballotStatus(facts: BallotFacts): BallotStatus {
  if (facts.isClosed) return { kind: 'closed' }
  const waitMs = waitOf(facts)
  if (waitMs > 0) return { kind: 'limited', waitMs }
  const left = fewLeft(facts.quota)
  if (facts.receipt) return { kind: 'counted', receipt: facts.receipt, left }
  if (left !== undefined) return { kind: 'few', left }
  return { kind: 'ready' }
}

/** Votes that came in while this page watched; a purge starts the count again. */
export interface Watch {
  readonly startedAt: number
  readonly last: number
}

export function watchTotal(watch: Watch | undefined, total: number): Watch {
  if (!watch || total < watch.last) return { startedAt: total, last: total }
  return { startedAt: watch.startedAt, last: total }
}

function fewLeft(quota: QuotaState | undefined): number | undefined {
  if (!quota?.allowed) return undefined
  return quota.remaining > 0 && quota.remaining <= fewMax ? quota.remaining : undefined
}

function waitOf({ quota, refusedForMs }: BallotFacts): number {
  const quotaMs = quota && !quota.allowed ? (quota.retryAfter ?? 0) : 0
  return Math.max(quotaMs, refusedForMs)
}
