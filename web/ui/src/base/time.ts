/** Times as a reader would say them. All arguments are milliseconds since the Unix epoch. */

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** "just now", "4 min ago", "3 h ago", "2 days ago", then the date. */
export function agoText(thenMs: number, nowMs: number): string {
  const elapsedMs = nowMs - thenMs
  if (elapsedMs < minuteMs) return 'just now'
  if (elapsedMs < hourMs) return `${Math.floor(elapsedMs / minuteMs)} min ago`
  if (elapsedMs < dayMs) return `${Math.floor(elapsedMs / hourMs)} h ago`
  const days = Math.floor(elapsedMs / dayMs)
  if (days < 7) return days === 1 ? 'yesterday' : `${days} days ago`
  return dateText(thenMs, nowMs)
}

/** "in 4 min", "in 3 h", "in 2 days", then the date. A time that has passed is "now". */
export function untilText(thenMs: number, nowMs: number): string {
  const leftMs = thenMs - nowMs
  if (leftMs <= 0) return 'now'
  if (leftMs < minuteMs) return 'in less than a minute'
  if (leftMs < hourMs) return `in ${Math.round(leftMs / minuteMs)} min`
  if (leftMs < dayMs) return `in ${Math.round(leftMs / hourMs)} h`
  const days = Math.round(leftMs / dayMs)
  if (days < 7) return days === 1 ? 'tomorrow' : `in ${days} days`
  return `on ${dateText(thenMs, nowMs)}`
}

/** Whole seconds left of a wait, never showing 0 while there is still some of it. */
export function secondsLeft(waitMs: number): number {
  return Math.max(0, Math.ceil(waitMs / 1_000))
}

function dateText(thenMs: number, nowMs: number): string {
  const then = new Date(thenMs)
  const sameYear = then.getFullYear() === new Date(nowMs).getFullYear()
  return then.toLocaleDateString('en', {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  })
}
