/**
 * What a quota's answer means as time goes by.
 */
import type { QuotaState } from '../factories/quota/types.ts'
import type { QuotaView } from './shapes.ts'

/** `now`: on the server's clock. */
export function viewAt(answer: QuotaState, cost: number, now: number): QuotaView {
  const { allowed, remaining, retryAfter, serverTime } = answer
  if (retryAfter === undefined) return { allowed, remaining }
  const leftMs = serverTime + retryAfter - now
  if (leftMs > 0) return { allowed, remaining, retryAfter: leftMs }
  // The server's promise has come true: exactly then they fit.
  return { allowed: true, remaining: Math.max(remaining, cost) }
}
