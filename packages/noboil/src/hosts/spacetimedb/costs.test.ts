/**
 * What calls read: counted by the stand-in, among 10 rows and among 10,000. No call scans a table, and none reads more rows because
 * there are more, but for the height of the indexes.
 */
import { expect, it } from 'vitest'
import type { CallCost } from '../../exports/spacetimedb-testing.ts'
import { callOf } from '../../schema/spacetimedb/calls.ts'
import { openRig, type Rig } from './app.fixture.ts'
import { schemaOfFixture } from './schema.fixture.ts'

/** What an index is higher among many rows, in nodes; a call asks a few indexes. */
const higher = 10

/** Rows that one transaction brings in step with their parent, and what each of them takes. */
const moved = 200 * 16

/** Rows that a view shows: 100 under each of 100 parents, and what each parent takes. */
const shown = 100 * 100 * 2 + 100 * 40

interface World {
  readonly rig: Rig
  readonly poll: string
  readonly vote: string
  readonly comment: string
}

async function world(rows: number): Promise<World> {
  const rig = await openRig()
  const many = (count: number, payload: object, path: string, more: object = {}): void => {
    for (let left = count; left > 0; left -= 1_000) {
      const items = Array.from({ length: Math.min(left, 1_000) }, () => payload)
      rig.call('ann', path, { ...more, items })
    }
  }
  const { _id: parent } = rig.call('ann', 'poll.create', {
    payload: { title: 'Tea?', isPublic: true },
  })
  many(rows, { optionIdx: 0 }, 'vote.appendBulk', { parent })
  // These are kept like any other rows; fewer of them show as much.
  const others = Math.min(rows, 2_000)
  many(others, { text: 'hi' }, 'comment.createBulk', { parent })
  many(others, { title: 'Coffee?' }, 'poll.createBulk')
  for (let key = 0; key < Math.min(rows, 100); key++) {
    rig.call('ann', 'banner.set', { key: `${key}`, payload: { message: 'hi' } })
  }
  const [vote] = rig.call<readonly { _id: string }[]>('ann', 'vote.listAfter', {
    parent,
    seq: 3,
    limit: 1,
  })
  const { _id: comment } = rig.call('bob', 'comment.create', { parent, payload: { text: 'hi' } })
  return { rig, poll: parent, vote: vote?._id ?? '', comment }
}

const page = { paginationOpts: { numItems: 10, cursor: null } }
const payload = { optionIdx: 1 }

/** Every operation, in an order in which each has something to do. */
const calls: readonly (readonly [string, (world: World) => object, number?])[] = [
  ['poll.create', () => ({ payload: { title: 'Milk?' } })],
  ['poll.createBulk', () => ({ items: [{ title: 'Milk?' }] })],
  ['poll.read', ({ poll: id }) => ({ id })],
  ['poll.list', () => page],
  ['poll.auth.list', () => page],
  ['poll.pub.list', () => page],
  ['poll.update', ({ poll: id }) => ({ id, patch: { title: 'Tea!' } }), moved],
  ['vote.append', ({ poll: parent }) => ({ parent, payload, idempotencyKey: 'a' })],
  ['vote.append', ({ poll: parent }) => ({ parent, payload, idempotencyKey: 'a' })],
  ['vote.appendBulk', ({ poll: parent }) => ({ parent, items: [payload] })],
  ['vote.read', ({ vote: id }) => ({ id })],
  ['vote.list', ({ poll: parent }) => ({ parent, ...page })],
  ['vote.auth.list', ({ poll: parent }) => ({ parent, ...page })],
  ['vote.listAfter', ({ poll: parent }) => ({ parent, seq: 5, limit: 10 })],
  ['vote.counts', ({ poll: parent }) => ({ parent, field: 'optionIdx' })],
  ['vote.update', ({ vote: id }) => ({ id, patch: payload })],
  ['vote.rm', ({ vote: id }) => ({ id })],
  ['vote.rmBulk', ({ vote: id }) => ({ ids: [id] })],
  ['vote.purgeByParent', ({ poll: parent }) => ({ parent }), moved],
  ['vote.restoreByParent', ({ poll: parent }) => ({ parent }), moved],
  ['comment.create', ({ poll: parent }) => ({ parent, payload: { text: 'x' } })],
  ['comment.list', ({ poll: parent }) => ({ parent, ...page })],
  ['comment.update', ({ comment: id }) => ({ id, patch: { text: 'y' } })],
  ['comment.rm', ({ comment: id }) => ({ id })],
  ['banner.set', () => ({ key: '5', payload: { message: 'new' } })],
  ['banner.get', () => ({ key: '5' })],
  ['banner.list', () => page],
  ['banner.rm', () => ({ key: '5' })],
  ['banner.restore', () => ({ key: '5' })],
  ['profile.upsert', () => ({ payload: { name: 'Ann' } })],
  ['profile.get', () => ({})],
  ['ballots.consume', () => ({})],
  ['ballots.check', () => ({})],
  ['poll.rm', ({ poll: id }) => ({ id }), moved],
  ['poll.restore', ({ poll: id }) => ({ id }), 2 * moved],
]

const views = ['my_poll', 'my_vote', 'my_comment', 'my_profile', 'my_user', 'my_results']

function costs(world: World): ReadonlyMap<string, CallCost> {
  const { rig } = world
  const found = new Map<string, CallCost>()
  for (const [path, argsOf] of calls) {
    const call = callOf(schemaOfFixture, path)
    const args = argsOf(world)
    const caller = rig.host.as('ann')
    if (call.kind === 'reducer') caller.call(call.name, call.encode(args, `${found.size}`))
    else caller.procedure(call.name, call.encode(args))
    found.set(found.has(path) ? `${path} again` : path, rig.host.costs())
    rig.host.advance(1)
  }
  for (const view of views) {
    rig.host.as('ann').rows(view)
    found.set(view, rig.host.costs())
  }
  return found
}

it('no call scans, and a call reads as much among 10,000 rows as among 10', async () => {
  const few = costs(await world(10))
  const many = costs(await world(10_000))
  const unbounded: object[] = []
  const limits = new Map(calls.map(([path, , limit]) => [path, limit]))
  for (const [name, cost] of many) {
    const limit = name.startsWith('my_') ? shown : limits.get(name)
    const most = limit ?? (few.get(name)?.rowsRead ?? 0) + higher
    if (cost.scans > 0 || cost.rowsRead > most) unbounded.push({ ...cost, name, most })
  }
  expect(unbounded).toEqual([])
}, 240_000)
