/** The worker as a process of its own, started again when it ends by itself. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

export interface Supervised {
  /** Of the process that runs now. */
  readonly pid: () => number | undefined
  readonly stop: () => Promise<void>
}

const script = join(import.meta.dirname, 'worker.ts')

/** The first restart comes at once; one that ends again and again is started less and less often. */
const firstWaitMs = 500
const maxWaitMs = 30_000
/** A worker that ran for so long has nothing to do with how the one before it ended. */
const settledMs = 60_000

/** `env`: what the worker is told, beside how to find programs. */
export function superviseWorker(env: Readonly<Record<string, string | undefined>>): Supervised {
  let isOver = false
  let attempts = 0
  let timer: NodeJS.Timeout | undefined
  let child: ChildProcess
  const start = (): void => {
    const startedAt = Date.now()
    child = fork(script, [], {
      env: { PATH: process.env['PATH'], ...env },
      execArgv: ['--conditions=noboil-source'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.once('exit', (code) => {
      if (isOver) return
      if (Date.now() - startedAt > settledMs) attempts = 0
      const waitMs = Math.min(maxWaitMs, firstWaitMs * 2 ** attempts++)
      console.error(`The worker ended with ${code}; it is started again in ${waitMs} ms.`)
      timer = setTimeout(start, waitMs)
    })
  }
  start()
  return {
    pid: () => child.pid,
    stop: async () => {
      isOver = true
      clearTimeout(timer)
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((done) => child.once('exit', done))
      child.kill()
      await ended
    },
  }
}
