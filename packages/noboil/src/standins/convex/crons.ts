/**
 * The jobs of `convex/crons.ts`, which convex-test never runs.
 */

/** When a job runs, as `cronJobs()` exports it. Times are UTC; a minute that is left out is 0 here. */
export type CronSchedule =
  | {
      readonly type: 'interval'
      readonly seconds?: number
      readonly minutes?: number
      readonly hours?: number
    }
  | { readonly type: 'hourly'; readonly minuteUTC?: number }
  | { readonly type: 'daily'; readonly hourUTC: number; readonly minuteUTC?: number }
  | {
      readonly type: 'weekly'
      readonly dayOfWeek: string
      readonly hourUTC: number
      readonly minuteUTC?: number
    }
  | {
      readonly type: 'monthly'
      readonly day: number
      readonly hourUTC: number
      readonly minuteUTC?: number
    }
  | { readonly type: 'cron'; readonly cron: string }

export interface CronJob {
  readonly name: string
  readonly args: readonly unknown[]
  readonly schedule: CronSchedule
}

/** Runs every job at its times until the answer is called. A run that takes too long skips the times it misses. */
export function startCrons(
  jobs: readonly CronJob[],
  run: (job: CronJob) => Promise<unknown>,
): () => void {
  const timers = new Map<CronJob, NodeJS.Timeout>()
  let stopped = false
  const wait = (job: CronJob): void => {
    if (stopped) return
    const leftMs = nextRun(job.schedule, Date.now()) - Date.now()
    // Node's timers hold 24 days; what is further away is looked at again then.
    const timer =
      leftMs > maxTimerMs
        ? setTimeout(() => wait(job), maxTimerMs)
        : setTimeout(() => void run(job).finally(() => wait(job)), leftMs)
    timers.set(job, timer)
  }
  for (const job of jobs) wait(job)
  return () => {
    stopped = true
    for (const timer of timers.values()) clearTimeout(timer)
  }
}

const maxTimerMs = 2_000_000_000
const minuteMs = 60_000

/** The first time after `now` at which a schedule says to run. */
export function nextRun(schedule: CronSchedule, now: number): number {
  if (schedule.type === 'interval') {
    const { seconds = 0, minutes = 0, hours = 0 } = schedule
    return now + 1000 * (seconds + 60 * minutes + 3600 * hours)
  }
  const wanted = fieldsOf(schedule)
  let at = new Date(now - (now % minuteMs) + minuteMs)
  // Days that do not fit are passed over whole: four years hold every day there is.
  for (let days = 0; days <= 4 * 366;) {
    if (!isDay(wanted, at)) {
      at = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1))
      days++
    } else if (wanted.hours.has(at.getUTCHours()) && wanted.minutes.has(at.getUTCMinutes())) {
      return at.getTime()
    } else {
      const day = at.getUTCDate()
      at = new Date(at.getTime() + minuteMs)
      if (at.getUTCDate() !== day) days++
    }
  }
  throw new Error(`The cron schedule ${JSON.stringify(schedule)} names a day that never comes.`)
}

interface Fields {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** Days and weekdays are both named: either will do, as in every cron. */
  readonly either: boolean
}

function isDay({ days, months, weekdays, either }: Fields, at: Date): boolean {
  if (!months.has(at.getUTCMonth() + 1)) return false
  const day = days.has(at.getUTCDate())
  const weekday = weekdays.has(at.getUTCDay())
  return either ? day || weekday : day && weekday
}

const weekdayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const monthNames =
  'january february march april may june july august september october november december'.split(' ')

type Timed = Exclude<CronSchedule, { readonly type: 'interval' }>

function fieldsOf(schedule: Timed): Fields {
  const [minute, hour, day, month, weekday] = cronText(schedule).trim().split(/\s+/)
  if (weekday === undefined) {
    throw new Error(`A cron schedule has five fields: ${JSON.stringify(schedule)} has not.`)
  }
  return {
    minutes: numbers(minute as string, 0, 59),
    hours: numbers(hour as string, 0, 23),
    days: numbers(day as string, 1, 31),
    months: numbers(month as string, 1, 12, [undefined, ...monthNames]),
    // Sunday is 0, and 7.
    weekdays: new Set([...numbers(weekday, 0, 7, weekdayNames)].map((number) => number % 7)),
    either: !day?.startsWith('*') && !weekday.startsWith('*'),
  }
}

function cronText(schedule: Timed): string {
  if (schedule.type === 'cron') return schedule.cron
  const { minuteUTC = 0 } = schedule
  if (schedule.type === 'hourly') return `${minuteUTC} * * * *`
  const time = `${minuteUTC} ${schedule.hourUTC}`
  if (schedule.type === 'daily') return `${time} * * *`
  return schedule.type === 'weekly'
    ? `${time} * * ${weekdayNames.indexOf(schedule.dayOfWeek)}`
    : `${time} ${schedule.day} * *`
}

/** `*`, `5`, `1-5`, `mon-fri`, any of these with a step after `/`, and lists of them. */
function numbers(
  field: string,
  least: number,
  most: number,
  names: readonly (string | undefined)[] = [],
): Set<number> {
  const read = (text: string): number => {
    const named = names.findIndex(
      (name) => name !== undefined && text.length >= 3 && name.startsWith(text.toLowerCase()),
    )
    const number = named >= 0 ? named : Number(text)
    if (Number.isInteger(number) && number >= least && number <= most) return number
    throw new Error(`'${field}' is no field of a cron schedule: ${least} to ${most}.`)
  }
  const found = new Set<number>()
  for (const part of field.split(',')) {
    const [range = '', step = '1'] = part.split('/')
    const [from = '', to] = range.split('-')
    const first = range === '*' ? least : read(from)
    const last = range === '*' || (to === undefined && part.includes('/')) ? most : read(to ?? from)
    for (let number = first; number <= last; number += Math.max(1, Number(step))) found.add(number)
  }
  return found
}
