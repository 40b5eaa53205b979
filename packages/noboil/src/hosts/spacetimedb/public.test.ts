import { describe, expect, it, vi } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { openRig, type Rig } from './app.fixture.ts'

/** A module is bundled once per file, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

async function world(isPublic: boolean) {
  const rig = await openRig()
  const { _id: parent } = rig.call('ann', 'poll.create', { payload: { title: 'Tea?', isPublic } })
  const append = (optionIdx = 0, who = 'ann') =>
    rig.call<{ seq: number }>(who, 'vote.append', { parent, payload: { optionIdx } })
  return { rig, parent, append }
}

const seqs = (rig: Rig, who = 'eve') =>
  rig
    .sees(who, 'vote')
    .map(({ seq }) => seq as number)
    .toSorted((a, b) => a - b)

describe('a public table', () => {
  it('holds rows under public parents, with the columns that reads answer and no others', async () => {
    const { rig, parent, append } = await world(true)
    append(1)
    const [row] = rig.sees('eve', 'vote')
    expect(row).toMatchObject({ parent, seq: 1, optionIdx: 1, voter: 'Tea?' })
    for (const internal of ['epoch', 'deletedAt', 'deletedEpoch', 'fingerprint', '_key']) {
      expect(row).not.toHaveProperty(internal)
    }
  })

  it('holds nothing of a private parent, which its owner finds in a view of their own', async () => {
    const { rig, append } = await world(false)
    append()
    for (const table of ['poll', 'vote']) expect(rig.sees('ann', table)).toEqual([])
    expect(rig.sees('ann', 'my_poll')).toHaveLength(1)
    expect(rig.sees('ann', 'my_vote')).toHaveLength(1)
    for (const view of ['my_poll', 'my_vote']) expect(rig.sees('eve', view)).toEqual([])
  })

  it('follows what makes a parent public and private again, its many rows by and by', async () => {
    const { rig, parent } = await world(false)
    const items = Array.from({ length: 500 }, (_, optionIdx) => ({ optionIdx }))
    rig.call('ann', 'vote.appendBulk', { parent, items })
    rig.call('ann', 'poll.update', { id: parent, patch: { isPublic: true } })
    expect(rig.sees('eve', 'vote')).toHaveLength(200)
    rig.host.advance(1)
    expect(rig.sees('eve', 'vote')).toHaveLength(500)
    rig.call('ann', 'poll.update', { id: parent, patch: { isPublic: false } })
    expect(rig.sees('eve', 'poll')).toEqual([])
    rig.host.advance(1)
    expect(rig.sees('eve', 'vote')).toEqual([])
    expect(rig.host.tables('_moves')).toEqual([])
  })

  it('loses what is removed or purged, and gets back what is restored', async () => {
    const { rig, parent, append } = await world(true)
    for (let at = 0; at < 3; at++) append()
    const second = rig.sees('ann', 'vote').find(({ seq }) => seq === 2)
    rig.call('ann', 'vote.rm', { id: second?._id })
    expect(seqs(rig)).toEqual([1, 3])
    rig.call('ann', 'vote.purgeByParent', { parent })
    expect(seqs(rig)).toEqual([])
    rig.call('ann', 'vote.restoreByParent', { parent })
    expect(seqs(rig)).toEqual([1, 2, 3])
    rig.call('ann', 'poll.rm', { id: parent })
    expect([...rig.sees('eve', 'poll'), ...seqs(rig)]).toEqual([])
  })

  it('of a kv table holds every key that is there', async () => {
    const rig = await openRig()
    rig.call('ann', 'banner.set', { key: 'top', payload: { message: 'hi' } })
    expect(rig.sees('eve', 'banner')).toMatchObject([{ key: 'top', message: 'hi', kind: 'info' }])
    rig.call('ann', 'banner.rm', { key: 'top' })
    expect(rig.sees('eve', 'banner')).toEqual([])
  })
})

describe('a client without noboil', () => {
  it('reads no table that is not public, whoever it is', async () => {
    const { rig, append } = await world(false)
    append()
    const names = ['nodes', 'roots', 'unique', 'meta', 'results', 'wakes', 'moves', 'ticks']
    const rows = ['vote', 'poll', '_logCounters', '_windows', 'users', '_schedule']
    for (const name of [
      ...names.map((each) => `_${each}`),
      ...rows.map((each) => `_rows_${each}`),
    ]) {
      expect(rig.host.tables(name)).toBeDefined()
      expect(() => rig.sees('ann', name)).toThrow(/\w/)
      expect(() => rig.host.as('ann').sql(`SELECT * FROM ${name}`)).toThrow(/\w/)
    }
  })

  it('sees its own answers alone', async () => {
    const { rig, append } = await world(true)
    append()
    expect(rig.sees('ann', 'my_results')).not.toEqual([])
    expect(rig.sees('eve', 'my_results')).toEqual([])
  })

  it('may not call what is for the database or its owner', async () => {
    const { rig } = await world(true)
    const eve = rig.host.as('eve')
    const refusal = (call: () => unknown): unknown => {
      try {
        return call()
      } catch (error) {
        return errorCode(error)
      }
    }
    const person = JSON.stringify({ _id: 'users.eve', name: 'Eve', role: 'admin' })
    expect(refusal(() => eve.call('put_users', { args: person }))).toBe('FORBIDDEN')
    expect(refusal(() => eve.call('remove_users', { args: '{"userId":"users.ann"}' }))).toBe(
      'FORBIDDEN',
    )
    const at = { tag: 'Time', value: { microsSinceUnixEpoch: 0n } }
    for (const name of ['run_tick', 'move_rows', 'expire_result']) {
      expect(() => eve.call(name, { row: { id: 1n, at } })).toThrow(/\w/)
    }
  })
})

it('answers are gone after a minute', async () => {
  const { rig } = await world(true)
  expect(rig.sees('ann', 'my_results')).toHaveLength(1)
  rig.host.advance(59_000)
  expect(rig.sees('ann', 'my_results')).toHaveLength(1)
  rig.host.advance(2_000)
  expect(rig.sees('ann', 'my_results')).toEqual([])
})

it('a hook that returns a promise is refused by its name, and nothing is written', async () => {
  const { rig, parent } = await world(true)
  const args = { parent, payload: { optionIdx: 0, voter: 'late' } }
  expect(() => rig.call('ann', 'vote.append', args)).toThrow(
    /UNSUPPORTED: vote\.hooks\.beforeAppend/,
  )
  expect(rig.host.tables('_rows_vote')).toEqual([])
})

it('nested values, and values that may be null, come back as they went in', async () => {
  const { rig, parent } = await world(true)
  const whole = { optionIdx: 1.5, where: { town: 'Wien', floor: 2 }, labels: { a: 1 } }
  const scant = { optionIdx: -2, where: null }
  for (const payload of [whole, scant]) rig.call('ann', 'vote.append', { parent, payload })
  const rows = rig.call<object[]>('ann', 'vote.listAfter', { parent, seq: 0 })
  expect(rows).toMatchObject([whole, scant])
  expect(rows[1]).not.toHaveProperty('labels')
})
