/** What hooks show, and calls come to, while the connection is away. */
import { act, cleanup } from '@testing-library/react'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { errorCode } from '../../errors/match.ts'
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
import { useLog } from './log.ts'
import { useConnection } from './provider.tsx'

const { reducers } = bindings

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

describe('when the connection goes', () => {
  it('rows stay, the state says so, and what happened meanwhile comes at once', async () => {
    cast(2)
    const { now, all } = ann.hook(() => ({
      log: useLog(votes, { parent }),
      state: useConnection(),
    }))
    await until(() => expect(seqs(now().log.data)).toEqual([2, 1]))
    act(() => ann.cut())
    cast(1)
    await until(() => expect(seqs(now().log.data)).toEqual([3, 2, 1]))
    expect(all.map(({ state }) => state)).toContain('offline')
    const known = all.slice(all.findIndex(({ log }) => log.data !== undefined))
    expect(known.filter(({ log }) => (log.data?.length ?? 0) < 2)).toEqual([])
  })

  it('under load, nothing is missed and nothing is doubled', async () => {
    const bob = world.person('bob')
    const mine = ann.hook(() => useLog(votes, { parent }, { pageSize: 1_000 }))
    await until(() => expect(mine.now().data).toEqual([]))
    const calls: Promise<unknown>[] = []
    for (let round = 0; round < 40; round++) {
      const idempotencyKey = `ann ${round}`
      const payload = { optionIdx: round }
      const append = (): Promise<unknown> =>
        mine
          .now()
          .append({ payload, idempotencyKey })
          .catch(async (error: unknown) => {
            // What may not have arrived is sent again, under its key.
            if (errorCode(error) !== 'UNAVAILABLE') throw error
            return append()
          })
      calls.push(begin(append))
      calls.push(bob.client.call(reducers.append_vote, { parent, payload }))
      if (round % 8 === 3) act(() => ann.cut())
      await act(() => new Promise((turn) => setImmediate(turn)))
    }
    await act(() => Promise.all(calls))
    const wanted = Array.from({ length: 80 }, (_, at) => 80 - at)
    await until(() => expect(seqs(mine.now().data)).toEqual(wanted))
    expect(mine.now().data?.some((row) => 'isPending' in row)).toBe(false)
    for (const { data } of mine.all) {
      const ids = (data ?? []).map(({ _id }) => _id)
      expect(new Set(ids).size).toBe(ids.length)
    }
  })

  it('a call whose answer was on its way is answered by the next connection', async () => {
    const { now } = ann.hook(() => useLog(votes, { parent }))
    await until(() => expect(now().data).toEqual([]))
    ann.deafen()
    const appended = begin(() => now().append({ payload: { optionIdx: 0 } }))
    await until(() => expect(world.rig.sees('ann', 'vote')).toHaveLength(1))
    act(() => ann.cut())
    expect(await act(() => appended)).toEqual({ seq: 1, created: true })
    expect(seqs(now().data)).toEqual([1])
  })

  it('a call that never arrived is UNAVAILABLE, and is taken back', async () => {
    const { now } = ann.hook(() => useLog(votes, { parent }))
    await until(() => expect(now().data).toEqual([]))
    const release = ann.hold()
    const appended = begin(() => now().append({ payload: { optionIdx: 0 } }))
    expect(now().data).toHaveLength(1)
    act(() => ann.cut())
    release()
    expect(await act(() => codeOf(appended))).toBe('UNAVAILABLE')
    await until(() => expect(now().data).toEqual([]))
    expect(world.rig.sees('ann', 'vote')).toEqual([])
  })
})
