/** Entries and leases in Redis, one command each. Everything here rejects with `RedisFailure` when Redis does not do it. */
import { NoboilError } from '../../errors/error.ts'
import type { Flight, FlightPlan } from '../flight.ts'
import type { Graph } from '../graph.ts'
import { type Entry, makeEntry } from '../memory.ts'
import type { Wanted } from '../options.ts'
import type { CacheLimits, CachePorts } from '../ports.ts'
import type { CacheCounts } from '../stats.ts'
import { freeze } from '../values.ts'
import type { Basis } from '../versions.ts'
import { type CacheCodec, readBasis, readHeader, tagText } from './codec.ts'
import { RedisFailure } from './driver.ts'
import type { Run } from './link.ts'
import type { RedisKeys, RedisSettings } from './settings.ts'
import { maxSets, readSet } from './view.ts'

export interface EntriesParts {
  readonly ports: CachePorts
  readonly limits: CacheLimits
  readonly counts: CacheCounts
  readonly graph: Graph
  readonly codec: CacheCodec
  readonly freezes: boolean
  readonly settings: RedisSettings
  readonly keys: RedisKeys
  /** The history that numbers belong to, and Redis' clock less ours. */
  readonly view: { readonly epoch: number; readonly offsetMs: number }
  readonly run: Run
  readonly send: (command: readonly string[]) => Promise<unknown>
}

/** The right to load a key and to keep the value: as of one change, in one history. */
export interface Lease {
  readonly token: string
  readonly epoch: number
  readonly asOf: number
}

/** What asking for a lease brings. */
export type Taken =
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** Ours to load; `entry` is the stale one there is. */
  | { readonly kind: 'lease'; readonly lease: Lease; readonly entry: Entry | undefined }
  | { readonly kind: 'held'; readonly leftMs: number }

export interface Stored {
  readonly isStored: boolean
  /** Nothing that the value rests on changed while it was loaded. */
  readonly isCurrent: boolean
}

export class RedisEntries {
  readonly #parts: EntriesParts

  constructor(parts: EntriesParts) {
    this.#parts = parts
  }

  /** A value as text; throws `VALIDATION_FAILED` when it cannot be one. */
  encode(value: unknown): string {
    return this.#parts.codec.encode(value)
  }

  /** The text that is kept under a key, or null. */
  find(key: string): Promise<unknown> {
    const { send, keys } = this.#parts
    return send(['GET', keys.entry(key)])
  }

  /** The entry that a text is, if it rests on what the flight says. */
  decode({ wanted }: Flight, text: unknown): Entry | undefined {
    return typeof text === 'string' ? this.#decode(text, wanted, tagText(wanted)) : undefined
  }

  /** What is kept under a key, whatever it rests on. */
  async get(key: string): Promise<Entry | undefined> {
    const { send, keys, graph } = this.#parts
    const text = await send(['GET', keys.entry(key)])
    const header = typeof text === 'string' ? readHeader(text) : undefined
    const basis = header && readBasis(header.tags, (name) => graph.find(name))
    return basis && this.#decode(text as string, basis)
  }

  /** A fresh entry, the lease to load one, or how long somebody else's lease lasts. */
  async take(flight: Flight, token: string): Promise<Taken> {
    const { settings, view, run } = this.#parts
    const { epoch } = view
    const args = [token, settings.leaseMs, tagText(flight.wanted), epoch]
    const reply = await run('take', this.#places(flight.key), args)
    const [kind, first, second] = reply as readonly [string, unknown, unknown]
    if (kind === 'held') return { kind, leftMs: Number(first) }
    if (kind === 'lease') {
      const entry = this.decode(flight, second)
      return { kind, lease: { token, epoch, asOf: Number(first) }, entry }
    }
    const entry = kind === 'entry' ? this.decode(flight, first) : undefined
    if (entry === undefined) throw new RedisFailure('The entry in Redis is not readable.')
    return { kind: 'entry', entry }
  }

  /** Keeps what was loaded and gives the lease back; undefined when there is nothing to keep. */
  async store(
    flight: Flight,
    entry: Entry,
    text: string,
    lease: Lease,
  ): Promise<Stored | undefined> {
    const { limits, counts, keys, run } = this.#parts
    const { key, wanted, isSuperseded } = flight
    const freshMs = entry.freshUntil - entry.loadedAt
    const isTooLarge = text.length > limits.maxEntryBytes
    if (isTooLarge) counts.oversized++
    if (isSuperseded || freshMs <= 0 || isTooLarge) return undefined
    const { token, epoch, asOf } = lease
    const head = [token, epoch, asOf, freshMs, keepMs(freshMs, wanted)]
    const args = [...head, tagText(wanted), keys.channel, key, text]
    const reply = await run('store', [...this.#places(key), keys.sets], args)
    const [isStored, isCurrent] = reply as readonly [number, number]
    return { isStored: isStored === 1, isCurrent: isCurrent === 1 }
  }

  /**
   * Puts a value in the place of what is there and what is being loaded. Answers the number of this change, and the value as it is
   * kept, if it is: not when it was outdated on its way.
   */
  async set(
    plan: FlightPlan,
    entry: Entry,
    text: string,
    asOf: number,
  ): Promise<{ readonly seq: number; readonly entry: Entry | undefined }> {
    const { limits, view, keys, run } = this.#parts
    const { key, wanted } = plan
    if (text.length > limits.maxEntryBytes) {
      throw new NoboilError(
        'LIMIT_EXCEEDED',
        `The value is ${text.length} characters long, at most ${limits.maxEntryBytes} are kept.`,
        { limit: 'maxEntryBytes', max: limits.maxEntryBytes, actual: text.length },
      )
    }
    const { loadedAt, freshUntil } = entry
    const freshMs = freshUntil - loadedAt
    const { channel, sets } = keys
    const head = [view.epoch, asOf, freshMs, keepMs(freshMs, wanted)]
    const args = [...head, tagText(wanted), channel, key, maxSets, text]
    const { seq, isKept } = readSet(await run('set', [...this.#places(key), sets], args))
    const times = { asOf: seq, loadedAt, freshUntil }
    return { seq, entry: isKept ? makeEntry(wanted, entry.value, times) : undefined }
  }

  async release(key: string, token: string): Promise<void> {
    const { keys, run } = this.#parts
    await run('release', [keys.lease(key)], [token, keys.channel, key])
  }

  async renew(key: string, token: string): Promise<void> {
    const { keys, run, settings } = this.#parts
    await run('renew', [keys.lease(key)], [token, settings.leaseMs])
  }

  #places(key: string): readonly string[] {
    const { keys } = this.#parts
    return [keys.tags, keys.entry(key), keys.lease(key)]
  }

  #decode(text: string, basis: Basis, tags?: string): Entry | undefined {
    const { ports, codec, freezes, view } = this.#parts
    const header = readHeader(text)
    if (header === undefined || header.epoch !== view.epoch) return undefined
    if (tags !== undefined && header.tags !== tags) return undefined
    try {
      const value = codec.decode(text.slice(header.end))
      const loadedAt = Math.min(ports.clock.now(), header.loadedAt - view.offsetMs)
      const times = { asOf: header.asOf, loadedAt, freshUntil: loadedAt + header.freshMs }
      return makeEntry(basis, freezes ? freeze(value) : value, times)
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown'
      ports.log.warn({ error: name, type: basis.entity.name }, 'entry not readable')
      return undefined
    }
  }
}

/** How long Redis keeps an entry: as long as it may be served at all. */
function keepMs(freshMs: number, { staleMs, staleIfErrorMs }: Wanted): number {
  return Math.ceil(freshMs + Math.max(staleMs, staleIfErrorMs))
}
