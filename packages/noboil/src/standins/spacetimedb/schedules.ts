/** Scheduled rows: when each is due, and what it runs. */
import { SortedList } from './datastore/sorted.ts'
import { cell, type Row, type Table, type TableChange } from './datastore/table.ts'
import type { ModuleDefinition, ScheduleDefinition } from './definition.ts'

/** One scheduled row. */
export interface Job {
  readonly schedule: ScheduleDefinition
  readonly table: Table
  readonly row: Row
  /** Microseconds since the epoch. */
  readonly due: bigint
  /** Microseconds; `undefined` for what runs once. */
  readonly interval: bigint | undefined
  /** Of two that are due at once, the one that was armed before runs first. */
  readonly serial: number
}

export class Schedules {
  readonly #jobs: Map<string, Job> = new Map()
  readonly #due: SortedList<Job> = new SortedList(
    (left, right) => Number(left.due - right.due) || left.serial - right.serial,
  )
  #serial = 0
  readonly #byTable: ReadonlyMap<string, ScheduleDefinition>

  constructor(definition: ModuleDefinition) {
    this.#byTable = new Map(definition.schedules.map((schedule) => [schedule.table, schedule]))
  }

  /** Follows a commit: new rows are due, removed ones are not any more. */
  follow(changes: readonly TableChange[], now: bigint): void {
    for (const { table, inserts, deletes } of changes) {
      if (!this.#byTable.has(table.definition.name)) continue
      for (const row of deletes) this.#drop(keyOf(table, row))
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
    this.#put({
      schedule,
      table,
      row,
      due: isInterval ? now + micros : micros,
      interval: isInterval ? micros : undefined,
      serial: this.#serial++,
    })
  }

  /** The job that is due first. */
  next(): Job | undefined {
    return this.#due.first
  }

  /** Takes a job off before it runs; a repeated one is due again an interval after it was, however late it ran. */
  started(job: Job): void {
    this.#drop(keyOf(job.table, job.row))
    if (job.interval === undefined) return
    this.#put({ ...job, due: job.due + job.interval, serial: this.#serial++ })
  }

  #put(job: Job): void {
    this.#jobs.set(keyOf(job.table, job.row), job)
    this.#due.add(job)
  }

  #drop(key: string): void {
    const job = this.#jobs.get(key)
    if (job === undefined) return
    this.#jobs.delete(key)
    this.#due.remove(job)
  }
}

function keyOf(table: Table, row: Row): string {
  return `${table.definition.name} ${row.key}`
}
