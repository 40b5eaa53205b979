/**
 * Totals per value of the counted fields, kept in the transaction of the row they count: one row per parent, so that a tally
 * of a million rows is one read.
 */
import { NoboilError } from '../../errors/error.ts'
import { get, insert, patch, type Program, program, range } from '../../program/program.ts'
import type { Json, Row } from '../../schema/values.ts'
import type { Derived, Place, Rebuilt } from '../shared/operation.ts'
import type { LogContext } from './context.ts'
import {
  countsLayout,
  type CountsRow,
  type HeadRow,
  heads,
  isLive,
  marksOf,
  type StoredRow,
} from './rows.ts'

/** One payload that comes into being, goes out of sight, or goes for good. */
export interface Tally {
  readonly payload: Row
  readonly live: number
  readonly total: number
}

type Open = Record<string, Record<string, number>>

/** Adds tallies to the counts of a parent. */
export const count: (
  log: LogContext,
  parent: string,
  stored: CountsRow | null,
  tallies: readonly Tally[],
) => Program<void> = program(function* (log, parent, stored, tallies) {
  if (log.counted.length === 0) return
  const live: Open = {}
  const total: Open = {}
  for (const field of log.counted) {
    live[field] = { ...stored?.live[field] }
    total[field] = { ...stored?.total[field] }
    for (const tally of tallies) {
      const value = tally.payload[field]
      if (value === undefined || value === null) continue
      add(live[field], String(value), tally.live)
      add(total[field], String(value), tally.total)
    }
    const values = Object.keys(total[field]).length
    const max = log.settings.limits.maxCountedValues
    if (values > max) {
      throw new NoboilError(
        'LIMIT_EXCEEDED',
        `'${field}' is counted, and would have more than ${max} different values here.`,
        { limit: 'maxCountedValues', max, actual: values },
      )
    }
  }
  if (stored === null) {
    yield* insert(countsLayout, { table: log.table.name, parent, live, total })
  } else yield* patch(countsLayout, stored, { live, total })
})

/** Sets what is live to nothing, or back to everything that is there; `gone`: nothing is there any more. */
export const recount: (stored: CountsRow | null, to: 'none' | 'total' | 'gone') => Program<void> =
  program(function* (stored, to) {
    if (stored === null) return
    const live = to === 'total' ? stored.total : {}
    yield* patch(countsLayout, stored, to === 'gone' ? { live, total: {} } : { live })
  })

/** Counts as they are answered: values that nobody holds are left out. */
export const countsOf = (stored: CountsRow | null, field: string): Record<string, number> => ({
  ...stored?.live?.[field],
})

/** The counts of a log, as they follow from its rows. */
export const derivedCounts = (log: LogContext): Derived => ({
  table: log.table.name,
  name: 'counts',
  layout: countsLayout,
  within: [log.table.name],
  config: { fields: log.counted.map((name) => countedAs(log, name)), softDelete: log.softDelete },
  rebuild: (from, limit) => countSome(log, from, limit),
})

/** A field that is no longer optional has been filled in. */
function countedAs(log: LogContext, name: string): Json {
  const field = log.table.fields[name]
  return [name, field?.optional === true, field?.nullable === true]
}

/** Counts rows that are there, parent by parent. */
const countSome: (log: LogContext, from: Place | null, limit: number) => Program<Rebuilt> = program(
  function* (log, from, limit) {
    let head = yield* headFrom(log, (from?.['parent'] ?? '') as string, true)
    let seq = head?.parent === from?.['parent'] ? ((from?.['seq'] ?? 0) as number) : 0
    let rows = 0
    let parents = 0
    while (head !== undefined) {
      // A parent costs as much as a row: there may be many without any.
      const left = limit - rows - parents
      if (left <= 0) return { rows, next: { parent: head.parent, seq } }
      const found: readonly StoredRow[] = yield* range(log.layout, '', [head.parent], {
        lower: { value: seq, inclusive: false },
        limit: left,
      })
      yield* countFound(log, head, found)
      rows += found.length
      const last = found.at(-1)
      if (last !== undefined && found.length === left) seq = last.seq
      else {
        head = yield* headFrom(log, head.parent, false)
        parents++
        seq = 0
      }
    }
    return { rows, next: null }
  },
)

const headFrom: (
  log: LogContext,
  parent: string,
  inclusive: boolean,
) => Program<HeadRow | undefined> = program(function* (log, parent, inclusive) {
  const [head] = yield* range(heads, '', [log.table.name], {
    lower: { value: parent, inclusive },
    limit: 1,
  })
  return head
})

const countFound: (log: LogContext, head: HeadRow, rows: readonly StoredRow[]) => Program<void> =
  program(function* (log, head, rows) {
    const at = marksOf(head)
    // Without soft delete, what a purge has passed only waits to be swept.
    const stored = log.softDelete ? rows : rows.filter(({ seq }) => seq > at.purgedThrough)
    if (stored.length === 0) return
    const counts = yield* get(countsLayout, [log.table.name, head.parent])
    const tallies = stored.map((row) => ({
      payload: row as unknown as Row,
      live: isLive(row, at) ? 1 : 0,
      total: 1,
    }))
    yield* count(log, head.parent, counts, tallies)
  })

function add(totals: Record<string, number>, value: string, by: number): void {
  if (by === 0) return
  const sum = (Object.hasOwn(totals, value) ? (totals[value] as number) : 0) + by
  // Defined, not assigned: a value may be called `__proto__`.
  if (sum > 0) {
    Object.defineProperty(totals, value, { value: sum, enumerable: true, configurable: true })
  } else delete totals[value]
}
