/**
 * A process that opens the app, tells what it finds, and writes under load until it is ended, telling of every write before it
 * is sent and after it was acknowledged.
 */
import { errorCode } from 'noboil/errors'
import type { HostPorts } from 'noboil/node'
import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { makeApp, type Points } from './app.ts'
import { type Job, readJob, tell } from './lines.ts'
import { scheduledIn, takeSurvey } from './survey.ts'
import { Load } from './load.ts'

const job = readJob<Job>()
if (job.uid !== undefined) {
  process.setgid?.(job.uid)
  process.setuid?.(job.uid)
}

/** Each life is a minute after the one before, so that a dead life's leases have run out. */
const aheadMs = job.life * 60_000

const ports: HostPorts = {
  clock: {
    now: () => Date.now() + aheadMs,
    setTimer(ms, ring) {
      const timer = setTimeout(ring, ms)
      return () => clearTimeout(timer)
    },
  },
  random: { bytes: (count) => randomBytes(count) },
}

const app = makeApp(job.file, { points: pointsOf(job), ports })
try {
  await app.start()
} catch (error) {
  tell({ is: 'shut', code: errorCode(error), message: (error as Error).message })
  process.exit(1)
}
tell({ is: 'open' })
const load = new Load(app, job)
await load.prepare()
if (job.load === 'none') await settle()
else await load.run()
if (!load.isOver) tell({ is: 'survey', survey: await takeSurvey(app, job) })
await app.close()

/** Background work that was scheduled before this process began is done without being asked for. */
async function settle(): Promise<void> {
  while (scheduledIn(job.file) > 0) await turn()
}

function pointsOf({ endsAt }: Job): Points {
  if (endsAt === undefined) return { committed: (mark) => tell({ is: 'durable', mark }) }
  let times = 0
  const end = (): void => {
    if (++times === endsAt.after) process.kill(process.pid, 'SIGKILL')
  }
  return {
    inTransaction: () => endsAt.point === 'transaction' && end(),
    committed(mark) {
      tell({ is: 'durable', mark })
      if (endsAt.point === 'commit') end()
    },
  }
}
