/**
 * The AppCache: remembers values of the app's entities for a while, forgets them when something they rest on changes, and tells who
 * listens. In memory, in Redis, or in both.
 */
import { NoboilError } from '../errors/error.ts'
import {
  type ChangeAction,
  type Invalidation,
  Listeners,
  type Notification,
  type Unsubscribe,
} from './events.ts'
import { Filler } from './fill.ts'
import { type Dependencies, Graph, typesOf } from './graph.ts'
import type { Load } from './load.ts'
import { Lookup, type Question } from './lookup.ts'
import { type Entry, MemoryTier } from './memory.ts'
import {
  checkDefaults,
  checkId,
  checkIds,
  checkKey,
  checkOptions,
  type EntityId,
  invalid,
  type RememberDefaults,
  type RememberOptions,
  type SetOptions,
  type Usual,
} from './options.ts'
import { type CacheClock, type CacheLimits, type CachePorts, checkCacheLimits } from './ports.ts'
import { type CacheCodec, jsonCodec } from './redis/codec.ts'
import type { RedisDriver } from './redis/driver.ts'
import { checkRedisSettings, type RedisSettings } from './redis/settings.ts'
import { RedisTier } from './redis/tier.ts'
import { CacheCounts, type CacheStats, LoadTimes, prometheusOf, statsOf } from './stats.ts'
import type { Remembered } from './status.ts'
import { applyChange, Horizon, isCurrent, slotsOf } from './versions.ts'

export interface AppCacheOptions {
  /** Which entities there are and what each is made of. */
  readonly dependencies: Dependencies
  readonly limits?: Partial<CacheLimits>
  /** Options for calls that do not give them. */
  readonly defaults?: RememberDefaults
  /** Freezes what is remembered, so that a caller who changes it is told at once. */
  readonly freeze?: boolean
  /** How Redis keeps values; default: JSON, which refuses what it would change. */
  readonly codec?: CacheCodec
}

/** The Redis that processes share. */
export interface RedisParts {
  readonly driver: RedisDriver
  readonly settings?: Partial<RedisSettings>
}

export interface InvalidateOptions {
  /** Which ids changed; default: any. */
  readonly ids?: readonly EntityId[]
  /** Keeps mirrors out of it: for changes that came from one. */
  readonly preventMirror?: boolean
}

export class AppCache {
  /** Its clock, chance and log: for what is built on it. */
  readonly ports: CachePorts
  readonly #clock: CacheClock
  readonly #graph: Graph
  readonly #limits: CacheLimits
  readonly #defaults: Usual
  readonly #horizon = new Horizon()
  readonly #counts = new CacheCounts()
  readonly #loads = new LoadTimes()
  readonly #memory: MemoryTier
  readonly #filler: Filler
  readonly #lookup: Lookup
  readonly #tier: RedisTier | undefined
  readonly #invalidations: Listeners<Invalidation>
  readonly #notifications: Listeners<Notification>
  #isClosed = false

  constructor(options: AppCacheOptions, ports: CachePorts, redis?: RedisParts) {
    const onError = (error: unknown): void => {
      this.#counts.listenerErrors++
      ports.log.error({ error: nameOf(error) }, 'listener failed')
    }
    this.ports = ports
    this.#clock = ports.clock
    this.#graph = new Graph(options.dependencies)
    this.#limits = checkCacheLimits(options.limits)
    this.#defaults = checkDefaults(options.defaults ?? {}, this.#graph, this.#limits)
    this.#memory = new MemoryTier(this.#limits, this.#counts)
    this.#invalidations = new Listeners(onError)
    this.#notifications = new Listeners(onError)
    const parts = {
      ports,
      clock: ports.clock,
      graph: this.#graph,
      limits: this.#limits,
      horizon: this.#horizon,
      memory: this.#memory,
      counts: this.#counts,
      loads: this.#loads,
      freezes: options.freeze ?? false,
      maxLoads: this.#limits.maxLoads,
      invalidated: (event: Invalidation) => this.#tellInvalidation(event),
      notified: (event: Notification) => this.#tellNotification(event),
    }
    const settings = checkRedisSettings(redis?.settings ?? {})
    const { maxLagMs } = settings
    this.#filler = new Filler({ ...parts, maxLagMs })
    const { codec = jsonCodec } = options
    this.#tier =
      redis && new RedisTier({ ...parts, ...redis, settings, codec, filler: this.#filler })
    this.#lookup = new Lookup({
      ...parts,
      maxLagMs,
      filler: this.#filler,
      provider: this.#tier ?? this.#filler,
    })
    this.#tier?.start()
  }

  /**
   * The value of a key: out of the cache while it is fresh, else what `load` answers, which is then kept. Calls that come
   * meanwhile wait for the same load. Fails as `load` fails; with `TIMEOUT` when it takes too long.
   */
  remember<value>(key: string, options: RememberOptions, load: Load<value>): Promise<value> {
    const entry = this.#memory.get(key)
    // One key stands for one type and ids: the type is compared, since a mistake there would go unnoticed.
    if (entry !== undefined && isOf(entry, options?.type) && this.#isFresh(entry)) {
      entry.entity.counts.memoryHits++
      return Promise.resolve(entry.value as value)
    }
    try {
      const question = this.#question(key, options, load as Load<unknown>)
      return this.#lookup.value(question) as Promise<value>
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** As {@link AppCache.remember}, and says where the value came from: for `Cache-Status`, and for people. */
  rememberWithStatus<value>(
    key: string,
    options: RememberOptions,
    load: Load<value>,
  ): Promise<Remembered<value>> {
    try {
      const question = this.#question(key, options, load as Load<unknown>)
      return this.#lookup.look(question) as Promise<Remembered<value>>
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The value of a key while it is fresh, else undefined. Never loads. */
  async get<value>(key: string): Promise<value | undefined> {
    this.#assertOpen()
    checkKey(key, this.#limits)
    const entry = this.#memory.get(key)
    if (entry !== undefined && this.#isFresh(entry)) {
      entry.entity.counts.memoryHits++
      return entry.value as value
    }
    const found = await this.#tier?.get(key)
    if (found !== undefined) found.entity.counts.redisHits++
    return found?.value as value | undefined
  }

  /**
   * Keeps a value that the app has at hand. It replaces what was there, and what is being loaded. When a change turns out to have come
   * between, which may have outdated the value, nothing is kept.
   */
  async set<value>(key: string, value: value, options: SetOptions): Promise<void> {
    this.#assertOpen()
    checkKey(key, this.#limits)
    const wanted = checkOptions(options, this.#graph, this.#limits, this.#defaults)
    const flight = this.#filler.flightOf({ key, wanted, load: () => value })
    const entry = this.#filler.entryOf(flight, value)
    const isShared = await this.#tier?.set(flight, entry)
    this.#lookup.supersede(key)
    if (isShared !== true) this.#filler.keep(flight, entry)
  }

  /**
   * Makes stale what was remembered of an entity and of everything that depends on it: from the moment the promise resolves, nothing
   * loaded before is served as fresh. Takes the same time however much is remembered. `true` as second argument, as
   * `preventMirror`, keeps mirrors out of it. An unknown entity is refused at once with `VALIDATION_FAILED`; the promise itself
   * never rejects.
   */
  invalidate(type: string, options: boolean | InvalidateOptions = {}): Promise<void> {
    this.#assertOpen()
    const { ids, preventMirror } =
      typeof options === 'boolean' ? { preventMirror: options } : options
    const entity = this.#graph.entity(type)
    const texts = ids === undefined ? undefined : checkIds(ids, this.#limits)
    // Here it holds at once, also for who does not wait; Redis gives the change its number.
    applyChange({ entity, slots: texts && slotsOf(texts) }, this.#horizon.seen + 1)
    if (this.#tier === undefined || this.#horizon.isAlone) this.#horizon.seen++
    entity.counts.invalidations++
    const done = this.#tier?.invalidate(entity.name, texts, preventMirror ?? false)
    const tell = (): void =>
      this.#tellInvalidation({
        type: entity.name,
        types: typesOf(entity),
        ids: texts,
        preventMirror: preventMirror ?? false,
        origin: 'here',
      })
    if (done !== undefined) return done.then(tell)
    tell()
    return Promise.resolve()
  }

  /**
   * Tells the browsers of this deployment, those of other processes too, that an entity changed; `null` as id means any. Refuses
   * an unknown entity at once; the promise never rejects.
   */
  notify(type: string, id: EntityId | null, action: ChangeAction): Promise<void> {
    this.#assertOpen()
    const entity = this.#graph.entity(type)
    if (!actions.includes(action)) {
      throw invalid(
        'action',
        `The action is ${JSON.stringify(action)}; it is create, update or delete.`,
      )
    }
    const text = id === null ? null : checkId(id, this.#limits)
    const event = { type: entity.name, id: text, action }
    const tell = (): void => this.#tellNotification({ ...event, origin: 'here' })
    const done = this.#tier?.notify(event)
    if (done !== undefined) return done.then(tell)
    tell()
    return Promise.resolve()
  }

  /** Calls `listener` for every invalidation that this process learns of; the answer stops it. */
  onInvalidate(listener: (invalidation: Invalidation) => void): Unsubscribe {
    return this.#invalidations.add(listener)
  }

  /** Calls `listener` for every notification that this process learns of; the answer stops it. */
  onNotify(listener: (notification: Notification) => void): Unsubscribe {
    return this.#notifications.add(listener)
  }

  /** Values are kept where other processes, and later ones, find them. */
  get isShared(): boolean {
    return this.#tier !== undefined
  }

  /** Whether an entity answers to this name. */
  knows(type: string): boolean {
    return this.#graph.find(type) !== undefined
  }

  /** The declared name of an entity and of everything that a change to it makes stale; refuses an unknown one. */
  typesOf(type: string): readonly string[] {
    return typesOf(this.#graph.entity(type))
  }

  /** Resolves when it is known whether Redis is there: after the first try to connect. At once without Redis. */
  async ready(): Promise<void> {
    await this.#tier?.tried()
  }

  stats(): CacheStats {
    return statsOf({
      entities: this.#graph.entities,
      counts: this.#counts,
      loads: this.#loads,
      memory: { entries: this.#memory.entries, bytes: this.#memory.bytes },
      loading: this.#lookup.loading,
      redis: this.#tier === undefined ? 'off' : this.#tier.isConnected ? 'connected' : 'away',
      pendingInvalidations: this.#tier?.pending ?? 0,
    })
  }

  /** The numbers of {@link AppCache.stats} as Prometheus reads them. */
  metrics(): string {
    return prometheusOf(this.stats())
  }

  /** Forgets everything and lets go of Redis; calls after this fail with `UNAVAILABLE`. Loads under way end by themselves. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#tier?.close()
    this.#memory.clear()
    this.#invalidations.clear()
    this.#notifications.clear()
  }

  #question(key: string, options: RememberOptions, load: Load<unknown>): Question {
    this.#assertOpen()
    checkKey(key, this.#limits)
    const wanted = checkOptions(options, this.#graph, this.#limits, this.#defaults)
    if (typeof load !== 'function') {
      throw invalid('load', `load is a ${typeof load}; it is the function that loads the value.`)
    }
    return { key, wanted, load }
  }

  #tellInvalidation(event: Invalidation): void {
    const { type, ids, preventMirror, origin } = event
    this.ports.log.info({ type, ids, preventMirror, origin }, 'invalidated')
    this.#invalidations.emit(event)
  }

  #tellNotification(event: Notification): void {
    this.#counts.notifications++
    this.ports.log.info(event, 'notified')
    this.#notifications.emit(event)
  }

  #isFresh(entry: Entry): boolean {
    const now = this.#clock.now()
    return (
      now < entry.freshUntil && now < this.#horizon.trustedUntil && isCurrent(entry, entry.asOf)
    )
  }

  #assertOpen(): void {
    if (!this.#isClosed) return
    throw new NoboilError('UNAVAILABLE', 'The cache has been closed.')
  }
}

const actions: readonly unknown[] = ['create', 'update', 'delete']

function isOf({ entity }: Entry, type: string | undefined): boolean {
  return entity.name === type || (type !== undefined && entity.forms.has(type))
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
