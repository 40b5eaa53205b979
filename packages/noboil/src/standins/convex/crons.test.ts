import { expect, test } from 'vitest'
import { type CronSchedule, nextRun } from './crons.ts'

const next = (schedule: CronSchedule, from: string): string =>
  new Date(nextRun(schedule, Date.parse(from))).toISOString()

test.each<[string, CronSchedule, string, string]>([
  [
    'an interval',
    { type: 'interval', minutes: 90 },
    '2026-01-01T00:00:30Z',
    '2026-01-01T01:30:30.000Z',
  ],
  [
    'every hour',
    { type: 'hourly', minuteUTC: 5 },
    '2026-01-01T00:05:00Z',
    '2026-01-01T01:05:00.000Z',
  ],
  ['every day', { type: 'daily', hourUTC: 3 }, '2026-01-01T04:00:00Z', '2026-01-02T03:00:00.000Z'],
  [
    'every week',
    { type: 'weekly', dayOfWeek: 'monday', hourUTC: 9, minuteUTC: 30 },
    '2026-11-21T00:00:00Z',
    '2026-11-23T09:30:00.000Z',
  ],
  [
    'a day that most months lack',
    { type: 'monthly', day: 31, hourUTC: 0 },
    '2026-02-01T00:00:00Z',
    '2026-03-31T00:00:00.000Z',
  ],
  [
    'steps',
    { type: 'cron', cron: '*/15 8-10 * * mon-fri' },
    '2026-11-20T10:50:00Z',
    '2026-11-23T08:00:00.000Z',
  ],
  [
    'a leap day',
    { type: 'cron', cron: '0 0 29 feb *' },
    '2026-01-01T00:00:00Z',
    '2028-02-29T00:00:00.000Z',
  ],
  [
    'a day or a weekday',
    { type: 'cron', cron: '0 0 13 * 5' },
    '2026-11-21T00:00:00Z',
    '2026-11-27T00:00:00.000Z',
  ],
  [
    'Sunday as 7',
    { type: 'cron', cron: '0 0 * * 7' },
    '2026-11-21T00:00:00Z',
    '2026-11-22T00:00:00.000Z',
  ],
])('a cron comes next at the first time it names: %s', (_, schedule, from, expected) => {
  expect(next(schedule, from)).toBe(expected)
})

test.each(['* * * *', '60 * * * *', '0 0 30 2 *', 'x * * * *'])(
  'a schedule that means nothing is refused: %s',
  (cron) => {
    expect(() => nextRun({ type: 'cron', cron }, 0)).toThrow(/schedule/)
  },
)
