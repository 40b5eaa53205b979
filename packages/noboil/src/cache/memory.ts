/** The memory tier: values by reference, the least recently used ones leave first. */
import { LRUCache } from 'lru-cache'
import type { Entity } from './graph.ts'
import type { CacheLimits } from './ports.ts'
import type { CacheCounts } from './stats.ts'
import { measure } from './values.ts'
import { type Basis, sameSlots } from './versions.ts'

/** One remembered value. A class with few fields, since there may be a million of them. */
export class Entry implements Basis {
  readonly value: unknown
  readonly entity: Entity
  /** The number of changes there had been before the value was loaded. */
  readonly asOf: number
  readonly loadedAt: number
  readonly freshUntil: number

  constructor(entity: Entity, value: unknown, { asOf, loadedAt, freshUntil }: EntryTimes) {
    this.value = value
    this.entity = entity
    this.asOf = asOf
    this.loadedAt = loadedAt
    this.freshUntil = freshUntil
  }

  get slots(): readonly number[] | undefined {
    return undefined
  }
}

/** One that rests on some ids alone. */
class EntryOfIds extends Entry {
  readonly #slots: readonly number[]

  constructor(entity: Entity, slots: readonly number[], value: unknown, times: EntryTimes) {
    super(entity, value, times)
    this.#slots = slots
  }

  override get slots(): readonly number[] {
    return this.#slots
  }
}

export function makeEntry({ entity, slots }: Basis, value: unknown, times: EntryTimes): Entry {
  return slots === undefined
    ? new Entry(entity, value, times)
    : new EntryOfIds(entity, slots, value, times)
}

export interface EntryTimes {
  readonly asOf: number
  readonly loadedAt: number
  readonly freshUntil: number
}

export class MemoryTier {
  readonly #cache: LRUCache<string, Entry> | undefined
  readonly #maxEntryBytes: number
  readonly #counts: CacheCounts

  constructor({ maxEntries, maxBytes, maxEntryBytes }: CacheLimits, counts: CacheCounts) {
    this.#counts = counts
    this.#maxEntryBytes = maxEntryBytes
    if (maxEntries === 0) return
    this.#cache = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      dispose: (_entry, _key, reason) => {
        if (reason === 'evict') counts.evictions++
      },
    })
  }

  get isOff(): boolean {
    return this.#cache === undefined
  }

  get entries(): number {
    return this.#cache?.size ?? 0
  }

  get bytes(): number {
    return this.#cache?.calculatedSize ?? 0
  }

  get(key: string): Entry | undefined {
    return this.#cache?.get(key)
  }

  /** The entry of a key, if it rests on what the caller says. */
  find(key: string, basis: Basis): Entry | undefined {
    const entry = this.#cache?.get(key)
    if (entry === undefined || entry.entity !== basis.entity) return undefined
    return sameSlots(entry.slots, basis.slots) ? entry : undefined
  }

  /**
   * Keeps an entry unless the one there was loaded later; false when it is too large. `bytes`: its size, where it is known.
   */
  put(key: string, entry: Entry, bytes?: number): boolean {
    if (this.#cache === undefined) return false
    const present = this.#cache.peek(key)
    if (present !== undefined && present.asOf > entry.asOf) return false
    const valueBytes = bytes ?? measure(entry.value, this.#maxEntryBytes)
    if (valueBytes === undefined || valueBytes > this.#maxEntryBytes) {
      this.#counts.oversized++
      this.#cache.delete(key)
      return false
    }
    this.#cache.set(key, entry, { size: entryBytes + key.length + valueBytes })
    return true
  }

  /** Forgets the value of a key that was loaded before a change. */
  forget(key: string, version: number): void {
    const entry = this.#cache?.peek(key)
    if (entry !== undefined && entry.asOf < version) this.#cache?.delete(key)
  }

  clear(): void {
    this.#cache?.clear()
  }
}

/** What an entry costs beside its key and value. */
const entryBytes = 200
