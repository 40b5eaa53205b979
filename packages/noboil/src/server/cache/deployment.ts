/**
 * The cache as part of a server: commits make it stale, browsers are told, other deployments are told.
 */
import type { AppCache } from '../../cache/cache.ts'
import type { CacheStats } from '../../cache/stats.ts'
import type { Commit } from '../../changes/change.ts'
import type { BuiltTable } from '../../factories/shared/operation.ts'
import type { BeforeCommit, Host, HostPorts } from '../../hosts/host.ts'
import {
  type CheckedMirrors,
  checkMirrors,
  type MirrorConfig,
  mirrorsFromEnv,
} from '../../mirror/config.ts'
import { sendBy } from '../../mirror/fetch.ts'
import { Mirrors, type MirrorStats } from '../../mirror/mirrors.ts'
import { marksLayout, type MarkRow, markTypes, Outbox } from '../../mirror/outbox.ts'
import { defaultMirrorLimits, type MirrorLimits } from '../../mirror/ports.ts'
import type { User } from '../../schema/register.ts'
import type { WatchAnswer } from '../../wire/messages.ts'
import type { Hub } from '../stream/hub.ts'
import { mirrorMetrics } from './metrics.ts'
import { type Invalidates, Participation } from './participation.ts'
import { Updates } from './updates.ts'

export interface CacheConfig {
  readonly cache: AppCache
  readonly invalidates?: Invalidates | undefined
  /** Absent: what the environment says. False: none. */
  readonly mirrors?: MirrorConfig | false | undefined
  /** Who may tell this server what to forget, and read its numbers. */
  readonly service?: ((user: User) => boolean) | undefined
  readonly limits?: Partial<MirrorLimits> | undefined
}

export interface DeploymentStats {
  readonly cache: CacheStats
  readonly mirrors: MirrorStats
  /** `app-update` messages so far, before they are handed to streams. */
  readonly updates: number
}

/** What is known of the cache's part before a database is opened. */
export class CachePlan {
  readonly config: CacheConfig
  readonly mirrors: CheckedMirrors | undefined
  readonly participation: Participation

  /** Throws `DefinitionError` for what does not fit together. */
  constructor(config: CacheConfig, tables: readonly BuiltTable[]) {
    this.config = config
    this.participation = new Participation(tables, config.cache, config.invalidates)
    const given = config.mirrors ?? mirrorsFromEnv(process.env)
    this.mirrors = given === undefined || given === false ? undefined : checkMirrors(given)
  }

  /**
   * Marks what a commit touches, in the commit: for mirrors, and for a cache that outlives this process, which might die before it
   * has been told.
   */
  get beforeCommit(): BeforeCommit | undefined {
    const { participation, mirrors, config } = this
    if (participation.isEmpty || (mirrors === undefined && !config.cache.isShared)) return undefined
    return (changes) => {
      const entities = participation.entitiesOf(changes)
      return entities && (() => markTypes(entities))
    }
  }
}

/** The least time between two messages of one entity to a browser. */
const updateIntervalMs = 200
/** How long the durable word that the cache has been told may lag behind. */
const clearedLagMs = 1_000

export class CacheDeployment {
  readonly mirrors: Mirrors
  readonly #plan: CachePlan
  readonly #host: Host
  readonly #ports: HostPorts
  readonly #outbox: Outbox
  readonly #updates: Updates
  readonly #stops: (() => void)[] = []
  /** Marks that the cache has been told of, and the database has not. */
  readonly #cleared = new Map<string, number>()
  #stopClearing: (() => void) | undefined
  #clearing: Promise<void> = Promise.resolve()

  constructor(plan: CachePlan, host: Host, hub: Hub, ports: HostPorts) {
    this.#plan = plan
    this.#host = host
    this.#ports = ports
    this.#outbox = new Outbox(host)
    const { cache } = plan.config
    const limits = {
      ...(plan.mirrors ? { maxRetryMs: plan.mirrors.maxRetryMs } : {}),
      ...plan.config.limits,
    }
    const { requestTimeoutMs } = { ...defaultMirrorLimits, ...limits }
    this.mirrors = new Mirrors({
      ...(plan.mirrors ? { config: plan.mirrors } : {}),
      limits,
      self: host.epoch,
      cache,
      store: this.#outbox,
      ports: {
        ...cache.ports,
        wallNow: () => ports.clock.now(),
        send: sendBy((url, init) => fetch(url, init), requestTimeoutMs),
      },
    })
    this.#updates = new Updates({
      clock: ports.clock,
      intervalMs: updateIntervalMs,
      typesOf: (type) => cache.typesOf(type),
      tell: (entities, update) => hub.update(entities, update),
    })
  }

  /** Begins with what an earlier process may have left untold. */
  async start(): Promise<void> {
    const { cache } = this.#plan.config
    this.#stops.push(
      this.#host.onCommit((commit) => this.#committed(commit)),
      cache.onNotify(({ type, id, action }) => this.#updates.add(type, id, action)),
      // What other processes told meanwhile was lost.
      cache.onInvalidate(({ type, origin }) => {
        if (origin === 'healed') this.#updates.add(type, null, 'update')
      }),
    )
    const { marks } = await this.#outbox.load()
    for (const mark of marks)
      if (mark.origin === '' && mark.cleared < mark.revision) await this.#clear(mark)
    await this.mirrors.start()
  }

  /** The declared names of entities; throws `VALIDATION_FAILED` for one that the cache does not know. */
  entitiesOf(names: readonly string[]): readonly string[] {
    return [...new Set(names.map((name) => this.#plan.config.cache.typesOf(name)[0] as string))]
  }

  /** What was told of them a moment ago. */
  recent(entities: readonly string[]): WatchAnswer {
    return this.#updates.recent(entities)
  }

  isService(user: User): boolean {
    const { service = byRole } = this.#plan.config
    return service(user)
  }

  stats(): DeploymentStats {
    return {
      cache: this.#plan.config.cache.stats(),
      mirrors: this.mirrors.stats(),
      updates: this.#updates.told,
    }
  }

  metrics(): string {
    return this.#plan.config.cache.metrics() + mirrorMetrics(this.stats())
  }

  /** The cache itself is the app's to close. */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop()
    this.#updates.close()
    await this.mirrors.close()
    this.#stopClearing?.()
    this.#keepCleared()
    await this.#clearing
  }

  #committed({ changes }: Commit): void {
    const { config, participation } = this.#plan
    const told: Promise<void>[] = []
    for (const { entity, ids, notices } of participation.newsOf(changes)) {
      // The mark is in the commit already: mirrors are told by it.
      told.push(config.cache.invalidate(entity, { preventMirror: true, ...(ids ? { ids } : {}) }))
      for (const { id, action } of notices) void config.cache.notify(entity, id, action)
    }
    for (const { table, before, after } of changes) {
      if (table.name !== marksLayout.name || after === null) continue
      const mark = after as unknown as MarkRow
      const isNew = (before as MarkRow | null)?.revision !== mark.revision
      if (!isNew) continue
      this.mirrors.marked(mark)
      if (mark.origin === '') void Promise.all(told).then(() => this.#noteCleared(mark))
    }
  }

  /** An earlier process died between a commit and telling a cache that has outlived it. */
  async #clear(mark: MarkRow): Promise<void> {
    const { cache } = this.#plan.config
    if (!cache.knows(mark.type)) return
    await cache.invalidate(mark.type, true)
    await cache.notify(mark.type, null, 'update')
    this.#noteCleared(mark)
  }

  #noteCleared({ type, revision }: MarkRow): void {
    if (!this.#plan.config.cache.isShared) return
    this.#cleared.set(type, revision)
    this.#stopClearing ??= this.#ports.clock.setTimer(clearedLagMs, () => {
      this.#stopClearing = undefined
      this.#keepCleared()
    })
  }

  #keepCleared(): void {
    const cleared = [...this.#cleared]
    this.#cleared.clear()
    for (const [type, revision] of cleared) {
      this.#clearing = this.#clearing
        .then(() => this.#outbox.cleared(type, revision))
        .catch((error: unknown) => {
          const { log } = this.#plan.config.cache.ports
          log.warn({ type, reason: String(error) }, 'a mark was not cleared')
        })
    }
  }
}

const byRole = ({ role }: User): boolean => role === 'admin' || role === 'service'
