/**
 * Whether a key must be fetched, and by whom. {@link look} only reads; {@link claim} takes the fetch upon itself, in one transaction
 * with what it saw, so that of all who find a key missing one fetches.
 */
import { batch, byId, get, insert, now, patch } from '../../program/program.ts'
import { type Program, program, range, remove, schedule } from '../../program/program.ts'
import type { Row } from '../../schema/values.ts'
import { assertFits, readWindow, record } from '../shared/window.ts'
import type { BaseContext } from './context.ts'
import {
  fetches,
  type FetchRow,
  generationOf,
  isFresh,
  liveRow,
  type OutcomeRow,
  outcomes,
  purges,
  shown,
  type StoredRow,
} from './rows.ts'

export interface Asked {
  readonly key: string
  /** `refresh`: a row that is fresh is no answer. */
  readonly mode: 'load' | 'refresh'
  /** The fetch of somebody else that was waited for. */
  readonly seen: string | null
}

export interface ClaimArgs extends Asked {
  /** Whom the rate limit counts; null: nobody. */
  readonly caller: string | null
}

/** What is known of a key: plain data. */
export type Found =
  | { readonly state: 'served'; readonly row: Row }
  | { readonly state: 'missing' }
  /** `row`: the stale one that may be answered instead. */
  | { readonly state: 'failed'; readonly row: Row | null }
  /** Somebody fetches; the row `token` of {@link fetches} goes when they are done. */
  | { readonly state: 'running'; readonly token: string; readonly leftMs: number }
  /** Somebody must fetch. */
  | { readonly state: 'needed' }
  /** The asker must fetch, and settle with `token`. */
  | { readonly state: 'claimed'; readonly token: string; readonly previous: Row | null }
  /** Nothing came of the fetch; look again. */
  | { readonly state: 'lost' }

export const look: (base: BaseContext, asked: Asked) => Program<Found> = program(
  function* (base, asked) {
    const [stored, purge, running, outcome] = yield* batch(...readsOf(base, asked.key))
    const at = yield* now()
    const known = { row: liveRow(stored, purge), generation: generationOf(purge), at }
    return judge(base, asked, { ...known, fetch: running[0] ?? null, outcome })
  },
)

export const claim: (base: BaseContext, args: ClaimArgs) => Program<Found> = program(
  function* (base, args) {
    const { key, caller } = args
    const limit = caller === null ? undefined : base.rateLimit
    const [stored, purge, running, outcome, window] = yield* batch(
      ...readsOf(base, key),
      limit && readWindow(limit, caller as string),
    )
    const at = yield* now()
    if (limit) {
      yield* assertFits(limit, caller as string, window ?? null, 1)
      yield* record(limit, caller as string, window ?? null, 1)
    }
    const row = liveRow(stored, purge)
    const generation = generationOf(purge)
    const fetch = running[0] ?? null
    const found = judge(base, args, { row, generation, at, fetch, outcome })
    if (found.state !== 'needed') return found
    // Whoever held it is dead, or too late.
    if (fetch !== null) yield* remove(fetches, fetch)
    const token = yield* insert(fetches, {
      table: base.table.name,
      key,
      leaseUntil: at + base.leaseMs,
      generation,
    })
    if (args.mode === 'load' && row !== null && serves(base.staleWhileRevalidate, row, at)) {
      yield* schedule(refreshFlow(base), { key, token }, at)
      return { state: 'served', row: shown(row) }
    }
    return { state: 'claimed', token, previous: row && shown(row) }
  },
)

/** The name of the flow that fetches in the background; its arguments are `{ key, token }`. */
export const refreshFlow = ({ table }: BaseContext): string => `refresh:${table.name}`

/** Takes up a fetch that {@link claim} has left to the background: `lost` when it is somebody else's by now. */
export const resume: (base: BaseContext, held: Held) => Program<Found> = program(function* (
  base,
  { key, token },
) {
  const [fetch, stored, purge] = yield* batch(
    byId(fetches, token),
    get(base.layout, [key]),
    get(purges, [base.table.name]),
  )
  if (fetch === null) return { state: 'lost' }
  yield* patch(fetches, fetch, { leaseUntil: (yield* now()) + base.leaseMs })
  const row = liveRow(stored, purge)
  return { state: 'claimed', token, previous: row && shown(row) }
})

export interface Held {
  readonly key: string
  readonly token: string
}

/** Whether a stale row may be answered under an option: always, or for so many ms after it was fetched. */
export const serves = (option: boolean | number, row: StoredRow, at: number): boolean =>
  typeof option === 'number' ? row.fetchedAt + option > at : option

interface Known {
  readonly row: StoredRow | null
  readonly generation: number
  readonly fetch: FetchRow | null
  readonly outcome: OutcomeRow | null
  readonly at: number
}

function judge(base: BaseContext, { mode, seen }: Asked, known: Known): Found {
  const { row, generation, fetch, outcome, at } = known
  const hasEnded = seen !== null && fetch?._id !== seen
  if (row !== null && isFresh(row, at) && (mode === 'load' || hasEnded)) {
    return { state: 'served', row: shown(row) }
  }
  const late = row !== null && serves(base.staleIfError, row, at) ? shown(row) : null
  // Who waited for a fetch shares how it ended: a crowd must not ask a source that is down one after another.
  if (hasEnded && outcome?.fetch === seen) {
    return outcome.failures === 0 ? { state: 'missing' } : { state: 'failed', row: late }
  }
  const early = mode === 'load' && row !== null && serves(base.staleWhileRevalidate, row, at)
  if (mode === 'load' && outcome?.generation === generation && outcome.until > at) {
    if (outcome.failures === 0) return { state: 'missing' }
    if (row !== null && (early || late !== null)) return { state: 'served', row: shown(row) }
  }
  if (fetch !== null && fetch.leaseUntil > at) {
    return early
      ? { state: 'served', row: shown(row) }
      : { state: 'running', token: fetch._id, leftMs: fetch.leaseUntil - at }
  }
  return { state: 'needed' }
}

const readsOf = ({ table, layout }: BaseContext, key: string) =>
  [
    get(layout, [key]),
    get(purges, [table.name]),
    range(fetches, 'by_key', [table.name, key], { limit: 1 }),
    get(outcomes, [table.name, key]),
  ] as const
