/**
 * Where a client touches the world: time, chance, and the signs that a network is back.
 */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `task` once, `ms` from now; the answer calls it off. */
  after(ms: number, task: () => void): () => void
}

export interface Random {
  /** At least 0, below 1. */
  unit(): number
  /** A new id that nobody else makes: 128 bits. */
  id(): string
}

/** Calls `awake` when a page is seen again or a network is back; the answer stops it. */
export type Waker = (awake: () => void) => () => void

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    // A longer delay would overflow to none at all; whoever waits looks at the clock again.
    const timer = setTimeout(task, Math.min(ms, 0x7fffffff))
    return () => clearTimeout(timer)
  },
}

export const systemRandom: Random = {
  unit: () => Math.random(),
  // `randomUUID` is missing from pages served over plain HTTP on a local network; this is not.
  id: () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join(''),
}

/** The page's own events; nothing where there is no page. */
export const pageWaker: Waker = (awake) => {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => {}
  const seen = (): void => {
    if (document.visibilityState === 'visible') awake()
  }
  window.addEventListener('online', awake)
  document.addEventListener('visibilitychange', seen)
  return () => {
    window.removeEventListener('online', awake)
    document.removeEventListener('visibilitychange', seen)
  }
}

/** Hands an error of the app's own callbacks to whoever watches for errors, without stopping the work at hand. */
export function reportError(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}

/** Tells a listener of the app; one that throws keeps nobody else from the news. */
export function tell(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    reportError(error)
  }
}

/** Exponential backoff with full jitter: between 0 and `baseMs` doubled per attempt, at most `maxMs`. */
export const backoffMs = (random: Random, attempt: number, baseMs: number, maxMs: number): number =>
  random.unit() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30))
