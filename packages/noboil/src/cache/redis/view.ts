/**
 * What this process knows of the changes of all processes: told by the bus, and asked for often enough that nothing lost stays lost
 * for longer than the stated lag.
 */
import type { Invalidation, Notification, Origin } from '../events.ts'
import { type Entity, type Graph, typesOf } from '../graph.ts'
import type { MemoryTier } from '../memory.ts'
import type { CacheClock, CacheRandom } from '../ports.ts'
import type { CacheCounts } from '../stats.ts'
import { applyChange, applyTag, changedTags, type Horizon, slotsOf } from '../versions.ts'
import { type ChangeNews, type NotifyNews, readMessage } from './bus.ts'
import { RedisFailure } from './driver.ts'
import type { Run } from './link.ts'
import type { RedisKeys, RedisSettings } from './settings.ts'

export interface ViewParts {
  readonly graph: Graph
  readonly horizon: Horizon
  readonly memory: MemoryTier
  readonly counts: CacheCounts
  readonly clock: CacheClock
  readonly random: CacheRandom
  readonly settings: RedisSettings
  readonly keys: RedisKeys
  readonly invalidated: (invalidation: Invalidation) => void
  readonly notified: (notification: Notification) => void
  /** Somebody has finished loading a key. */
  readonly wake: (key: string) => void
  /** The history of changes is another one than the one known here. */
  readonly onOver: () => void
}

/** How many sets, and how many messages during a greeting, are kept; whoever missed more forgets everything. */
export const maxSets = 1_000
const maxEarly = 10_000
const maxPendingKeys = 10_000

export class View {
  readonly #parts: ViewParts
  /** This process, to the others. */
  readonly name: string
  /** Names the history that numbers belong to; 0: none is known. */
  epoch = 0
  /** Redis' clock less ours, in ms. */
  offsetMs = 0
  /** Everything up to this change is known. */
  #synced = 0
  #early: string[] | undefined
  #syncing: Promise<void> | undefined
  #hasMet = false
  readonly #pending = new Map<string, ChangeNews>()
  readonly #pendingKeys = new Set<string>()

  constructor(parts: ViewParts) {
    this.#parts = parts
    this.name = parts.random.token()
  }

  /** Changes that Redis has not been told of. */
  get pending(): number {
    return this.#pending.size + this.#pendingKeys.size
  }

  /** A number for the epoch of a history that may begin now. */
  newEpoch(): string {
    return String(1 + Math.floor(this.#parts.random.unit() * 2 ** 48) + 2 ** 48)
  }

  /** Learns everything anew. What was not told while Redis was away is told first of all; meanwhile nothing new is deferred. */
  async greet(run: Run): Promise<void> {
    const { keys, clock, horizon, memory, graph } = this.#parts
    this.#early = []
    const sentAt = clock.now()
    const reply = readOpen(await run('open', [keys.tags, keys.sets, keys.run], [this.newEpoch()]))
    const told = await this.#tell(run, reply.epoch)
    const before = this.epoch === reply.epoch ? this.#synced : 0
    graph.forget()
    memory.clear()
    horizon.generation++
    horizon.seen = 0
    this.epoch = reply.epoch
    this.#learn(reply, sentAt)
    const changed = this.#apply(reply.tags, before)
    for (const [news, seq] of told) this.note(news, seq)
    for (const text of this.#early.splice(0)) this.message(text, true)
    this.#early = undefined
    horizon.isAlone = false
    if (this.#hasMet) this.#heal(before === 0 ? graph.entities : changed)
    this.#hasMet = true
  }

  /** Asks what has changed; several who ask at once ask once. Rejects when Redis does not answer. */
  sync(run: Run): Promise<void> {
    return (this.#syncing ??= this.#sync(run).finally(() => {
      this.#syncing = undefined
    }))
  }

  /** Takes a message of the bus. */
  message(text: string, isEarly = false): void {
    if (this.#early !== undefined && !isEarly) {
      if (this.#early.length < maxEarly) this.#early.push(text)
      else this.#parts.onOver()
      return
    }
    const message = readMessage(text)
    if (message === undefined) return
    if (message.kind === 'wake') return this.#parts.wake(message.key)
    if (message.kind === 'notify') return this.#hearNotify(message.news)
    // Of a history that is not known here the next sync tells.
    if (message.epoch !== this.epoch) return
    const { horizon, memory } = this.#parts
    horizon.seen = Math.max(horizon.seen, message.seq)
    if (message.kind === 'set') return memory.forget(message.key, message.seq)
    for (const news of message.news) this.#hearChange(news, message.seq)
  }

  /** Redis is gone: what is in memory can be vouched for no longer. */
  lost(): void {
    const { horizon, memory } = this.#parts
    this.#early = undefined
    if (horizon.isAlone) return
    memory.clear()
    horizon.generation++
    // Beyond the numbers of changes that Redis was to be told of: what is loaded from now on knows of them.
    horizon.seen++
    horizon.isAlone = true
    horizon.trustedUntil = Number.POSITIVE_INFINITY
  }

  /** Keeps a change until Redis can be told of it. Ids of several changes to one entity become the entity. */
  defer(news: ChangeNews): void {
    const { ids: _, ...whole } = news
    this.#pending.set(news.type, this.#pending.has(news.type) ? whole : news)
  }

  /** Keeps in mind that what Redis has under a key is outdated. */
  deferKey(key: string): void {
    if (this.#pendingKeys.size < maxPendingKeys) this.#pendingKeys.add(key)
    else for (const { name } of this.#parts.graph.entities) this.defer(this.news(name))
  }

  /** A change as the others are told of it. */
  news(type: string, ids?: readonly string[], preventMirror = false): ChangeNews {
    return { type, preventMirror, from: this.name, ...(ids && { ids }) }
  }

  async #sync(run: Run): Promise<void> {
    const { keys, clock, memory, counts, horizon } = this.#parts
    const sentAt = clock.now()
    const { generation } = horizon
    const raw = await run('sync', [keys.tags, keys.sets], [this.#synced, maxSets + 1])
    if (horizon.generation !== generation) throw new RedisFailure('Redis was lost.')
    if (!Array.isArray(raw) || Number(raw[0]) !== this.epoch) {
      this.#parts.onOver()
      throw over()
    }
    const reply = readSync(raw)
    this.#learn(reply, sentAt)
    const changed = this.#apply(reply.tags)
    if (reply.sets.length > maxSets) memory.clear()
    else for (const [key, seq] of reply.sets) memory.forget(key, seq)
    counts.busHealed += changed.length
    this.#heal(changed)
  }

  #learn({ seq, time }: Known, sentAt: number): void {
    const { horizon, clock, settings } = this.#parts
    horizon.seen = Math.max(horizon.seen, seq)
    this.#synced = seq
    this.offsetMs = Math.round(time - (sentAt + clock.now()) / 2)
    horizon.trustedUntil = sentAt + settings.maxLagMs
  }

  /** Notes versions; answers the entities of which something newer than known, or than `since`, was among them. */
  #apply(tags: Pairs, since?: number): readonly Entity[] {
    const { graph } = this.#parts
    const changed = new Set<Entity>()
    for (const [tag, version] of tags) {
      const entity = graph.find(tag.replace(/[*#].*$/, ''))
      if (entity === undefined) continue
      if (version > (since ?? entity.versions.any)) changed.add(entity)
      applyTag(tag, version, entity)
    }
    return [...changed]
  }

  /** Tells Redis what it has not been told of. Rejects when it belongs to another history by then. */
  async #tell(run: Run, epoch: number): Promise<readonly (readonly [ChangeNews, number])[]> {
    const { keys } = this.#parts
    const told: (readonly [ChangeNews, number])[] = []
    for (const key of this.#pendingKeys) {
      const places = [keys.tags, keys.entry(key), keys.lease(key), keys.sets]
      const args = [epoch, 0, 0, 0, '-', keys.channel, key, maxSets, '']
      readSet(await run('set', places, args))
      this.#pendingKeys.delete(key)
    }
    for (const [type, news] of this.#pending) {
      const change = readChange(await run('change', [keys.tags], this.changeArgs(news)))
      if (change.epoch !== epoch) throw over()
      this.#pending.delete(type)
      told.push([news, change.seq])
    }
    return told
  }

  /** The arguments with which Redis is told of a change. */
  changeArgs(news: ChangeNews): readonly string[] {
    const { graph, keys } = this.#parts
    const slots = news.ids && slotsOf(news.ids)
    const tags = changedTags({ entity: graph.entity(news.type), slots })
    return [this.newEpoch(), keys.channel, JSON.stringify([news]), ...tags]
  }

  /** Notes a change that Redis has numbered. */
  note(news: ChangeNews, seq: number): void {
    const { graph, horizon } = this.#parts
    const entity = graph.find(news.type)
    horizon.seen = Math.max(horizon.seen, seq)
    if (entity !== undefined) applyChange({ entity, slots: news.ids && slotsOf(news.ids) }, seq)
  }

  #hearChange(news: ChangeNews, seq: number): void {
    this.note(news, seq)
    const entity = this.#parts.graph.find(news.type)
    if (news.from === this.name || entity === undefined) return
    entity.counts.invalidations++
    const { ids, preventMirror } = news
    const types = typesOf(entity)
    const { name: type } = entity
    this.#parts.invalidated({ type, types, ids, preventMirror, origin: 'elsewhere' })
  }

  #hearNotify({ type, id, action, from }: NotifyNews): void {
    const entity = this.#parts.graph.find(type)
    if (from === this.name || entity === undefined) return
    this.#parts.notified({ type: entity.name, id, action, origin: 'elsewhere' })
  }

  /** Tells listeners of what nobody has told this process. */
  #heal(entities: readonly Entity[]): void {
    const origin: Origin = 'healed'
    for (const { name: type, counts } of entities) {
      counts.invalidations++
      this.#parts.invalidated({ type, types: [type], ids: undefined, preventMirror: true, origin })
      this.#parts.notified({ type, id: null, action: 'update', origin })
    }
  }
}

type Pairs = readonly (readonly [name: string, version: number])[]

interface Known {
  readonly epoch: number
  readonly seq: number
  readonly time: number
  readonly tags: Pairs
}

function readOpen(reply: unknown): Known {
  const [epoch, seq, time, tags] = reply as readonly [string, string, string, readonly string[]]
  const known = { epoch: Number(epoch), seq: Number(seq), time: Number(time) }
  // A server that answers something else altogether is none that numbers can be taken from.
  if (![known.epoch, known.seq, known.time].every(Number.isSafeInteger)) {
    throw new RedisFailure('Redis answered something that is no history of changes.')
  }
  return { ...known, tags: pairs(tags) }
}

function readSync(reply: readonly unknown[]): Known & { readonly sets: Pairs } {
  return { ...readOpen(reply), sets: pairs(reply[4] as readonly string[]) }
}

/** The number that Redis gave a value that was set, and whether it is kept. Throws when it has another history. */
export function readSet(reply: unknown): { readonly seq: number; readonly isKept: boolean } {
  const [seq, isKept] = reply as readonly [string, number]
  if (Number(seq) === 0) throw over()
  return { seq: Number(seq), isKept: isKept === 1 }
}

/** The history and the number that Redis gave a change. */
export function readChange(reply: unknown): { readonly epoch: number; readonly seq: number } {
  const [epoch, seq] = reply as readonly [string, string]
  return { epoch: Number(epoch), seq: Number(seq) }
}

function over(): RedisFailure {
  return new RedisFailure('The history of changes has begun anew.')
}

function pairs(flat: readonly string[]): Pairs {
  const found: (readonly [string, number])[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) {
    found.push([flat[at] as string, Number(flat[at + 1])])
  }
  return found
}
