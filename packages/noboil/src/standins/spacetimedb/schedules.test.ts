import type { Timestamp } from 'spacetimedb'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleModule, type ModuleBundle } from './bundle.ts'
import { failure, timeAfter } from './calling.fixture.ts'
import { createModuleHost, type ModuleHost } from './host.ts'
import type * as Module from './module.fixture.ts'

let module: ModuleBundle
let host: ModuleHost<typeof Module>
beforeAll(async () => {
  module = await bundleModule(new URL('./module.fixture.ts', import.meta.url))
})
beforeEach(async () => {
  host = await createModuleHost<typeof Module>({ module })
})

const audit = (): string[] => host.tables('audit').map(({ what }) => what)
const after = (ms: number) => timeAfter(host, ms)
const every = (ms: number): { tag: 'Interval'; value: never } =>
  ({ tag: 'Interval', value: { __time_duration_micros__: BigInt(ms) * 1000n } }) as never

describe('schedules', () => {
  test('run once at their time, as the database, and their row is gone', () => {
    host.call('arm', { at: after(50), label: 'once' })
    expect(host.advance(49)).toBe(0)
    expect(host.advance(1)).toBe(1)
    expect(audit()).toContain('ring once true')
    expect(host.tables('alarm')).toEqual([])
    expect(host.advance(1000)).toBe(0)
  })

  test('run as long after the call that made them as it said, however many calls came before it', async () => {
    const made = await createModuleHost({
      entry: {
        folder: import.meta.dirname,
        source: `
          import { ScheduleAt } from 'spacetimedb'
          import { schema, t, table } from 'spacetimedb/server'
          const alarm = table({}, { id: t.u64().primaryKey().autoInc(), at: t.scheduleAt() })
          const rung = table({}, { at: t.timestamp() })
          const db = schema({ alarm, rung })
          export default db
          export const arm = db.reducer({ ms: t.u32() }, (ctx, { ms }) => {
            const at = ScheduleAt.time(ctx.timestamp.microsSinceUnixEpoch + BigInt(ms) * 1000n)
            ctx.db.alarm.insert({ id: 0n, at })
          })
          export const ring = db.reducer({ onSchedule: alarm }, { row: alarm.rowType }, (ctx) => {
            ctx.db.rung.insert({ at: ctx.timestamp })
          })
        `,
      },
    })
    for (let at = 0; at < 3000; at++) made.call('arm', { ms: 1_000_000 })
    for (let at = 0; at < 9; at++) made.call('arm', { ms: 50 })
    expect(made.now()).toBe(Date.UTC(2026, 0, 1) + 3)
    expect([made.advance(49), made.tables('rung').length]).toEqual([0, 0])
    expect([made.advance(1), made.tables('rung').length]).toEqual([9, 9])
    made.call('arm', { ms: 0 })
    expect(made.advance(0)).toBe(1)
    expect(made.now()).toBe(Date.UTC(2026, 0, 1) + 53)
    const times = made
      .tables('rung')
      .map(({ at }) => Number((at as Timestamp).microsSinceUnixEpoch))
    expect(times).toEqual(times.toSorted((left, right) => left - right))
    expect(new Set(times).size).toBe(10)
  })

  test('run again and again until their row is removed', () => {
    host.call('arm', { at: every(10), label: 'again' })
    expect(host.advance(35)).toBe(3)
    host.call('disarm')
    expect(host.advance(100)).toBe(0)
  })

  test('run in the order they are due', () => {
    host.call('arm', { at: after(20), label: 'second' })
    host.call('arm', { at: after(10), label: 'first' })
    host.advance(30)
    expect(audit().slice(1)).toEqual(['ring first true', 'ring second true'])
  })

  test('that fail are logged and gone, and what they wrote is undone', () => {
    host.call('arm', { at: after(10), label: 'broken' })
    expect(host.advance(10)).toBe(1)
    expect(audit()).toEqual(['init'])
    expect(host.tables('alarm')).toEqual([])
    expect(host.logs.at(-1)).toEqual({
      level: 'error',
      message: 'The scheduled ring failed: broken',
    })
  })

  test('of a transaction that was undone never run', async () => {
    const made = await createModuleHost({
      entry: {
        folder: import.meta.dirname,
        source: `
          import { schema, t, table } from 'spacetimedb/server'
          const alarm = table({}, { id: t.u64().primaryKey().autoInc(), at: t.scheduleAt() })
          const db = schema({ alarm })
          export default db
          export const arm = db.reducer({ at: t.scheduleAt() }, (ctx, { at }) => {
            ctx.db.alarm.insert({ id: 0n, at })
            throw new Error('no')
          })
          export const ring = db.reducer({ onSchedule: alarm }, { row: alarm.rowType }, () => {})
        `,
      },
    })
    failure(() => made.call('arm', { at: every(1) }))
    expect(made.advance(100)).toBe(0)
  })

  test('call procedures, whose row is gone before they run', () => {
    host.stubHttp(({ url }) => {
      expect(host.tables('errand')).toEqual([])
      return { body: url }
    })
    host.call('send', { at: after(5), url: 'http://upstream/' })
    host.advance(5)
    expect(audit()).toContain('fetched http://upstream/')
  })

  test('are the owner’s to call, and nobody else’s', () => {
    const row = { id: 1n, at: after(0), label: 'by hand' }
    expect(failure(() => host.as('eve').call('ring', { row })).kind).toBe('refused')
    host.call('ring', { row })
    expect(audit()).toContain('ring by hand false')
  })

  test('an interval of nothing is an error instead of a host that hangs', () => {
    host.call('arm', { at: every(0), label: 'mad' })
    expect(() => host.advance(1)).toThrow('is an interval too short?')
  }, 60_000)
})

describe('timers of the host’s clock', () => {
  test('ring at their time, between the calls that are due before and after', () => {
    const clock = host.clock()
    host.call('arm', { at: after(10), label: 'first' })
    host.call('arm', { at: after(30), label: 'last' })
    const rung: unknown[] = []
    const ring = (): void => void rung.push(clock.now() - start, audit().slice(1))
    const start = clock.now()
    clock.setTimer(20, () => clock.setTimer(5, ring))
    host.advance(24)
    expect(rung).toEqual([])
    expect(host.advance(100)).toBe(1)
    expect(rung).toEqual([25, ['ring first true']])
    expect(clock.now()).toBe(start + 124)
  })

  test('ring once, and not when they are stopped, also by one that rings before', () => {
    const clock = host.clock()
    const rung: string[] = []
    clock.setTimer(1.5, () => {
      rung.push('first')
      stop()
    })
    const stop = clock.setTimer(2, () => rung.push('second'))
    host.advance(10)
    host.advance(10)
    expect(rung).toEqual(['first'])
  })

  test('that are set again and again for no time at all do not hold time up', () => {
    const clock = host.clock()
    let rings = 0
    const again = (): void => void (rings++, clock.setTimer(0, again))
    again()
    host.advance(10)
    expect(rings).toBe(11)
  })
})
