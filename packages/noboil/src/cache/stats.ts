/** What the cache has done, as numbers: for people (`stats`) and for Prometheus (`metrics`). */
import type { Entity } from './graph.ts'

/** What was done for one entity. */
export class EntityCounts {
  memoryHits = 0
  redisHits = 0
  misses = 0
  stale = 0
  staleOnError = 0
  errors = 0
  invalidations = 0
}

/** What was done by the cache as a whole. */
export class CacheCounts {
  /** Calls that waited for a load that was under way in this process. */
  collapsed = 0
  /** Loads that waited for another process to finish the same one. */
  leaseWaits = 0
  /** Values that were not kept because something they depend on changed while they were loaded. */
  fenced = 0
  /** Values that were too large for the memory tier. */
  oversized = 0
  evictions = 0
  timeouts = 0
  notifications = 0
  /** Times the connection to Redis was lost, or could not be trusted any more. */
  redisLost = 0
  redisErrors = 0
  /** Changes of other processes that the bus lost and that were found by asking. */
  busHealed = 0
  listenerErrors = 0
}

/** Upper bounds of the buckets of load times, in ms. */
const bucketsMs = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000]

export class LoadTimes {
  readonly #counts = new Float64Array(bucketsMs.length + 1)
  count = 0
  totalMs = 0

  add(ms: number): void {
    const at = bucketsMs.findIndex((bound) => ms <= bound)
    const bucket = at === -1 ? bucketsMs.length : at
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.count++
    this.totalMs += ms
  }

  /** How many loads took at most so long, by upper bound in ms. */
  get cumulative(): readonly (readonly [boundMs: number, count: number])[] {
    let sum = 0
    return bucketsMs.map((bound, at) => [bound, (sum += this.#counts[at] ?? 0)])
  }
}

export interface EntityStats {
  readonly memoryHits: number
  readonly redisHits: number
  readonly misses: number
  readonly stale: number
  readonly staleOnError: number
  readonly errors: number
  readonly invalidations: number
}

export interface CacheStats extends Readonly<CacheCounts> {
  readonly memory: { readonly entries: number; readonly bytes: number }
  /** Loads that are under way. */
  readonly loading: number
  /** `off`: the cache has no Redis. `away`: it has one, and does without. */
  readonly redis: 'off' | 'connected' | 'away'
  /** Changes that Redis has not been told of yet. */
  readonly pendingInvalidations: number
  readonly loads: {
    readonly count: number
    readonly totalMs: number
    readonly atMostMs: readonly (readonly [boundMs: number, count: number])[]
  }
  /** The sums over all entities. */
  readonly totals: EntityStats
  readonly entities: Readonly<Record<string, EntityStats>>
}

export interface StatsParts {
  readonly entities: readonly Entity[]
  readonly counts: CacheCounts
  readonly loads: LoadTimes
  readonly memory: { readonly entries: number; readonly bytes: number }
  readonly loading: number
  readonly redis: CacheStats['redis']
  readonly pendingInvalidations: number
}

export function statsOf(parts: StatsParts): CacheStats {
  const { entities, counts, loads, ...rest } = parts
  const totals = new EntityCounts()
  for (const { counts } of entities) {
    for (const name of entityCountNames) totals[name] += counts[name]
  }
  return {
    ...counts,
    ...rest,
    loads: { count: loads.count, totalMs: loads.totalMs, atMostMs: loads.cumulative },
    totals,
    entities: Object.fromEntries(entities.map(({ name, counts }) => [name, { ...counts }])),
  }
}

/** The numbers in Prometheus' text format, version 0.0.4. */
export function prometheusOf(stats: CacheStats): string {
  const lines: string[] = []
  const series = (name: string, type: 'counter' | 'gauge', help: string, values: Values): void => {
    lines.push(`# HELP ${prefix}${name} ${help}`, `# TYPE ${prefix}${name} ${type}`)
    for (const [labels, value] of values) lines.push(`${prefix}${name}${labels} ${value}`)
  }
  const perEntity = (name: keyof EntityStats, label = ''): Values =>
    Object.entries(stats.entities).map(([entity, counts]) => [
      `{entity="${entity}"${label}}`,
      counts[name],
    ])
  series('hits_total', 'counter', 'Calls answered with a fresh value.', [
    ...perEntity('memoryHits', ',tier="memory"'),
    ...perEntity('redisHits', ',tier="redis"'),
  ])
  for (const [name, metric, help] of entitySeries) series(metric, 'counter', help, perEntity(name))
  for (const [name, metric, help] of wholeSeries) {
    series(metric, 'counter', help, [['', stats[name]]])
  }
  series('memory_entries', 'gauge', 'Values in the memory tier.', [['', stats.memory.entries]])
  series('memory_bytes', 'gauge', 'Estimated bytes in the memory tier.', [['', stats.memory.bytes]])
  series('loading', 'gauge', 'Loads that are under way.', [['', stats.loading]])
  series('pending_invalidations', 'gauge', 'Changes that Redis has not been told of.', [
    ['', stats.pendingInvalidations],
  ])
  series('redis_up', 'gauge', 'Whether Redis answers; 1 for a cache without Redis.', [
    ['', stats.redis === 'away' ? 0 : 1],
  ])
  lines.push(...histogramLines(stats.loads))
  return `${lines.join('\n')}\n`
}

type Values = readonly (readonly [labels: string, value: number])[]

const prefix = 'noboil_cache_'
const entityCountNames = Object.keys(new EntityCounts()) as readonly (keyof EntityStats)[]

const entitySeries: readonly (readonly [keyof EntityStats, string, string])[] = [
  ['misses', 'misses_total', 'Calls that found no fresh value.'],
  ['stale', 'stale_total', 'Calls answered with a stale value while it was loaded anew.'],
  ['staleOnError', 'stale_on_error_total', 'Calls answered with a stale value after a failure.'],
  ['errors', 'load_errors_total', 'Loads that failed.'],
  ['invalidations', 'invalidations_total', 'Changes told to this process.'],
]

const wholeSeries: readonly (readonly [keyof CacheCounts, string, string])[] = [
  ['collapsed', 'collapsed_total', 'Calls that waited for a load under way in this process.'],
  ['leaseWaits', 'lease_waits_total', 'Loads that waited for another process.'],
  ['fenced', 'fenced_total', 'Loaded values outdated before they could be kept.'],
  ['oversized', 'oversized_total', 'Values too large for the memory tier.'],
  ['evictions', 'evictions_total', 'Values that made room for others.'],
  ['timeouts', 'load_timeouts_total', 'Loads that took too long.'],
  ['notifications', 'notifications_total', 'Notifications passed to listeners.'],
  ['redisLost', 'redis_lost_total', 'Times Redis was lost.'],
  ['redisErrors', 'redis_errors_total', 'Commands that Redis did not answer as it should.'],
  ['busHealed', 'bus_healed_total', 'Changes the bus lost and that were found by asking.'],
  ['listenerErrors', 'listener_errors_total', 'Listeners that threw.'],
]

function histogramLines({ count, totalMs, atMostMs }: CacheStats['loads']): readonly string[] {
  const name = `${prefix}load_seconds`
  return [
    `# HELP ${name} How long loads took.`,
    `# TYPE ${name} histogram`,
    ...atMostMs.map(([boundMs, count]) => `${name}_bucket{le="${boundMs / 1_000}"} ${count}`),
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_sum ${totalMs / 1_000}`,
    `${name}_count ${count}`,
  ]
}
