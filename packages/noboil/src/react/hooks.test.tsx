import { act, renderHook } from '@testing-library/react'
import { afterEach, describe, expect, test } from 'vitest'
import { NoboilError } from '../errors/error.ts'
import { api, cleanup, stage } from './hooks.fixture.tsx'
import { useKv } from './kv.ts'
import { useList } from './list.ts'
import { useConnection, useQuery } from './live.ts'
import { useMut } from './mut.ts'
import { useSingleton } from './singleton.ts'

afterEach(cleanup)

const forbidden = new NoboilError('FORBIDDEN', 'Only admins.')

describe('useQuery', () => {
  test('loads, then follows', async () => {
    const on = stage()
    const { result } = on.hook(() => useQuery(api.siteConfig.get, { key: 'banner' }))
    expect(result.current).toEqual({ data: undefined, isLoading: true, error: null })
    await on.settled()
    expect(result.current).toEqual({ data: null, isLoading: false, error: null })
    on.server.commit(() => on.site.set('banner', { key: 'banner', message: 'hi' }))
    await on.settled()
    expect(result.current.data?.message).toBe('hi')
  })

  test('holds what is shown in the query cache, under its path and arguments', async () => {
    const on = stage()
    on.hook(() => useQuery(api.siteConfig.get, { key: 'banner' }))
    await on.settled()
    expect(on.queryClient.getQueryData(['noboil', 'siteConfig.get', { key: 'banner' }])).toBeNull()
  })

  test('skipped asks for nothing, and is not loading', async () => {
    const on = stage()
    const { result } = on.hook(() => useQuery(api.siteConfig.get, 'skip'))
    await on.settled()
    expect(result.current).toEqual({ data: undefined, isLoading: false, error: null })
    expect(on.network.log).toHaveLength(0)
  })

  test('shows why it cannot be answered', async () => {
    const on = stage()
    const { result } = on.hook(() => useQuery(api.stats.today))
    await on.settled()
    expect(result.current).toMatchObject({ data: undefined, isLoading: false })
    expect(result.current.error?.code).toBe('NOT_FOUND')
  })

  test('goes over to other arguments without showing the old answer as theirs', async () => {
    const on = stage()
    on.site.set('banner', { key: 'banner', message: 'b' })
    on.site.set('maintenance', { key: 'maintenance', message: 'm' })
    const { result, rerender, all } = on.hook(
      ({ key }: { key: 'banner' | 'maintenance' }) => ({
        key,
        data: useQuery(api.siteConfig.get, { key }).data,
      }),
      { key: 'banner' },
    )
    await on.settled()
    rerender({ key: 'maintenance' })
    await on.settled()
    expect(result.current.data?.message).toBe('m')
    expect(all.every(({ key, data }) => data === undefined || data?.key === key)).toBe(true)
  })

  test('stays live for a while after the last component went, then is gone', async () => {
    const on = stage()
    const { unmount } = on.hook(() => useQuery(api.siteConfig.get, { key: 'banner' }))
    await on.settled()
    unmount()
    await on.pass(9000)
    on.server.commit(() => on.site.set('banner', { key: 'banner', message: 'hi' }))
    await on.settled()
    const key = ['noboil', 'siteConfig.get', { key: 'banner' }]
    expect(on.queryClient.getQueryData(key)).toMatchObject({ message: 'hi' })
    await on.pass(20_000)
    expect(on.queryClient.getQueryData(key)).toBeUndefined()
    expect(on.server.connections.size).toBe(0)
  })

  test('asks once for many components', async () => {
    const on = stage()
    on.hook(() => useQuery(api.siteConfig.get, { key: 'banner' }))
    on.hook(() => useQuery(api.siteConfig.get, { key: 'banner' }))
    await on.settled()
    const asked = on.network.log.filter(({ kind }) => kind === 'steer')
    expect(
      asked.flatMap(({ body }) => (body as { subscribe?: unknown[] }).subscribe ?? []),
    ).toHaveLength(1)
  })

  test('outlives a reset of the query cache', async () => {
    const on = stage()
    const { result } = on.hook(() => useQuery(api.siteConfig.get, { key: 'banner' }))
    await on.settled()
    on.server.commit(() => on.site.set('banner', { key: 'banner', message: 'hi' }))
    await on.settled()
    await act(async () => {
      await on.queryClient.resetQueries()
      await on.queryClient.invalidateQueries()
    })
    await on.settled()
    expect(result.current.data?.message).toBe('hi')
    on.server.commit(() => on.site.set('banner', { key: 'banner', message: 'ho' }))
    await on.settled()
    expect(result.current.data?.message).toBe('ho')
  })

  test('a session that ended shows nothing of before', async () => {
    const on = stage()
    on.site.set('banner', { key: 'banner', message: 'secret' })
    const { result } = on.hook(() => useQuery(api.siteConfig.get, { key: 'banner' }))
    await on.settled()
    on.network.down = true
    await act(async () => on.client.reconnect({ forget: true }))
    expect(result.current).toEqual({ data: undefined, isLoading: true, error: null })
  })
})

describe('useKv', () => {
  const hi = { active: true, message: 'hi' }

  test('shows an update at once, and marks it until it is confirmed', async () => {
    const on = stage()
    const { result } = on.hook(() => useKv(api.siteConfig, 'banner'))
    await on.settled()
    on.network.auto = false
    let done: Promise<unknown> | undefined
    act(() => {
      done = result.current.update(hi)
    })
    await on.settled()
    expect(result.current.data).toMatchObject({ ...hi, key: 'banner', isPending: true })
    on.network.flush()
    await on.settled()
    expect(result.current.data).toEqual({ _id: 'banner', key: 'banner', ...hi, updatedAt: 1 })
    expect(await done).toMatchObject(hi)
  })

  test('takes an update back when the server refuses it', async () => {
    const on = stage()
    on.site.set('banner', { _id: 'banner', key: 'banner', active: true, message: 'old' })
    const { result, all } = on.hook(() => useKv(api.siteConfig, 'banner'))
    await on.settled()
    on.refuse(forbidden)
    let refused: Promise<unknown> | undefined
    act(() => {
      refused = expect(result.current.update(hi)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    })
    await on.settled()
    await refused
    expect(result.current.data?.message).toBe('old')
    expect(all.some(({ data }) => data?.message === 'hi')).toBe(true)
  })

  test('removes at once', async () => {
    const on = stage()
    on.site.set('banner', { _id: 'banner', key: 'banner', active: true, message: 'old' })
    const { result } = on.hook(() => useKv(api.siteConfig, 'banner'))
    await on.settled()
    on.network.auto = false
    act(() => void result.current.remove())
    await on.settled()
    expect(result.current.data).toBeNull()
    on.network.flush()
    await on.settled()
    expect(result.current.data).toBeNull()
  })

  test('its functions stay the same from render to render', async () => {
    const on = stage()
    const { result, rerender } = on.hook(() => useKv(api.siteConfig, 'banner'))
    const { update, remove, restore } = result.current
    await on.settled()
    rerender(undefined)
    expect(result.current).toMatchObject({ update, remove, restore })
  })

  test('skipped refuses to write', async () => {
    const on = stage()
    const { result } = on.hook(() => useKv(api.siteConfig, 'skip'))
    await expect(result.current.update(hi)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(on.network.log).toHaveLength(0)
  })
})

describe('useSingleton', () => {
  test('begins, patches and clears at once', async () => {
    const on = stage()
    const { result } = on.hook(() => useSingleton(api.profile))
    await on.settled()
    expect(result.current.data).toBeNull()
    on.network.auto = false
    act(() => void result.current.upsert({ displayName: 'Ann', color: 'red' }))
    await on.settled()
    expect(result.current.data).toMatchObject({ displayName: 'Ann', isPending: true })
    on.network.flush()
    await on.settled()
    expect(result.current.data).toMatchObject({ displayName: 'Ann', color: 'red' })
    act(() => void result.current.upsert({}, { unset: ['color'] }))
    await on.settled()
    expect(result.current.data).not.toHaveProperty('color')
    on.network.flush()
    await on.settled()
    expect(result.current.data).toEqual({ _id: 'me', displayName: 'Ann', updatedAt: 2 })
  })
})

describe('useList', () => {
  test('of the same list in two places is one list', async () => {
    const on = stage()
    for (let vote = 0; vote < 5; vote++) on.vote('p', 0)
    const one = on.hook(() => useList(api.vote.list, { parent: 'p' }, { pageSize: 2 }))
    const two = on.hook(() => useList(api.vote.list, { parent: 'p' }, { pageSize: 2 }))
    await on.settled()
    act(() => one.result.current.loadMore())
    await on.settled()
    expect(two.result.current.data).toHaveLength(4)
  })
})

describe('useMut', () => {
  test('is called with arguments, resolves to the result, and tells of itself meanwhile', async () => {
    const on = stage()
    const seen: unknown[] = []
    const { result } = on.hook(() =>
      useMut(api.siteConfig.set, {
        onSuccess: (row, args) => seen.push(['success', row.message, args.key]),
        onSettled: (row, error) => seen.push(['settled', row?.message, error]),
        toast: { success: (row) => `Saved ${row.message}`, error: true },
      }),
    )
    on.network.auto = false
    let done: Promise<unknown> | undefined
    act(() => {
      done = result.current({ key: 'banner', payload: { active: true, message: 'hi' } })
    })
    await on.settled()
    expect(result.current.isPending).toBe(true)
    on.network.flush()
    await on.settled()
    expect(await done).toMatchObject({ message: 'hi' })
    expect({ ...result.current }).toMatchObject({
      isPending: false,
      error: null,
      data: { message: 'hi' },
    })
    expect(seen).toEqual([
      ['success', 'hi', 'banner'],
      ['settled', 'hi', null],
    ])
    expect(on.toasts).toEqual([{ kind: 'success', text: 'Saved hi' }])
  })

  test('rejects with the error, shows it, and forgets it when told to', async () => {
    const on = stage()
    const codes: string[] = []
    const { result } = on.hook(() =>
      useMut(api.siteConfig.set, {
        onError: (error) => codes.push(error.code),
        toast: { error: true },
      }),
    )
    on.refuse(forbidden)
    await act(async () => {
      const call = result.current({ key: 'banner', payload: { active: true, message: 'hi' } })
      await expect(call).rejects.toMatchObject({ code: 'FORBIDDEN' })
    })
    await on.settled()
    expect(result.current.error?.code).toBe('FORBIDDEN')
    expect(codes).toEqual(['FORBIDDEN'])
    expect(on.toasts).toEqual([{ kind: 'error', text: 'Only admins.' }])
    act(() => result.current.reset())
    await on.settled()
    expect(result.current.error).toBeNull()
  })

  test('shows what it was told to expect, on every page that fits', async () => {
    const on = stage()
    on.vote('p', 0)
    const list = on.hook(() => useList(api.vote.list, { parent: 'p' }))
    const { result } = on.hook(() =>
      useMut(api.vote.purgeByParent, {
        optimistic: (store, { parent }) =>
          store.updateAll(
            api.vote.list,
            (args) => args.parent === parent,
            (value) => ({ ...value, page: [], isDone: true }),
          ),
      }),
    )
    await on.settled()
    on.network.auto = false
    act(() => void result.current({ parent: 'p' }))
    await on.settled()
    expect(list.result.current.data).toEqual([])
  })

  test('keeps its identity while its state does', async () => {
    const on = stage()
    const { result, rerender } = on.hook(() => useMut(api.stats.reset))
    const before = result.current
    rerender(undefined)
    expect(result.current).toBe(before)
  })
})

describe('useConnection', () => {
  test('says whether what is shown is live', async () => {
    const on = stage()
    const { result } = on.hook(() => {
      useQuery(api.siteConfig.get, { key: 'banner' })
      return useConnection()
    })
    expect(result.current).toBe('connecting')
    await on.settled()
    expect(result.current).toBe('live')
    on.network.down = true
    on.network.cutAll()
    await on.pass(5000)
    expect(result.current).toBe('offline')
  })
})

test('hooks without a provider say what is missing', () => {
  expect(() => renderHook(() => useConnection())).toThrow('NoboilProvider')
})
