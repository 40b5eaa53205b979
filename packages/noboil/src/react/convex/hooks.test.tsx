/** Hooks over the real client, which talks to a deployment in this process. */
import { act, cleanup, fireEvent, render, renderHook, screen } from '@testing-library/react'
import { ConvexProviderWithAuth, type ConvexReactClient } from 'convex/react'
import * as convex from 'convex/server'
import { Component, type ReactElement, type ReactNode } from 'react'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import type { TestDeployment } from '../../standins/convex/standin.ts'
import { api, type Connected, connectTo, createWorld, source, until, vote } from './app.fixture.tsx'
import { useCacheEntry } from './cache-entry.ts'
import { useKv } from './kv.ts'
import { useList } from './list.ts'
import { useCounts, useLog } from './log.ts'
import { useMut } from './mut.ts'
import { useConnection, useQuery } from './query.ts'
import { useQuota } from './quota.ts'
import { useSingleton } from './singleton.ts'
import type { Toast } from './toast.tsx'

// The machine that runs this may be busy with all the others.
vi.setConfig({ testTimeout: 60_000 })

let deployment: TestDeployment
let client: ConvexReactClient
let ann: string
let admin: string
let poll: string
const toasts: Toast[] = []

beforeEach(async () => {
  toasts.length = 0
  ;({ deployment, ann, admin, poll } = await createWorld())
})

afterEach(async () => {
  cleanup()
  vi.useRealTimers()
  await client.close()
})

function connect(subject?: string): Connected['Wrapper'] {
  const connected = connectTo(deployment, subject, (toast) => toasts.push(toast))
  client = connected.client
  return connected.Wrapper
}

/** Renders a hook as somebody; `all` keeps what each render answered. */
function hook<result>(run: () => result, subject?: string) {
  const all: result[] = []
  const rendered = renderHook(
    () => {
      const result = run()
      all.push(result)
      return result
    },
    { wrapper: connect(subject) },
  )
  return { ...rendered, all, now: (): result => rendered.result.current }
}

async function cast(count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, at) => vote(at))
  await deployment.as({ subject: ann }).mutation(api.vote.appendBulk, { parent: poll, items })
}

const seqs = (rows: readonly { readonly seq: number }[] | undefined) => rows?.map(({ seq }) => seq)

describe('a log', () => {
  test('shows an append at once, then as the server wrote it, and never twice', async () => {
    await cast(1)
    const { now, all } = hook(
      () => useLog(api.vote, { parent: poll, counts: 'optionIdx' }, { author: undefined as never }),
      ann,
    )
    await until(() => expect(now().counts).toEqual({ 0: 1 }))
    await until(() => expect(seqs(now().data)).toEqual([1]))
    const release = deployment.hold()
    let appended: Promise<unknown> | undefined
    act(() => {
      appended = now().append({ payload: vote(3) })
    })
    await until(() => expect(seqs(now().data)).toEqual([2, 1]))
    expect(now().data?.[0]).toMatchObject({ isPending: true, optionIdx: 3 })
    expect(now().counts).toEqual({ 0: 1, 3: 1 })
    await act(async () => release())
    expect(await appended).toEqual({ seq: 2, created: true })
    await until(() => expect(now().data?.[0]).not.toHaveProperty('isPending'))
    expect(now().counts).toEqual({ 0: 1, 3: 1 })
    const lengths = all.map(({ data }) => data?.length ?? 0)
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b))
    expect(Math.max(...lengths)).toBe(2)
  })

  test('takes back an append that the server refuses, and says why', async () => {
    const { now } = hook(() => useLog(api.vote, { parent: poll }), ann)
    await until(() => expect(now().data).toEqual([]))
    const release = deployment.hold()
    let appended: Promise<unknown> | undefined
    act(() => {
      appended = now().append({ payload: vote(0), expectedSeq: 7 })
      appended.catch(() => {})
    })
    await until(() => expect(now().data).toHaveLength(1))
    await act(async () => release())
    const error: unknown = await (appended as Promise<unknown>).catch((error: unknown) => error)
    expect(errorCode(error)).toBe('CONFLICT')
    await until(() => expect(now().data).toEqual([]))
  })

  test('stays gapless over pages while rows come and go', async () => {
    await cast(7)
    const { now, all } = hook(() => useLog(api.vote, { parent: poll }, { pageSize: 2 }), ann)
    await until(() => expect(seqs(now().data)).toEqual([7, 6]))
    expect(now().hasMore).toBe(true)
    act(() => now().loadMore())
    await until(() => expect(seqs(now().data)).toEqual([7, 6, 5, 4]))
    await act(() => cast(1))
    await until(() => expect(seqs(now().data)).toEqual([8, 7, 6, 5, 4]))
    // The row at which the first page ends.
    const sixth = now().data?.find(({ seq }) => seq === 6)
    await act(async () => void (await now().rm(sixth?._id as never)))
    await until(() => expect(seqs(now().data)).toEqual([8, 7, 5, 4]))
    act(() => now().loadMore(10))
    await until(() => expect(seqs(now().data)).toEqual([8, 7, 5, 4, 3, 2, 1]))
    expect(now().hasMore).toBe(false)
    // Once shown, a row goes only when it is removed.
    const shown = all.map(({ data }) => new Set(seqs(data)))
    for (const [at, rows] of shown.entries()) {
      const before = [...(shown[at - 1] ?? [])].filter((seq) => seq !== 6)
      expect(before.filter((seq) => !rows.has(seq))).toEqual([])
    }
  })

  test('shows updates and removals at once, with their totals', async () => {
    await cast(2)
    const { now } = hook(() => useLog(api.vote, { parent: poll, counts: 'optionIdx' }), ann)
    await until(() => expect(now().counts).toEqual({ 0: 1, 1: 1 }))
    await until(() => expect(now().data).toHaveLength(2))
    const [second, first] = now().data ?? []
    const release = deployment.hold()
    act(() => {
      void now().update(first?._id as never, { optionIdx: 1 })
      void now().rm(second?._id as never)
    })
    await until(() => expect(now().counts).toEqual({ 1: 1 }))
    expect(now().data).toMatchObject([{ seq: 1, optionIdx: 1, isPending: true }])
    await act(async () => release())
    await until(() => expect(now().data?.[0]).not.toHaveProperty('isPending'))
    expect(now().data).toMatchObject([{ seq: 1, optionIdx: 1 }])
    expect(now().counts).toEqual({ 1: 1 })
  })

  test('is emptied and brought back', async () => {
    await cast(3)
    const { now } = hook(() => useLog(api.vote, { parent: poll }), ann)
    await until(() => expect(now().data).toHaveLength(3))
    await act(async () => expect(await now().purge()).toEqual({ deleted: 3 }))
    await until(() => expect(now().data).toEqual([]))
    await act(async () => expect(await now().restore()).toEqual({ restored: 3 }))
    await until(() => expect(now().data).toHaveLength(3))
  })

  test('a skipped one asks for nothing, and refuses calls', async () => {
    const { now } = hook(() => useLog(api.vote, 'skip'), ann)
    expect(now()).toMatchObject({ data: undefined, isLoading: false, hasMore: false })
    await expect(now().append({ payload: vote(0) })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    })
  })

  test('totals are followed by themselves', async () => {
    await cast(2)
    const { now } = hook(() => useCounts(api.vote, { parent: poll, field: 'optionIdx' }))
    await until(() => expect(now().data).toEqual({ 0: 1, 1: 1 }))
  })
})

describe('a key', () => {
  const banner = { active: true, message: 'hello' }

  test('is written, removed and brought back by those who may', async () => {
    const { now } = hook(() => useKv(api.siteConfig, 'banner'), admin)
    await until(() => expect(now().data).toBeNull())
    const release = deployment.hold()
    act(() => void now().update(banner))
    await until(() => expect(now().data).toMatchObject({ ...banner, isPending: true }))
    await act(async () => release())
    await until(() => expect(now().data).not.toHaveProperty('isPending'))
    await act(async () => expect(await now().remove()).toEqual({ deleted: true }))
    await until(() => expect(now().data).toBeNull())
    await act(async () => expect(await now().restore()).toMatchObject(banner))
    await until(() => expect(now().data).toMatchObject(banner))
  })

  test('is shown as it was when the write is refused', async () => {
    const { now } = hook(() => useKv(api.siteConfig, 'banner'), ann)
    await until(() => expect(now().data).toBeNull())
    const release = deployment.hold()
    let written: Promise<unknown> | undefined
    act(() => {
      written = now().update(banner)
      written.catch(() => {})
    })
    await until(() => expect(now().data?.message).toBe('hello'))
    await act(async () => release())
    await expect(written).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await until(() => expect(now().data).toBeNull())
  })

  test('a stale write is a conflict that carries what is there', async () => {
    const { now } = hook(() => useKv(api.siteConfig, 'banner'), admin)
    await until(() => expect(now().data).toBeNull())
    let written = 0
    await act(async () => {
      written = (await now().update(banner)).updatedAt
    })
    const error: unknown = await now()
      .update(banner, { expectedUpdatedAt: written - 1 })
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'CONFLICT', data: { updatedAt: written } })
  })
})

describe('the caller’s own row', () => {
  test('follows who is signed in', async () => {
    await deployment
      .as({ subject: ann })
      .mutation(api.profile.upsert, { payload: { displayName: 'Annie' } })
    const { now } = hook(() => useSingleton(api.profile))
    await until(() => expect(now().data).toBeNull())
    const token = deployment.token({ subject: ann })
    act(() => client.setAuth(async () => token))
    await until(() => expect(now().data?.displayName).toBe('Annie'))
    act(() => client.clearAuth())
    await until(() => expect(now().data).toBeNull())
  })

  test('shows a patch at once', async () => {
    const { now } = hook(() => useSingleton(api.profile), ann)
    await until(() => expect(now().data).toBeNull())
    await act(async () => void (await now().upsert({ displayName: 'Ann', color: 'red' })))
    const release = deployment.hold()
    act(() => void now().upsert({ displayName: 'Annie' }, { unset: ['color'] }))
    await until(() => expect(now().data).toMatchObject({ displayName: 'Annie', isPending: true }))
    expect(now().data).not.toHaveProperty('color')
    await act(async () => release())
    await until(() => expect(now().data).not.toHaveProperty('isPending'))
  })
})

describe('a quota', () => {
  test('counts down on the server’s clock, and is there again when it said', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
    const { now } = hook(() => useQuota(api.ballots), ann)
    await until(() => expect(now().state).toMatchObject({ allowed: true, remaining: 2 }))
    await act(async () => void (await now().consume()))
    await act(async () => void (await now().consume()))
    await until(() => expect(now().state).toMatchObject({ allowed: false, remaining: 0 }))
    const before = now().state?.retryAfter ?? 0
    await act(() => vi.advanceTimersByTimeAsync(10_000))
    expect(now().state?.retryAfter).toBeLessThanOrEqual(before - 9_000)
    expect((await now().consume()).allowed).toBe(false)
    await act(() => vi.advanceTimersByTimeAsync(12_000))
    await until(() => expect(now().state).toMatchObject({ allowed: true }))
  })

  test('is nobody’s when nobody is signed in', async () => {
    const { now } = hook(() => useQuota(api.ballots))
    await until(() => expect(now().isLoading).toBe(false))
    expect(now().state).toBeUndefined()
  })
})

describe('a cached row', () => {
  const entry = {
    query: api.movie.get,
    load: api.movie.load,
    refresh: api.movie.refresh,
    invalidate: (api.movie as never as { invalidate: convex.FunctionReference<'mutation'> })
      .invalidate,
  }

  test('is fetched once however many look, and again by hand', async () => {
    source.titles.set('27', 'Alien')
    const { now } = hook(() => [
      useCacheEntry({ ...entry, key: 27 }),
      useCacheEntry({ ...entry, key: '27' }),
    ])
    expect(now()[0]?.isLoading).toBe(true)
    await until(() => expect(now().map(({ data }) => data?.title)).toEqual(['Alien', 'Alien']))
    expect(source.asked).toBe(1)
    source.titles.set('27', 'Aliens')
    await act(async () => expect(await now()[0]?.refresh()).toMatchObject({ title: 'Aliens' }))
    await until(() => expect(now()[1]?.data?.title).toBe('Aliens'))
    expect(source.asked).toBe(2)
  })

  test('that cannot be fetched says so, and shows nothing', async () => {
    const { now } = hook(() => useCacheEntry({ ...entry, key: 27 }))
    await until(() => expect(now().error?.code).toBe('FETCH_FAILED'))
    expect(now()).toMatchObject({ data: null, isLoading: false })
  })

  test('a skipped one asks nobody', async () => {
    const { now } = hook(() => useCacheEntry({ ...entry, key: 'skip' }))
    expect(now()).toMatchObject({ data: undefined, isLoading: false })
    expect(source.asked).toBe(0)
  })
})

describe('queries, lists and calls', () => {
  test('a list of public rows is for everybody, a private one for its owner', async () => {
    const { now } = hook(() => useList(api.poll.pub.list, {}, { pageSize: 5 }))
    await until(() => expect(now().data).toMatchObject([{ question: 'Tea?' }]))
    expect(now().hasMore).toBe(false)
  })

  test('what a query is refused is in its result, and takes no page with it', async () => {
    const { now } = hook(() => useQuery(api.vote.read, { id: 5 as never }))
    await until(() => expect(now().error).not.toBeNull())
    expect(now()).toMatchObject({ data: undefined, isLoading: false })
    const missing = convex.makeFunctionReference<'query'>('vote:missing')
    const list = hook(() => useList(missing))
    await until(() => expect(list.now().error?.code).toBe('INTERNAL'))
  })

  test('a call tells its state, and shows what it was told to show', async () => {
    const { now } = hook(
      () =>
        useMut(api.poll.create, {
          toast: { success: ({ question }) => `Made ${question}`, error: true },
        }),
      ann,
    )
    expect({ ...now() }).toMatchObject({ isPending: false, error: null, data: undefined })
    await until(() => expect(client.connectionState().isWebSocketConnected).toBe(true))
    await act(async () => void (await now()({ payload: { question: 'Milk?', isPublic: true } })))
    expect(now().data).toMatchObject({ question: 'Milk?' })
    await act(async () => {
      await expect(
        now()({ payload: { question: 5 as never, isPublic: true } }),
      ).rejects.toMatchObject({
        name: 'NoboilError',
      })
    })
    expect(now().error).not.toBeNull()
    expect(toasts[0]).toEqual({ kind: 'success', text: 'Made Milk?' })
    expect(toasts[1]?.kind).toBe('error')
    act(() => now().reset())
    expect({ ...now() }).toMatchObject({ isPending: false, error: null, data: undefined })
  })

  test('a call that was forgotten meanwhile tells nothing more', async () => {
    const { now } = hook(() => useMut(api.poll.create), ann)
    await until(() => expect(client.connectionState().isWebSocketConnected).toBe(true))
    const release = deployment.hold()
    let made: Promise<unknown> | undefined
    act(() => {
      made = now()({ payload: { question: 'Milk?', isPublic: true } })
    })
    expect(now().isPending).toBe(true)
    act(() => now().reset())
    await act(async () => {
      release()
      await made
    })
    expect({ ...now() }).toMatchObject({ isPending: false, data: undefined })
  })

  test('the connection tells whether what is shown is live', async () => {
    const { now } = hook(() => useConnection())
    expect(now()).toBe('connecting')
    await until(() => expect(now()).toBe('live'))
    act(() => deployment.disconnect())
    await until(() => expect(now()).toBe('offline'))
  })

  test('Convex’s own auth provider says who is calling', async () => {
    const Wrapper = connect()
    const token = deployment.token({ subject: ann })
    const useAuth = () => ({
      isLoading: false,
      isAuthenticated: true,
      fetchAccessToken: async () => token,
    })
    function Name(): ReactElement {
      const { data, upsert } = useSingleton(api.profile)
      return (
        <button type="button" onClick={() => void upsert({ displayName: 'Ann' })}>
          {data?.displayName ?? 'none'}
        </button>
      )
    }
    render(
      <Wrapper>
        <ConvexProviderWithAuth client={client} useAuth={useAuth}>
          <Name />
        </ConvexProviderWithAuth>
      </Wrapper>,
    )
    await until(() => expect(client.connectionState().isWebSocketConnected).toBe(true))
    fireEvent.click(await screen.findByText('none'))
    await screen.findByText('Ann')
    expect(await deployment.as({ subject: ann }).query(api.profile.get, {})).toMatchObject({
      displayName: 'Ann',
    })
  })

  test('without a provider a hook says what is missing', () => {
    const silent = vi.spyOn(console, 'error').mockImplementation(() => {})
    connect()
    class Boundary extends Component<{ readonly children: ReactNode }, { readonly text: string }> {
      override state = { text: '' }
      static getDerivedStateFromError = (error: Error) => ({ text: error.message })
      override render = () => this.state.text || this.props.children
    }
    function Bare(): ReactElement {
      return <>{String(useKv(api.siteConfig, 'banner').isLoading)}</>
    }
    render(
      <Boundary>
        <Bare />
      </Boundary>,
    )
    expect(screen.getByText(/ConvexProvider/)).toBeDefined()
    silent.mockRestore()
  })
})

/** Type-checked, never run. */
const types = (check: () => unknown): void => expect(check).toBeTypeOf('function')

test('hooks take the arguments of the functions, and answer their rows', () => {
  types(() => {
    const banner = useKv(api.siteConfig, 'banner')
    expectTypeOf(banner.data?.message).toEqualTypeOf<string | undefined>()
    // @ts-expect-error not a key of the table
    useKv(api.siteConfig, 'baner')
    // @ts-expect-error an unknown field
    void banner.update({ active: true, message: '', extra: 1 })
    const log = useLog(api.vote, { parent: 'p', counts: 'optionIdx' })
    expectTypeOf(log.data?.[0]?.optionIdx).toEqualTypeOf<number | undefined>()
    // @ts-expect-error not a field
    useLog(api.vote, { parent: 'p', counts: 'colour' })
    // @ts-expect-error a field is missing
    void log.append({ payload: { optionIdx: 1 } })
    // @ts-expect-error there is no file convex/vote/pub.ts
    useLog(api.vote, { parent: 'p' }, { audience: 'pub' })
    expectTypeOf(useSingleton(api.profile).data?.color).toEqualTypeOf<string | undefined>()
    expectTypeOf(useList(api.poll.pub.list).data?.[0]?.question).toEqualTypeOf<string | undefined>()
    expectTypeOf(useCounts(api.vote, { parent: 'p', field: 'optionIdx' }).data).toEqualTypeOf<
      Record<string, number> | undefined
    >()
    // @ts-expect-error a field that is not counted
    useCounts(api.vote, { parent: 'p', field: 'voter' })
    // @ts-expect-error an action says that it is one
    useMut(api.movie.load)
    return useMut(api.movie.load, { kind: 'action' })({ key: '27' })
  })
})
