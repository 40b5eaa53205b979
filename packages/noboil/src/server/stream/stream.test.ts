import * as fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { paths, positionOf } from '../../wire/messages.ts'
import {
  banner,
  type RigOptions,
  ServerRig,
  setBanner,
  type TestStream,
  textOf,
} from '../server.fixture.ts'
import { readFixed, readSteering } from './steer.ts'

const rigs: ServerRig[] = []

const open = async (options?: RigOptions): Promise<ServerRig> => {
  const rig = await (await ServerRig.open(options)).listen()
  rigs.push(rig)
  return rig
}

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})

const first = { paginationOpts: { numItems: 10, cursor: null } }
const kinds = (stream: TestStream): string[] => stream.messages.map(({ type }) => type)

test('a stream begins by saying who it is and where history stands', async () => {
  const rig = await open()
  const stream = rig.stream('ann')
  const hello = await stream.hello()
  expect(hello).toMatchObject({
    type: 'hello',
    position: positionOf(rig.server.host.epoch, rig.server.host.revision),
    heartbeatMs: 15_000,
  })
  expect(stream.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
    connection: 'close',
  })
  expect(stream.headers['cache-control']).toContain('no-transform')
  expect(stream.headers).not.toHaveProperty('transfer-encoding')
})

test('the last event of a tick carries the position up to which everything has been told', async () => {
  const rig = await open()
  const stream = rig.stream('ann')
  await stream.follow(1, 'site.get', banner)
  await setBanner(rig, 'hello')
  await stream.until(() => textOf(stream, 1) === 'hello')
  const { epoch, revision } = rig.server.host
  expect(stream.ids.at(-1)).toBe(positionOf(epoch, revision))
})

test('a call is settled on the stream of its client, after its changes, and on no other', async () => {
  const rig = await open()
  const mine = rig.stream('ann', `${paths.stream}?client=tab-1`)
  const other = rig.stream('ann', `${paths.stream}?client=tab-2`)
  const poll = await rig.poll()
  for (const stream of [mine, other]) {
    await stream.follow(1, 'vote.pub.counts', { parent: poll, field: 'option' })
  }
  const vote = { parent: poll, payload: { option: 1 } }
  await rig.call('vote.append', vote, 'ann', { 'noboil-client': 'tab-1' }, { mutationId: 'm-1' })
  await mine.until(() => mine.find('settled') !== undefined)
  expect(mine.find('settled')).toMatchObject({ mutationIds: ['m-1'] })
  expect(mine.value(1)).toEqual({ 1: 1 })
  await other.until(() => JSON.stringify(other.value(1)) === '{"1":1}')
  expect(other.find('settled')).toBeUndefined()
})

test('a call that changes nothing is settled too', async () => {
  const rig = await open()
  const stream = rig.stream('ann', `${paths.stream}?client=tab-1`)
  await stream.hello()
  const gone = { id: 'poll.00000000000000000000000000' }
  await rig.call('poll.rm', gone, 'ann', { 'noboil-client': 'tab-1' }, { mutationId: 'm-1' })
  await stream.until(() => stream.find('settled') !== undefined)
  expect(stream.find('settled')).toMatchObject({ mutationIds: ['m-1'] })
})

test('a client that comes back gets what it missed, not everything again', async () => {
  const rig = await open()
  const poll = await rig.poll()
  const args = { parent: poll, ...first }
  const before = rig.stream('ann')
  await before.follow(1, 'vote.list', args)
  const group = before.joined.get(1) as string
  const { revision } = before.groups.get(group) as { revision: number }
  before.destroy()
  await rig.value('vote.append', { parent: poll, payload: { option: 0 } }, 'bob')
  const after = rig.stream('ann')
  after.groups.set(group, before.groups.get(group) as never)
  const since = { group, position: positionOf(rig.server.host.epoch, revision) }
  await after.steer({ subscribe: [{ id: 9, path: 'vote.list', args, since }] })
  await after.until(() => (after.value(9) as { page?: object[] } | undefined)?.page?.length === 1)
  expect(kinds(after)).toEqual(['hello', 'joined', 'steps'])
})

test('a position of another history is answered with resync and the whole', async () => {
  const rig = await open()
  const stream = rig.stream('ann')
  const since = { group: 'x.1', position: 'another.7' }
  await stream.steer({ subscribe: [{ id: 1, path: 'site.get', args: banner, since }] })
  await stream.until(() => stream.value(1) !== undefined)
  expect(kinds(stream)).toEqual(['hello', 'resync', 'joined', 'snapshot'])
})

test('a stream is steered by the session that opened it and by no other', async () => {
  const rig = await open()
  const stream = rig.stream('ann')
  const body = { subscribe: [{ id: 1, path: 'site.get', args: banner }] }
  expect(await stream.steer(body, { authorization: 'Bearer bob' })).toBe(404)
  expect(await stream.steer(body, {})).toBe(404)
  expect(await stream.steer(body)).toBe(204)
  const unknown = await fetch(`http://127.0.0.1:${rig.port}${paths.stream}/unknown`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(unknown.status).toBe(404)
})

test('steering that makes no sense is refused and leaves the stream as it was', async () => {
  const rig = await open({ limits: { maxSubscriptions: 3, maxStreamBodyBytes: 2_000 } })
  const stream = rig.stream('ann')
  await stream.follow(1, 'site.get', banner)
  expect(await stream.steer('{')).toBe(400)
  expect(await stream.steer({ subscribe: 1 })).toBe(400)
  expect(await stream.steer({ subscribe: [{ id: -1, path: 'site.get' }] })).toBe(400)
  expect(await stream.steer({ hello: [] })).toBe(400)
  expect(await stream.steer({ unsubscribe: [1, 2, 3, 4] })).toBe(413)
  expect(
    await stream.steer({ unsubscribe: [1], subscribe: [{ id: 2, path: 'x'.repeat(3_000) }] }),
  ).toBe(413)
  await setBanner(rig, 'still here')
  await stream.until(() => textOf(stream, 1) === 'still here')
})

test('whatever a client steers with, it is read or refused by code', () => {
  const at = fc.record(
    {
      id: fc.oneof(fc.nat(), fc.anything()),
      path: fc.oneof(fc.string(), fc.anything()),
      args: fc.anything(),
      since: fc.oneof(
        fc.record({ group: fc.string(), position: fc.oneof(fc.string(), fc.constant('e.1')) }),
        fc.anything(),
      ),
    },
    { requiredKeys: [] },
  )
  const body = fc.oneof(
    fc.record({
      subscribe: fc.array(at),
      unsubscribe: fc.array(fc.oneof(fc.nat(), fc.anything())),
    }),
    fc.anything(),
  )
  const refused = (work: () => unknown): void => {
    try {
      work()
    } catch (error) {
      expect(['VALIDATION_FAILED', 'LIMIT_EXCEEDED']).toContain(errorCode(error))
    }
  }
  fc.assert(
    fc.property(body, (given) => refused(() => readSteering(given, 5))),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.json(), fc.string())), (texts) =>
      refused(() => readFixed(texts, 5)),
    ),
    { numRuns: 1_000 },
  )
})

test('a plain EventSource that comes back as somebody else is told what they see, and not to go on', async () => {
  const rig = await open()
  const list = { path: 'poll.list', args: { paginationOpts: { numItems: 10, cursor: null } } }
  const url = `${paths.live}?q=${encodeURIComponent(JSON.stringify(list))}`
  const payload = { question: 'of ann', options: ['a', 'b'], open: false }
  await rig.value('poll.create', { payload }, 'ann')
  const isTold = ({ messages }: { readonly messages: readonly { type: string }[] }) =>
    messages.some(({ type }) => type === 'snapshot')
  const [ann, bob] = [rig.stream('ann', url), rig.stream('bob', url)]
  for (const stream of [ann, bob]) await stream.until(() => isTold(stream))
  const last = { 'last-event-id': ann.ids.at(-1) as string }
  ann.destroy()
  const [after, again] = [rig.stream('bob', url, last), rig.stream('ann', url, last)]
  for (const stream of [after, again]) await stream.until(() => stream.ids.length > 0)
  expect([isTold(after), isTold(again)]).toEqual([true, false])
})

test('a plain EventSource follows a fixed set, and comes back by its last event id', async () => {
  const rig = await open()
  const q = encodeURIComponent(JSON.stringify([{ path: 'site.get', args: banner }]))
  const stream = rig.stream(undefined, `${paths.live}?q=${q}`)
  await stream.until(() => stream.value(0) !== undefined && stream.ids.length > 0)
  const group = stream.joined.get(0) as string
  expect(await stream.steer({ unsubscribe: [0] })).toBe(404)
  stream.destroy()
  await setBanner(rig, 'while away')
  const back = rig.stream(undefined, `${paths.live}?q=${q}`, {
    'last-event-id': stream.ids.at(-1) as string,
  })
  await back.until(() => textOf(back, 0) === 'while away')
  expect(back.joined.get(0)).toBe(group)
  expect(kinds(back)).toEqual(['hello', 'joined', 'snapshot'])
})

test('a last event id that says nothing is as good as none', async () => {
  const rig = await open()
  const q = encodeURIComponent(JSON.stringify({ path: 'site.get', args: banner }))
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.stringMatching(/^[!-~]{0,80}$/), fc.constant(`${rig.server.host.epoch}.999`)),
      async (id) => {
        const stream = rig.stream(undefined, `${paths.live}?q=${q}`, { 'last-event-id': id })
        await stream.until(() => stream.value(0) !== undefined)
        expect(stream.value(0)).toBeNull()
        stream.destroy()
      },
    ),
    { numRuns: 30 },
  )
})

test('what cannot be followed is refused before a stream begins', async () => {
  const rig = await open()
  for (const query of ['', '?q=', '?q={', '?q=[]', '?q=1']) {
    const stream = rig.stream(undefined, paths.live + query)
    await stream.gone()
    expect([query, stream.status]).toEqual([query, 400])
  }
})

test('an unknown or internal query fails alone', async () => {
  const rig = await open()
  const stream = rig.stream('ann')
  await stream.steer({
    subscribe: [
      { id: 1, path: 'users.remove', args: {} },
      { id: 2, path: 'site.get', args: { key: 'no such' } },
      { id: 3, path: 'site.get', args: banner },
    ],
  })
  await stream.until(() => stream.value(3) !== undefined)
  const failed = stream.messages.filter((message) => message.type === 'failed')
  expect(failed.map(({ id, error }) => [id, error.code])).toEqual([
    [1, 'NOT_FOUND'],
    [2, 'INVALID_KEY'],
  ])
})

test('arguments nested too deep are refused, and the stream goes on', async () => {
  const rig = await open()
  const stream = rig.stream('ann')
  const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`
  await stream.steer(`{"subscribe":[{"id":1,"path":"site.get","args":${deep}}]}`)
  await stream.until(() => stream.find('failed') !== undefined)
  expect(stream.find('failed')?.error.code).toBe('LIMIT_EXCEEDED')
  await stream.follow(2, 'site.get', banner)
})

test('streams that are told the same are told it in the same bytes', async () => {
  const rig = await open()
  const streams = [rig.stream('ann'), rig.stream('bob'), rig.stream()]
  for (const stream of streams) await stream.follow(1, 'site.get', banner)
  await setBanner(rig, 'all alike')
  for (const stream of streams) await stream.until(() => textOf(stream, 1) === 'all alike')
  const groups = new Set(streams.map((stream) => stream.joined.get(1)))
  expect(groups.size).toBe(1)
  expect(rig.server.engine.statistics).toMatchObject({ clients: 3, subscriptions: 3, groups: 1 })
})
