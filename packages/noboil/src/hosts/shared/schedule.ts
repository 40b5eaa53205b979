/**
 * Flows that are due: rows of an internal table that `schedule` writes with the transaction. Whoever runs flows leases a row,
 * runs the flow and finishes the row; a lease that ran out is taken again, so a flow may start more than once.
 */
import { byId, type Program, patch, program, range, remove } from '../../program/program.ts'
import { column, type Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import type { ScheduledFlow } from '../host.ts'

export interface ScheduleRow {
  readonly _id: string
  readonly flow: string
  readonly args: Row
  readonly at: number
  readonly leaseUntil?: number
}

/** Every host keeps this table beside those of the app. */
export const scheduleLayout: Layout<ScheduleRow> = {
  name: '_schedule',
  columns: {
    _id: column.id('_schedule'),
    flow: column.text,
    args: column.json,
    at: column.integer,
    leaseUntil: column.optionalInteger,
  },
  key: ['_id'],
  id: 'stored',
  indexes: { by_at: { columns: ['at'] }, by_lease: { columns: ['leaseUntil'] } },
  internal: true,
}

/** Flows whose time has come and that nobody holds, the longest due first. */
export const dueFlows: (now: number, limit: number) => Program<readonly ScheduledFlow[]> = program(
  function* (now: number, limit: number): Program<readonly ScheduledFlow[]> {
    const rows = yield* range(scheduleLayout, 'by_at', [], {
      upper: { value: now, inclusive: true },
      // A missing lease sorts before every time.
      where: [{ field: 'leaseUntil', is: 'lte', value: now }],
      limit,
    })
    return rows.map(scheduledFlow)
  },
)

/** When the next flow is due, or null: for setting a timer. Leased flows count from the end of their lease. */
export const nextDueAt: (now: number) => Program<number | null> = program(function* (
  now: number,
): Program<number | null> {
  const [waiting] = yield* range(scheduleLayout, 'by_at', [], {
    where: [{ field: 'leaseUntil', is: 'lte', value: now }],
    limit: 1,
  })
  const leased = yield* range(scheduleLayout, 'by_lease', [], {
    lower: { value: now, inclusive: false },
    limit: 1,
  })
  const times = [waiting?.at, leased[0]?.leaseUntil].filter((time) => time !== undefined)
  return times.length === 0 ? null : Math.min(...times)
})

/** Takes a due flow until `now + leaseMs`; null when it is gone or somebody holds it. */
export const leaseFlow: (
  id: string,
  now: number,
  leaseMs: number,
) => Program<ScheduledFlow | null> = program(function* (
  id: string,
  now: number,
  leaseMs: number,
): Program<ScheduledFlow | null> {
  const row = yield* byId(scheduleLayout, id)
  if (row === null || (row.leaseUntil !== undefined && row.leaseUntil > now)) return null
  yield* patch(scheduleLayout, row, { leaseUntil: now + leaseMs })
  return scheduledFlow(row)
})

/** Keeps a flow from others until a time. */
export const holdFlow: (id: string, until: number) => Program<void> = program(function* (
  id: string,
  until: number,
): Program<void> {
  const row = yield* byId(scheduleLayout, id)
  if (row !== null) yield* patch(scheduleLayout, row, { leaseUntil: until })
})

/** Forgets a flow that has run to its end; one that is gone already is fine. */
export const finishFlow: (id: string) => Program<void> = program(function* (
  id: string,
): Program<void> {
  const row = yield* byId(scheduleLayout, id)
  if (row !== null) yield* remove(scheduleLayout, row)
})

function scheduledFlow(row: ScheduleRow): ScheduledFlow {
  return { id: row._id, flow: row.flow, args: row.args, at: row.at }
}
