/**
 * The Redis tier: values that all processes share, loaded by one of them at a time. Whatever Redis does not answer, the cache does
 * without: then it loads.
 */
import { NoboilError } from '../../errors/error.ts'
import type { Invalidation, Notification } from '../events.ts'
import { type Filler, kept, loaded, mayStandIn } from '../fill.ts'
import type { Flight } from '../flight.ts'
import type { Graph } from '../graph.ts'
import type { Entry, MemoryTier } from '../memory.ts'
import type { CacheLimits, CachePorts } from '../ports.ts'
import type { CacheCounts } from '../stats.ts'
import type { Remembered } from '../status.ts'
import { type Horizon, isCurrent } from '../versions.ts'
import { writeNotify } from './bus.ts'
import type { CacheCodec } from './codec.ts'
import { type RedisDriver, RedisFailure } from './driver.ts'
import { type Lease, RedisEntries } from './entries.ts'
import { Link, type Run } from './link.ts'
import { type RedisKeys, redisKeys, type RedisSettings } from './settings.ts'
import { readChange, View } from './view.ts'
import { Wakes } from './wakes.ts'

export interface TierParts {
  readonly driver: RedisDriver
  readonly settings: RedisSettings
  readonly codec: CacheCodec
  readonly freezes: boolean
  readonly ports: CachePorts
  readonly limits: CacheLimits
  readonly graph: Graph
  readonly horizon: Horizon
  readonly memory: MemoryTier
  readonly counts: CacheCounts
  readonly filler: Filler
  readonly invalidated: (invalidation: Invalidation) => void
  readonly notified: (notification: Notification) => void
}

export class RedisTier {
  readonly #parts: TierParts
  readonly #keys: RedisKeys
  readonly #wakes: Wakes
  readonly #link: Link
  readonly #view: View
  readonly #entries: RedisEntries
  readonly #run: Run
  #hasTried = false
  #stopTick: (() => void) | undefined

  constructor(parts: TierParts) {
    const { driver, settings, ports, counts, horizon } = parts
    this.#parts = parts
    this.#keys = redisKeys(settings.prefix)
    this.#wakes = new Wakes(ports.clock)
    this.#view = new View({
      ...parts,
      clock: ports.clock,
      random: ports.random,
      keys: this.#keys,
      wake: (key) => this.#wakes.wake(key),
      onOver: () => this.#link.drop('the history of changes has begun anew'),
    })
    this.#link = new Link({
      driver,
      channel: this.#keys.channel,
      settings,
      ports,
      counts,
      greet: (run) => this.#view.greet(run),
      onMessage: (text) => this.#view.message(text),
      onLost: () => {
        this.#view.lost()
        this.#wakes.wakeAll()
      },
    })
    this.#run = (script, keys, args) => this.#link.run(script, keys, args)
    this.#entries = new RedisEntries({
      ...parts,
      keys: this.#keys,
      view: this.#view,
      run: this.#run,
      send: (command) => this.#link.send(command),
    })
    horizon.isAlone = true
  }

  get isConnected(): boolean {
    return this.#link.isReady
  }

  /** Changes that Redis has not been told of. */
  get pending(): number {
    return this.#view.pending
  }

  start(): void {
    void this.#link.tried.then(() => (this.#hasTried = true))
    this.#link.start()
    this.#tick()
  }

  /** Resolves when the first try to connect is over. */
  tried(): Promise<void> {
    return this.#link.tried
  }

  close(): void {
    this.#stopTick?.()
    this.#link.close()
    this.#wakes.wakeAll()
  }

  /**
   * The value that a flight is after: what Redis has, or what it loads as the only process that does. `refresh` is called with a
   * stale entry that may be served meanwhile.
   */
  provide(
    flight: Flight,
    previous: Entry | undefined,
    refresh: (stale: Entry) => void,
  ): Promise<Remembered<unknown>> {
    if (flight.isRefresh) return this.#loadAlone(flight, previous)
    const { ports, horizon } = this.#parts
    const isReady = this.#link.isReady && ports.clock.now() < horizon.trustedUntil
    if (!isReady) return this.#prepare(flight, previous, refresh)
    return this.#entries.find(flight.key).then(
      (text) => this.#found(flight, previous, refresh, text),
      (error: unknown) => {
        if (error instanceof RedisFailure) return this.#loadAlone(flight, previous)
        throw error
      },
    )
  }

  /** The fresh value of a key, whatever it rests on. */
  async get(key: string): Promise<Entry | undefined> {
    const { horizon, ports, memory, filler } = this.#parts
    return this.#unlessAway(async () => {
      await this.#catchUp()
      const { generation } = horizon
      const entry = await this.#entries.get(key)
      if (entry === undefined || !filler.isFresh(entry, ports.clock.now())) return undefined
      if (generation === horizon.generation) memory.put(key, entry)
      return entry
    })
  }

  /** Puts a value in the place of what is there, on all processes; false when Redis has not been told. */
  async set(flight: Flight, entry: Entry): Promise<boolean> {
    const { horizon, memory, counts } = this.#parts
    const { key } = flight
    const text = this.#entries.encode(entry.value)
    if (this.#link.isAway) {
      this.#view.deferKey(key)
      return false
    }
    const set = await this.#onceGreeted(() => {
      // Numbers from before a greeting say nothing after it: then the value counts as outdated.
      const asOf = generationHolds(flight, horizon) ? entry.asOf : -1
      return this.#entries.set(flight, entry, text, asOf)
    })
    if (set === undefined) {
      this.#view.deferKey(key)
      this.#link.drop('did not take a value')
      return false
    }
    horizon.seen = Math.max(horizon.seen, set.seq)
    if (set.entry === undefined) {
      counts.fenced++
      memory.forget(key, set.seq)
    } else if (generationHolds(flight, horizon)) memory.put(key, set.entry)
    return true
  }

  /** Tells all processes of a change; what cannot be told now is told first when Redis is back. */
  async invalidate(
    type: string,
    ids: readonly string[] | undefined,
    preventMirror: boolean,
  ): Promise<void> {
    const news = this.#view.news(type, ids, preventMirror)
    // At once, so that no greeting misses it.
    if (this.#link.isAway) return this.#view.defer(news)
    const numbered = await this.#onceGreeted(async () =>
      readChange(await this.#run('change', [this.#keys.tags], this.#view.changeArgs(news))),
    )
    if (numbered?.epoch === this.#view.epoch) return this.#view.note(news, numbered.seq)
    if (numbered === undefined) this.#view.defer(news)
    // Whoever is connected has told everything, and knows the history it was told to: else the connection ends.
    this.#link.drop('did not take a change into the history known here')
  }

  /** Passes a notification to the other processes, if Redis is there; who was away is told when it is back. */
  async notify({ type, id, action }: Omit<Notification, 'origin'>): Promise<void> {
    const text = writeNotify({ type, id, action, from: this.#view.name })
    await this.#unlessAway(() => this.#link.send(['PUBLISH', this.#keys.channel, text]))
  }

  /** Before Redis can be asked: it has not been met yet, or nothing has been heard of changes for too long. */
  async #prepare(
    flight: Flight,
    previous: Entry | undefined,
    refresh: (stale: Entry) => void,
  ): Promise<Remembered<unknown>> {
    const { horizon, ports } = this.#parts
    if (!this.#hasTried) await this.#link.tried
    const text = await this.#unlessAway(async () => {
      await this.#catchUp()
      flight.begin(horizon, ports.clock.now())
      return this.#entries.find(flight.key)
    })
    return this.#found(flight, previous, refresh, text)
  }

  #found(
    flight: Flight,
    previous: Entry | undefined,
    refresh: (stale: Entry) => void,
    text: unknown,
  ): Remembered<unknown> | Promise<Remembered<unknown>> {
    const entry = this.#entries.decode(flight, text)
    if (entry === undefined) return this.#loadAlone(flight, previous)
    const served = this.#serve(flight, entry, refresh, (text as string).length)
    return served ?? this.#loadAlone(flight, newer(previous, entry))
  }

  #serve(
    flight: Flight,
    entry: Entry,
    refresh: (stale: Entry) => void,
    bytes: number,
  ): Remembered<unknown> | undefined {
    const { ports, filler, horizon, memory } = this.#parts
    const { key, wanted } = flight
    const now = ports.clock.now()
    const resting = filler.resting(key, now)
    if (filler.isFresh(entry, now)) return this.#hit(flight, entry, now, bytes)
    const isKnown = !horizon.isAlone && now < horizon.trustedUntil
    const isUsable = isKnown && isCurrent(entry, entry.asOf)
    if (isUsable && now < entry.freshUntil + wanted.staleMs) {
      if (generationHolds(flight, horizon)) memory.put(key, entry, bytes)
      if (resting === undefined) refresh(entry)
      return kept(entry, 'stale', 'redis', now)
    }
    if (resting === undefined || !mayStandIn(entry, wanted, now)) return undefined
    return { ...kept(entry, 'stale', 'redis', now), ...resting }
  }

  /** Loads as the only process that does, or waits for the one that is. */
  async #loadAlone(flight: Flight, previous: Entry | undefined): Promise<Remembered<unknown>> {
    const { ports, settings, counts, filler } = this.#parts
    const { key, wanted } = flight
    const token = ports.random.token()
    const deadline = ports.clock.now() + wanted.timeoutMs
    for (let round = 0; ; round++) {
      const alarm = this.#wakes.set(key)
      try {
        const taken = await this.#unlessAway(() => this.#entries.take(flight, token))
        if (taken === undefined) return await filler.provide(flight, previous)
        if (taken.kind === 'entry') return this.#hit(flight, taken.entry, ports.clock.now())
        if (taken.kind === 'lease') {
          flight.asOf = taken.lease.asOf
          return await this.#loadUnderLease(flight, taken.lease, newer(previous, taken.entry))
        }
        if (flight.isRefresh && previous !== undefined && isCurrent(previous, previous.asOf)) {
          return kept(previous, 'stale', 'redis', ports.clock.now())
        }
        if (round === 0) counts.leaseWaits++
        const leftMs = deadline - ports.clock.now()
        if (leftMs <= 0) {
          const error = new NoboilError(
            'TIMEOUT',
            `Another process took longer than ${wanted.timeoutMs} ms to load the value.`,
          )
          counts.timeouts++
          return filler.standIn(flight, previous, error)
        }
        await alarm.wait(Math.min(leftMs, Math.max(1, taken.leftMs), settings.leaseMs) + 1)
      } finally {
        alarm.stop()
      }
    }
  }

  async #loadUnderLease(
    flight: Flight,
    lease: Lease,
    previous: Entry | undefined,
  ): Promise<Remembered<unknown>> {
    const { filler, ports, counts } = this.#parts
    const { token } = lease
    const stop = this.#renew(flight.key, token)
    let isGivenBack = false
    try {
      const value = await filler.load(flight, previous)
      const entry = filler.makeEntry(flight, value)
      const text = this.#entries.encode(value)
      const outcome = await this.#unlessAway(() => this.#entries.store(flight, entry, text, lease))
      isGivenBack = outcome !== undefined
      if (outcome !== undefined && !outcome.isCurrent) counts.fenced++
      // What Redis did not take, because somebody set the value or loaded it later, is not kept here either.
      const isKept = outcome?.isStored !== false && filler.keep(flight, entry)
      return loaded(entry, isKept || outcome?.isStored === true, ports.clock.now())
    } catch (error) {
      return filler.standIn(flight, previous, error)
    } finally {
      stop()
      if (!isGivenBack) void this.#unlessAway(() => this.#entries.release(flight.key, token))
    }
  }

  #hit(flight: Flight, entry: Entry, now: number, bytes?: number): Remembered<unknown> {
    const { horizon, memory } = this.#parts
    if (generationHolds(flight, horizon) && !flight.isSuperseded) {
      memory.put(flight.key, entry, bytes)
    }
    return kept(entry, 'hit', 'redis', now)
  }

  /** What other processes have changed is known, as of a moment that is recent enough. */
  async #catchUp(): Promise<void> {
    const { ports, horizon } = this.#parts
    if (ports.clock.now() >= horizon.trustedUntil) await this.#view.sync(this.#run)
  }

  #tick(): void {
    const { ports, settings } = this.#parts
    this.#stopTick = ports.clock.setTimer(Math.ceil(settings.maxLagMs / 3), () => {
      if (this.#link.isReady) this.#view.sync(this.#run).catch(() => {})
      this.#tick()
    })
  }

  /** Says again and again that the holder of a lease lives. */
  #renew(key: string, token: string): () => void {
    const { ports, settings } = this.#parts
    let stop = (): void => {}
    const next = (): void => {
      stop = ports.clock.setTimer(Math.ceil(settings.leaseMs / 3), () => {
        void this.#unlessAway(() => this.#entries.renew(key, token))
        next()
      })
    }
    next()
    return () => stop()
  }

  /** As `#unlessAway`; while Redis is being greeted, it waits for that. */
  #onceGreeted<result>(work: () => Promise<result>): Promise<result | undefined> {
    const { greeted } = this.#link
    return greeted === undefined
      ? this.#unlessAway(work)
      : greeted.then(() => this.#unlessAway(work))
  }

  /** undefined when Redis does not do what it is asked. */
  async #unlessAway<result>(work: () => Promise<result>): Promise<result | undefined> {
    if (!this.#link.isReady) return undefined
    try {
      return await work()
    } catch (error) {
      if (error instanceof RedisFailure) return undefined
      throw error
    }
  }
}

function newer(one: Entry | undefined, other: Entry | undefined): Entry | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return other.asOf >= one.asOf ? other : one
}

function generationHolds(flight: Flight, horizon: Horizon): boolean {
  return flight.generation === horizon.generation
}
