/**
 * emmett-sqlite 0.42.4 (with emmett 0.42.0, sqlite3 5.1.7), an event store on SQLite: one event appended to one of 1,000 streams.
 *
 * It does no parent read and has no idempotency key, so it does less per append than the others. It is measured with one
 * caller, because that is what it can take: how more of them fail is found out again in every round (`emmett-probe.ts`).
 */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { AppendContestant, AppendRun } from '../contestants.ts'
import { GROUP, makeBallots, type Ballot } from '../workload.ts'
import { openEmmett } from './emmett-driver.ts'

export const emmettAppend: AppendContestant = {
  name: 'emmett-sqlite',
  note: 'emmett-sqlite 0.42.4, its own connection kept, no parent read, no idempotency key',
  callers: 1,
  calls: 3_000,
  open: async (dir, calls) => {
    const remark = await probeBoth(dir)
    const kept = await openEmmett(join(dir, 'emmett.db'), true)
    const ballots = makeBallots(calls)
    return {
      append: async (index) => ({
        seq: await kept.append(ballots[index] as Ballot),
        created: true,
      }),
      close: kept.close,
      remark,
    } satisfies AppendRun
  },
}

async function probeBoth(dir: string): Promise<string> {
  const kept = await probe(join(dir, 'kept.db'), 'kept')
  const own = await probe(join(dir, 'own.db'), 'own')
  return `with ${GROUP} callers on one kept connection: ${kept}; with ${GROUP} callers and a connection per call (its default): ${own}`
}

/** In a process of its own, since a refused lock can end the process. */
function probe(fileName: string, mode: 'kept' | 'own'): Promise<string> {
  return new Promise((resolve) => {
    let answer: string | undefined
    let complaint = ''
    const child = fork(
      join(import.meta.dirname, 'emmett-probe.ts'),
      [fileName, mode, String(GROUP)],
      { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
    )
    child.on('message', (message) => {
      answer = typeof message === 'string' ? message : JSON.stringify(message)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint += chunk.toString()
    })
    child.on('close', () => {
      const reason = /SQLITE_\w+: [\w ]+/.exec(complaint)?.[0] ?? 'no reason given'
      resolve(answer ?? `the process ended by an uncaught error (${reason})`)
    })
  })
}
