import { boolean, int, object, string } from 'zod/v4'
import { afterEach, describe, expect, test } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { schema } from '../../schema/define.ts'
import { type Program, range } from '../../program/program.ts'
import { column, type Layout } from '../../schema/layout.ts'
import type { User } from '../../schema/register.ts'
import { createTestApp } from './app.ts'

const s = schema({
  owned: { poll: object({ title: string() }) },
  kv: { flag: { schema: object({ on: boolean() }), writeRole: true } },
  log: { vote: { parent: 'poll', schema: object({ option: int() }) } },
})
const ann = { _id: 'users.ann', name: 'Ann' } as User
const start = Date.UTC(2026, 0, 1)

/** Rows as they are stored, also those that no read shows. */
const votes: Layout = {
  name: 'vote',
  columns: { parent: column.text, seq: column.integer },
  key: ['parent', 'seq'],
  id: 'key',
  indexes: {},
}
function* allVotes(): Program<readonly object[]> {
  return yield* range(votes, '', [], { limit: 10 })
}

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close()
})

const closeLater = <app extends { close(): Promise<void> }>(app: app): app => {
  opened.push(app)
  return app
}

describe('the clock of a test', () => {
  test('runs crons at their times and in the order of them, and nothing by itself', async () => {
    const runs: string[] = []
    let now = (): number => 0
    const note = (name: string) => () => void runs.push(`${name} ${now() - start}`)
    const app = closeLater(
      await createTestApp({
        tables: () => ({}),
        functions: ({ cron }) => ({
          slow: cron({ everyMs: 25_000 }, note('slow')),
          fast: cron({ everyMs: 10_000 }, note('fast')),
          daily: cron({ at: '00:01' }, note('daily')),
        }),
      }),
    )
    now = app.clock.now
    await app.idle()
    await app.clock.advance(9_999)
    expect(runs).toEqual([])
    await app.clock.advance(50_002)
    expect(runs).toEqual([
      'fast 10000',
      'fast 20000',
      'slow 25000',
      'fast 30000',
      'fast 40000',
      'slow 50000',
      'fast 50000',
      'fast 60000',
      'daily 60000',
    ])
    await app.clock.advance(-40_000)
    expect(runs).toHaveLength(9)
  })

  test('lets crons call functions, each call in a transaction of its own', async () => {
    const app = closeLater(
      await createTestApp({
        tables: ({ table }) => ({ flag: table(s.flag) }),
        functions: ({ cron }) => ({
          toggle: cron({ everyMs: 60_000 }, async (ctx) => {
            const flag = await ctx.api.flag.get({ key: 'a' })
            await ctx.api.flag.set({ key: 'a', payload: { on: flag?.on !== true } })
          }),
        }),
      }),
    )
    const states: unknown[] = []
    for (let minute = 0; minute < 3; minute++) {
      await app.clock.advance(60_000)
      states.push((await app.api.flag.get({ key: 'a' }))?.on)
    }
    expect(states).toEqual([true, false, true])
  })

  test('runs what transactions have scheduled, as idle() does', async () => {
    for (const how of ['advance', 'idle'] as const) {
      const app = closeLater(
        await createTestApp({
          tables: ({ table }) => ({ poll: table(s.poll), vote: table(s.vote) }),
        }),
      )
      const { _id: parent } = await app.as(ann).poll.create({ payload: { title: 'Tea' } })
      await app.as(ann).vote.append({ parent, payload: { option: 1 } })
      await app.as(ann).poll.rm({ id: parent, hard: true })
      const stored = async (): Promise<number> => (await app.host.read(allVotes)).value.length
      expect(await stored()).toBe(1)
      await (how === 'advance' ? app.clock.advance(0) : app.idle())
      expect(await stored()).toBe(0)
    }
  })

  test('does not wait for what comes from outside, and idle() does', async () => {
    const outside = Promise.withResolvers<void>()
    const done: string[] = []
    const app = closeLater(
      await createTestApp({
        tables: () => ({}),
        functions: ({ cron }) => ({
          asks: cron({ everyMs: 60_000 }, async () => {
            await outside.promise
            done.push('asked')
          }),
          other: cron({ everyMs: 60_000 }, () => void done.push('other')),
        }),
      }),
    )
    await app.clock.advance(130_000)
    expect(done).toEqual(['other', 'other'])
    outside.resolve()
    await app.idle()
    expect(done).toEqual(['other', 'other', 'asked'])
  })

  test('says what a cron failed with, at the next chance, and its next beat comes', async () => {
    let runs = 0
    const app = closeLater(
      await createTestApp({
        tables: () => ({}),
        functions: ({ cron }) => ({
          bad: cron({ everyMs: 1_000 }, () => {
            runs++
            throw new Error('no luck')
          }),
        }),
      }),
    )
    await expect(app.clock.advance(1_000)).rejects.toMatchObject({ cause: { message: 'no luck' } })
    await expect(app.clock.advance(1_000)).rejects.toThrow('Background work failed.')
    await app.idle()
    expect(runs).toBe(2)
  })
})

describe('the limits of a test', () => {
  test('are those of a server, and hold on the clock that is moved', async () => {
    const app = closeLater(
      await createTestApp({
        tables: () => ({}),
        limits: { actionTimeoutMs: 5_000, hookTimeoutMs: 1_000 },
        functions: ({ action, mutation }) => ({
          never: action({ handler: () => new Promise(() => {}) }),
          stuck: mutation({ handler: () => new Promise(() => {}) }),
        }),
      }),
    )
    const never = app.api.never().then(() => 'done', errorCode)
    const stuck = app.api.stuck().then(() => 'done', errorCode)
    await app.clock.advance(1_000)
    expect(await stuck).toBe('TIMEOUT')
    await app.clock.advance(3_999)
    expect(await Promise.race([never, Promise.resolve('waits')])).toBe('waits')
    await app.clock.advance(1)
    expect(await never).toBe('TIMEOUT')
  })

  test('do not keep an app with calls that never end from closing', async () => {
    const app = await createTestApp({
      tables: () => ({}),
      functions: ({ action, cron, mutation }) => ({
        never: action({ handler: () => new Promise(() => {}) }),
        stuck: mutation({ handler: () => new Promise(() => {}) }),
        asks: cron({ everyMs: 1_000 }, () => new Promise(() => {})),
      }),
    })
    const calls = [app.api.never(), app.api.stuck()].map((call) => call.then(() => '', errorCode))
    await app.clock.advance(1_000)
    await app.close()
    expect(await Promise.all(calls)).toEqual(['UNAVAILABLE', 'TIMEOUT'])
  })

  test('are refused where a server refuses them', async () => {
    const open = (limits: object): Promise<unknown> => createTestApp({ tables: () => ({}), limits })
    await expect(open({ heartbeatMs: 50_000 })).rejects.toThrow('at most half of proxyTimeoutMs')
    await expect(open({ maxTea: 1 })).rejects.toThrow(`There is no limit 'maxTea'`)
  })
})
