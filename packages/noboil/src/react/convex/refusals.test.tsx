/** Hooks when something is refused, skipped, or lost on the way. */
import { act } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { errorCode, matchError } from '../../errors/match.ts'
import { api, movieRefs, seqsOf, until, openStage, vote } from './app.fixture.tsx'
import { useCacheEntry } from './cache-entry.ts'
import { useKv } from './kv.ts'
import { useList } from './list.ts'
import { useCounts, useLog } from './log.ts'
import { useConnection, useQuery } from './query.ts'
import { useQuota } from './quota.ts'
import { useSingleton } from './singleton.ts'

// The machine that runs this may be busy with all the others.
vi.setConfig({ testTimeout: 60_000 })

const stage = openStage()

const codeOf = (call: Promise<unknown>): Promise<unknown> => call.then(() => 'done', errorCode)
const banner = { active: true, message: 'hello' }

describe('an error is told by its code', () => {
  test('of a caller who is nobody, who may not, or whose call makes no sense', async () => {
    const useAll = () => ({
      log: useLog(api.vote, { parent: stage.world.poll }),
      banner: useKv(api.siteConfig, 'banner'),
      profile: useSingleton(api.profile),
      signedIn: useQuery(api.ballots.check, {}),
    })
    const { now } = stage.hook(useAll)
    await until(() => expect(now().log.data).toEqual([]))
    expect(await codeOf(now().log.append({ payload: vote(0) }))).toBe('NOT_AUTHENTICATED')
    expect(await codeOf(now().banner.update(banner))).toBe('NOT_AUTHENTICATED')
    expect(await codeOf(now().profile.upsert({ displayName: 'x' }))).toBe('NOT_AUTHENTICATED')
    const token = stage.world.deployment.token({ subject: stage.world.ann })
    act(() => stage.client.setAuth(async () => token))
    await until(() => expect(now().profile.data).toBeNull())
    await until(() => expect(now().signedIn.data?.allowed).toBe(true))
    expect(await codeOf(now().banner.update(banner))).toBe('FORBIDDEN')
    expect(await codeOf(now().profile.upsert({}))).toBe('VALIDATION_FAILED')
    const parent = stage.world.poll.replace(/\d/g, '9')
    const elsewhere = stage.world.deployment.as({ subject: stage.world.ann })
    expect(await codeOf(elsewhere.mutation(api.vote.append, { parent, payload: vote(0) }))).toBe(
      'NOT_FOUND',
    )
    expect(now().log.data).toEqual([])
  })

  test('with its data, for whoever matches it', async () => {
    const { now } = stage.hook(() => useKv(api.siteConfig, 'banner'), stage.world.admin)
    await until(() => expect(now().data).toBeNull())
    await act(async () => void (await now().update(banner)))
    const error: unknown = await now()
      .update(banner, { expectedUpdatedAt: null })
      .catch((error: unknown) => error)
    const told = matchError(error, {
      CONFLICT: ({ data }) => `since ${JSON.stringify(data)}`,
      _: () => 'something else',
    })
    await until(() => expect(told).toBe(`since {"updatedAt":${now().data?.updatedAt}}`))
  })
})

test('the caller’s own row is shown as it was when a write is refused', async () => {
  const { now } = stage.hook(() => useSingleton(api.profile), stage.world.ann)
  await until(() => expect(now().data).toBeNull())
  await act(async () => void (await now().upsert({ displayName: 'Ann' })))
  await until(() => expect(now().data).not.toHaveProperty('isPending'))
  const release = stage.world.deployment.hold()
  let written: Promise<unknown> | undefined
  act(() => {
    written = codeOf(now().upsert({ displayName: 'Annie' }, { expectedUpdatedAt: 1 }))
  })
  await until(() => expect(now().data).toMatchObject({ displayName: 'Annie', isPending: true }))
  await act(async () => release())
  expect(await written).toBe('CONFLICT')
  await until(() => expect(now().data?.displayName).toBe('Ann'))
})

test('an append whose connection breaks is there once, shown all the while', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
  const useAll = () => ({
    log: useLog(api.vote, { parent: stage.world.poll }),
    connection: useConnection(),
  })
  const { now } = stage.hook(useAll, stage.world.ann)
  await until(() => expect(now().log.data).toEqual([]))
  const release = stage.world.deployment.hold()
  let appended: Promise<unknown> | undefined
  act(() => {
    appended = now().log.append({ payload: vote(1) })
  })
  await until(() => expect(seqsOf(now().log.data)).toEqual([1]))
  act(() => stage.world.deployment.disconnect())
  await until(() => expect(now().connection).toBe('offline'))
  expect(now().log.data).toMatchObject([{ optionIdx: 1, isPending: true }])
  await act(() => vi.advanceTimersByTimeAsync(30_000))
  await until(() => expect(now().connection).toBe('live'))
  await act(async () => release())
  expect(await appended).toEqual({ seq: 1, created: true })
  await until(() => expect(now().log.data?.[0]).not.toHaveProperty('isPending'))
  expect(seqsOf(now().log.data)).toEqual([1])
})

test('what is skipped asks nobody, is not loading, and refuses calls', async () => {
  const useAll = () => ({
    log: useLog(api.vote, 'skip'),
    counts: useCounts(api.vote, 'skip'),
    banner: useKv(api.siteConfig, 'skip'),
    profile: useSingleton(api.profile, 'skip'),
    polls: useList(api.poll.pub.list, 'skip'),
    query: useQuery(api.vote.counts, 'skip'),
    quota: useQuota(api.ballots, 'skip'),
    movie: useCacheEntry(movieRefs, 'skip'),
  })
  const { now } = stage.hook(useAll, stage.world.admin)
  await until(() => expect(stage.client.connectionState().isWebSocketConnected).toBe(true))
  for (const [name, result] of Object.entries(now())) {
    expect(result, name).toMatchObject({ isLoading: false, error: null })
    expect('data' in result ? result.data : result.state, name).toBeUndefined()
  }
  const { log, banner: key, profile, quota, movie } = now()
  const calls = [log.purge(), key.remove(), profile.upsert({}), quota.consume(), movie.refresh()]
  expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => 'VALIDATION_FAILED'))
})
