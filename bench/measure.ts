/**
 * One measurement of one contestant, in a process of its own. Started by `run.ts` with an IPC channel, on which it sends
 * one `Measured`; whatever a contestant prints goes to this process's own output and is dropped.
 */
import { type CacheBench, measureCache } from './cache/measure.ts'
import {
  type AppendContestant,
  appendContestants,
  type BulkContestant,
  bulkContestants,
  type CountsContestant,
  countsContestants,
  type TailContestant,
  tailContestants,
} from './contestants.ts'
import { seeded } from './lib/random.ts'
import { BULK, makeBallots, OPTIONS, PARENTS, TAIL, tailParents } from './workload.ts'

export type BenchName = 'append' | 'bulk' | 'tail' | 'counts' | CacheBench

export interface Job {
  readonly bench: BenchName
  readonly contestant: string
  /** An empty folder for writes; the cache folder for reads. */
  readonly dir: string
  /** Size of the data set, for reads. */
  readonly rows?: number
}

export interface Measured {
  /** Rows per second for writes; µs per call for reads. */
  readonly value: number
  /** CPU time this process has used since it was started. */
  readonly totalCpuMs: number
  readonly remark?: string
}

export interface Failed {
  readonly failed: string
}

export function measure(job: Job): Promise<Measured> {
  const { bench, contestant: name, dir, rows = 0 } = job
  if (bench === 'append') return measureAppend(find(appendContestants, name), dir)
  if (bench === 'bulk') return measureBulk(find(bulkContestants, name), dir)
  if (bench.startsWith('cache-')) {
    return measureCache(bench as CacheBench, name, rows).then((value) => done(value))
  }
  if (bench === 'tail') return measureTail(find(tailContestants, name), dir, rows)
  return measureCounts(find(countsContestants, name), dir, rows)
}

async function measureAppend(contestant: AppendContestant, dir: string): Promise<Measured> {
  const { callers, calls } = contestant
  const run = await contestant.open(dir, calls)
  const check = new SeqCheck(calls)
  let next = 0
  const caller = async (until: number): Promise<void> => {
    while (next < until) {
      const index = next++
      check.add(index, await run.append(index))
    }
  }
  const all = async (until: number): Promise<void> => {
    await Promise.all(Array.from({ length: callers }, () => caller(until)))
  }
  const warmUp = Math.floor(calls / 10)
  await all(warmUp)
  const spentMs = await clock(() => all(calls))
  await run.close()
  check.finish()
  return done(((calls - warmUp) / spentMs) * 1_000, run.remark)
}

async function measureBulk(contestant: BulkContestant, dir: string): Promise<Measured> {
  const { calls } = contestant
  const run = await contestant.open(dir, calls)
  const upTo = async (from: number, until: number): Promise<void> => {
    for (let index = from; index < until; index++) {
      const stored = await run.appendBulk(index)
      if (stored !== BULK) throw new Error(`${contestant.name} stored ${stored} of ${BULK}`)
    }
  }
  const warmUp = Math.floor(calls / 10)
  await upTo(0, warmUp)
  const spentMs = await clock(() => upTo(warmUp, calls))
  await run.close()
  return done((((calls - warmUp) * BULK) / spentMs) * 1_000)
}

async function measureTail(
  contestant: TailContestant,
  dir: string,
  rows: number,
): Promise<Measured> {
  const run = await contestant.open(dir, rows)
  const parents = tailParents(rows)
  const each = rows / parents
  const random = seeded(rows)
  const reads = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      const parent = random.int(parents)
      const found = await run.listAfter(parent, random.int(each - TAIL + 1))
      if (found.length !== TAIL) throw new Error(`${contestant.name} read ${found.length} rows`)
    }
  }
  // Enough to touch most pages once: what is measured is warm.
  await reads(Math.min(20_000, Math.max(1_000, Math.ceil((rows / TAIL) * 1.5))))
  const count = 2_000
  const spentMs = await clock(() => reads(count))
  await run.close()
  return done((spentMs * 1_000) / count)
}

async function measureCounts(
  contestant: CountsContestant,
  dir: string,
  rows: number,
): Promise<Measured> {
  const run = await contestant.open(dir, rows)
  const tally = async (): Promise<void> => {
    const counts = Object.values(await run.counts())
    const total = counts.reduce((sum, count) => sum + count, 0)
    if (total !== rows || counts.length !== OPTIONS)
      throw new Error(`${contestant.name} counted ${total} of ${rows}`)
  }
  const [warmUp, count] = await repetitions(tally)
  for (let at = 0; at < warmUp; at++) await tally()
  const spentMs = await clock(async () => {
    for (let at = 0; at < count; at++) await tally()
  })
  await run.close()
  return done((spentMs * 1_000) / count)
}

/** Many calls when one is short, a few when one is long. */
async function repetitions(call: () => Promise<void>): Promise<readonly [number, number]> {
  await call()
  return (await clock(call)) > 20 ? [1, 5] : [20_000, 20_000]
}

function done(value: number, remark?: string): Measured {
  const { user, system } = process.cpuUsage()
  const measured = { value, totalCpuMs: (user + system) / 1_000 }
  return remark === undefined ? measured : { ...measured, remark }
}

/** How long it took, in ms. */
async function clock(work: () => Promise<void>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** A contestant is only fast if it is right: each parent's numbers are 1, 2, 3, … without a gap or a double. */
class SeqCheck {
  readonly #parents: Uint16Array
  readonly #last = new Float64Array(PARENTS)
  readonly #count = new Float64Array(PARENTS)
  readonly #sum = new Float64Array(PARENTS)

  constructor(calls: number) {
    this.#parents = Uint16Array.from(makeBallots(calls), (ballot) => ballot.parentIndex)
  }

  add(index: number, { seq, created }: { seq: number; created: boolean }): void {
    if (!created) throw new Error(`append ${index} was taken for a replay`)
    const parent = this.#parents[index] as number
    this.#last[parent] = Math.max(this.#last[parent] as number, seq)
    this.#count[parent] = (this.#count[parent] as number) + 1
    this.#sum[parent] = (this.#sum[parent] as number) + seq
  }

  finish(): void {
    for (let parent = 0; parent < PARENTS; parent++) {
      const count = this.#count[parent] as number
      if (this.#last[parent] !== count || this.#sum[parent] !== (count * (count + 1)) / 2)
        throw new Error(`parent ${parent}: ${count} appends ended at ${this.#last[parent]}`)
    }
  }
}

function find<T extends { readonly name: string }>(contestants: readonly T[], name: string): T {
  const found = contestants.find((contestant) => contestant.name === name)
  if (found === undefined) throw new Error(`no contestant ${name}`)
  return found
}

if (process.send !== undefined) {
  const [bench, contestant, dir, rows] = process.argv.slice(2)
  const job = { bench: bench as BenchName, contestant: contestant ?? '', dir: dir ?? '' }
  const answer = await measure(rows === undefined ? job : { ...job, rows: Number(rows) }).catch(
    (error: unknown): Failed => ({
      failed: error instanceof Error ? error.message : String(error),
    }),
  )
  process.send(answer)
  process.disconnect()
}
