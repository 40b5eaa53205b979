/**
 * What becomes of a fetch that has come back: one transaction, by whoever still holds it.
 */
import { batch, byId, get, increment, insert, now } from '../../program/program.ts'
import { patch, type Program, program, range, remove } from '../../program/program.ts'
import { fingerprint, type Row } from '../../schema/values.ts'
import { dropMissing, laterThan } from '../shared/edit.ts'
import { type Found, type Held, serves } from './claim.ts'
import type { BaseContext } from './context.ts'
import {
  fetches,
  type FetchRow,
  generationOf,
  liveRow,
  type OutcomeRow,
  outcomes,
  purges,
  shown,
  type StoredRow,
  totals,
} from './rows.ts'

/** What came back: plain data. `released`: it was given up, and nothing is known. */
export type Result =
  | { readonly state: 'row'; readonly payload: Row }
  | { readonly state: 'unchanged' | 'missing' | 'failed' | 'released' }

export interface SettleArgs extends Held {
  readonly result: Result
}

export const settle: (base: BaseContext, args: SettleArgs) => Program<Found> = program(function* (
  base,
  { key, token, result },
) {
  const { name } = base.table
  const [fetch, stored, purge, outcome] = yield* batch(
    byId(fetches, token),
    get(base.layout, [key]),
    get(purges, [name]),
    get(outcomes, [name, key]),
  )
  // Its lease ran out and somebody else has taken over: they decide.
  if (fetch === null) return { state: 'lost' }
  yield* remove(fetches, fetch)
  const at = yield* now()
  const generation = generationOf(purge)
  const isFenced = fetch.fencedAt !== undefined || fetch.generation !== generation
  const row = liveRow(stored, purge)
  switch (result.state) {
    case 'row':
    case 'unchanged': {
      if (result.state === 'unchanged' && row === null) return { state: 'lost' }
      if (outcome !== null) yield* remove(outcomes, outcome)
      const payload = result.state === 'row' ? result.payload : {}
      const expiresAt = isFenced ? 0 : expiry(base, fetch, at)
      const times = { fetchedAt: at, expiresAt }
      const written = yield* write(base, key, { stored, row, generation, at }, payload, times)
      return { state: 'served', row: shown(written) }
    }
    case 'missing':
      // What was true before an invalidation is nothing to act upon.
      if (!isFenced) {
        if (row !== null) yield* removeRow(base, row)
        yield* keep(base, outcome, { key, fetch: token, failures: 0, generation }, at)
      }
      return { state: 'missing' }
    case 'failed': {
      const failures = (outcome?.failures ?? 0) + 1
      yield* keep(base, outcome, { key, fetch: token, failures, generation }, at)
      const late = row !== null && serves(base.staleIfError, row, at)
      return { state: 'failed', row: late ? shown(row) : null }
    }
    case 'released':
      return { state: 'lost' }
  }
})

/** Removes a row that readers see. */
export const removeRow: (base: BaseContext, row: StoredRow) => Program<void> = program(
  function* (base, row) {
    yield* remove(base.layout, row)
    yield* increment(totals, [base.table.name], { rows: -1 })
  },
)

interface Before {
  /** Also one that a purge has hidden. */
  readonly stored: StoredRow | null
  readonly row: StoredRow | null
  readonly generation: number
  readonly at: number
}

interface Times {
  readonly fetchedAt: number
  readonly expiresAt: number | undefined
}

/** Writes a payload over what is kept; an empty one leaves the fields as they are. */
const write: (
  base: BaseContext,
  key: string,
  before: Before,
  payload: Row,
  times: Times,
) => Program<StoredRow> = program(function* (
  base,
  key,
  { stored, row, generation, at },
  payload,
  times,
) {
  const updatedAt = stored === null ? at : laterThan(stored.updatedAt, at)
  if (row !== null) {
    const set: Record<string, unknown> = { ...times, updatedAt }
    if (Object.keys(payload).length > 0) {
      for (const name of base.payloads.names) set[name] = payload[name]
    }
    yield* patch(base.layout, row, set)
    return dropMissing({ ...row, ...set }) as unknown as StoredRow
  }
  if (stored !== null) yield* remove(base.layout, stored)
  const made = dropMissing({ ...payload, key, _creationTime: at, ...times, updatedAt, generation })
  const _id = yield* insert(base.layout, made)
  yield* increment(totals, [base.table.name], { rows: 1 })
  return { ...made, _id } as unknown as StoredRow
})

/** When a row that was fetched at `at` goes stale. The jitter follows from the fetch's id, which is chance enough. */
function expiry(
  { ttlMs, ttlJitter }: BaseContext,
  fetch: FetchRow,
  at: number,
): number | undefined {
  if (ttlMs === undefined) return undefined
  const digits = fingerprint(`${fetch.key} ${fetch._id}`).slice(-5)
  const part = Number.parseInt(digits, 36) / 36 ** 5
  return at + Math.max(1, Math.round(ttlMs * (1 - ttlJitter * part)))
}

const firstBackoffMs = 1_000
const maxBackoffMs = 60_000
/** How long an outcome that means nothing any more is kept: those who waited for it have seen it, and failures add up. */
const forgetAfterMs = 600_000

/** Writes down a fetch that brought no row. */
const keep: (
  base: BaseContext,
  before: OutcomeRow | null,
  outcome: Omit<OutcomeRow, 'table' | 'until'>,
  at: number,
) => Program<void> = program(function* (base, before, outcome, at) {
  const { failures } = outcome
  const quietMs =
    failures === 0
      ? base.negativeTtlMs
      : Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(failures - 1, 30))
  const row = { ...outcome, table: base.table.name, until: at + quietMs }
  if (before === null) yield* insert(outcomes, row)
  else yield* patch(outcomes, before, row)
  yield* forget(at)
})

/** Each outcome that is written takes old ones along, two for one, so that what strangers ask for in vain does not pile up. */
const forget: (at: number) => Program<void> = program(function* (at) {
  const upper = { value: at - forgetAfterMs, inclusive: true }
  const [ended, dead] = yield* batch(
    range(outcomes, 'by_until', [], { upper, limit: 2 }),
    range(fetches, 'by_lease', [], { upper, limit: 2 }),
  )
  for (const row of ended) yield* remove(outcomes, row)
  for (const row of dead) yield* remove(fetches, row)
})
