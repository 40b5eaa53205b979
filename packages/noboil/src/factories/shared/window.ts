/**
 * Exact sliding windows, kept with the data: at most `max` units in any `windowMs`, per owner. Every use is one stamp that
 * carries the running total after it, so that whether `cost` more units fit is one read whatever the limit: the stamp of unit
 * `total - max + cost` must have left the window.
 */
import { NoboilError } from '../../errors/error.ts'
import { DefinitionError } from '../../errors/assert.ts'
import {
  get,
  insert,
  now,
  type Op,
  patch,
  type Program,
  program,
  range,
  remove,
} from '../../program/program.ts'
import { column, type Layout } from '../../schema/layout.ts'

/** `n`: per minute. */
export type RateLimitConfig = number | { readonly max: number; readonly window: number }

export interface Limit {
  /** Which limit this is: a table and an operation, or a quota's name. */
  readonly bucket: string
  readonly max: number
  readonly windowMs: number
}

export interface WindowRow {
  readonly bucket: string
  readonly owner: string
  /** Units ever used. */
  readonly total: number
  /** Time of the newest stamp; stamps do not go back with the clock, unless it was far ahead ({@link wasAhead}). */
  readonly lastAt: number
  /** When the window is empty again and the row may go. */
  readonly expiresAt: number
}

interface StampRow {
  readonly bucket: string
  readonly owner: string
  readonly total: number
  readonly at: number
}

export const windows: Layout<WindowRow> = {
  name: '_windows',
  columns: {
    bucket: column.text,
    owner: column.text,
    total: column.integer,
    lastAt: column.integer,
    expiresAt: column.integer,
  },
  key: ['bucket', 'owner'],
  id: 'none',
  indexes: { by_expiry: { columns: ['expiresAt'] } },
  internal: true,
}

export const stamps: Layout<StampRow> = {
  name: '_windowStamps',
  columns: {
    bucket: column.text,
    owner: column.text,
    total: column.integer,
    at: column.integer,
  },
  key: ['bucket', 'owner', 'total'],
  counted: true,
  id: 'none',
  indexes: {},
  internal: true,
}

export function limitOf(bucket: string, config: RateLimitConfig): Limit {
  const { max, window: windowMs } =
    typeof config === 'number' ? { max: config, window: 60_000 } : config
  if (!Number.isSafeInteger(max) || max < 1 || !Number.isSafeInteger(windowMs) || windowMs < 1) {
    throw new DefinitionError(
      `Limit '${bucket}': max and window must be whole numbers of at least 1.`,
    )
  }
  return { bucket, max, windowMs }
}

/** The limit as it holds for a call: the server itself is not limited. */
export const limitOn = (
  limit: Limit | undefined,
  call: { readonly internal: boolean },
): Limit | undefined => (call.internal ? undefined : limit)

/** How far a clock may have gone back for stamps to be believed that are ahead of it. */
const believedMs = 86_400_000

export interface Verdict {
  /** When this was computed, in ms: the transaction's clock. */
  readonly at: number
  readonly allowed: boolean
  /** Units that still fit now. */
  readonly remaining: number
  /** Milliseconds until `cost` units fit: exact. Absent when they fit now, or never will. */
  readonly retryAfter?: number
  /** When `remaining` next grows. Absent when nothing is used. */
  readonly changesAt?: number
}

/** The read that belongs in a program's first batch. */
export const readWindow = (limit: Limit, owner: string): Op<WindowRow | null> =>
  get(windows, [limit.bucket, owner])

/** Whether `cost` units fit now, and what is left. */
export const check: (
  limit: Limit,
  owner: string,
  window: WindowRow | null,
  cost: number,
) => Program<Verdict> = program(function* (limit, owner, window, cost) {
  const at = yield* now()
  const total = window === null || wasAhead(limit, window, at) ? 0 : window.total
  const gone = yield* unitsGone(limit, owner, total, at)
  const remaining = Math.max(0, limit.max - (total - gone))
  const verdict = { at, allowed: cost <= remaining, remaining }
  if (gone === total) return verdict
  const changesAt = yield* leavesAt(limit, owner, gone + 1, at)
  if (verdict.allowed || cost > limit.max) return { ...verdict, changesAt }
  const freeAt = yield* leavesAt(limit, owner, total - limit.max + cost, at)
  return { ...verdict, retryAfter: freeAt - at, changesAt }
})

/** Whether one use fits, without counting what remains: all a rate limit needs. Throws `RATE_LIMITED`. */
export const assertFits: (
  limit: Limit,
  owner: string,
  window: WindowRow | null,
  cost: number,
) => Program<void> = program(function* (limit, owner, window, cost) {
  if (cost > limit.max) {
    throw new NoboilError('LIMIT_EXCEEDED', `At most ${limit.max} at once.`, {
      limit: 'rateLimit',
      max: limit.max,
      actual: cost,
    })
  }
  const decisive = (window?.total ?? 0) - limit.max + cost
  if (decisive < 1) return
  const at = yield* now()
  if (window !== null && wasAhead(limit, window, at)) return
  const freeAt = yield* leavesAt(limit, owner, decisive, at)
  if (freeAt <= at) return
  throw new NoboilError(
    'RATE_LIMITED',
    `Too many at once: at most ${limit.max} in ${spoken(limit.windowMs)}. Try again in ${spoken(freeAt - at)}.`,
    { retryAfter: freeAt - at, max: limit.max, windowMs: limit.windowMs },
  )
})

/** Counts `cost` units, over the limit or not. Returns the window as it is now. */
export const record: (
  limit: Limit,
  owner: string,
  window: WindowRow | null,
  cost: number,
) => Program<WindowRow> = program(function* (limit, owner, window, cost) {
  const { bucket } = limit
  const clock = yield* now()
  const isAnew = window !== null && wasAhead(limit, window, clock)
  const at = isAnew ? clock : Math.max(clock, window?.lastAt ?? 0)
  const before = (window?.total ?? 0) + (isAnew ? limit.max : 0)
  // With as many units that are gone, no stamp from before can be asked for again.
  if (isAnew) yield* insert(stamps, { bucket, owner, total: before, at: 0 })
  const total = before + cost
  const row: WindowRow = { bucket, owner, total, lastAt: at, expiresAt: at + limit.windowMs }
  if (window === null) yield* insert(windows, row)
  else yield* patch(windows, window, { total, lastAt: at, expiresAt: row.expiresAt })
  yield* insert(stamps, { bucket, owner, total, at })
  // Every 16 units the stamps no limit can ask for again go, so that an owner's rows stay near the limit.
  if (Math.floor(total / 16) !== Math.floor((total - cost) / 16)) {
    const old = yield* range(stamps, '', [bucket, owner], {
      upper: { value: total - limit.max, inclusive: true },
      limit: 32,
    })
    for (const stamp of old) yield* remove(stamps, stamp)
  }
  return row
})

/**
 * The newest stamp is so far ahead that a clock which was wrong must have made it. It frees nobody to go back by a little; but who
 * called while the clock was a year ahead is not refused for a year.
 */
const wasAhead = (limit: Limit, { lastAt }: WindowRow, at: number): boolean =>
  lastAt > at + limit.windowMs + believedMs

/** Units that have left the window, or that the limit cannot ask for. Found by halving, in about log2(max) reads. */
const unitsGone: (limit: Limit, owner: string, total: number, at: number) => Program<number> =
  program(function* (limit, owner, total, at) {
    let low = Math.max(0, total - limit.max)
    let high = total
    // Invariant: every unit up to `low` is gone or cannot matter; every unit after `high` is inside.
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2) + 1
      const stamp = yield* stampOf(limit, owner, middle)
      if (stamp === undefined || stamp.at + limit.windowMs <= at)
        low = Math.min(total, stamp?.total ?? total)
      else high = middle - 1
    }
    return low
  })

/** When a unit leaves the window. */
const leavesAt: (limit: Limit, owner: string, unit: number, at: number) => Program<number> =
  program(function* (limit, owner, unit, at) {
    const stamp = yield* stampOf(limit, owner, unit)
    return stamp === undefined ? at : stamp.at + limit.windowMs
  })

/** The stamp that counted a unit. */
const stampOf: (limit: Limit, owner: string, unit: number) => Program<StampRow | undefined> =
  program(function* (limit, owner, unit) {
    const [stamp] = yield* range(stamps, '', [limit.bucket, owner], {
      lower: { value: unit, inclusive: true },
      limit: 1,
    })
    return stamp
  })

/** Removes up to `rows` windows that are empty again, with their stamps. Answers how many rows went. */
export const sweepWindows: (rows: number) => Program<number> = program(function* (rows) {
  const at = yield* now()
  let removed = 0
  const expired = yield* range(windows, 'by_expiry', [], {
    upper: { value: at, inclusive: true },
    limit: rows,
  })
  for (const window of expired) {
    if (removed >= rows) break
    const left = yield* range(stamps, '', [window.bucket, window.owner], { limit: rows - removed })
    for (const stamp of left) yield* remove(stamps, stamp)
    removed += left.length
    if (removed < rows) {
      yield* remove(windows, window)
      removed++
    }
  }
  return removed
})

const spoken = (ms: number): string =>
  ms < 1000
    ? `${ms} ms`
    : ms < 120_000
      ? `${Math.ceil(ms / 1000)} s`
      : `${Math.ceil(ms / 60_000)} min`
