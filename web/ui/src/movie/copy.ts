/** What a kept copy is worth at a moment, and how to say it. All arguments are milliseconds. */
import type { CachedMovie } from './port.ts'

/** `marked`: somebody said that it is stale, before its time. */
export type Freshness = 'fresh' | 'stale' | 'marked'

type Times = Pick<CachedMovie, 'fetchedAt' | 'expiresAt'>

export function freshnessOf({ expiresAt }: Times, nowMs: number): Freshness {
  if (expiresAt === 0) return 'marked'
  return expiresAt === undefined || nowMs < expiresAt ? 'fresh' : 'stale'
}

/** How much of its time a copy has left, from 1 down to 0. */
export function shareLeft({ fetchedAt, expiresAt }: Times, nowMs: number): number {
  if (expiresAt === undefined) return 1
  if (expiresAt <= fetchedAt) return 0
  return Math.min(1, Math.max(0, (expiresAt - nowMs) / (expiresAt - fetchedAt)))
}

/**
 * One sentence: what happens with this copy from here on. `byWord`: it was another deployment that had it marked.
 */
export function outlookOf(copy: Times, nowMs: number, byWord = false): string {
  switch (freshnessOf(copy, nowMs)) {
    case 'fresh':
      return copy.expiresAt === undefined
        ? 'Fresh until somebody marks it as stale.'
        : `Fresh for ${spanText(copy.expiresAt - nowMs)} more. Until then nobody asks the catalogue.`
    case 'stale':
      return 'Stale. Whoever looks at it sees it at once, while a newer one is fetched.'
    case 'marked':
      return `Marked as stale ${byWord ? 'at the word of another deployment' : 'by an admin'}. Whoever looks at it has it fetched again.`
  }
}

/** "8 ms", "1.2 s": how long an answer took. */
export function tookText(tookMs: number): string {
  return tookMs < 1_000
    ? `${Math.max(1, Math.round(tookMs))} ms`
    : `${(tookMs / 1_000).toFixed(1)} s`
}

/** "now", "42 s", "3 min", "2 h", "4 days": a span whose end matters to the second while it is short. */
export function spanText(spanMs: number): string {
  const seconds = Math.max(0, Math.ceil(spanMs / 1_000))
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 100) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}

/** The same for what has passed; a span that has hardly begun is none. */
export function ageText(ageMs: number): string {
  return spanText(Math.max(0, Math.floor(ageMs / 1_000) * 1_000))
}
