import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boolean, object } from 'zod/v4'
import { makeKv, makeQuota } from '../../schema/define.ts'
import { buildKv } from '../kv/build.ts'
import { codeOf, failure, Rig } from '../testing.fixture.ts'
import { sweepWindows } from '../shared/window.ts'
import { buildQuota } from './build.ts'
import type { QuotaOptions, QuotaState } from './types.ts'

const rig = (options: QuotaOptions = {}, config = { limit: 3, durationMs: 1_000 }) => {
  const { ballots } = makeQuota({ ballots: config })
  const { note } = makeKv({ note: { schema: object({ seen: boolean() }) } })
  return new Rig((settings) => [
    buildQuota(ballots, options, settings),
    buildKv(note, {}, settings),
  ])
}

const state = (state: Partial<QuotaState>) => ({ limit: 3, durationMs: 1_000, ...state })

describe('a quota', () => {
  it('admits its limit in any window, and says exactly when the next fits', async () => {
    const app = rig()
    const consume = () => app.as('ann')<QuotaState>('ballots.consume')
    const t = app.time
    expect(await consume()).toEqual(
      state({ allowed: true, remaining: 2, serverTime: t, changesAt: t + 1_000 }),
    )
    app.wait(300)
    await consume()
    await consume()
    expect(await consume()).toEqual(
      state({
        allowed: false,
        remaining: 0,
        retryAfter: 700,
        serverTime: t + 300,
        changesAt: t + 1_000,
      }),
    )
    app.wait(699)
    expect(await consume()).toMatchObject({ allowed: false, retryAfter: 1 })
    app.wait(1)
    expect(await consume()).toMatchObject({ allowed: true, remaining: 0, changesAt: t + 1_300 })
  })

  it('check counts nothing', async () => {
    const app = rig({}, { limit: 1, durationMs: 1_000 })
    for (let i = 0; i < 3; i++) {
      expect(await app.as('ann')('ballots.check')).toEqual({
        ...state({ allowed: true, remaining: 1, serverTime: app.time }),
        limit: 1,
      })
    }
  })

  it('record counts over the limit, and what is over has to leave first', async () => {
    const app = rig()
    const record = (cost: number) => app.as('ann')<QuotaState>('ballots.record', { cost })
    await record(2)
    app.wait(100)
    await record(2)
    app.wait(100)
    expect(await record(1)).toMatchObject({ allowed: false, remaining: 0, retryAfter: 900 })
    app.wait(899)
    expect(await app.as('ann')('ballots.check')).toMatchObject({ allowed: false, retryAfter: 1 })
    app.wait(1)
    expect(await app.as('ann')('ballots.check')).toMatchObject({ allowed: true, remaining: 2 })
  })

  it('takes a cost; one above the limit never fits and says no time', async () => {
    const app = rig()
    const consume = (cost: number) => app.as('ann')<QuotaState>('ballots.consume', { cost })
    expect(await consume(2)).toMatchObject({ allowed: true, remaining: 1 })
    expect(await consume(2)).toMatchObject({ allowed: false, remaining: 1, retryAfter: 1_000 })
    const never = await consume(4)
    expect(never).toMatchObject({ allowed: false, remaining: 1 })
    expect(never).not.toHaveProperty('retryAfter')
    expect(await codeOf(consume(0))).toBe('VALIDATION_FAILED')
    expect(await consume(1)).toMatchObject({ allowed: true, remaining: 0 })
  })

  it('is each owner’s own', async () => {
    const app = rig({}, { limit: 1, durationMs: 1_000 })
    expect(await app.as('ann')('ballots.consume')).toMatchObject({ allowed: true })
    expect(await app.as('bob')('ballots.consume')).toMatchObject({ allowed: true })
    expect(await app.as('ann')('ballots.consume')).toMatchObject({ allowed: false })
  })

  it('is not held for a year against who used it while the clock was a year ahead', async () => {
    const app = rig()
    const consume = () => app.as('ann')<QuotaState>('ballots.consume')
    const check = () => app.as('ann')<QuotaState>('ballots.check')
    const yearMs = 365 * 86_400_000
    app.wait(yearMs)
    for (let n = 0; n < 40; n++) await app.as('ann')('ballots.record')
    expect(await consume()).toMatchObject({ allowed: false })
    app.wait(-yearMs)
    expect(await check()).toMatchObject({ allowed: true, remaining: 3 })
    for (const remaining of [2, 1, 0]) {
      expect(await consume()).toMatchObject({ allowed: true, remaining })
    }
    expect(await consume()).toMatchObject({ allowed: false, retryAfter: 1_000 })
    app.wait(1_000)
    for (let n = 0; n < 3; n++) expect(await consume()).toMatchObject({ allowed: true })
    expect(await consume()).toMatchObject({ allowed: false, retryAfter: 1_000 })
    app.wait(yearMs)
    for (const remaining of [2, 1, 0]) {
      expect(await consume()).toMatchObject({ allowed: true, remaining })
    }
  })

  it('holds in every window of every history: as many as a plain list of stamps admits', async () => {
    const step = fc.record({
      wait: fc.integer({ min: -40, max: 120 }),
      cost: fc.integer({ min: 1, max: 4 }),
      record: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        async (steps, limit) => {
          const app = rig({}, { limit, durationMs: 100 })
          const stamps: number[] = []
          for (const { wait, cost, record } of steps) {
            app.wait(wait)
            const now = app.time
            const inside = () => stamps.slice(-limit).filter((at) => at + 100 > now).length
            const fits = cost <= limit - inside()
            const at = Math.max(now, stamps.at(-1) ?? 0)
            const before = stamps.at(stamps.length - limit + cost - 1)
            const answer = await app.as('ann')<QuotaState>(
              `ballots.${record ? 'record' : 'consume'}`,
              { cost },
            )
            if (record || fits) for (let i = 0; i < cost; i++) stamps.push(at)
            expect(answer.remaining).toBe(limit - inside())
            if (record) continue
            expect(answer.allowed).toBe(fits)
            expect(answer.retryAfter).toBe(
              fits || cost > limit ? undefined : (before as number) + 100 - now,
            )
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('whose quota it is', () => {
  const calls = ['record', 'consume']

  it('is the signed-in user’s: nobody and strangers are refused', async () => {
    const app = rig()
    for (const call of calls) {
      expect(await codeOf(app.nobody(`ballots.${call}`))).toBe('NOT_AUTHENTICATED')
      expect(await codeOf(app.nobody(`ballots.${call}`, { owner: 'ann' }))).toBe(
        'NOT_AUTHENTICATED',
      )
      expect(await codeOf(app.as('bob')(`ballots.${call}`, { owner: 'ann' }))).toBe('FORBIDDEN')
    }
    expect(await app.nobody('ballots.check')).toBe(null)
    expect(await app.as('bob')('ballots.check', { owner: 'ann' })).toBe(null)
    expect(await app.as('ann')('ballots.check', { owner: 'ann' })).toMatchObject({ remaining: 3 })
  })

  it('is another’s where authorize allows it', async () => {
    const app = rig({ authorize: (_ctx, { owner }) => owner === 'team:1' })
    expect(await app.as('ann')('ballots.consume', { owner: 'team:1' })).toMatchObject({
      remaining: 2,
    })
    expect(await app.as('bob')('ballots.check', { owner: 'team:1' })).toMatchObject({
      remaining: 2,
    })
    expect(await codeOf(app.as('bob')('ballots.consume', { owner: 'team:2' }))).toBe('FORBIDDEN')
  })

  it('is named by the server itself', async () => {
    const app = rig()
    expect(await codeOf(app.server('ballots.consume'))).toBe('VALIDATION_FAILED')
    expect(await app.server('ballots.consume', { owner: 'ann' })).toMatchObject({ remaining: 2 })
    expect(await app.as('ann')('ballots.check')).toMatchObject({ remaining: 2 })
  })
})

describe('hooks', () => {
  it('what onExceeded writes stays', async () => {
    const app = rig(
      {
        hooks: {
          onExceeded: (ctx, { owner }) =>
            ctx.db.mutation<object, void>(
              { path: 'note.set', kind: 'mutation' },
              { key: owner, payload: { seen: true } },
            ),
        },
      },
      { limit: 1, durationMs: 1_000 },
    )
    const ann = app.as('ann')
    await ann('ballots.consume')
    expect(await ann('note.get', { key: 'ann' })).toBe(null)
    expect(await ann('ballots.consume')).toMatchObject({ allowed: false })
    expect(await ann('note.get', { key: 'ann' })).toMatchObject({ seen: true })
  })

  it('beforeConsume may refuse, and counts itself when it counts', async () => {
    let mode: 'throw' | 'record' = 'throw'
    const seen: unknown[] = []
    const app = rig({
      hooks: {
        beforeConsume: async (ctx, { owner }) => {
          if (mode === 'throw') throw new Error('no')
          await ctx.db.mutation({ path: 'ballots.record', kind: 'mutation' }, { owner, cost: 2 })
        },
        afterConsume: (_ctx, event) => void seen.push(event.state.remaining),
      },
    })
    await expect(app.as('ann')('ballots.consume')).rejects.toThrow('no')
    mode = 'record'
    expect(await app.as('ann')('ballots.consume')).toMatchObject({ allowed: true, remaining: 0 })
    expect(seen).toEqual([0])
  })
})

describe('the rows of windows', () => {
  it('stay near the limit, and go when the window is empty', async () => {
    const app = rig()
    for (let i = 0; i < 200; i++) {
      app.wait(400)
      await app.as('ann')('ballots.consume')
    }
    expect((await app.stored('_windowStamps')).length).toBeLessThanOrEqual(3 + 32)
    app.wait(1_000)
    const removed = [
      await app.write(() => sweepWindows(10)),
      await app.write(() => sweepWindows(100)),
    ]
    expect(removed[0]).toBe(10)
    expect(await app.stored('_windows')).toHaveLength(0)
    expect(await app.stored('_windowStamps')).toHaveLength(0)
    expect(await app.as('ann')('ballots.check')).toMatchObject({ allowed: true, remaining: 3 })
  })

  it('an owner that is too long is LIMIT_EXCEEDED', async () => {
    const error = await failure(rig().server('ballots.record', { owner: 'x'.repeat(300) }))
    expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED', data: { limit: 'maxKeyBytes' } })
  })
})
