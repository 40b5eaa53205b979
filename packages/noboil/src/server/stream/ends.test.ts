/** How streams end, who may have one, and readers that are slow. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { systemPorts } from '../../hosts/shared/ports.ts'
import { paths } from '../../wire/messages.ts'
import { banner, type RigOptions, ServerRig, setBanner, textOf } from '../server.fixture.ts'
import { VirtualClock } from '../testing/clock.ts'

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
test('a session that is dropped ends its streams at once, and no others', async () => {
  const rig = await open()
  const ann = rig.stream('ann')
  const bob = rig.stream('bob')
  await Promise.all([ann.hello(), bob.hello()])
  rig.auth.drop({ user: 'users.ann' })
  await ann.gone()
  expect(ann.messages.at(-1)).toMatchObject({ type: 'bye', reason: 'session' })
  await bob.follow(1, 'site.get', banner)
  expect(rig.stream('ann').status).toBe(0)
})

test('a reader that does not hang up when its session is over keeps no socket', async () => {
  const clock = new VirtualClock(1_000_000)
  const limits = { stallTimeoutMs: 20_000 }
  const rig = await open({ ports: { ...systemPorts, clock }, limits })
  const http = createServer(rig.server.listener()).listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  rig.auth.signIn('eve', { _id: 'users.eve', name: 'eve' })
  socket.write(`GET ${paths.stream} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer eve\r\n\r\n`)
  await once(socket, 'data')
  const sockets = promisify(http.getConnections.bind(http))
  rig.auth.drop({ user: 'users.eve' })
  socket.resume()
  await once(socket, 'end')
  expect(await sockets()).toBe(1)
  await clock.advance(20_000)
  while ((await sockets()) > 0) await new Promise((resolve) => setImmediate(resolve))
  socket.destroy()
  http.close()
})

test('a session that expires ends its streams', async () => {
  const clock = new VirtualClock(1_000_000)
  const rig = await open({ ports: { ...systemPorts, clock } })
  rig.auth.signIn('eve', { _id: 'users.eve', name: 'eve' }, clock.now() + 5_000)
  const stream = rig.stream('eve')
  await stream.hello()
  await clock.advance(4_999)
  expect(rig.server.hub.size).toBe(1)
  await clock.advance(1)
  await stream.gone()
  expect(stream.messages.at(-1)).toMatchObject({ type: 'bye', reason: 'session' })
})

test('a stream that has ended keeps no timer of its session', async () => {
  const clock = new VirtualClock(1_000_000)
  let timers = 0
  const counted = {
    now: () => clock.now(),
    setTimer(ms: number, ring: () => void) {
      if (ms !== 77_000) return clock.setTimer(ms, ring)
      timers++
      const stop = clock.setTimer(ms, ring)
      return () => {
        timers--
        stop()
      }
    },
  }
  const rig = await open({ ports: { ...systemPorts, clock: counted } })
  rig.auth.signIn('eve', { _id: 'users.eve', name: 'eve' }, clock.now() + 77_000)
  const stream = rig.stream('eve')
  await stream.hello()
  expect(timers).toBe(1)
  stream.destroy()
  await closedOnes(rig, 0)
  expect(timers).toBe(0)
})

test('a role that is gained or lost moves what a caller follows', async () => {
  const rig = await open()
  const stream = rig.stream('ann')
  await stream.follow(1, 'site.list', first)
  await setBanner(rig, 'secret of admins')
  await rig.auth.change({ _id: 'users.ann', name: 'ann', role: 'admin' })
  await stream.until(() => JSON.stringify(stream.value(1)).includes('secret of admins'))
  await rig.auth.change({ _id: 'users.ann', name: 'ann', role: null })
  await stream.until(() => !JSON.stringify(stream.value(1)).includes('secret of admins'))
  await setBanner(rig, 'another secret')
  await rig.value(
    'poll.create',
    { payload: { question: 'q', options: ['a', 'b'], open: true } },
    'ann',
  )
  await stream.follow(2, 'site.get', banner)
  expect(JSON.stringify(stream.messages.filter(({ type }) => type !== 'snapshot'))).not.toContain(
    'another secret',
  )
})

test('accounts that cannot be asked open no stream', async () => {
  const rig = await open()
  rig.auth.fail(new Error('down'))
  const stream = rig.stream('ann')
  await stream.gone()
  expect([stream.status, errorCode(JSON.parse(stream.body))]).toEqual([503, 'UNAVAILABLE'])
})

test('a caller may have so many streams, and everybody together so many', async () => {
  const rig = await open({ limits: { maxConnectionsPerCaller: 2, maxConnections: 3 } })
  const two = [rig.stream('ann'), rig.stream('ann')]
  for (const stream of two) await stream.hello()
  const third = rig.stream('ann')
  await third.gone()
  expect(errorCode(JSON.parse(third.body))).toBe('LIMIT_EXCEEDED')
  const bob = rig.stream('bob')
  await bob.hello()
  const fourth = rig.stream()
  await fourth.gone()
  expect(errorCode(JSON.parse(fourth.body))).toBe('UNAVAILABLE')
  two[0]?.destroy()
  await closedOnes(rig, 2)
  await rig.stream().hello()
})

test('a page of another site cannot open a stream with a cookie', async () => {
  const rig = await open()
  const stream = rig.stream(undefined, paths.stream, {
    cookie: 'a=b',
    origin: 'https://evil.example',
  })
  await stream.gone()
  expect(stream.status).toBe(403)
})

test('a quiet stream says that it lives', async () => {
  const clock = new VirtualClock(1_000_000)
  const rig = await open({ ports: { ...systemPorts, clock } })
  const socket = rig.raw()
  socket.setEncoding('utf8')
  let text = ''
  const arrived = new Promise<void>((resolve) => {
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.endsWith('\n:\n\n')) resolve()
      else if (text.includes('"hello"')) void clock.advance(15_000)
    })
  })
  socket.write(`GET ${paths.stream} HTTP/1.1\r\nhost: a\r\n\r\n`)
  await arrived
  expect(text.endsWith('\n\n:\n\n')).toBe(true)
})

test('a reader that takes nothing is left out, costs no more than its share, and ends up right', async () => {
  const highWaterBytes = 200_000
  const text = 'x'.repeat(100_000)
  const rig = await open({ limits: { highWaterBytes } })
  const socket = rig.raw()
  await once(socket, 'connect')
  const stream = rig.stream('ann')
  await stream.follow(1, 'site.get', banner)
  const q = encodeURIComponent(JSON.stringify({ path: 'site.get', args: banner }))
  socket.write(`GET ${paths.live}?q=${q} HTTP/1.1\r\nhost: a\r\n\r\n`)
  await once(socket, 'readable')
  let most = 0
  let wasBehind = false
  for (let n = 0; n < 120; n++) {
    await setBanner(rig, `${n} ${text}`)
    await stream.until(
      () => (textOf(stream, 1) as string | undefined)?.startsWith(`${n} `) === true,
    )
    most = Math.max(most, rig.server.hub.bufferedBytes)
    wasBehind ||= rig.server.hub.bufferedBytes > text.length
  }
  expect(wasBehind).toBe(true)
  expect(most).toBeLessThan(highWaterBytes + 2 * text.length)
  let read = ''
  await new Promise<void>((resolve) => {
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      read += chunk
      if (read.includes('"text":"119 ')) resolve()
    })
  })
  // Some of the 120 were left out, and the last one was not.
  expect(read.split('"text":"').length).toBeLessThan(100)
})

test('a reader that takes nothing for too long is let go', async () => {
  const clock = new VirtualClock(1_000_000)
  const rig = await open({
    limits: { highWaterBytes: 10_000, stallTimeoutMs: 30_000 },
    ports: { ...systemPorts, clock },
  })
  const q = encodeURIComponent(JSON.stringify({ path: 'site.get', args: banner }))
  const socket = rig.raw()
  await once(socket, 'connect')
  socket.write(`GET ${paths.live}?q=${q} HTTP/1.1\r\nhost: a\r\n\r\n`)
  await once(socket, 'readable')
  const witness = rig.stream('ann')
  await witness.follow(1, 'site.get', banner)
  for (let n = 0; n < 60; n++) {
    await setBanner(rig, `${n} ${'x'.repeat(200_000)}`)
    await witness.until(
      () => (textOf(witness, 1) as string | undefined)?.startsWith(`${n} `) === true,
    )
  }
  for (let beat = 0; beat < 5; beat++) await clock.advance(15_000)
  await closedOnes(rig, 1)
  expect(rig.server.hub.bufferedBytes).toBe(0)
})

test('a stream whose reader has gone leaves nothing behind', async () => {
  const rig = await open()
  const stream = rig.stream('ann')
  await stream.follow(1, 'site.get', banner)
  stream.destroy()
  await closedOnes(rig, 0)
  expect(rig.server.engine.statistics).toMatchObject({ clients: 0, subscriptions: 0 })
})

/** Waits until so many streams are left. */
async function closedOnes(rig: ServerRig, left: number): Promise<void> {
  while (rig.server.hub.size > left) await new Promise((resolve) => setImmediate(resolve))
}
