/** What a call says about a value: checked once per miss, never on a hit. */
import { NoboilError } from '../errors/error.ts'
import type { Entity, Graph } from './graph.ts'
import type { CacheLimits } from './ports.ts'
import { type Basis, slotsOf } from './versions.ts'

export type EntityId = string | number

/** What a value is about, and for how long it holds. */
export interface SetOptions {
  /** The entity it is made of, singular or plural. */
  readonly type: string
  /**
   * The ids it is made of, when a change to any other id leaves it as it is. Without ids, as for a list, every change to the
   * entity makes it stale.
   */
  readonly ids?: readonly EntityId[]
  /** How long it is fresh. */
  readonly ttlMs: number
  /** How long past `ttlMs` it is still served while it is loaded anew. Never after an invalidation. Default: 0. */
  readonly staleMs?: number
  /** How long past `ttlMs` it is still served when loading fails, invalidated or not. Default: 0. */
  readonly staleIfErrorMs?: number
  /** Shortens each `ttlMs` by a random part of at most this share, so that what was loaded together ends apart. Default: 0.1. */
  readonly jitter?: number
}

export interface RememberOptions extends SetOptions {
  /** How long `null` or `undefined`, "there is none", is fresh; 0 keeps it not at all. Default: `ttlMs`. */
  readonly negativeTtlMs?: number
  /** After so long a load is called off and fails with `TIMEOUT`. Default: 10,000. */
  readonly timeoutMs?: number
  /** After a failure a stale value is served for so long before loading is tried again. Default: 1,000. */
  readonly retryMs?: number
}

/** What may be left out of every call because the cache has been told once. */
export type RememberDefaults = Partial<Omit<RememberOptions, 'type' | 'ids' | 'ttlMs'>>

/** Options that hold. */
export interface Wanted extends Basis {
  readonly entity: Entity
  readonly slots: readonly number[] | undefined
  readonly ttlMs: number
  readonly staleMs: number
  readonly staleIfErrorMs: number
  readonly jitter: number
  readonly negativeTtlMs: number
  readonly timeoutMs: number
  readonly retryMs: number
}

const defaults = {
  staleMs: 0,
  staleIfErrorMs: 0,
  jitter: 0.1,
  timeoutMs: 10_000,
  retryMs: 1_000,
} as const

const maxTimerMs = 0x7fffffff

/** Throws `VALIDATION_FAILED` or `LIMIT_EXCEEDED` naming the option. */
export function checkOptions(
  given: RememberOptions,
  graph: Graph,
  limits: CacheLimits,
  usual: RememberDefaults,
): Wanted {
  if (typeof given !== 'object' || given === null) {
    throw invalid('options', `The options are ${String(given)}; they are { type, ttlMs, … }.`)
  }
  const entity = graph.entity(given.type)
  const slots = given.ids === undefined ? undefined : slotsOf(checkIds(given.ids, limits))
  const options = { ...defaults, ...usual, ...given }
  const { ttlMs, negativeTtlMs = ttlMs, jitter } = options
  checkTime('ttlMs', ttlMs, 1, limits.maxTtlMs)
  checkTime('negativeTtlMs', negativeTtlMs, 0, limits.maxTtlMs)
  checkTime('staleMs', options.staleMs, 0, limits.maxTtlMs)
  checkTime('staleIfErrorMs', options.staleIfErrorMs, 0, limits.maxTtlMs)
  checkTime('timeoutMs', options.timeoutMs, 1, maxTimerMs)
  checkTime('retryMs', options.retryMs, 0, limits.maxTtlMs)
  if (typeof jitter !== 'number' || !(jitter >= 0 && jitter <= 1)) {
    throw invalid('jitter', `jitter is ${String(jitter)}; it is a share from 0 to 1.`)
  }
  const { staleMs, staleIfErrorMs, timeoutMs, retryMs } = options
  return {
    entity,
    slots,
    ttlMs,
    staleMs,
    staleIfErrorMs,
    jitter,
    negativeTtlMs,
    timeoutMs,
    retryMs,
  }
}

/** Throws unless `key` is a text that may be a key. */
export function checkKey(key: string, { maxKeyLength }: CacheLimits): void {
  if (typeof key !== 'string' || key === '') {
    throw invalid('key', 'The key of a cached value must be a text that is not empty.')
  }
  if (key.length > maxKeyLength) {
    throw new NoboilError(
      'LIMIT_EXCEEDED',
      `The key is ${key.length} characters long, at most ${maxKeyLength} are allowed; hash the long part.`,
      { limit: 'maxKeyLength', max: maxKeyLength, actual: key.length },
    )
  }
}

/** The ids as texts; throws when there are too many, or one is none. */
export function checkIds(ids: readonly EntityId[], limits: CacheLimits): readonly string[] {
  if (!Array.isArray(ids) || ids.length === 0) {
    throw invalid('ids', 'ids must be an array with at least one id; leave it out to mean all.')
  }
  if (ids.length > limits.maxIds) {
    throw new NoboilError(
      'LIMIT_EXCEEDED',
      `There are ${ids.length} ids, at most ${limits.maxIds} are allowed; leave ids out to mean all.`,
      { limit: 'maxIds', max: limits.maxIds, actual: ids.length },
    )
  }
  return (ids as readonly EntityId[]).map((id) => checkId(id, limits))
}

export function checkId(id: EntityId, { maxIdLength }: CacheLimits): string {
  const isId = typeof id === 'string' ? id !== '' : Number.isFinite(id)
  if (!isId) throw invalid('ids', `The id ${String(id)} is neither a text nor a finite number.`)
  const text = String(id)
  if (text.length > maxIdLength) {
    throw new NoboilError(
      'LIMIT_EXCEEDED',
      `An id is ${text.length} characters long, at most ${maxIdLength} are allowed.`,
      { limit: 'maxIdLength', max: maxIdLength, actual: text.length },
    )
  }
  return text
}

export function invalid(path: string, message: string): NoboilError<'VALIDATION_FAILED'> {
  return new NoboilError('VALIDATION_FAILED', message, { issues: [{ path, message }] })
}

function checkTime(name: string, value: number, least: number, most: number): void {
  if (typeof value === 'number' && value >= least && value <= most) return
  throw invalid(
    name,
    `${name} is ${typeof value === 'number' ? value : `a ${typeof value}`}; it is a number of milliseconds from ${least} to ${most}.`,
  )
}
