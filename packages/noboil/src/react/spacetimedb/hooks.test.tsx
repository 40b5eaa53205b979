/** Hooks over the real SDK, which talks to a module in this process. */
import { act, cleanup } from '@testing-library/react'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  begin,
  bindings,
  codeOf,
  createWorld,
  type Person,
  seqs,
  until,
  votes,
  type World,
} from './app.fixture.tsx'
import { useCacheEntry } from './cache-entry.ts'
import { useKv } from './kv.ts'
import { useList, useRow } from './list.ts'
import { useLog } from './log.ts'
import { useMut } from './mut.ts'
import { useConnection, useUser, useUserId } from './provider.tsx'
import { useQuota } from './quota.ts'
import { useSingleton } from './singleton.ts'
import { useCounts } from './tally.ts'

const { tables, reducers } = bindings

const banner = {
  table: tables.banner,
  set: reducers.set_banner,
  rm: reducers.rm_banner,
  restore: reducers.restore_banner,
}

// The module is bundled once, which takes as long as the machine is busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
beforeAll(async () => (await createWorld()).close())

let world: World
let ann: Person
let parent: string

beforeEach(async () => {
  world = await createWorld()
  ann = world.person('ann')
  const payload = { title: 'Tea?', isPublic: true }
  parent = world.rig.call('ann', 'poll.create', { payload })._id
})

afterEach(async () => {
  cleanup()
  await world.close()
})

const cast = (count: number): void => {
  const items = Array.from({ length: count }, (_, optionIdx) => ({ optionIdx }))
  act(() => void world.rig.call('ann', 'vote.appendBulk', { parent, items }))
}

describe('a log', () => {
  it('shows an append at once, then as the module wrote it, and never twice', async () => {
    cast(1)
    const { now, all } = ann.hook(() => useLog(votes, { parent, counts: 'optionIdx' }))
    await until(() => expect(seqs(now().data)).toEqual([1]))
    const release = ann.hold()
    const appended = begin(() => now().append({ payload: { optionIdx: 3 } }))
    expect(seqs(now().data)).toEqual([2, 1])
    expect(now().data?.[0]).toMatchObject({ isPending: true, optionIdx: 3 })
    expect(now().counts).toEqual({ 0: 1, 3: 1 })
    release()
    await until(() => expect(now().data?.[0]).not.toHaveProperty('isPending'))
    expect(await appended).toEqual({ seq: 2, created: true })
    expect(now().data?.[0]).toMatchObject({ seq: 2, voter: 'Tea?', userId: ann.client.userId })
    const lengths = all.map(({ data }) => data?.length ?? 0)
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b))
    expect(Math.max(...lengths)).toBe(2)
  })

  it('takes back an append that the module refuses, and says why', async () => {
    const { now } = ann.hook(() => useLog(votes, { parent }))
    await until(() => expect(now().data).toEqual([]))
    const release = ann.hold()
    const appended = begin(() => now().append({ payload: { optionIdx: 0 }, expectedSeq: 7 }))
    expect(now().data).toHaveLength(1)
    release()
    await until(() => expect(now().data).toEqual([]))
    expect(await codeOf(appended)).toBe('CONFLICT')
  })

  it('shows what is shown until it is removed, while rows come and go', async () => {
    cast(7)
    const { now, all } = ann.hook(() => useLog(votes, { parent }, { pageSize: 2 }))
    await until(() => expect(seqs(now().data)).toEqual([7, 6]))
    expect(now().hasMore).toBe(true)
    act(() => now().loadMore())
    expect(seqs(now().data)).toEqual([7, 6, 5, 4])
    cast(1)
    await until(() => expect(seqs(now().data)).toEqual([8, 7, 6, 5, 4]))
    const id = now().data?.find(({ seq }) => seq === 6)?._id as string
    await act(() => now().rm(id))
    expect(seqs(now().data)).toEqual([8, 7, 5, 4])
    act(() => now().loadMore(10))
    expect(seqs(now().data)).toEqual([8, 7, 5, 4, 3, 2, 1])
    expect(now().hasMore).toBe(false)
    const shown = all.map(({ data }) => new Set(seqs(data)))
    for (const [at, rows] of shown.entries()) {
      const before = [...(shown[at - 1] ?? [])].filter((seq) => seq !== 6)
      expect(before.filter((seq) => !rows.has(seq))).toEqual([])
    }
  })

  it('shows updates, removals, a purge and what is put back, with their totals', async () => {
    cast(2)
    const { now } = ann.hook(() => useLog(votes, { parent, counts: 'optionIdx' }))
    await until(() => expect(now().counts).toEqual({ 0: 1, 1: 1 }))
    const [second, first] = now().data ?? []
    const release = ann.hold()
    const calls = [
      begin(() => now().update(second?._id ?? '', { optionIdx: 5 })),
      begin(() => now().rm(first?._id ?? '')),
    ]
    expect(now().data).toMatchObject([{ seq: 2, optionIdx: 5, isPending: true }])
    expect(now().counts).toEqual({ 5: 1 })
    release()
    await act(() => Promise.all(calls))
    expect(now().data).toMatchObject([{ seq: 2, optionIdx: 5 }])
    expect(await act(() => now().purge())).toEqual({ deleted: 1 })
    expect(now().data).toEqual([])
    // All that can be put back, also what was removed before.
    expect(await act(() => now().restore())).toMatchObject({ restored: expect.any(Number) })
    await until(() => expect(seqs(now().data)).toContain(2))
  })

  it('of many rows is one call, and says what it was not given', async () => {
    const { now } = ann.hook(() => useLog(votes, { parent }))
    await until(() => expect(now().data).toEqual([]))
    const items = [{ optionIdx: 0 }, { optionIdx: 1 }]
    expect(await act(() => now().appendBulk(items))).toEqual({ count: 2, firstSeq: 1 })
    await until(() => expect(seqs(now().data)).toEqual([2, 1]))
    const ids = (now().data ?? []).map(({ _id }) => _id)
    expect(await act(() => now().rmBulk(ids))).toEqual({ count: 2 })
    const few = ann.hook(() =>
      useLog({ table: tables.vote, append: reducers.append_vote }, { parent }),
    )
    await expect(few.now().purge()).rejects.toThrow('useLog was not given the reducer')
  })
})

describe('a key', () => {
  it('is written at once, confirmed, removed and restored, for others too', async () => {
    const bob = world.person('bob')
    const mine = ann.hook(() => useKv(banner, 'top'))
    const theirs = bob.hook(() => useKv(banner, 'top'))
    await until(() => expect([mine.now().data, theirs.now().data]).toEqual([null, null]))
    const release = ann.hold()
    const writing = begin(() => mine.now().update({ message: 'hi' }))
    expect(mine.now().data).toMatchObject({ message: 'hi', isPending: true })
    expect(theirs.now().data).toBeNull()
    release()
    await act(() => writing)
    await until(() => expect(theirs.now().data).toMatchObject({ message: 'hi', kind: 'info' }))
    expect(mine.now().data).not.toHaveProperty('isPending')
    expect(await act(() => mine.now().remove())).toEqual({ deleted: true })
    await until(() => expect(theirs.now().data).toBeNull())
    await act(() => mine.now().restore())
    await until(() => expect(theirs.now().data).toMatchObject({ message: 'hi' }))
  })

  it('that somebody else changed meanwhile is a conflict, and shows theirs', async () => {
    const { now } = ann.hook(() => useKv(banner, 'top'))
    const first = await act(() => now().update({ message: '1' }, { expectedUpdatedAt: null }))
    act(() => void world.rig.call('bob', 'banner.set', { key: 'top', payload: { message: '2' } }))
    const { updatedAt } = first
    const late = () => now().update({ message: '3' }, { expectedUpdatedAt: updatedAt })
    expect(await act(() => codeOf(late()))).toBe('CONFLICT')
    await until(() => expect(now().data).toMatchObject({ message: '2' }))
  })
})

describe('lists and rows', () => {
  it('are one’s own and public ones, in their order, and follow what happens', async () => {
    const bob = world.person('bob')
    world.rig.call('ann', 'poll.create', { payload: { title: 'Mine' } })
    const mine = ann.hook(() => useList(tables.poll))
    const theirs = bob.hook(() => useList(tables.poll))
    const titles = (list: typeof mine) => list.now().data?.map(({ title }) => title)
    await until(() => expect(titles(mine)?.toSorted()).toEqual(['Mine', 'Tea?']))
    await until(() => expect(titles(theirs)).toEqual(['Tea?']))
    const byTitle = ann.hook(() =>
      useList(tables.poll, { order: (a, b) => a.title.localeCompare(b.title), pageSize: 1 }),
    )
    await until(() => expect(titles(byTitle)).toEqual(['Mine']))
    const one = bob.hook(() => useRow(tables.poll, parent))
    await until(() => expect(one.now().data).toMatchObject({ title: 'Tea?' }))
    act(() => void world.rig.call('ann', 'poll.rm', { id: parent }))
    await until(() => expect([one.now().data, titles(theirs)]).toEqual([null, []]))
  })

  it('under a parent, with their totals', async () => {
    cast(3)
    world.rig.call('ann', 'comment.create', { parent, payload: { text: 'ok' } })
    const comments = ann.hook(() => useList(tables.comment, { parent }))
    const counts = ann.hook(() => useCounts(tables.vote, { parent, field: 'optionIdx' }))
    await until(() => expect(comments.now().data).toMatchObject([{ text: 'ok' }]))
    await until(() => expect(counts.now().data).toEqual({ 0: 1, 1: 1, 2: 1 }))
  })
})

describe('one’s own', () => {
  it('row is written at once, kept private, and begins as null', async () => {
    const profile = { table: tables.profile, upsert: reducers.upsert_profile }
    const mine = ann.hook(() => useSingleton(profile))
    const theirs = world.person('bob').hook(() => useSingleton(profile))
    await until(() => expect([mine.now().data, theirs.now().data]).toEqual([null, null]))
    const release = ann.hold()
    const writing = begin(() => mine.now().upsert({ name: 'Ann' }))
    expect(mine.now().data).toMatchObject({ name: 'Ann', isPending: true })
    release()
    await act(() => writing)
    await until(() =>
      expect(mine.now().data).toMatchObject({ name: 'Ann', userId: ann.client.userId }),
    )
    expect(theirs.now().data).toBeNull()
  })

  it('quota goes down with every use in any window, and says when there is more', async () => {
    const quota = { consume: reducers.consume_ballots, record: reducers.record_ballots }
    const { now } = ann.hook(() => useQuota(quota))
    await until(() => expect(now().state).toMatchObject({ allowed: true, remaining: 2 }))
    expect(await act(() => now().consume())).toMatchObject({ allowed: true, remaining: 1 })
    expect(now().state).toMatchObject({ remaining: 1 })
    const other = world.person('ann')
    await other.client.call(reducers.consume_ballots, {})
    await until(() => expect(now().state).toMatchObject({ allowed: false, remaining: 0 }))
    expect(await act(() => now().consume())).toMatchObject({ allowed: false })
  })

  it('identity and name are known once connected', async () => {
    const { now } = ann.hook(() => ({ id: useUserId(), user: useUser(), state: useConnection() }))
    await until(() => expect(now().state).toBe('live'))
    await until(() => expect(now().user?._id).toBe(now().id))
  })
})

describe('a copy of somebody’s API', () => {
  it('is fetched when it is missing, refreshed and marked as stale', async () => {
    let asked = 0
    world.rig.host.stubHttp(() => {
      const film = { tmdbId: 7, title: `Film ${++asked}` }
      return { status: 200, body: JSON.stringify(film) }
    })
    const { now } = ann.hook(() =>
      useCacheEntry(tables.movie, 7, {
        load: reducers.load_movie,
        refresh: reducers.refresh_movie,
        invalidate: reducers.invalidate_movie,
      }),
    )
    const turn = (check: () => void) =>
      until(() => {
        world.rig.host.advance(1)
        check()
      })
    await turn(() => expect(now().data).toMatchObject({ title: 'Film 1' }))
    expect([now().isLoading, now().isStale]).toEqual([false, false])
    const refreshed = begin(() => now().refresh())
    await turn(() => expect(now().data).toMatchObject({ title: 'Film 2' }))
    expect(await refreshed).toMatchObject({ title: 'Film 2' })
    act(() => void world.rig.call('owner', 'movie.invalidate', { key: '7' }))
    await turn(() => expect(now().data).toMatchObject({ title: 'Film 3' }))
    // Who may not, is told.
    expect(await act(() => codeOf(now().invalidate()))).toBe('FORBIDDEN')
  })

  it('that cannot be fetched says why, and is asked for no more than once', async () => {
    let asked = 0
    world.rig.host.stubHttp(() => {
      asked++
      return { status: 500, body: 'no' }
    })
    const { now } = ann.hook(() =>
      useCacheEntry(tables.movie, 404, {
        load: reducers.load_movie,
        refresh: reducers.refresh_movie,
      }),
    )
    await until(() => {
      world.rig.host.advance(1)
      expect(now().error?.code).toBe('FETCH_FAILED')
    })
    expect([now().data, now().isLoading, asked]).toEqual([null, false, 1])
  })
})

describe('nothing', () => {
  it('is asked for by what is skipped, and calls of it are refused', async () => {
    const hooks = [
      ann.hook(() => useLog(votes, 'skip')),
      ann.hook(() => useKv(banner, 'skip')),
      ann.hook(() => useList(tables.poll, 'skip')),
      ann.hook(() => useRow(tables.poll, 'skip')),
      ann.hook(() => useCounts(tables.vote, 'skip')),
      ann.hook(() =>
        useCacheEntry(tables.movie, 'skip', {
          load: reducers.load_movie,
          refresh: reducers.refresh_movie,
        }),
      ),
    ]
    await until(() => expect(ann.client.state).toBe('live'))
    for (const { now } of hooks) {
      expect(now()).toMatchObject({ data: undefined, isLoading: false, error: null })
    }
    const log = ann.hook(() => useLog(votes, 'skip'))
    await expect(log.now().append({ payload: { optionIdx: 0 } })).rejects.toThrow(/skip/)
  })
})

describe('a call', () => {
  it('has its state beside it, of the latest alone', async () => {
    const { now } = ann.hook(() => useMut(reducers.create_poll))
    const state = () => [now().isPending, now().error, now().data]
    expect(state()).toEqual([false, null, undefined])
    const release = ann.hold()
    const calling = begin(() => now()({ payload: { title: 'New' } }))
    expect(now().isPending).toBe(true)
    release()
    expect(await act(() => calling)).toMatchObject({ title: 'New' })
    expect(state()).toMatchObject([false, null, { title: 'New' }])
    const refused = now()({ payload: { title: 3 as never } })
    expect(await act(() => codeOf(refused))).toBe('VALIDATION_FAILED')
    expect(now().error?.code).toBe('VALIDATION_FAILED')
    act(() => now().reset())
    expect(state()).toEqual([false, null, undefined])
  })
})
