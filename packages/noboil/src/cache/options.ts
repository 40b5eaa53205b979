/** What a call says about a value: checked once per miss, never on a hit. */
import { DefinitionError } from '../errors/assert.ts'
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

/** What holds when neither the call nor the cache says otherwise. */
export type Usual = Required<Omit<RememberDefaults, 'negativeTtlMs'>> &
  Pick<RememberDefaults, 'negativeTtlMs'>

const usual: Usual = {
  staleMs: 0,
  staleIfErrorMs: 0,
  jitter: 0.1,
  timeoutMs: 10_000,
  retryMs: 1_000,
}

const maxTimerMs = 0x7fffffff

/** The defaults of a cache; throws `DefinitionError` naming one that cannot hold. */
export function checkDefaults(given: RememberDefaults, graph: Graph, limits: CacheLimits): Usual {
  const defaults: Usual = { ...usual, ...given }
  const [entity] = graph.entities
  if (entity === undefined) return defaults
  try {
    checkOptions({ type: entity.name, ttlMs: 1 }, graph, limits, defaults)
  } catch (error) {
    throw new DefinitionError(`The cache's defaults: ${(error as Error).message}`, { cause: error })
  }
  return defaults
}

/** Throws `VALIDATION_FAILED` or `LIMIT_EXCEEDED` naming the option. */
export function checkOptions(
  given: RememberOptions,
  graph: Graph,
  limits: CacheLimits,
  usual: Usual,
): Wanted {
  if (typeof given !== 'object' || given === null) {
    throw invalid('options', `The options are ${String(given)}; they are { type, ttlMs, … }.`)
  }
  const { maxTtlMs } = limits
  const { ttlMs } = given
  // Written out field by field: ten thousand callers of one missing key all come by here.
  const wanted: Wanted = {
    entity: graph.entity(given.type),
    slots: given.ids === undefined ? undefined : slotsOf(checkIds(given.ids, limits)),
    ttlMs,
    staleMs: given.staleMs ?? usual.staleMs,
    staleIfErrorMs: given.staleIfErrorMs ?? usual.staleIfErrorMs,
    jitter: given.jitter ?? usual.jitter,
    negativeTtlMs: given.negativeTtlMs ?? usual.negativeTtlMs ?? ttlMs,
    timeoutMs: given.timeoutMs ?? usual.timeoutMs,
    retryMs: given.retryMs ?? usual.retryMs,
  }
  checkTime('ttlMs', ttlMs, 1, maxTtlMs)
  checkTime('negativeTtlMs', wanted.negativeTtlMs, 0, maxTtlMs)
  checkTime('staleMs', wanted.staleMs, 0, maxTtlMs)
  checkTime('staleIfErrorMs', wanted.staleIfErrorMs, 0, maxTtlMs)
  checkTime('timeoutMs', wanted.timeoutMs, 1, maxTimerMs)
  checkTime('retryMs', wanted.retryMs, 0, maxTtlMs)
  const { jitter } = wanted
  if (typeof jitter !== 'number' || !(jitter >= 0 && jitter <= 1)) {
    throw invalid('jitter', `jitter is ${String(jitter)}; it is a share from 0 to 1.`)
  }
  return wanted
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
