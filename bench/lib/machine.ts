/** What the machine is, how fast it makes bytes durable, and what else it is doing. */
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { digits, summarize } from './stats.ts'

export interface CpuTimes {
  readonly busyMs: number
  readonly idleMs: number
}

/** A folder on a real disk; a file system in memory has no durability to measure and is refused. */
export function realDisk(dir: string): string {
  mkdirSync(dir, { recursive: true })
  const type = statfsSync(dir).type
  if (type === TMPFS || type === RAMFS)
    throw new Error(`${dir} is in memory: choose a disk with BENCH_CACHE=<folder>`)
  return dir
}

/** Median µs of `fdatasync` after 8 kB were written to the end of a file that exists already. */
export function measureFdatasyncUs(dir: string): number {
  const path = join(dir, `fdatasync-${process.pid}`)
  const file = openSync(path, 'w')
  const block = Buffer.alloc(8_192, 1)
  const timesUs: number[] = []
  try {
    for (let pass = 0; pass < 2; pass++)
      for (let at = 0; at < 300; at++) {
        writeSync(file, block, 0, block.length, at * block.length)
        const from = performance.now()
        fdatasyncSync(file)
        // The first pass gives the file its blocks, as a WAL that is reused has them.
        if (pass === 1) timesUs.push((performance.now() - from) * 1_000)
      }
  } finally {
    closeSync(file)
    rmSync(path)
  }
  return summarize(timesUs).median
}

export function describeMachine(fdatasyncUs: number): string {
  const all = cpus()
  const gib = Math.round(totalmem() / 2 ** 30)
  const { node, sqlite, v8 } = process.versions
  return [
    `${all[0]?.model.trim() ?? 'unknown processor'}, ${all.length} cores, ${gib} GiB`,
    `${process.platform} ${process.arch}`,
    `Node ${node} (V8 ${v8}), SQLite ${sqlite}`,
    `fdatasync of 8 kB ${digits(fdatasyncUs)} µs`,
    `load average ${(loadavg()[0] ?? 0).toFixed(2)} at the end`,
  ].join('; ')
}

export function cpuTimes(): CpuTimes {
  let busyMs = 0
  let idleMs = 0
  for (const { times } of cpus()) {
    idleMs += times.idle
    busyMs += times.user + times.nice + times.sys + times.irq
  }
  return { busyMs, idleMs }
}

/** Waits until the processors are mostly idle; false when they were not within `maxMs`. */
export async function calm(maxMs = 20_000, maxBusy = 0.15): Promise<boolean> {
  const until = performance.now() + maxMs
  for (;;) {
    const before = cpuTimes()
    await wait(250)
    const after = cpuTimes()
    const busyMs = after.busyMs - before.busyMs
    if (busyMs / (busyMs + after.idleMs - before.idleMs) <= maxBusy) return true
    if (performance.now() > until) return false
  }
}

const TMPFS = 0x01021994
const RAMFS = 0x858458f6
