/** What time itself changes, without a commit that Convex would tell of. */
import { act } from '@testing-library/react'
import { beforeEach, expect, test, vi } from 'vitest'
import { api, movieRefs, source, until, openStage } from './app.fixture.tsx'
import { useCacheEntry } from './cache-entry.ts'
import { useQuota } from './quota.ts'

// The machine that runs this may be busy with all the others.
vi.setConfig({ testTimeout: 60_000 })

const stage = openStage()

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
})

const advance = (ms: number): Promise<void> =>
  act(async () => void (await vi.advanceTimersByTimeAsync(ms)))

test('each use of a quota comes back when its own time is over', async () => {
  const { now } = stage.hook(() => useQuota(api.ballots), stage.world.ann)
  await until(() => expect(now().state).toMatchObject({ remaining: 2 }))
  await act(async () => void (await now().consume()))
  await advance(10_000)
  await act(async () => void (await now().consume()))
  await until(() => expect(now().state).toMatchObject({ allowed: false, remaining: 0 }))
  await advance(11_000)
  await until(() => expect(now().state).toMatchObject({ allowed: true, remaining: 1 }))
  await advance(11_000)
  await until(() => expect(now().state).toMatchObject({ allowed: true, remaining: 2 }))
})

test('a row that is shown while it becomes stale is fetched again', async () => {
  source.titles.set('27', 'Alien')
  const { now } = stage.hook(() => useCacheEntry(movieRefs, 27))
  await until(() => expect(now()).toMatchObject({ data: { title: 'Alien' }, isStale: false }))
  source.titles.set('27', 'Aliens')
  await advance(10_000)
  expect(now().isStale).toBe(false)
  expect(source.asked).toBe(1)
  await advance(11_000)
  await until(() => expect(now()).toMatchObject({ data: { title: 'Aliens' }, isStale: false }))
  expect(source.asked).toBe(2)
})
