/** Takes turns: every round measures every entry once, each in a fresh process, on a machine that is as calm as it gets. */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Failed, Job, Measured } from '../measure.ts'
import { calm, cpuTimes } from './machine.ts'
import { type Summary, summarize } from './stats.ts'

export type Entry = Omit<Job, 'dir'>

export interface Outcome {
  readonly entry: Entry
  readonly summary: Summary
  readonly remark: string | undefined
}

export interface Played {
  readonly outcomes: readonly Outcome[]
  /** Contestants that could not be measured, and why. */
  readonly missing: ReadonlyMap<string, string>
  /** One sentence on what else the machine did. */
  readonly noise: string
}

export async function play(
  entries: readonly Entry[],
  rounds: number,
  cacheDir: string,
): Promise<Played> {
  const measured = new Map<Entry, Measured[]>(entries.map((entry) => [entry, []]))
  const missing = new Map<string, string>()
  const others: number[] = []
  let uncalm = 0
  for (let round = 1; round <= rounds; round++) {
    for (const entry of entries) {
      if (missing.has(entry.contestant)) continue
      if (!(await calm())) uncalm++
      const before = cpuTimes()
      const answer = await turn(entry, cacheDir)
      if ('failed' in answer) {
        missing.set(entry.contestant, answer.failed)
        continue
      }
      const after = cpuTimes()
      others.push(busyOthers(before, after, answer.totalCpuMs))
      measured.get(entry)?.push(answer)
      process.stderr.write(`round ${round}: ${label(entry)} ${Math.round(answer.value)}\n`)
    }
  }
  const outcomes = entries.flatMap((entry) => outcome(entry, measured.get(entry) ?? []))
  return { outcomes, missing, noise: noise(others, uncalm) }
}

async function turn(entry: Entry, cacheDir: string): Promise<Measured | Failed> {
  const reads = entry.rows !== undefined
  const dir = reads ? cacheDir : mkdtempSync(join(cacheDir, 'run-'))
  try {
    const args = [entry.bench, entry.contestant, dir, ...(reads ? [String(entry.rows)] : [])]
    return await child(args)
  } finally {
    if (!reads) rmSync(dir, { recursive: true, force: true })
  }
}

function child(args: readonly string[]): Promise<Measured | Failed> {
  return new Promise((resolve) => {
    let answer: Measured | Failed | undefined
    const script = join(import.meta.dirname, '..', 'measure.ts')
    const forked = fork(script, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    forked.on('message', (message: Measured | Failed) => {
      answer = message
    })
    forked.on('exit', (code) => resolve(answer ?? { failed: `ended with exit code ${code}` }))
  })
}

function outcome(entry: Entry, measured: readonly Measured[]): readonly Outcome[] {
  if (measured.length === 0) return []
  const remark = measured.findLast((one) => one.remark !== undefined)?.remark
  return [{ entry, summary: summarize(measured.map((one) => one.value)), remark }]
}

function label({ contestant, rows }: Entry): string {
  return rows === undefined ? contestant : `${contestant} at ${rows}`
}

/** Processors that others kept busy during a turn, start of the process included. */
function busyOthers(
  before: ReturnType<typeof cpuTimes>,
  after: ReturnType<typeof cpuTimes>,
  ownMs: number,
): number {
  const busyMs = after.busyMs - before.busyMs
  const share = Math.max(0, busyMs - ownMs) / (busyMs + after.idleMs - before.idleMs)
  return share * 100
}

function noise(others: readonly number[], uncalm: number): string {
  if (others.length === 0) return 'Nothing was measured.'
  const { median, max } = summarize(others)
  return `Others kept the processors ${median.toFixed(0)} % busy (at most ${max.toFixed(0)} %); ${uncalm} turns began without a calm moment.`
}
