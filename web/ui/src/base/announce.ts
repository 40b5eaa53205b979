/** How long to wait (ms) before the next announcement, given when the last one was made. */
export function announceInMs(nowMs: number, lastMs: number | undefined, everyMs: number): number {
  // A short pause even for the first: votes that land together make one sentence.
  const settleMs = 300
  return lastMs === undefined ? settleMs : Math.max(settleMs, lastMs + everyMs - nowMs)
}
