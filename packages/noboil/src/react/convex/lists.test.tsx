/** Lists, page by page, under whatever happens to their rows. */
import { act, cleanup } from '@testing-library/react'
import { type FunctionReference, makeFunctionReference } from 'convex/server'
import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { api, seqsOf, tape, until, openStage, vote } from './app.fixture.tsx'
import { useList } from './list.ts'
import { useLog } from './log.ts'

// The machine that runs this may be busy with all the others.
vi.setConfig({ testTimeout: 60_000 })

const stage = openStage()

async function cast(count: number): Promise<void> {
  const { deployment, ann, poll } = stage.world
  const items = Array.from({ length: count }, (_, at) => vote(at))
  const as = deployment.as({ subject: ann })
  await act(() => as.mutation(api.vote.appendBulk, { parent: poll, items }))
}

test('a full page keeps its last row when a row is appended that nobody has confirmed', async () => {
  await cast(2)
  const { poll, ann, deployment } = stage.world
  const { now } = stage.hook(() => useLog(api.vote, { parent: poll }, { pageSize: 2 }), ann)
  await until(() => expect(seqsOf(now().data)).toEqual([2, 1]))
  const release = deployment.hold()
  act(() => void now().append({ payload: vote(0) }))
  await until(() => expect(seqsOf(now().data)).toEqual([3, 2, 1]))
  await act(async () => release())
  await until(() => expect(now().data?.[0]).not.toHaveProperty('isPending'))
  expect(seqsOf(now().data)).toEqual([3, 2, 1])
})

test('a list that is opened later has pages of its own', async () => {
  await cast(2)
  const { poll } = stage.world
  let isOpen = false
  const options = { pageSize: 2 }
  const useBoth = () => ({
    early: useLog(api.vote, { parent: poll }, options),
    late: useLog(api.vote, isOpen ? { parent: poll } : 'skip', options),
  })
  const { now, rerender } = stage.hook(useBoth)
  await until(() => expect(seqsOf(now().early.data)).toEqual([2, 1]))
  await cast(2)
  await until(() => expect(seqsOf(now().early.data)).toEqual([4, 3, 2, 1]))
  isOpen = true
  rerender()
  await until(() => expect(seqsOf(now().late.data)).toEqual([4, 3]))
  expect(now().late.hasMore).toBe(true)
  expect(seqsOf(now().early.data)).toEqual([4, 3, 2, 1])
})

test('a list whose cursor means nothing any more begins anew, without an error', async () => {
  const page = makeFunctionReference<'query'>('tape:page') as FunctionReference<'query'>
  const { now } = stage.hook(() => useList(page))
  await until(() => expect(now().data).toEqual([0]))
  act(() => now().loadMore())
  await until(() => expect(now().data).toEqual([0, 1]))
  tape.isCut = true
  act(() => now().loadMore())
  await until(() => expect(now()).toMatchObject({ data: [0], error: null, hasMore: true }))
  tape.isCut = false
  act(() => now().loadMore())
  await until(() => expect(now().data).toEqual([0, 1]))
})

test('whatever comes and goes, a list shows every row once, in order, from its head', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ kind: fc.constant('remove' as const), at: fc.nat(20) }),
    fc.record({ kind: fc.constant('more' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async (steps) => {
      const { deployment, ann, poll } = await stage.renew()
      const { now } = stage.hook(() => useLog(api.vote, { parent: poll }, { pageSize: 3 }))
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
      await stage.client.close()
    }),
    { numRuns: 25 },
  )
})
