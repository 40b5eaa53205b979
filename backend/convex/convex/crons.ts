import { cronJobs } from 'convex/server'
import { internal } from './_generated/api.js'

const crons = cronJobs()
crons.daily(
  'what rate limits no longer need',
  { hourUTC: 4, minuteUTC: 0 },
  internal.noboil.sweep,
  {},
)

export default crons
