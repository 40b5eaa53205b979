import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NoboilError } from '../errors/error.ts'
import type { PaginatedResult, PaginationOptions } from '../factories/shared/operation.ts'
import { settle } from './clock.fixture.ts'
import { coreOf } from './client.ts'
import { Pager } from './pages.ts'
import { pollSim, type PollSim } from './poll.fixture.ts'
import type { Row } from './simulation.fixture.ts'
import type { Live } from './store.ts'

/** The pages that somebody follows, by their arguments. */
type Followed = Map<PaginationOptions, Live<PaginatedResult<Row>>>

const pagerOf = (sim: PollSim, pageSize: number, followed: Followed = new Map()): Pager<Row> => {
  const core = coreOf(sim.client)
  return new Pager((paginationOpts) => {
    const live = core.watchPath('item.list', { paginationOpts }) as Live<PaginatedResult<Row>>
    return {
      get: () => live.get(),
      subscribe(listener) {
        followed.set(paginationOpts, live)
        const stop = live.subscribe(listener)
        return () => {
          followed.delete(paginationOpts)
          stop()
        }
      },
    }
  }, pageSize)
}

const sizes = (followed: Followed): number[] =>
  [...followed.values()].map((live) => live.get().data?.page.length ?? 0)

const item = (rank: number): Row => ({ _id: `i${rank}`, rank })
const ranks = (pager: Pager<Row>): number[] | undefined =>
  pager.get().data?.rows.map((row) => row['rank'] as number)

async function listed(
  count: number,
  pageSize: number,
): Promise<{ sim: PollSim; pager: Pager<Row>; followed: Followed }> {
  const followed: Followed = new Map()
  const sim = pollSim()
  for (let rank = 1; rank <= count; rank++) sim.items.push(item(rank * 10))
  const pager = pagerOf(sim, pageSize, followed)
  pager.subscribe(() => {})
  await settle()
  return { sim, pager, followed }
}

interface ByHand {
  readonly pager: Pager<Row>
  readonly listeners: ReadonlyMap<string, () => void>
  answer(page: Omit<PaginationOptions, 'numItems'>, ranks: readonly number[], end: string): void
}

/** A pager whose pages the test answers itself. */
function byHand(pageSize: number): ByHand {
  const listeners = new Map<string, () => void>()
  const known = new Map<string, PaginatedResult<Row>>()
  const keyOf = ({ cursor, endCursor = null }: Omit<PaginationOptions, 'numItems'>): string =>
    `${cursor} to ${endCursor}`
  const pager = new Pager<Row>((options) => {
    const key = keyOf(options)
    return {
      get: () => ({ data: listeners.has(key) ? known.get(key) : undefined, error: null }),
      subscribe(listener) {
        listeners.set(key, listener)
        return () => {
          listeners.delete(key)
          known.delete(key)
        }
      },
    }
  }, pageSize)
  return {
    pager,
    listeners,
    answer(page, ranks, continueCursor) {
      known.set(keyOf(page), { page: ranks.map(item), continueCursor, isDone: false })
      listeners.get(keyOf(page))?.()
    },
  }
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
    const { pager, answer, listeners } = byHand(1)
    pager.subscribe(() => {})
    answer({ cursor: null }, [1], 'a')
    pager.loadMore()
    answer({ cursor: 'a' }, [2], 'b')
    expect(ranks(pager)).toEqual([1])
    answer({ cursor: null, endCursor: 'a' }, [1], 'a')
    expect(ranks(pager)).toEqual([1, 2])
    expect(listeners.size).toBe(2)
  })

  describe('whose pinned page is split', () => {
    const grown = (): ByHand => {
      const hand = byHand(1)
      hand.pager.subscribe(() => {})
      hand.answer({ cursor: null }, [3], 'c')
      hand.pager.loadMore()
      hand.answer({ cursor: 'c' }, [4], 'd')
      hand.answer({ cursor: null, endCursor: 'c' }, [1, 2, 3], 'c')
      return hand
    }

    test('goes over to the halves when they show what it shows, and not before', () => {
      const { pager, answer, listeners } = grown()
      answer({ cursor: null }, [1], 'a')
      answer({ cursor: null, endCursor: 'a' }, [1], 'a')
      answer({ cursor: 'a', endCursor: 'c' }, [2], 'c')
      expect(ranks(pager)).toEqual([1, 2, 3, 4])
      answer({ cursor: 'a', endCursor: 'c' }, [2, 3], 'c')
      expect(ranks(pager)).toEqual([1, 2, 3, 4])
      expect(listeners.size).toBe(3)
      answer({ cursor: null, endCursor: 'a' }, [], 'a')
      expect(ranks(pager)).toEqual([2, 3, 4])
    })

    test('stays whole when the cut is behind its end', () => {
      const { pager, answer, listeners } = grown()
      answer({ cursor: null }, [1], 'z')
      answer({ cursor: null, endCursor: 'z' }, [1, 2, 3], 'z')
      answer({ cursor: 'z', endCursor: 'c' }, [], 'c')
      expect(ranks(pager)).toEqual([1, 2, 3, 4])
      expect([...listeners.keys()].join()).not.toContain('z')
    })

    test('follows nothing more when nobody looks', () => {
      const hand = byHand(1)
      const stop = hand.pager.subscribe(() => {})
      hand.answer({ cursor: null }, [3], 'c')
      hand.pager.loadMore()
      hand.answer({ cursor: 'c' }, [4], 'd')
      hand.answer({ cursor: null, endCursor: 'c' }, [1, 2, 3], 'c')
      hand.answer({ cursor: null }, [1], 'a')
      expect(hand.listeners.size).toBe(5)
      stop()
      expect(hand.listeners.size).toBe(0)
    })
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

  test('splits pages into which many rows have come, and shows the same all the while', async () => {
    const { sim, pager, followed } = await listed(6, 2)
    pager.loadMore()
    await settle()
    const seen: (readonly number[] | undefined)[] = []
    pager.subscribe(() => seen.push(ranks(pager)))
    const more = [11, 12, 13, 14, 15, 16, 17, 18, 19]
    sim.server.commit(() => sim.items.push(...more.map(item)))
    await settle()
    const all = [10, ...more, 20, 30, 40]
    expect(ranks(pager)).toEqual(all)
    expect(new Set(seen.map(String))).toEqual(new Set([String(all)]))
    expect(Math.max(...sizes(followed))).toBeLessThanOrEqual(4)
    expect(sizes(followed).reduce((sum, rows) => sum + rows)).toBe(all.length)
    sim.server.commit(() => sim.items.splice(0, 3))
    await settle()
    expect(ranks(pager)).toEqual([...more, 40, 50])
  })

  test('leaves a page whole that cannot be split, and tries again when it has grown', async () => {
    const { sim, pager, followed } = await listed(6, 2)
    pager.loadMore()
    await settle()
    const query = sim.server.queries.get('item.list')
    let asked = 0
    sim.server.queries.set('item.list', (args) => {
      const { endCursor, cursor } = args['paginationOpts'] as PaginationOptions
      const isHalf = endCursor && cursor && ++asked > 0
      if (isHalf) throw new NoboilError('FORBIDDEN', 'No halves.')
      return query?.(args)
    })
    sim.server.commit(() => sim.items.push(item(11), item(12), item(13)))
    await settle()
    expect(ranks(pager)).toEqual([10, 11, 12, 13, 20, 30, 40])
    expect(pager.get().error).toBeNull()
    const before = asked
    sim.server.commit(() => sim.items.push(item(14)))
    await settle()
    expect([asked, before > 0]).toEqual([before, true])
    if (query) sim.server.queries.set('item.list', query)
    sim.server.commit(() => sim.items.push(item(15), item(16)))
    await settle()
    expect(ranks(pager)).toEqual([10, 11, 12, 13, 14, 15, 16, 20, 30, 40])
    expect(Math.max(...sizes(followed))).toBeLessThanOrEqual(4)
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
  { weight: 7, arbitrary: fc.record({ type: fc.constant('add' as const), rank: fc.nat(150) }) },
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
      const { sim, pager, followed } = await listed(12, 3)
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
      // Twice what a page was asked for: three rows, or four of `more`.
      expect(Math.max(...sizes(followed))).toBeLessThanOrEqual(8)
    }),
    { numRuns: 200 },
  )
}, 60_000)
