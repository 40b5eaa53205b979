/** How a call is answered: from memory, by waiting for a load under way, or by beginning one. */
import { NoboilError } from '../errors/error.ts'
import { type Filler, kept, mayStandIn } from './fill.ts'
import { Flight } from './flight.ts'
import type { Load } from './load.ts'
import type { Entry, MemoryTier } from './memory.ts'
import type { Wanted } from './options.ts'
import type { CacheClock } from './ports.ts'
import type { CacheCounts, EntityCounts } from './stats.ts'
import type { Remembered } from './status.ts'
import { type Horizon, isCurrent } from './versions.ts'

/** What a caller wants. */
export interface Question {
  readonly key: string
  readonly wanted: Wanted
  readonly load: Load<unknown>
}

/** Gets what memory does not have. */
export interface Provider {
  /** `refresh` is called when the answer is stale and to be loaded anew. */
  provide(
    flight: Flight,
    previous: Entry | undefined,
    refresh: (stale: Entry) => void,
  ): Promise<Remembered<unknown>>
}

export interface LookupParts {
  readonly clock: CacheClock
  readonly horizon: Horizon
  readonly memory: MemoryTier
  readonly counts: CacheCounts
  readonly filler: Filler
  readonly provider: Provider
  readonly maxLoads: number
  readonly maxLagMs: number
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

  /** The answer to a question. Throws, or rejects, as loading fails. */
  look(question: Question): Promise<Remembered<unknown>> {
    const answer = this.#remembered(question)
    if (answer !== undefined) {
      tally(answer, question.wanted.entity.counts)
      return Promise.resolve(answer)
    }
    const flight = this.#flightFor(question)
    if (!(flight instanceof Flight)) return flight
    return flight.joined === 0 ? flight.answer : flight.joint
  }

  /** Its value alone: for a crowd, one promise. */
  value(question: Question): Promise<unknown> {
    const answer = this.#remembered(question)
    if (answer !== undefined) {
      tally(answer, question.wanted.entity.counts)
      return Promise.resolve(answer.value)
    }
    const flight = this.#flightFor(question)
    return flight instanceof Flight ? flight.value : flight.then(({ value }) => value)
  }

  /** What is being loaded under a key is outdated by what the app has set. */
  supersede(key: string): void {
    const flight = this.#flights.get(key)
    if (flight !== undefined) flight.isSuperseded = true
  }

  /** What memory answers, if it may. */
  #remembered(question: Question): Remembered<unknown> | undefined {
    const { clock, horizon, memory, filler } = this.#parts
    const { key, wanted } = question
    const entry = memory.find(key, wanted)
    if (entry === undefined) return undefined
    const now = clock.now()
    const isTrusted = now < horizon.trustedUntil && isCurrent(entry, entry.asOf)
    if (isTrusted && now < entry.freshUntil) return kept(entry, 'hit', 'memory', now)
    const resting = filler.resting(key, now)
    if (isTrusted && !horizon.isAlone && now < entry.freshUntil + wanted.staleMs) {
      if (resting === undefined) this.#refresh(question, entry)
      return kept(entry, 'stale', 'memory', now)
    }
    if (resting === undefined || !mayStandIn(entry, wanted, now)) return undefined
    return { ...kept(entry, 'stale', 'memory', now), ...resting }
  }

  /** A load whose answer will do: one under way, else a new one. */
  #flightFor(question: Question): Flight | Promise<Remembered<unknown>> {
    const { memory, counts } = this.#parts
    const { key, wanted } = question
    const flight = this.#joinable(question)
    if (flight === undefined) return this.#start(question, memory.find(key, wanted), false)
    counts.collapsed++
    flight.joined++
    if (!flight.isRefresh && wanted.staleMs >= flight.wanted.staleMs) return flight
    // A load that was begun for callers who take older values may end with one.
    return flight.joint.then((answer) => {
      const isTooOld = answer.status === 'stale' && answer.error === undefined
      if (!isTooOld || -answer.ttlMs < wanted.staleMs) return answer
      return this.#start(question, memory.find(key, wanted), false).answer
    })
  }

  #joinable({ key, wanted }: Question): Flight | undefined {
    const { clock, horizon, maxLagMs } = this.#parts
    const flight = this.#flights.get(key)
    if (flight === undefined || !flight.isFor(wanted, horizon)) return undefined
    const now = clock.now()
    if (!horizon.isAlone && now < horizon.trustedUntil) return flight
    // Nothing is heard of changes: a load is worth joining only while it is young itself.
    return now < flight.startedAt + maxLagMs ? flight : undefined
  }

  #start(question: Question, previous: Entry | undefined, isRefresh: boolean): Flight {
    const { clock, horizon, provider, maxLoads } = this.#parts
    const { key } = question
    if (this.#flights.size >= maxLoads) {
      throw new NoboilError(
        'UNAVAILABLE',
        `${maxLoads} values are being loaded, as many as may be at a time (maxLoads); try again.`,
      )
    }
    const flight = new Flight(question, horizon, clock.now(), isRefresh)
    this.#flights.set(key, flight)
    let stale: Entry | undefined
    const provided = provider.provide(flight, previous, (entry) => {
      stale = entry
    })
    const { counts } = question.wanted.entity
    const end = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
      if (stale !== undefined) this.#refresh(question, stale)
    }
    flight.answer = provided.then(
      (answer) => {
        end()
        if (!isRefresh) tally(answer, counts)
        for (let at = 0; at < flight.joined; at++) tally(answer, counts)
        return answer
      },
      (error: unknown) => {
        end()
        counts.misses += flight.joined + (isRefresh ? 0 : 1)
        throw error
      },
    )
    return flight
  }

  /** Loads anew behind the back of callers who have been served. A failure is counted and logged where it happens. */
  #refresh(question: Question, previous: Entry): void {
    if (this.#joinable(question) !== undefined) return
    if (this.#flights.size >= this.#parts.maxLoads) return
    this.#start(question, previous, true).answer.catch(() => {})
  }
}

/** Counts one answered call. */
function tally({ status, tier, error }: Remembered<unknown>, counts: EntityCounts): void {
  if (status === 'miss') counts.misses++
  else if (error !== undefined) counts.staleOnError++
  else if (status === 'stale') counts.stale++
  else if (tier === 'memory') counts.memoryHits++
  else counts.redisHits++
}
