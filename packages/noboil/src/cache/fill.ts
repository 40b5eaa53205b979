/** How a value is got when memory has no fresh one: by loading it, kept as of before the load. */
import { LRUCache } from 'lru-cache'
import { isNoboilError } from '../errors/error.ts'
import { Flight, type FlightPlan } from './flight.ts'
import { runLoad } from './load.ts'
import { type Entry, makeEntry, type MemoryTier } from './memory.ts'
import type { Wanted } from './options.ts'
import type { CachePorts } from './ports.ts'
import type { CacheCounts, LoadTimes } from './stats.ts'
import type { Remembered } from './status.ts'
import { freeze } from './values.ts'
import { type Horizon, isCurrent } from './versions.ts'

export interface FillParts {
  readonly ports: CachePorts
  readonly horizon: Horizon
  readonly memory: MemoryTier
  readonly counts: CacheCounts
  readonly loads: LoadTimes
  readonly freezes: boolean
  /** Values kept while other processes' changes are not known here are fresh no longer than this. */
  readonly maxLagMs: number
}

interface Failure {
  readonly error: unknown
  readonly until: number
}

const maxFailures = 10_000

export class Filler {
  readonly #parts: FillParts
  /** Keys whose load failed lately, with the time from which it is tried again. */
  readonly #failures = new LRUCache<string, Failure>({ max: maxFailures })

  constructor(parts: FillParts) {
    this.#parts = parts
  }

  /** The failure of a load so recent that a stale value is served without trying again. */
  resting(key: string, now: number): { readonly error: unknown } | undefined {
    const failure = this.#failures.get(key)
    return failure !== undefined && now < failure.until ? failure : undefined
  }

  isFresh(entry: Entry, now: number): boolean {
    return (
      now < entry.freshUntil &&
      now < this.#parts.horizon.trustedUntil &&
      isCurrent(entry, entry.asOf)
    )
  }

  /** Loads a value and keeps it; answers `previous` when loading fails and it may stand in. */
  async provide(flight: Flight, previous: Entry | undefined): Promise<Remembered<unknown>> {
    const { horizon, ports } = this.#parts
    flight.begin(horizon, ports.clock.now())
    try {
      const value = await this.load(flight, previous)
      const entry = this.makeEntry(flight, value)
      return loaded(entry, this.keep(flight, entry), ports.clock.now())
    } catch (error) {
      return this.standIn(flight, previous, error)
    }
  }

  /** Runs the app's function, counted and timed. */
  async load({ key, wanted, load }: Flight, previous: Entry | undefined): Promise<unknown> {
    const { ports, loads, counts } = this.#parts
    const { clock } = ports
    const began = clock.now()
    const former = previous && { value: previous.value, ageMs: began - previous.loadedAt }
    try {
      const value = await runLoad(load, { key, previous: former }, wanted.timeoutMs, clock)
      this.#failures.delete(key)
      return this.#guarded(value)
    } catch (error) {
      wanted.entity.counts.errors++
      if (isNoboilError(error) && error.code === 'TIMEOUT') counts.timeouts++
      if (wanted.retryMs > 0) {
        this.#failures.set(key, { error, until: clock.now() + wanted.retryMs })
      }
      const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown }
      ports.log.warn({ key, type: wanted.entity.name, error: name, code }, 'load failed')
      throw error
    } finally {
      loads.add(clock.now() - began)
    }
  }

  makeEntry(flight: Flight, value: unknown): Entry {
    const { ports, horizon, maxLagMs } = this.#parts
    const { wanted, asOf, startedAt } = flight
    const now = ports.clock.now()
    const freshMs = Math.ceil(ttlOf(value, wanted) * (1 - wanted.jitter * ports.random.unit()))
    // What others change is not heard of: only so long after the load began can nothing be too old.
    const most = horizon.isAlone ? startedAt + maxLagMs : Number.POSITIVE_INFINITY
    return makeEntry(wanted, value, {
      asOf,
      loadedAt: now,
      freshUntil: Math.min(now + freshMs, most),
    })
  }

  /** A load that is over at once: the app has the value at hand. */
  flightOf(plan: FlightPlan): Flight {
    const { horizon, ports } = this.#parts
    return new Flight(plan, horizon, ports.clock.now())
  }

  /** The value that the app has at hand, as it is kept. */
  entryOf(flight: Flight, value: unknown): Entry {
    return this.makeEntry(flight, this.#guarded(value))
  }

  /** Puts an entry into memory unless a change came meanwhile; then it is there for failures alone. */
  keep(flight: Flight, entry: Entry): boolean {
    const { horizon, memory, counts } = this.#parts
    if (flight.isSuperseded || flight.generation !== horizon.generation) return false
    if (entry.freshUntil <= entry.loadedAt) return false
    const isKept = memory.put(flight.key, entry)
    if (isCurrent(entry, entry.asOf)) return isKept
    counts.fenced++
    return false
  }

  /** A stale value in place of a failure, if the caller allows one so old; else throws the failure. */
  standIn(flight: Flight, previous: Entry | undefined, error: unknown): Remembered<unknown> {
    const now = this.#parts.ports.clock.now()
    const { wanted } = flight
    if (previous === undefined || !mayStandIn(previous, wanted, now)) throw error
    return { ...kept(previous, 'stale', 'memory', now), error }
  }

  #guarded(value: unknown): unknown {
    return this.#parts.freezes ? freeze(value) : value
  }
}

/** Whether a stale value may take the place of a failure. */
export function mayStandIn(entry: Entry, { staleIfErrorMs }: Wanted, now: number): boolean {
  return staleIfErrorMs > 0 && now < entry.freshUntil + staleIfErrorMs
}

/** The answer that an entry of the cache gives. */
export function kept(
  { value, loadedAt, freshUntil }: Entry,
  status: 'hit' | 'stale',
  tier: 'memory' | 'redis',
  now: number,
): Remembered<unknown> {
  const times = { ageMs: now - loadedAt, ttlMs: freshUntil - now }
  return { value, status, tier, ...times, stored: true, collapsed: false }
}

/** The answer that a load gives. */
export function loaded(entry: Entry, stored: boolean, now: number): Remembered<unknown> {
  const { value, loadedAt, freshUntil } = entry
  const ttlMs = stored ? freshUntil - now : 0
  return {
    value,
    status: 'miss',
    tier: 'load',
    ageMs: now - loadedAt,
    ttlMs,
    stored,
    collapsed: false,
  }
}

function ttlOf(value: unknown, { ttlMs, negativeTtlMs }: Wanted): number {
  return value === null || value === undefined ? negativeTtlMs : ttlMs
}
