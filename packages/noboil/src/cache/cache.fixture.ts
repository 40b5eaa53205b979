/** A cache whose world is a test's: time stands still, chance is fixed, and the log is a list. */
import { AppCache, type AppCacheOptions } from './cache.ts'
import type { Dependencies } from './graph.ts'
import type { CacheClock, CacheLogger, CachePorts } from './ports.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: object
}

export class HandClock implements CacheClock {
  #now = 1_000
  readonly #timers = new Set<{ readonly at: number; readonly ring: () => void }>()

  get waiting(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  setTimer(ms: number, ring: () => void): () => void {
    const timer = { at: this.#now + ms, ring }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Moves on as the clock of a process that is stopped does: nothing rings. */
  sleep(ms: number): void {
    this.#now += ms
  }

  /** Moves on; timers ring in order, each at its own time, and what they set in motion comes to rest in between. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      const next = [...this.#timers]
        .filter(({ at }) => at <= until)
        .toSorted((a, b) => a.at - b.at)
        .at(0)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.ring()
      await rest()
    }
    this.#now = until
    await rest()
  }
}

/** Lets everything that waits for nothing but its turn have it. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export function listLogger(lines: LogLine[]): CacheLogger {
  const at =
    (level: LogLine['level']) =>
    (fields: object, event: string): void =>
      void lines.push({ level, event, fields })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** The spec's own graph. */
export const dependencies: Dependencies = {
  posts: ['categories', 'pictures'],
  pages: ['categories', 'pictures', 'translations'],
  categories: ['types'],
  translations: [],
  feed: ['posts', 'pages', 'categories'],
  auth: [],
}

export interface TestCache {
  readonly cache: AppCache
  readonly clock: HandClock
  readonly lines: LogLine[]
}

export function testCache(
  options: Partial<AppCacheOptions> = {},
  ports: Partial<CachePorts> = {},
): TestCache {
  const clock = new HandClock()
  const lines: LogLine[] = []
  let tokens = 0
  const random = { unit: () => 0, token: () => `token-${++tokens}` }
  const cache = new AppCache(
    { dependencies, freeze: true, ...options },
    { clock, random, log: listLogger(lines), ...ports },
  )
  return { cache, clock, lines }
}

/** A load that answers when it is told to, and counts. */
export class Upstream<value> {
  readonly #waiting: PromiseWithResolvers<value>[] = []
  calls = 0

  readonly load = (): Promise<value> => {
    this.calls++
    const waiting = Promise.withResolvers<value>()
    this.#waiting.push(waiting)
    return waiting.promise
  }

  get open(): number {
    return this.#waiting.length
  }

  /** Answers the oldest call that waits. */
  async answer(value: value): Promise<void> {
    this.#waiting.shift()?.resolve(value)
    await rest()
  }

  async fail(error: unknown): Promise<void> {
    this.#waiting.shift()?.reject(error)
    await rest()
  }
}
