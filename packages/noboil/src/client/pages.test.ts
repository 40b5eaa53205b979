import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NoboilError } from '../errors/error.ts'
import type { PaginatedResult } from '../factories/shared/operation.ts'
import { settle } from './clock.fixture.ts'
import { coreOf } from './client.ts'
import { Pager } from './pages.ts'
import { pollSim, type PollSim } from './poll.fixture.ts'
import type { Row } from './simulation.fixture.ts'
import type { Live } from './store.ts'

const pagerOf = (sim: PollSim, pageSize: number): Pager<Row> => {
  const core = coreOf(sim.client)
  return new Pager(
    (paginationOpts) =>
      core.watchPath('item.list', { paginationOpts }) as Live<PaginatedResult<Row>>,
    pageSize,
  )
}

const item = (rank: number): Row => ({ _id: `i${rank}`, rank })
const ranks = (pager: Pager<Row>): number[] | undefined =>
  pager.get().data?.rows.map((row) => row['rank'] as number)

async function listed(
  count: number,
  pageSize: number,
): Promise<{ sim: PollSim; pager: Pager<Row> }> {
  const sim = pollSim()
  for (let rank = 1; rank <= count; rank++) sim.items.push(item(rank * 10))
  const pager = pagerOf(sim, pageSize)
  pager.subscribe(() => {})
  await settle()
  return { sim, pager }
}

describe('a list', () => {
  test('shows a page, then more, then says that there is no more', async () => {
    const { pager } = await listed(5, 2)
    expect(pager.get().data).toMatchObject({ hasMore: true, isLoadingMore: false })
    pager.loadMore()
    expect(pager.get().data?.isLoadingMore).toBe(true)
    await settle()
    expect(ranks(pager)).toEqual([10, 20, 30, 40])
    pager.loadMore(10)
    await settle()
    expect(ranks(pager)).toEqual([10, 20, 30, 40, 50])
    expect(pager.get().data?.hasMore).toBe(false)
  })

  test('that is empty is known, and has no more', async () => {
    const { pager } = await listed(0, 2)
    expect(pager.get()).toEqual({
      data: { rows: [], hasMore: false, isLoadingMore: false },
      error: null,
    })
    pager.loadMore()
    expect(pager.get().data?.isLoadingMore).toBe(false)
  })

  test('keeps what it shows while more is loading', async () => {
    const { sim, pager } = await listed(5, 2)
    sim.network.auto = false
    pager.loadMore()
    await settle()
    expect(ranks(pager)).toEqual([10, 20])
    sim.network.flush()
    await settle()
    expect(ranks(pager)).toEqual([10, 20, 30, 40])
  })

  test('loads once, however often it is asked while it loads', async () => {
    const { sim, pager } = await listed(9, 2)
    pager.loadMore()
    pager.loadMore()
    await settle()
    expect(ranks(pager)).toHaveLength(4)
    expect(sim.network.log.filter(({ kind }) => kind === 'steer')).toHaveLength(3)
  })

  test('goes over to more only when all of it is known', () => {
    const listeners = new Map<string, () => void>()
    const known = new Map<string, PaginatedResult<Row>>()
    const pager = new Pager<Row>((options) => {
      const key = JSON.stringify(options)
      return {
        get: () => ({ data: known.get(key), error: null }),
        subscribe: (listener) => {
          listeners.set(key, listener)
          return () => listeners.delete(key)
        },
      }
    }, 1)
    const answer = (ending: string, page: PaginatedResult<Row>): void => {
      const key = [...listeners.keys()].find((key) => key.includes(ending)) as string
      known.set(key, page)
      listeners.get(key)?.()
    }
    pager.subscribe(() => {})
    answer('"cursor":null', { page: [item(1)], continueCursor: 'a', isDone: false })
    pager.loadMore()
    answer('"cursor":"a"', { page: [item(2)], continueCursor: 'b', isDone: false })
    expect(ranks(pager)).toEqual([1])
    answer('"endCursor":"a"', { page: [item(1)], continueCursor: 'a', isDone: false })
    expect(ranks(pager)).toEqual([1, 2])
    expect(listeners.size).toBe(2)
  })

  test('grows where rows come into pages that are pinned, and shrinks where they go', async () => {
    const { sim, pager } = await listed(6, 2)
    pager.loadMore()
    await settle()
    sim.server.commit(() => sim.items.push(item(5), item(15), item(35)))
    await settle()
    expect(ranks(pager)).toEqual([5, 10, 15, 20, 30, 35])
    sim.server.commit(() => sim.items.splice(0, 3))
    await settle()
    expect(ranks(pager)).toEqual([5, 15, 35, 40])
  })

  test('whose cursors lose their meaning begins again at its head', async () => {
    const { sim, pager } = await listed(6, 2)
    pager.loadMore()
    await settle()
    const query = sim.server.queries.get('item.list')
    sim.server.restore('e2', () => {
      sim.server.queries.set('item.list', (args) => {
        const { cursor } = args['paginationOpts'] as { cursor: string | null }
        if (cursor !== null) throw new NoboilError('INVALID_CURSOR', 'Of another history.')
        return query?.(args)
      })
    })
    await sim.clock.pass(5000)
    expect(ranks(pager)).toEqual([10, 20])
    expect(pager.get().error).toBeNull()
  })

  test('of which no more can be had says why, and keeps what it has', async () => {
    const { sim, pager } = await listed(6, 2)
    const query = sim.server.queries.get('item.list')
    sim.server.queries.set('item.list', (args) => {
      const { cursor } = args['paginationOpts'] as { cursor: string | null }
      if (cursor !== null) throw new NoboilError('FORBIDDEN', 'Only the first page.')
      return query?.(args)
    })
    pager.loadMore()
    await settle()
    expect(ranks(pager)).toEqual([10, 20])
    expect(pager.get().error?.code).toBe('FORBIDDEN')
    expect(pager.get().data?.isLoadingMore).toBe(false)
  })

  test('that nobody looks at follows nothing', async () => {
    const sim = pollSim()
    const pager = pagerOf(sim, 2)
    const stop = pager.subscribe(() => {})
    await settle()
    stop()
    await sim.clock.pass(10_000)
    expect(sim.server.connections.size).toBe(0)
    expect(pager.get().data).toBeUndefined()
  })

  test('of a senseless page size is refused', () => {
    expect(() => pagerOf(pollSim(), 0)).toThrow(NoboilError)
  })
})

type Step =
  | { readonly type: 'add'; readonly rank: number }
  | { readonly type: 'remove'; readonly at: number }
  | { readonly type: 'more'; readonly count: number }
  | { readonly type: 'bytes'; readonly count: number }
  | { readonly type: 'flush' | 'cut' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('add' as const), rank: fc.nat(500) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('remove' as const), at: fc.nat(30) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('more' as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('bytes' as const), count: fc.nat(600) }) },
  { weight: 5, arbitrary: fc.constant({ type: 'flush' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'cut' as const }) },
)

test('a list misses nothing and doubles nothing, while rows come and go and pages load', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), async (steps) => {
      const { sim, pager } = await listed(12, 3)
      const faults: string[] = []
      pager.subscribe(() => {
        const shown = ranks(pager) ?? []
        const isSorted = shown.every((rank, at) => at === 0 || rank > (shown[at - 1] as number))
        if (!isSorted) faults.push(shown.join())
      })
      sim.network.auto = false
      for (const one of steps) {
        if (one.type === 'add' && !sim.items.some(({ rank }) => rank === one.rank)) {
          sim.server.commit(() => sim.items.push(item(one.rank)))
        } else if (one.type === 'remove' && one.at < sim.items.length) {
          sim.server.commit(() => sim.items.splice(one.at, 1))
        } else if (one.type === 'more') pager.loadMore(one.count)
        else if (one.type === 'bytes') for (const wire of sim.network.wires) wire.push(one.count)
        else if (one.type === 'flush') sim.network.flush()
        else if (one.type === 'cut') sim.network.cutAll()
        await settle()
      }
      sim.network.auto = true
      for (let turn = 0; turn < 20; turn++) {
        sim.network.flush()
        await sim.clock.pass(1000)
      }
      const all = sim.items.map(({ rank }) => rank as number).sort((a, b) => a - b)
      const shown = ranks(pager) ?? []
      // From the head without a hole, and to the end when it says so.
      expect(shown).toEqual(all.slice(0, shown.length))
      expect(pager.get().data?.hasMore).toBe(shown.length < all.length)
      expect(shown.length).toBeGreaterThanOrEqual(Math.min(1, all.length))
      expect(faults).toEqual([])
    }),
    { numRuns: 200 },
  )
}, 60_000)
