/**
 * Work that the server does by itself, on time: durable, one run at a time across processes, and what was missed while no server
 * ran is made up for once.
 */
import { DefinitionError } from '../errors/assert.ts'
import type { Call } from '../factories/shared/call.ts'
import { get, insert, type Program, patch, program, range, remove } from '../program/program.ts'
import { column, type Layout } from '../schema/layout.ts'
import type { CronTime } from './types.ts'

export interface CronEntry {
  readonly name: string
  readonly every: CronTime
  run(call: Call, signal: AbortSignal): Promise<void>
}

export interface CronRow {
  readonly name: string
  /** What it said when `nextAt` was reckoned: another rhythm begins anew. */
  readonly every: string
  readonly nextAt: number
  readonly lastAt?: number
  readonly leaseUntil?: number
  /** Counts runs, so that whoever lost a lease cannot finish another's run. */
  readonly run: number
}

export const cronLayout: Layout<CronRow> = {
  name: '_crons',
  columns: {
    name: column.text,
    every: column.text,
    nextAt: column.integer,
    lastAt: column.optionalInteger,
    leaseUntil: column.optionalInteger,
    run: column.integer,
  },
  key: ['name'],
  id: 'none',
  indexes: {},
  internal: true,
}

const dayMs = 86_400_000

/** Throws {@link DefinitionError} for a time that no clock shows. */
export function assertCronTime(name: string, every: CronTime): void {
  if ('everyMs' in every) {
    if (Number.isSafeInteger(every.everyMs) && every.everyMs >= 1_000) return
    throw new DefinitionError(`Cron '${name}': everyMs must be a whole number of at least 1000.`)
  }
  if (parseTime(every.at) !== undefined) return
  throw new DefinitionError(`Cron '${name}': at must be a UTC time from '00:00' to '23:59'.`)
}

/** The first time after `now`. */
export function nextTime(every: CronTime, now: number): number {
  if ('everyMs' in every) return now + every.everyMs
  const today = now - (now % dayMs) + (parseTime(every.at) as number)
  return today > now ? today : today + dayMs
}

/** The first time after `now` in the rhythm that `from` is a beat of. */
function nextBeat(every: CronTime, from: number, now: number): number {
  if (!('everyMs' in every) || from > now) return nextTime(every, now)
  return from + (Math.floor((now - from) / every.everyMs) + 1) * every.everyMs
}

/**
 * Makes the rows say what the app says: new crons begin, others go, a new rhythm is reckoned from now. So is what was reckoned, or
 * taken, by a clock that was ahead: it would wait until that time comes.
 */
export const keepCrons: (crons: readonly CronEntry[], now: number) => Program<void> = program(
  function* (crons: readonly CronEntry[], now: number): Program<void> {
    const rows = yield* range(cronLayout, '', [], { limit: 10_000 })
    const byName = new Map(rows.map((row) => [row.name, row]))
    for (const { name, every } of crons) {
      const row = byName.get(name)
      byName.delete(name)
      const rhythm = JSON.stringify(every)
      const nextAt = nextTime(every, now)
      if (row === undefined) {
        yield* insert(cronLayout, { name, every: rhythm, nextAt, run: 0 })
      } else if (row.every !== rhythm) {
        yield* patch(cronLayout, row, { every: rhythm, nextAt })
      } else if (row.nextAt > nextAt) {
        yield* patch(cronLayout, row, { nextAt, leaseUntil: undefined })
      }
    }
    for (const gone of byName.values()) yield* remove(cronLayout, gone)
  },
)

/** When something is next to be done, by the rows themselves. */
export const nextCronAt: () => Program<number | null> = program(function* (): Program<
  number | null
> {
  const rows = yield* range(cronLayout, '', [], { limit: 10_000 })
  const times = rows.map(({ nextAt, leaseUntil }) => Math.max(nextAt, leaseUntil ?? 0))
  return times.length === 0 ? null : Math.min(...times)
})

/** The crons whose time has come and that nobody runs. */
export const dueCrons: (now: number) => Program<readonly string[]> = program(function* (
  now: number,
): Program<readonly string[]> {
  const rows = yield* range(cronLayout, '', [], { limit: 10_000 })
  return rows.filter((row) => isDue(row, now)).map(({ name }) => name)
})

const isDue = (row: CronRow, now: number): boolean =>
  row.nextAt <= now && (row.leaseUntil ?? 0) <= now

/** Takes a cron that is due; null when it is not, or somebody runs it. Answers the number of the run. */
export const takeCron: (name: string, now: number, leaseMs: number) => Program<number | null> =
  program(function* (name: string, now: number, leaseMs: number): Program<number | null> {
    const row = yield* get(cronLayout, [name])
    if (row === null || !isDue(row, now)) return null
    yield* patch(cronLayout, row, { leaseUntil: now + leaseMs, run: row.run + 1 })
    return row.run + 1
  })

/** Says that a run is alive. False: it was taken for dead, and somebody else runs it. */
export const renewCron: (
  name: string,
  run: number,
  now: number,
  leaseMs: number,
) => Program<boolean> = program(function* (
  name: string,
  run: number,
  now: number,
  leaseMs: number,
): Program<boolean> {
  const row = yield* get(cronLayout, [name])
  if (row === null || row.run !== run) return false
  yield* patch(cronLayout, row, { leaseUntil: now + leaseMs })
  return true
})

/** A run is over, well or not: the next one is reckoned from now, so that missed ones are made up for once. */
export const endCron: (name: string, run: number, every: CronTime, now: number) => Program<void> =
  program(function* (name: string, run: number, every: CronTime, now: number): Program<void> {
    const row = yield* get(cronLayout, [name])
    if (row === null || row.run !== run) return
    yield* patch(cronLayout, row, {
      nextAt: nextBeat(every, row.nextAt, now),
      lastAt: now,
      leaseUntil: undefined,
    })
  })

/** Milliseconds after midnight. */
function parseTime(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  return match ? (Number(match[1]) * 60 + Number(match[2])) * 60_000 : undefined
}
