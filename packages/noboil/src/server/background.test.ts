import { expect, test } from 'vitest'
import { openMemoryHost } from '../hosts/memory/host.ts'
import type { Host } from '../hosts/host.ts'
import { scheduleLayout } from '../hosts/shared/schedule.ts'
import { systemPorts } from '../hosts/shared/ports.ts'
import { sweepWindows, windows } from '../factories/shared/window.ts'
import { type Flow, type FlowFunction, type NamedProgram, run, wait } from '../program/flow.ts'
import { insert, patch, type Program, range, schedule } from '../program/program.ts'
import type { Layout } from '../schema/layout.ts'
import { stamps } from '../factories/shared/window.ts'
import {
  assertCronTime,
  type CronEntry,
  cronLayout,
  type CronRow,
  nextTime,
  takeCron,
} from './cron.ts'
import { Flows } from './flows.ts'
import { makeLogger } from './log.ts'
import { Scheduler } from './scheduler.ts'
import { VirtualClock } from './testing/clock.ts'

const start = Date.UTC(2026, 0, 1)
const leaseMs = 30_000

interface Rig {
  readonly clock: VirtualClock
  readonly host: Host
  readonly lines: string[]
  begin(crons?: readonly CronEntry[], flows?: Record<string, FlowFunction>): Promise<Scheduler>
}

const rigOf = (): Rig => {
  const clock = new VirtualClock(start)
  const ports = { ...systemPorts, clock }
  const layouts = [cronLayout, windows, stamps] as Layout[]
  const host = openMemoryHost({ layouts, ports })
  const lines: string[] = []
  const log = makeLogger({ level: 'warn', write: (line) => lines.push(line) })
  return {
    clock,
    host,
    lines,
    async begin(crons = [], flows = {}) {
      const runner = new Flows({ host, clock, report: () => {} })
      const parts = { host, ports, log, flows, runner, crons, leaseMs, hasWindows: true }
      const scheduler = new Scheduler(parts)
      await scheduler.start()
      await scheduler.idle()
      return scheduler
    },
  }
}

/** Moves the clock a little at a time, and lets what it wakes run. */
const pass = async (rig: Rig, scheduler: Scheduler, ms: number, stepMs = ms): Promise<void> => {
  for (let left = ms; left > 0; left -= stepMs) {
    await rig.clock.advance(Math.min(stepMs, left))
    await scheduler.idle()
  }
}

const cron = (runs: number[], clock: VirtualClock, everyMs = 10_000): CronEntry => ({
  name: 'tick',
  every: { everyMs },
  run: async () => void runs.push(clock.now() - start),
})

test('a cron keeps its beat', async () => {
  const rig = rigOf()
  const runs: number[] = []
  const scheduler = await rig.begin([cron(runs, rig.clock)])
  await pass(rig, scheduler, 35_000, 1_000)
  expect(runs).toEqual([10_000, 20_000, 30_000])
  await scheduler.stop()
})

test('what was missed while no server ran is made up for once, at the next start', async () => {
  const rig = rigOf()
  const runs: number[] = []
  await (await rig.begin([cron(runs, rig.clock)])).stop()
  await rig.clock.advance(100_000)
  const scheduler = await rig.begin([cron(runs, rig.clock)])
  expect(runs).toEqual([100_000])
  await pass(rig, scheduler, 10_000)
  expect(runs).toEqual([100_000, 110_000])
  await scheduler.stop()
})

test.each([
  [{ everyMs: 10_000 }, 10_000],
  [{ at: '00:00' }, 86_400_000],
])('a clock that was a year ahead stops no cron for a year: %j', async (every, waitMs) => {
  const rig = rigOf()
  const runs: number[] = []
  const entry = { ...cron(runs, rig.clock), every }
  rig.clock.set(start + 365 * 86_400_000)
  await (await rig.begin([entry])).stop()
  await rig.host.write(() => takeCron('tick', start + 367 * 86_400_000, leaseMs))
  rig.clock.set(start)
  const scheduler = await rig.begin([entry])
  await pass(rig, scheduler, waitMs, waitMs / 10)
  expect(runs).toEqual([waitMs])
  await scheduler.stop()
})

test('a cron never runs twice at a time, however many servers there are', async () => {
  const rig = rigOf()
  let running = 0
  let most = 0
  let runs = 0
  const release: (() => void)[] = []
  const entry: CronEntry = {
    name: 'slow',
    every: { everyMs: 10_000 },
    run: async () => {
      runs++
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => release.push(resolve))
      running--
    },
  }
  const both = [await rig.begin([entry]), await rig.begin([entry])]
  for (let n = 0; n < 12; n++) await rig.clock.advance(10_000)
  expect([runs, most]).toEqual([1, 1])
  for (const go of release) go()
  await Promise.all(both.map((scheduler) => scheduler.idle()))
  for (const scheduler of both) await scheduler.stop()
})

test('a run whose server died is taken again when its lease has ended, and not before', async () => {
  const rig = rigOf()
  const runs: number[] = []
  await (await rig.begin([cron(runs, rig.clock)])).stop()
  // Somebody took the run and was never heard of again.
  await rig.clock.advance(10_000)
  await rig.host.write(function* (): Program<void> {
    const [row] = yield* range(cronLayout, '', [], { limit: 1 })
    yield* patch(cronLayout, row as CronRow, { leaseUntil: start + 10_000 + leaseMs })
  })
  const scheduler = await rig.begin([cron(runs, rig.clock)])
  await pass(rig, scheduler, leaseMs - 1, 1_000)
  expect(runs).toEqual([])
  await pass(rig, scheduler, 2)
  expect(runs).toHaveLength(1)
  await scheduler.stop()
})

test('a cron that fails is logged, and its next beat comes', async () => {
  const rig = rigOf()
  let runs = 0
  const scheduler = await rig.begin([
    {
      name: 'bad',
      every: { everyMs: 1_000 },
      run: async () => {
        runs++
        throw new Error('no luck')
      },
    },
  ])
  await pass(rig, scheduler, 3_000, 1_000)
  expect(runs).toBe(3)
  expect(rig.lines.join('')).toContain('no luck')
  await scheduler.stop()
})

test('a cron that is gone from the app is forgotten, and a new rhythm begins anew', async () => {
  const rig = rigOf()
  const runs: number[] = []
  await (await rig.begin([cron(runs, rig.clock), { ...cron(runs, rig.clock), name: 'old' }])).stop()
  const scheduler = await rig.begin([cron(runs, rig.clock, 50_000)])
  const { value: rows } = await rig.host.read(function* () {
    return yield* range(cronLayout, '', [], { limit: 10 })
  })
  expect(rows.map(({ name, nextAt }) => [name, nextAt])).toEqual([['tick', start + 50_000]])
  await scheduler.stop()
})

test('a daily time is the next one on the clock of UTC', () => {
  const noon = start + 12 * 3_600_000
  expect(nextTime({ at: '12:30' }, noon)).toBe(noon + 30 * 60_000)
  expect(nextTime({ at: '12:00' }, noon)).toBe(noon + 24 * 3_600_000)
  expect(nextTime({ at: '00:00' }, noon)).toBe(noon + 12 * 3_600_000)
  for (const at of ['24:00', '7:00', '12:60', '', 'noon']) {
    expect(() => assertCronTime('c', { at })).toThrow("from '00:00' to '23:59'")
  }
  expect(() => assertCronTime('c', { everyMs: 10 })).toThrow('at least 1000')
})

const notes: string[] = []

const flowOf = (steps: () => Flow<void>): Record<string, FlowFunction> => ({ work: steps })

const plan = (at: number): (() => Program<void>) =>
  function* () {
    yield* schedule('work', {}, at)
  }

const scheduled = async (host: Host): Promise<number> => {
  const { value } = await host.read(function* () {
    return yield* range(scheduleLayout, '', [], { limit: 10 })
  })
  return value.length
}

const nothing: NamedProgram<null, void> = { name: 'test:nothing', *run() {} }

test('a flow runs when its time has come, and once', async () => {
  const rig = rigOf()
  let runs = 0
  const scheduler = await rig.begin(
    [],
    flowOf(function* () {
      runs++
      yield* run(nothing, null)
    }),
  )
  await rig.host.write(plan(start + 5_000))
  await scheduler.idle()
  expect(runs).toBe(0)
  await pass(rig, scheduler, 5_000)
  expect([runs, await scheduled(rig.host)]).toEqual([1, 0])
  await scheduler.stop()
})

test('a flow that fails is kept, and tried again after longer and longer waits', async () => {
  const rig = rigOf()
  const runs: number[] = []
  const scheduler = await rig.begin(
    [],
    flowOf(function* () {
      runs.push(rig.clock.now() - start)
      if (runs.length < 4) throw new Error('not yet')
      yield* run(nothing, null)
    }),
  )
  await rig.host.write(plan(start))
  await scheduler.idle()
  await pass(rig, scheduler, leaseMs * 8, 1_000)
  expect(runs).toHaveLength(4)
  expect((runs[2] as number) - (runs[1] as number)).toBeGreaterThan(
    (runs[1] as number) - (runs[0] as number),
  )
  expect(await scheduled(rig.host)).toBe(0)
  await scheduler.stop()
})

test('a flow that no table knows is kept', async () => {
  const rig = rigOf()
  const scheduler = await rig.begin()
  await rig.host.write(plan(start))
  await scheduler.idle()
  expect(await scheduled(rig.host)).toBe(1)
  expect(rig.lines.join('')).toContain('no table knows this flow')
  await scheduler.stop()
})

test('a server that closes leaves a flow where it is, for the next one', async () => {
  const rig = rigOf()
  const flows = flowOf(function* () {
    notes.push('begun')
    yield* wait(1_000_000)
    notes.push('ended')
  })
  const scheduler = await rig.begin([], flows)
  await rig.host.write(plan(start))
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  await scheduler.stop()
  expect(notes).toEqual(['begun'])
  expect(await scheduled(rig.host)).toBe(1)
})

const emptyWindows = function* (): Program<void> {
  for (let n = 0; n < 5; n++) {
    const row = { bucket: 'b', owner: `o${n}`, total: 1, lastAt: start - 60_000, expiresAt: start }
    yield* insert(windows, row)
    yield* insert(stamps, { bucket: 'b', owner: `o${n}`, total: 1, at: start - 60_000 })
  }
}

test('rate windows that are empty again are swept every hour', async () => {
  const rig = rigOf()
  const scheduler = await rig.begin()
  await rig.host.write(emptyWindows)
  await pass(rig, scheduler, 3_600_000, 600_000)
  const { value: left } = await rig.host.write(() => sweepWindows(100))
  expect(left).toBe(0)
  await scheduler.stop()
})

test('rate windows are swept at each start, however often that is', async () => {
  const rig = rigOf()
  await rig.host.write(emptyWindows)
  await rig.clock.advance(1)
  const scheduler = await rig.begin()
  const { value: left } = await rig.host.write(() => sweepWindows(100))
  expect(left).toBe(0)
  await scheduler.stop()
})
