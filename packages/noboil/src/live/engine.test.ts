import { expect, test } from 'vitest'
import { item, type ListArgs, LiveRig, putItem, type TestClient } from './live.fixture.ts'

const follow = async (
  rig: LiveRig,
  client: TestClient,
  id: number,
  path: string,
  args: ListArgs,
): Promise<void> => {
  client.live.subscribe({ id, path, args })
  await rig.quiet()
}

const kinds = (client: TestClient): string[] => client.messages.map(({ type }) => type)

test('a new row reaches a tail without reading it again', async () => {
  const rig = new LiveRig()
  const client = rig.client()
  await follow(rig, client, 1, 'tail', { box: 'box.a', limit: 10 })
  const runs = rig.runs
  await rig.put(item(1))
  await rig.quiet()
  expect(client.value(1)).toEqual([item(1)])
  expect(kinds(client)).toEqual(['joined', 'snapshot', 'steps'])
  expect(rig.runs).toBe(runs)
})

test('a full page takes a new first row without reading it again, its end included', async () => {
  const rig = new LiveRig()
  for (const n of [1, 2, 3]) await rig.put(item(n))
  const client = rig.client()
  await follow(rig, client, 1, 'page', { box: 'box.a', limit: 2 })
  const runs = rig.runs
  await rig.put(item(4))
  await rig.quiet()
  expect(rig.runs).toBe(runs)
  expect(client.value(1)).toEqual(await rig.fresh('page', { box: 'box.a', limit: 2 }, null))
})

test('subscribers who see the same share one reading and one message', async () => {
  const rig = new LiveRig()
  const clients = Array.from({ length: 20 }, (_, at) => rig.client(`users.${at % 2}`))
  for (const client of clients) {
    client.live.subscribe({ id: 1, path: 'total', args: { box: 'box.a', limit: 1 } })
  }
  await rig.quiet()
  // Two callers judged, one answer.
  expect(rig.runs).toBe(3)
  await rig.put(item(1))
  await rig.quiet()
  expect(rig.runs).toBe(4)
  for (const client of clients) expect(client.value(1)).toEqual({ total: 1, ranks: 1 })
})

test('a commit reads only the groups it overlaps', async () => {
  const rig = new LiveRig()
  const clients = Array.from({ length: 50 }, () => rig.client())
  for (const [at, client] of clients.entries()) {
    client.live.subscribe({ id: 1, path: 'total', args: { box: `box.${at}`, limit: 1 } })
  }
  await rig.quiet()
  const runs = rig.runs
  await rig.put(item(1, 'box.7'))
  await rig.quiet()
  expect(rig.runs).toBe(runs + 1)
  expect(clients[7]?.value(1)).toEqual({ total: 1, ranks: 1 })
})

test('a change of a column that nobody looked at reads nothing again', async () => {
  const rig = new LiveRig()
  await rig.box('box.a', 'all', 'one')
  const client = rig.client('users.1')
  await follow(rig, client, 1, 'note', { box: 'box.a', limit: 1 })
  const runs = rig.runs
  // The note is the answer's, the owner is the judgement's.
  await rig.box('box.a', 'all', 'two')
  await rig.quiet()
  expect(rig.runs).toBe(runs + 1)
  expect(client.value(1)).toEqual({ note: 'two' })
})

test('several commits of one round are one reading', async () => {
  const rig = new LiveRig()
  const client = rig.client()
  await follow(rig, client, 1, 'total', { box: 'box.a', limit: 1 })
  const runs = rig.runs
  for (const n of [1, 2, 3, 4]) await rig.put(item(n))
  await rig.quiet()
  expect(rig.runs).toBe(runs + 1)
  expect(client.value(1)).toEqual({ total: 4, ranks: 10 })
})

test('an answer that is the same is not told', async () => {
  const rig = new LiveRig()
  await rig.put(item(1))
  const client = rig.client()
  await follow(rig, client, 1, 'total', { box: 'box.a', limit: 1 })
  await rig.put(item(1, 'box.a', { name: 'pear' }))
  await rig.quiet()
  expect(kinds(client)).toEqual(['joined', 'snapshot'])
})

test('a row that its listing cannot answer alone is read', async () => {
  const rig = new LiveRig()
  const client = rig.client()
  await follow(rig, client, 1, 'tail', { box: 'box.a', limit: 10 })
  const runs = rig.runs
  await rig.put(item(1, 'box.a', { name: 'odd' }))
  await rig.quiet()
  expect(rig.runs).toBe(runs + 1)
  expect(client.value(1)).toEqual([item(1, 'box.a', { name: 'odd' })])
})

test('lost access moves to the refused value, regained access back, and nothing leaks between', async () => {
  const rig = new LiveRig()
  await rig.box('box.a', 'all')
  const reader = rig.client('users.1')
  const owner = rig.client('users.2')
  for (const client of [reader, owner])
    await follow(rig, client, 1, 'tail', { box: 'box.a', limit: 9 })
  await rig.box('box.a', 'users.2')
  await rig.put(item(1))
  await rig.quiet()
  expect(reader.value(1)).toBeNull()
  expect(JSON.stringify(reader.messages)).not.toContain('apple')
  expect(owner.value(1)).toEqual([item(1)])
  // The owner was judged again and stays where it was: it is told nothing twice.
  expect(kinds(owner)).toEqual(['joined', 'snapshot', 'steps'])
  await rig.box('box.a', 'all')
  await rig.quiet()
  expect(reader.value(1)).toEqual([item(1)])
})

test('access lost in the commit that writes keeps the write from the caller', async () => {
  const rig = new LiveRig()
  await rig.box('box.a', 'all')
  const reader = rig.client('users.1')
  await follow(rig, reader, 1, 'page', { box: 'box.a', limit: 9 })
  await Promise.all([rig.box('box.a', 'users.2'), rig.put(item(1))])
  await rig.quiet()
  expect(reader.value(1)).toBeNull()
  expect(JSON.stringify(reader.messages)).not.toContain('apple')
})

test('another caller is judged anew', async () => {
  const rig = new LiveRig()
  await rig.box('box.a', 'users.1')
  const client = rig.client('users.1')
  await follow(rig, client, 1, 'tail', { box: 'box.a', limit: 9 })
  expect(client.value(1)).toEqual([])
  client.live.setCall({ user: null, internal: false, caller: 'shared' })
  await rig.put(item(1))
  await rig.quiet()
  expect(client.value(1)).toBeNull()
  expect(JSON.stringify(client.messages)).not.toContain('apple')
})

test('a client that comes back within the kept messages gets only those', async () => {
  const rig = new LiveRig()
  const args = { box: 'box.a', limit: 9 }
  const client = rig.client()
  await follow(rig, client, 1, 'tail', args)
  const since = client.since(1)
  client.live.close()
  await rig.put(item(1))
  await rig.put(item(2))
  await rig.quiet()
  const back = rig.client()
  back.groups.set(since.group, { value: [], revision: since.revision })
  back.live.subscribe({ id: 5, path: 'tail', args, since })
  await rig.quiet()
  expect(kinds(back)).toEqual(['joined', 'steps'])
  expect(back.value(5)).toEqual([item(1), item(2)])
})

test('a client that comes back after the kept messages gets the whole answer', async () => {
  const rig = new LiveRig({ maxRingMessages: 1 })
  const args = { box: 'box.a', limit: 9 }
  const client = rig.client()
  await follow(rig, client, 1, 'tail', args)
  const since = client.since(1)
  client.live.close()
  for (const n of [1, 2, 3]) {
    await rig.put(item(n))
    await rig.quiet()
  }
  const back = rig.client()
  back.live.subscribe({ id: 5, path: 'tail', args, since })
  await rig.quiet()
  expect(kinds(back)).toEqual(['joined', 'snapshot'])
  expect(back.value(5)).toEqual([item(1), item(2), item(3)])
})

test('a group is let go some time after its last client, and not before', async () => {
  const rig = new LiveRig({ lingerMs: 1_000 })
  const client = rig.client()
  await follow(rig, client, 1, 'tail', { box: 'box.a', limit: 9 })
  client.live.close()
  rig.wait(999)
  expect(rig.engine.statistics).toMatchObject({ groups: 1, clients: 0, subscriptions: 0 })
  rig.wait(1)
  rig.wait(1_000)
  expect(rig.engine.statistics).toMatchObject({ groups: 0, reads: 0, keptLength: 0 })
})

test('nobody waits for a group at rest: it is read when somebody comes', async () => {
  const rig = new LiveRig()
  const args = { box: 'box.a', limit: 1 }
  const client = rig.client()
  await follow(rig, client, 1, 'total', args)
  client.live.unsubscribe(1)
  const runs = rig.runs
  await rig.put(item(1))
  await rig.quiet()
  expect(rig.runs).toBe(runs)
  await follow(rig, client, 2, 'total', args)
  expect(client.value(2)).toEqual({ total: 1, ranks: 1 })
})

test('an unknown query, too many subscriptions and long arguments are refused by code', async () => {
  const rig = new LiveRig({ maxSubscriptions: 2, maxArgsLength: 50 })
  const client = rig.client()
  await follow(rig, client, 1, 'nothing', { box: 'box.a', limit: 1 })
  await follow(rig, client, 2, 'tail', { box: 'x'.repeat(60), limit: 1 })
  await follow(rig, client, 3, 'tail', { box: 'a', limit: 1 })
  await follow(rig, client, 4, 'tail', { box: 'b', limit: 1 })
  await follow(rig, client, 5, 'tail', { box: 'c', limit: 1 })
  expect(Object.fromEntries(client.failed)).toEqual({
    1: 'NOT_FOUND',
    2: 'LIMIT_EXCEEDED',
    5: 'LIMIT_EXCEEDED',
  })
})

test('an answer larger than the limit is refused', async () => {
  const rig = new LiveRig({ maxSnapshotLength: 300 })
  for (const n of [1, 2, 3, 4, 5, 6]) await rig.put(item(n))
  const client = rig.client()
  await follow(rig, client, 1, 'tail', { box: 'box.a', limit: 9 })
  expect(client.failed.get(1)).toBe('LIMIT_EXCEEDED')
})

test('a defect of a query is logged, and its message stays on the server', async () => {
  const rig = new LiveRig()
  const client = rig.client()
  await follow(rig, client, 1, 'fail', { box: 'box.a', limit: 1 })
  expect(client.failed.get(1)).toBe('INTERNAL')
  expect(JSON.stringify(client.messages)).not.toContain('defect')
  expect(rig.errors).toHaveLength(1)
})

test('a call is settled after the changes of its commit have been told', async () => {
  const rig = new LiveRig()
  const client = rig.client('users.1', 'tab')
  await follow(rig, client, 1, 'total', { box: 'box.a', limit: 1 })
  await rig.host.write(() => putItem(item(1)), { settles: { client: 'tab', mutationId: 'm1' } })
  await rig.quiet()
  expect(kinds(client)).toEqual(['joined', 'snapshot', 'snapshot', 'settled'])
  expect(client.settled).toEqual(['m1'])
})

test('a call that changed nothing is settled by its answer, once', async () => {
  const rig = new LiveRig()
  const client = rig.client('users.1', 'tab')
  await follow(rig, client, 1, 'total', { box: 'box.a', limit: 1 })
  rig.engine.settle('tab', 'm1', rig.host.revision)
  rig.engine.settle('tab', 'm1', rig.host.revision)
  expect(client.settled).toEqual(['m1'])
})
