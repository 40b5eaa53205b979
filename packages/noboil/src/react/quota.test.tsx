import { act } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { QuotaState } from '../factories/quota/types.ts'
import { api, cleanup, stage, type Stage } from './hooks.fixture.tsx'
import { useQuota } from './quota.ts'

afterEach(cleanup)

const limit = 2
const durationMs = 60_000

/** A sliding window on the simulated server, by its clock. */
function quotaStage(): Stage & { readonly stamps: number[]; readonly skew: { ms: number } } {
  const on = stage()
  const stamps: number[] = []
  const skew = { ms: 5000 }
  const now = (): number => on.clock.now() + skew.ms
  const state = (): QuotaState => {
    const used = stamps.filter((stamp) => stamp > now() - durationMs)
    const [oldest] = used
    const fits = used.length < limit
    return {
      allowed: fits,
      remaining: limit - used.length,
      limit,
      durationMs,
      serverTime: now(),
      ...(fits || oldest === undefined ? {} : { retryAfter: oldest + durationMs - now() }),
      ...(oldest === undefined ? {} : { changesAt: oldest + durationMs }),
    }
  }
  on.server.queries.set('ballots.check', state)
  on.server.mutations.set('ballots.consume', () => {
    const before = state()
    if (!before.allowed) return before
    stamps.push(now())
    return { ...state(), allowed: true }
  })
  on.server.mutations.set('ballots.record', () => {
    stamps.push(now())
    return state()
  })
  return { ...on, stamps, skew }
}

test('a quota is known, follows every use, and answers each', async () => {
  const on = quotaStage()
  const { result } = on.hook(() => useQuota(api.ballots))
  expect(result.current).toMatchObject({ state: undefined, isLoading: true })
  await on.settled()
  expect(result.current.state).toEqual({ allowed: true, remaining: 2 })
  let answer: QuotaState | undefined
  await act(async () => {
    answer = await result.current.consume()
  })
  await on.settled()
  expect(answer).toMatchObject({ allowed: true, remaining: 1 })
  expect(result.current.state).toEqual({ allowed: true, remaining: 1 })
})

test('a quota that is used up counts down on the server’s clock, to the moment it fits again', async () => {
  const on = quotaStage()
  const { result, all } = on.hook(() => useQuota(api.ballots))
  await on.settled()
  await act(async () => {
    await result.current.consume()
    await result.current.record()
  })
  await on.settled()
  expect(result.current.state).toEqual({ allowed: false, remaining: 0, retryAfter: 60_000 })
  await on.pass(10_400)
  expect(result.current.state).toEqual({ allowed: false, remaining: 0, retryAfter: 50_000 })
  await on.pass(49_599)
  expect(result.current.state?.allowed).toBe(false)
  await on.pass(1)
  expect(result.current.state?.allowed).toBe(true)
  // The server is asked how things are now that time has changed them.
  await on.pass(1000)
  expect(result.current.state).toEqual({ allowed: true, remaining: 2 })
  expect(all.length).toBeLessThan(200)
})

test('what is left grows by time alone, without a countdown', async () => {
  const on = quotaStage()
  const { result } = on.hook(() => useQuota(api.ballots))
  await on.settled()
  await act(async () => {
    await result.current.consume()
  })
  await on.pass(61_000)
  expect(result.current.state).toEqual({ allowed: true, remaining: 2 })
  // Nothing more is waited for but heartbeats.
  const asked = asksOf(on)
  await on.pass(10_000)
  expect(asksOf(on)).toBe(asked)
})

const asksOf = (on: Stage): number =>
  on.network.log.filter(({ path }) => path.endsWith('ballots.check')).length

test('a clock that has moved ahead meanwhile does not ask every second', async () => {
  const on = quotaStage()
  const { result } = on.hook(() => useQuota(api.ballots))
  await on.settled()
  await act(async () => {
    await result.current.consume()
  })
  await on.settled()
  await on.pass(30_000)
  on.skew.ms -= 3_600_000
  on.stamps[0] = on.clock.now() + on.skew.ms
  const asked = asksOf(on)
  await on.pass(59_000)
  expect(asksOf(on) - asked).toBe(1)
  await on.pass(2000)
  expect(asksOf(on) - asked).toBe(2)
  expect(result.current.state).toEqual({ allowed: true, remaining: 2 })
})

test('what is left grows also where asking for it failed at first', async () => {
  const on = quotaStage()
  const { result } = on.hook(() => useQuota(api.ballots))
  await on.settled()
  await act(async () => {
    await result.current.consume()
  })
  await on.pass(50_000)
  on.network.down = true
  await on.pass(25_000)
  on.network.down = false
  await on.pass(1000)
  expect(result.current.state).toEqual({ allowed: true, remaining: 1 })
  await on.pass(60_000)
  expect(result.current.state).toEqual({ allowed: true, remaining: 2 })
})

test('nobody has no quota, and that is known', async () => {
  const on = quotaStage()
  on.server.queries.set('ballots.check', () => null)
  const { result } = on.hook(() => useQuota(api.ballots))
  await on.settled()
  expect(result.current).toMatchObject({ state: undefined, isLoading: false, error: null })
})

test('skipped asks for nothing', async () => {
  const on = quotaStage()
  const { result } = on.hook(() => useQuota(api.ballots, 'skip'))
  await on.settled()
  expect(on.network.log).toHaveLength(0)
  expect(result.current).toMatchObject({ state: undefined, isLoading: false })
  await expect(result.current.consume()).rejects.toThrow('skipped')
})
