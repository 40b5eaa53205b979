/**
 * Telling other deployments what to forget: marks, one per type, are handed to every target until it has acknowledged them. Delivery
 * is at least once; a repeat changes nothing.
 */
import type { AppCache } from '../cache/cache.ts'
import { NoboilError } from '../errors/error.ts'
import type { CheckedMirrors } from './config.ts'
import {
  type AppliedAnswer,
  type InvalidateAnswer,
  type InvalidateMessage,
  maxHops,
} from './messages.ts'
import {
  defaultMirrorLimits,
  type Mark,
  type MirrorLimits,
  type MirrorPorts,
  type MirrorStore,
} from './ports.ts'
import { Target, type TargetStats } from './target.ts'

export interface MirrorsParts {
  /** Absent: nobody is told, but this deployment can be. */
  readonly config?: CheckedMirrors
  /** Names one history of this deployment's data; another after a restore. */
  readonly self: string
  readonly cache: AppCache
  readonly store: MirrorStore
  readonly ports: MirrorPorts
  readonly limits?: Partial<MirrorLimits>
}

export interface MirrorStats {
  readonly targets: readonly TargetStats[]
  /** Messages of other deployments: applied here, and known already. */
  readonly applied: number
  readonly repeated: number
}

export class Mirrors {
  readonly #parts: MirrorsParts
  readonly #targets: readonly Target[]
  readonly #stopListening: () => void
  readonly #marking = new Set<Promise<void>>()
  #applied = 0
  #repeated = 0
  #isClosed = false

  constructor(parts: MirrorsParts) {
    this.#parts = parts
    const { config, self, store, ports, cache } = parts
    const limits = { ...defaultMirrorLimits, ...parts.limits }
    this.#targets = (config?.targets ?? []).map((target) => {
      const { email, password, relay } = config as CheckedMirrors
      const credentials = { email, password }
      const sent = store.sent.bind(store)
      return new Target({ target, credentials, ports, limits, relay, self, sent })
    })
    // What the app makes stale by itself, outside a commit that has marked it already.
    this.#stopListening = cache.onInvalidate(({ type, preventMirror, origin }) => {
      if (origin === 'here' && !preventMirror && this.#targets.length > 0) this.#markLater(type)
    })
  }

  get hasTargets(): boolean {
    return this.#targets.length > 0
  }

  /** Goes on with what earlier processes left. */
  async start(): Promise<void> {
    const { marks, sent } = await this.#parts.store.load()
    for (const target of this.#targets) {
      for (const each of sent) if (each.target === target.stats().target) target.acknowledge(each)
      for (const mark of marks) target.offer(mark)
      target.start()
    }
  }

  /** A type has been marked. */
  marked(mark: Mark): void {
    for (const target of this.#targets) target.offer(mark)
  }

  /** A message of another deployment. Throws `VALIDATION_FAILED` for an entity that is not known here. */
  async receive(message: InvalidateMessage): Promise<InvalidateAnswer> {
    if (this.#isClosed) throw new NoboilError('UNAVAILABLE', 'The server is closing.')
    const { cache, store, self, ports, config } = this.#parts
    const { from, mirror, messageId } = message
    const [type = message.type] = cache.typesOf(message.type)
    if (from === undefined) {
      ports.log.info({ type, messageId }, 'told by hand')
      await cache.invalidate(type, !mirror)
      await cache.notify(type, null, 'update')
      return { applied: true }
    }
    const mark = { origin: from.origin, type, revision: from.revision, hops: from.hops + 1 }
    const known = from.origin === self || (await this.#knows(mark))
    if (!known) {
      // First the cache, then the mark: what is marked as applied has been.
      await cache.invalidate(type, true)
      await cache.notify(type, null, 'update')
    }
    const relay = mirror && config?.relay === true && mark.hops < maxHops
    const applied = !known && (await store.apply(mark, relay))
    ports.log.info({ type, ...from, messageId, applied }, 'told by a mirror')
    if (applied) this.#applied++
    else this.#repeated++
    return { applied }
  }

  async applied(origins: readonly string[]): Promise<AppliedAnswer> {
    return { applied: await this.#parts.store.applied(origins) }
  }

  stats(): MirrorStats {
    return {
      targets: this.#targets.map((target) => target.stats()),
      applied: this.#applied,
      repeated: this.#repeated,
    }
  }

  /** Waits for what is under way; what is not acknowledged stays marked. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopListening()
    await Promise.all(this.#marking)
    await Promise.all(this.#targets.map((target) => target.close()))
  }

  /** Waits until no target is being told; for tests. */
  async idle(): Promise<void> {
    await Promise.all(this.#marking)
    await Promise.all(this.#targets.map((target) => target.idle()))
  }

  async #knows({ origin, type, revision }: Mark): Promise<boolean> {
    const applied = await this.#parts.store.applied([origin])
    return (applied[origin]?.[type] ?? 0) >= revision
  }

  #markLater(type: string): void {
    const { store, ports } = this.#parts
    const marking = store
      .mark(type)
      .then((mark) => this.marked(mark))
      .catch((error: unknown) => {
        ports.log.error({ type, reason: String(error) }, 'mirrors could not be marked')
      })
      .finally(() => this.#marking.delete(marking))
    this.#marking.add(marking)
  }
}
