import { act } from '@testing-library/react'
import { afterEach, describe, expect, test } from 'vitest'
import { NoboilError } from '../errors/error.ts'
import type { Id } from '../schema/register.ts'
import { api, cleanup, stage } from './hooks.fixture.tsx'
import { useCounts, useLog } from './log.ts'

afterEach(cleanup)

const forbidden = new NoboilError('FORBIDDEN', 'Only admins.')

describe('useLog', () => {
  const payload = { optionIdx: 1, voter: 'me' }

  test('shows an append at the head at once, counts it, and answers where it went', async () => {
    const on = stage()
    on.vote('p', 0)
    const { result } = on.hook(() => useLog(api.vote, { parent: 'p', counts: 'optionIdx' }))
    await on.settled()
    expect(result.current.counts).toEqual({ '0': 1 })
    on.network.auto = false
    let done: Promise<unknown> | undefined
    act(() => {
      done = result.current.append({ payload })
    })
    await on.settled()
    expect(result.current.data).toMatchObject([{ ...payload, seq: 2, isPending: true }, { seq: 1 }])
    expect(result.current.counts).toEqual({ '0': 1, '1': 1 })
    on.network.flush()
    await on.settled()
    expect(await done).toEqual({ seq: 2, created: true })
    expect(result.current.data?.[0]).toMatchObject({ _id: 'p-2', seq: 2 })
    expect(result.current.data?.[0]?.isPending).toBeUndefined()
    expect(result.current.counts).toEqual({ '0': 1, '1': 1 })
  })

  test('never shows a row twice, nor a total that jumps, however answer and stream race', async () => {
    for (const first of ['call', 'stream']) {
      const on = stage()
      const { result, all } = on.hook(() => useLog(api.vote, { parent: 'p', counts: 'optionIdx' }))
      await on.settled()
      on.network.auto = false
      act(() => void result.current.append({ payload }))
      await on.settled()
      const [call] = on.network.exchanges
      call?.handle()
      const push = (): void => on.network.wires.forEach((wire) => wire.push(wire.size))
      if (first === 'call') call?.answer()
      else push()
      await on.settled()
      if (first === 'call') push()
      else call?.answer()
      await on.settled()
      const known = all.filter(({ data, counts }) => data && counts)
      expect(known.map(({ data }) => data?.length ?? 0)).toEqual(
        known.map(({ data }) => data?.length ?? 0).toSorted(),
      )
      expect(Math.max(...known.map(({ data }) => data?.length ?? 0))).toBe(1)
      expect(new Set(known.map(({ counts }) => counts?.['1'] ?? 0))).toEqual(new Set([0, 1]))
      cleanup()
    }
  })

  test('shows the author it was told of until the server says who it was', async () => {
    const on = stage()
    const author = { _id: 'u7', name: 'Ann' }
    const { result } = on.hook(() => useLog(api.vote, { parent: 'p' }, { author }))
    await on.settled()
    on.network.auto = false
    act(() => void result.current.append({ payload }))
    await on.settled()
    expect(result.current.data?.[0]).toMatchObject({ userId: 'u7', author: { name: 'Ann' } })
  })

  test('takes an append back when it is refused, with the error', async () => {
    const on = stage()
    const { result } = on.hook(() => useLog(api.vote, { parent: 'p', counts: 'optionIdx' }))
    await on.settled()
    on.refuse(forbidden)
    let refused: Promise<unknown> | undefined
    act(() => {
      refused = expect(result.current.append({ payload })).rejects.toMatchObject({
        code: 'FORBIDDEN',
      })
    })
    await on.settled()
    await refused
    expect(result.current.data).toEqual([])
    expect(result.current.counts).toEqual({})
  })

  test('an append whose answer is lost is repeated, and is one row', async () => {
    const on = stage()
    const { result } = on.hook(() => useLog(api.vote, { parent: 'p' }))
    await on.settled()
    on.network.auto = false
    let done: Promise<unknown> | undefined
    act(() => {
      done = result.current.append({ payload })
    })
    await on.settled()
    on.network.exchanges[0]?.handle()
    on.network.exchanges[0]?.lose()
    on.network.auto = true
    await on.pass(5000)
    expect(await done).toEqual({ seq: 1, created: false })
    on.network.flush()
    await on.settled()
    expect(result.current.data).toHaveLength(1)
  })

  test('changes and removes rows at once, and their totals with them', async () => {
    const on = stage()
    on.vote('p', 0)
    on.vote('p', 0)
    const { result } = on.hook(() => useLog(api.vote, { parent: 'p', counts: 'optionIdx' }))
    await on.settled()
    on.network.auto = false
    act(() => {
      void result.current.update('p-1' as Id<'vote'>, { optionIdx: 1 })
      void result.current.rm('p-2' as Id<'vote'>)
    })
    await on.settled()
    expect(result.current.data).toMatchObject([{ _id: 'p-1', optionIdx: 1, isPending: true }])
    expect(result.current.counts).toEqual({ '1': 1 })
    on.network.flush()
    await on.settled()
    expect(result.current.data).toMatchObject([{ _id: 'p-1', optionIdx: 1 }])
    expect(result.current.data?.[0]?.isPending).toBeUndefined()
    expect(result.current.counts).toEqual({ '1': 1 })
  })

  test('appends in bulk, removes in bulk, purges', async () => {
    const on = stage()
    const { result } = on.hook(() => useLog(api.vote, { parent: 'p' }))
    await on.settled()
    let answer: unknown
    await act(async () => {
      answer = await result.current.appendBulk([payload, payload, payload])
    })
    await on.settled()
    expect(answer).toEqual({ count: 3, firstSeq: 1 })
    expect(result.current.data).toHaveLength(3)
    await act(async () => {
      answer = await result.current.rmBulk(['p-1', 'p-9'] as Id<'vote'>[])
    })
    expect(answer).toEqual({ count: 1 })
    await act(async () => {
      answer = await result.current.purge()
    })
    await on.settled()
    expect(answer).toEqual({ deleted: 2 })
    expect(result.current.data).toEqual([])
  })

  test('loads more', async () => {
    const on = stage()
    for (let vote = 0; vote < 5; vote++) on.vote('p', 0)
    const { result } = on.hook(() => useLog(api.vote, { parent: 'p' }, { pageSize: 2 }))
    await on.settled()
    expect(result.current.data?.map(({ seq }) => seq)).toEqual([5, 4])
    expect(result.current.hasMore).toBe(true)
    act(() => result.current.loadMore(10))
    await on.settled()
    expect(result.current.data?.map(({ seq }) => seq)).toEqual([5, 4, 3, 2, 1])
    expect(result.current.hasMore).toBe(false)
    on.vote('p', 0)
    await on.settled()
    expect(result.current.data?.[0]?.seq).toBe(6)
  })

  test('an append to a full page shows as many rows as before, and says that there are more', async () => {
    const on = stage()
    on.vote('p', 0)
    on.vote('p', 0)
    const { result } = on.hook(() => useLog(api.vote, { parent: 'p' }, { pageSize: 2 }))
    await on.settled()
    expect(result.current.hasMore).toBe(false)
    on.network.auto = false
    act(() => void result.current.append({ payload }))
    await on.settled()
    expect(result.current.data?.map(({ seq }) => seq)).toEqual([3, 2])
    expect(result.current.hasMore).toBe(true)
    on.network.flush()
    await on.settled()
    expect(result.current.data?.map(({ seq }) => seq)).toEqual([3, 2])
    expect(result.current.hasMore).toBe(true)
  })

  test('reads as the audience it was told to be', async () => {
    const on = stage()
    on.hook(() => useLog(api.vote, { parent: 'p' }, { audience: 'pub' }))
    on.hook(() => useCounts(api.vote, { parent: 'p', field: 'optionIdx' }, { audience: 'auth' }))
    await on.settled()
    const text = JSON.stringify(on.network.log)
    expect(text).toContain('"vote.pub.list"')
    expect(text).toContain('"vote.auth.counts"')
  })

  test('skipped asks for nothing and refuses to append', async () => {
    const on = stage()
    const { result } = on.hook(() => useLog(api.vote, 'skip'))
    await on.settled()
    expect(on.network.log).toHaveLength(0)
    expect(result.current).toMatchObject({ data: undefined, isLoading: false, hasMore: false })
    await expect(result.current.append({ payload })).rejects.toThrow('skipped')
  })
})
