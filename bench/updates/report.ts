/** The table of the way from a change to the last browser. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { calm } from '../lib/machine.ts'
import { digits, summarize, table, times } from '../lib/stats.ts'
import type { Context } from '../reports.ts'
import { BROWSERS } from './workload.ts'

interface Times {
  readonly p50: number
  readonly p99: number
}

const notes: Readonly<Record<string, string>> = {
  floor: 'by hand: INCR, PUBLISH, and the same bytes written to every response',
  noboil: 'invalidate and notify; tags, dependents, who asked for the entity, ids, order',
}

export async function benchUpdates({ rounds, cacheDir }: Context): Promise<string> {
  const measured = new Map<string, Times[]>(Object.keys(notes).map((name) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [name, all] of measured) {
      await calm()
      const one = await turn(name, cacheDir)
      all.push(one)
      process.stderr.write(`round ${round}: ${name} ${one.p50.toFixed(1)} ms\n`)
    }
  }
  const median = (name: string, of: keyof Times): number =>
    summarize((measured.get(name) ?? []).map((one) => one[of])).median
  const rows = Object.entries(notes).map(([name, note]) => [
    name,
    digits(median(name, 'p50')),
    digits(median(name, 'p99')),
    times(median(name, 'p50') / median('floor', 'p50')),
    times(median(name, 'p99') / median('floor', 'p99')),
    note,
  ])
  const head = ['contestant', 'p50 ms', 'p99 ms', 'p50 ÷ floor', 'p99 ÷ floor', 'what it is']
  return `From a change in one process to the last of ${digits(BROWSERS)} browsers on another, over Redis.\n\n${table(head, rows)}`
}

async function turn(contestant: string, cacheDir: string): Promise<Times> {
  const folder = mkdtempSync(join(cacheDir, 'run-'))
  try {
    const child = fork(new URL('measure.ts', import.meta.url), [contestant, folder], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${contestant} ended with exit code ${String(code)}`)
    })
    const [answer] = (await Promise.race([once(child, 'message'), ended])) as [Times]
    ended.catch(() => {})
    return answer
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
