/** Hooks when something is refused, skipped, or lost on the way, and lists under whatever happens to their rows. */
import { act, cleanup, renderHook } from '@testing-library/react'
import type { ConvexReactClient } from 'convex/react'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { errorCode, matchError } from '../../errors/match.ts'
import { api, connectTo, createWorld, movieRefs, vote, type World } from './app.fixture.tsx'
import { useCacheEntry } from './cache-entry.ts'
import { useKv } from './kv.ts'
import { useList } from './list.ts'
import { useCounts, useLog } from './log.ts'
import { useConnection, useQuery } from './query.ts'
import { useQuota } from './quota.ts'
import { useSingleton } from './singleton.ts'

let world: World
let client: ConvexReactClient

beforeEach(async () => {
  world = await createWorld()
})

afterEach(async () => {
  cleanup()
  vi.useRealTimers()
  await client.close()
})

/** Renders a hook as somebody. */
function hook<result>(run: () => result, subject?: string): { now: () => result } {
  const connected = connectTo(world.deployment, subject, () => {})
  client = connected.client
  const { result } = renderHook(run, { wrapper: connected.Wrapper })
  return { now: () => result.current }
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { interval: 5 })
const codeOf = (call: Promise<unknown>): Promise<unknown> => call.then(() => 'done', errorCode)
const seqsOf = (rows: readonly { readonly seq: number }[] | undefined) => rows?.map((r) => r.seq)

const banner = { active: true, message: 'hello' }

describe('an error is told by its code', () => {
  test('of a caller who is nobody, who may not, or whose call makes no sense', async () => {
    const useAll = () => ({
      log: useLog(api.vote, { parent: world.poll }),
      banner: useKv(api.siteConfig, 'banner'),
      profile: useSingleton(api.profile),
      signedIn: useQuery(api.ballots.check, {}),
    })
    const { now } = hook(useAll)
    await until(() => expect(now().log.data).toEqual([]))
    expect(await codeOf(now().log.append({ payload: vote(0) }))).toBe('NOT_AUTHENTICATED')
    expect(await codeOf(now().banner.update(banner))).toBe('NOT_AUTHENTICATED')
    expect(await codeOf(now().profile.upsert({ displayName: 'x' }))).toBe('NOT_AUTHENTICATED')
    const token = world.deployment.token({ subject: world.ann })
    act(() => client.setAuth(async () => token))
    await until(() => expect(now().profile.data).toBeNull())
    await until(() => expect(now().signedIn.data?.allowed).toBe(true))
    expect(await codeOf(now().banner.update(banner))).toBe('FORBIDDEN')
    expect(await codeOf(now().profile.upsert({}))).toBe('VALIDATION_FAILED')
    const parent = world.poll.replace(/\d/g, '9')
    const elsewhere = world.deployment.as({ subject: world.ann })
    expect(await codeOf(elsewhere.mutation(api.vote.append, { parent, payload: vote(0) }))).toBe(
      'NOT_FOUND',
    )
    expect(now().log.data).toEqual([])
  })

  test('with its data, for whoever matches it', async () => {
    const { now } = hook(() => useKv(api.siteConfig, 'banner'), world.admin)
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
  const { now } = hook(() => useSingleton(api.profile), world.ann)
  await until(() => expect(now().data).toBeNull())
  await act(async () => void (await now().upsert({ displayName: 'Ann' })))
  await until(() => expect(now().data).not.toHaveProperty('isPending'))
  const release = world.deployment.hold()
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
    log: useLog(api.vote, { parent: world.poll }),
    connection: useConnection(),
  })
  const { now } = hook(useAll, world.ann)
  await until(() => expect(now().log.data).toEqual([]))
  const release = world.deployment.hold()
  let appended: Promise<unknown> | undefined
  act(() => {
    appended = now().log.append({ payload: vote(1) })
  })
  await until(() => expect(seqsOf(now().log.data)).toEqual([1]))
  act(() => world.deployment.disconnect())
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
  const { now } = hook(useAll, world.admin)
  await until(() => expect(client.connectionState().isWebSocketConnected).toBe(true))
  for (const [name, result] of Object.entries(now())) {
    expect(result, name).toMatchObject({ isLoading: false, error: null })
    expect('data' in result ? result.data : result.state, name).toBeUndefined()
  }
  const { log, banner: key, profile, quota, movie } = now()
  const calls = [log.purge(), key.remove(), profile.upsert({}), quota.consume(), movie.refresh()]
  expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => 'VALIDATION_FAILED'))
})

test('whatever comes and goes, a list shows every row once, in order, from its head', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ kind: fc.constant('remove' as const), at: fc.nat(20) }),
    fc.record({ kind: fc.constant('more' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async (steps) => {
      world = await createWorld()
      const { deployment, ann, poll } = world
      const { now } = hook(() => useLog(api.vote, { parent: poll }, { pageSize: 3 }))
      const as = deployment.as({ subject: ann })
      await until(() => expect(now().data).toEqual([]))
      for (const each of steps) {
        if (each.kind === 'append') {
          const items = Array.from({ length: each.count }, (_, n) => vote(n))
          await act(() => as.mutation(api.vote.appendBulk, { parent: poll, items }))
        } else if (each.kind === 'remove') {
          const row = now().data?.[each.at]
          if (row) await act(() => as.mutation(api.vote.rm, { id: row._id }))
        } else act(() => now().loadMore())
        await until(() => expect(now().isLoadingMore).toBe(false))
        const paginationOpts = { numItems: 1000, cursor: null }
        const { page } = await as.query(api.vote.list, { parent: poll, paginationOpts })
        await until(() => {
          const shown = seqsOf(now().data) ?? []
          expect(shown).toEqual(seqsOf(page)?.slice(0, shown.length))
          expect(shown.length < page.length).toBe(now().hasMore)
          if (page.length > 0) expect(shown.length).toBeGreaterThan(0)
        })
      }
      cleanup()
      await client.close()
    }),
    { numRuns: 25 },
  )
}, 60_000)
