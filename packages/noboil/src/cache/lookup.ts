/** How a call is answered: from memory, by waiting for a load under way, or by beginning one. */
import { NoboilError } from '../errors/error.ts'
import { type Filler, kept, mayStandIn } from './fill.ts'
import { Flight } from './flight.ts'
import type { Load } from './load.ts'
import type { Entry, MemoryTier } from './memory.ts'
import type { Wanted } from './options.ts'
import type { CacheClock } from './ports.ts'
import type { CacheCounts } from './stats.ts'
import type { Remembered } from './status.ts'
import { type Horizon, isCurrent } from './versions.ts'

/** What a caller wants. */
export interface Question {
  readonly key: string
  /** The entity as the caller names it. */
  readonly type: string
  readonly wanted: Wanted
  readonly load: Load<unknown>
}

export interface LookupParts {
  readonly clock: CacheClock
  readonly horizon: Horizon
  readonly memory: MemoryTier
  readonly counts: CacheCounts
  readonly filler: Filler
  readonly maxLoads: number
}

export class Lookup {
  readonly #parts: LookupParts
  readonly #flights = new Map<string, Flight>()

  constructor(parts: LookupParts) {
    this.#parts = parts
  }

  /** Loads under way. */
  get loading(): number {
    return this.#flights.size
  }

  async look(question: Question): Promise<Remembered<unknown>> {
    const { clock, horizon, memory, counts: all, filler } = this.#parts
    const { key, wanted } = question
    const { counts } = wanted.entity
    const now = clock.now()
    const entry = memory.find(key, wanted)
    const isTrusted =
      entry !== undefined && now < horizon.trustedUntil && isCurrent(entry, entry.asOf)
    if (isTrusted && now < entry.freshUntil) {
      counts.memoryHits++
      return kept(entry, 'hit', 'memory', now)
    }
    const flight = this.#flights.get(key)
    const joins = flight?.isFor(wanted, horizon) ?? false
    if (isTrusted && !horizon.isAlone && now < entry.freshUntil + wanted.staleMs) {
      counts.stale++
      if (!joins && !filler.isResting(key, now)) this.#refresh(question, entry)
      return kept(entry, 'stale', 'memory', now)
    }
    if (entry !== undefined && filler.isResting(key, now) && mayStandIn(entry, wanted, now)) {
      counts.staleOnError++
      return kept(entry, 'stale', 'memory', now)
    }
    counts.misses++
    if (flight === undefined || !joins) return this.#start(question, entry).answer
    all.collapsed++
    return flight.join()
  }

  /** What is being loaded under a key is outdated by what the app has set. */
  supersede(key: string): void {
    const flight = this.#flights.get(key)
    if (flight !== undefined) flight.isSuperseded = true
  }

  #start({ key, type, wanted, load }: Question, previous: Entry | undefined): Flight {
    const { horizon, filler, maxLoads } = this.#parts
    if (this.#flights.size >= maxLoads) {
      throw new NoboilError(
        'UNAVAILABLE',
        `${maxLoads} values are being loaded, as many as may be at a time (maxLoads); try again.`,
      )
    }
    const flight = new Flight({ key, type, wanted, load }, horizon)
    this.#flights.set(key, flight)
    flight.answer = filler.provide(flight, previous).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    })
    return flight
  }

  /** Loads anew behind the back of callers who have been served. The failure is counted and logged where it happens. */
  #refresh(question: Question, previous: Entry): void {
    if (this.#flights.size >= this.#parts.maxLoads) return
    this.#start(question, previous).answer.catch(() => {})
  }
}
