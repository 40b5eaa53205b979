/** What outlives the loaded module: everything it knows is rows. */
import { expect, it, vi } from 'vitest'
import { openRig, type Rig } from './app.fixture.ts'

/** A module is bundled once per file, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

const consume = (rig: Rig) => rig.call<{ allowed: boolean }>('ann', 'ballots.consume').allowed

function pollWith(rig: Rig, votes: number, isPublic: boolean): string {
  const { _id: parent } = rig.call('ann', 'poll.create', { payload: { title: 'Tea?', isPublic } })
  const items = Array.from({ length: votes }, () => ({ optionIdx: 0 }))
  rig.call('ann', 'vote.appendBulk', { parent, items })
  return parent
}

it('a window slides on over a restart', async () => {
  const rig = await openRig()
  expect([consume(rig), consume(rig), consume(rig)]).toEqual([true, true, false])
  rig.host.restart()
  rig.host.advance(59_999)
  expect(consume(rig)).toBe(false)
  rig.host.advance(1)
  expect(consume(rig)).toBe(true)
})

it('windows that are empty again go within a minute, however many there are', async () => {
  const rig = await openRig()
  for (let at = 0; at < 600; at++) rig.host.as(`guest ${at}`).call('consume_ballots', {})
  expect(rig.host.tables('_rows__windowStamps')).toHaveLength(600)
  rig.host.advance(120_000)
  for (const table of ['_rows__windows', '_rows__windowStamps']) {
    expect([table, rig.host.tables(table)]).toEqual([table, []])
  }
  expect(rig.host.tables('_ticks')).toHaveLength(1)
  expect(consume(rig)).toBe(true)
})

it('rows that move to the public table go on moving after a restart', async () => {
  const rig = await openRig()
  const id = pollWith(rig, 500, false)
  rig.call('ann', 'poll.update', { id, patch: { isPublic: true } })
  rig.host.restart()
  expect(rig.sees('eve', 'vote')).toHaveLength(200)
  rig.host.advance(1)
  expect(rig.sees('eve', 'vote')).toHaveLength(500)
})

it('a move that is overtaken by its opposite leaves nothing behind', async () => {
  const rig = await openRig()
  const id = pollWith(rig, 500, true)
  rig.call('ann', 'poll.update', { id, patch: { isPublic: false } })
  expect(rig.sees('eve', 'vote').length).toBeLessThan(500)
  rig.call('ann', 'poll.update', { id, patch: { isPublic: true } })
  rig.host.advance(1)
  expect(rig.sees('eve', 'vote')).toHaveLength(500)
  rig.call('ann', 'poll.update', { id, patch: { isPublic: false } })
  rig.call('ann', 'vote.purgeByParent', { parent: id })
  rig.host.advance(1)
  expect(rig.sees('eve', 'vote')).toEqual([])
  expect(rig.host.tables('_moves')).toEqual([])
})

it('a parent that is removed for good takes its many rows along by and by, also over a restart', async () => {
  const rig = await openRig()
  const id = pollWith(rig, 450, true)
  rig.call('ann', 'poll.rm', { id, hard: true })
  expect(rig.host.tables('_rows_vote').length).toBeGreaterThan(0)
  rig.host.restart()
  rig.host.advance(1_000)
  for (const table of ['_rows_vote', '_rows_poll', 'vote', 'poll', '_moves', '_rows__schedule']) {
    expect([table, rig.host.tables(table)]).toEqual([table, []])
  }
})

it('a guest is kept from their first write on, once', async () => {
  const rig = await openRig()
  const name = () => rig.host.tables('_rows_users').map((row) => row['name'])
  pollWith(rig, 1, true)
  expect(name()).toEqual([expect.stringMatching(/^guest [0-9a-f]{6}$/)])
  rig.host.restart()
  pollWith(rig, 1, true)
  expect(name()).toHaveLength(1)
})

it('updatedAt moves on though the clock stands still', async () => {
  const rig = await openRig()
  const set = (message: string) =>
    rig.call<{ updatedAt: number }>('ann', 'banner.set', { key: 'top', payload: { message } })
  const times = ['a', 'b', 'c'].map((message) => set(message).updatedAt)
  expect(times).toEqual([rig.host.now(), rig.host.now() + 1, rig.host.now() + 2])
})

it('answers expire after a restart as well', async () => {
  const rig = await openRig()
  consume(rig)
  rig.host.restart()
  rig.host.advance(61_000)
  expect(rig.host.tables('_results')).toEqual([])
})
