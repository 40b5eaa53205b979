/**
 * Totals per value of the counted fields, kept in the transaction of the row they count: one row per parent, so that a tally
 * of a million rows is one read.
 */
import { NoboilError } from '../../errors/error.ts'
import { insert, patch, type Program, program } from '../../program/program.ts'
import type { Row } from '../../schema/values.ts'
import type { LogContext } from './context.ts'
import { countsLayout, type CountsRow } from './rows.ts'

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

function add(totals: Record<string, number>, value: string, by: number): void {
  if (by === 0) return
  const sum = (Object.hasOwn(totals, value) ? (totals[value] as number) : 0) + by
  if (sum > 0) totals[value] = sum
  else delete totals[value]
}
