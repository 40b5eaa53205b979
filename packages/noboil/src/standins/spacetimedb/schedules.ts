/** Scheduled rows: when each is due, and what it runs. */
import type { ModuleDefinition, ScheduleDefinition } from './definition.ts'
import type { TableChange } from './datastore/datastore.ts'
import { cell, type Row, type Table } from './datastore/table.ts'

/** One scheduled row. */
export interface Job {
  readonly schedule: ScheduleDefinition
  readonly table: Table
  readonly row: Row
  /** Microseconds since the epoch. */
  readonly due: bigint
  /** Microseconds; `undefined` for what runs once. */
  readonly interval: bigint | undefined
}

export class Schedules {
  readonly #jobs: Map<string, Job> = new Map()
  readonly #byTable: ReadonlyMap<string, ScheduleDefinition>

  constructor(definition: ModuleDefinition) {
    this.#byTable = new Map(definition.schedules.map((schedule) => [schedule.table, schedule]))
  }

  /** Follows a commit: new rows are due, removed ones are not any more. */
  follow(changes: readonly TableChange[], now: bigint): void {
    for (const { table, inserts, deletes } of changes) {
      for (const row of deletes) this.#jobs.delete(keyOf(table, row))
      for (const row of inserts) this.arm(table, row, now)
    }
  }

  arm(table: Table, row: Row, now: bigint): void {
    const schedule = this.#byTable.get(table.definition.name)
    if (schedule === undefined) return
    // ScheduleAt is a sum: Interval of a duration, or Time of a timestamp, each a product around microseconds.
    const at = cell(row, schedule.column) as { tag: number; value: readonly [bigint] }
    const [micros] = at.value
    const isInterval = at.tag === 0
    this.#jobs.set(keyOf(table, row), {
      schedule,
      table,
      row,
      due: isInterval ? now + micros : micros,
      interval: isInterval ? micros : undefined,
    })
  }

  /** The job that is due first. */
  next(): Job | undefined {
    let first: Job | undefined
    for (const job of this.#jobs.values())
      if (first === undefined || job.due < first.due) first = job
    return first
  }

  /** Takes a job off before it runs; a repeated one is due again an interval after it was, however late it ran. */
  started(job: Job): void {
    const key = keyOf(job.table, job.row)
    if (job.interval === undefined) this.#jobs.delete(key)
    else this.#jobs.set(key, { ...job, due: job.due + job.interval })
  }
}

function keyOf(table: Table, row: Row): string {
  return `${table.definition.name} ${row.key}`
}
