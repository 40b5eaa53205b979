import { act } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { QuotaState } from '../factories/quota/types.ts'
import { api, cleanup, stage, type Stage } from './hooks.fixture.tsx'
import { useQuota } from './quota.ts'

afterEach(cleanup)

const limit = 2
const durationMs = 60_000

/** A sliding window on the simulated server, by its clock. */
function quotaStage(): Stage & { readonly stamps: number[] } {
  const on = stage()
  const stamps: number[] = []
  const now = (): number => on.clock.now() + 5000
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
  return { ...on, stamps }
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
  const asked = on.network.log.filter(({ path }) => path.endsWith('ballots.check')).length
  await on.pass(10_000)
  expect(on.network.log.filter(({ path }) => path.endsWith('ballots.check'))).toHaveLength(asked)
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
