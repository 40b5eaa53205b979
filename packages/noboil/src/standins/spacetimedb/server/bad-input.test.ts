import { get } from 'node:http'
import fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { bundleModule, type ModuleBundle } from '../bundle.ts'
import { createModuleHost } from '../host.ts'
import type * as Module from '../module.fixture.ts'
import { connectClient, type NotesHost, subscribed } from './client.fixture.ts'
import type { Listener } from './listen.ts'
import {
  type ClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  PROTOCOLS,
  type ServerMessage,
} from './messages.ts'
import { SESSION_LIMITS } from './session.ts'

let module: ModuleBundle
let host: NotesHost
let listener: Listener
beforeAll(async () => {
  module = await bundleModule(new URL('../module.fixture.ts', import.meta.url))
})
beforeEach(async () => {
  host = await createModuleHost<typeof Module>({ module })
  listener = await host.listen()
})
afterEach(() => host.close())

/** A client that sends whatever it likes. */
class RawClient {
  readonly socket: WebSocket
  readonly closed: Promise<number>
  readonly #messages: ServerMessage[] = []
  readonly #waiting: ((message: ServerMessage) => void)[] = []

  constructor(path = '/v1/database/notes/subscribe', protocols: readonly string[] = PROTOCOLS) {
    this.socket = new WebSocket(`${listener.url.replace('http', 'ws')}${path}`, [...protocols])
    this.closed = new Promise((resolve) => {
      this.socket.on('close', resolve)
      this.socket.on('error', () => {})
    })
    this.socket.on('message', (data: Buffer) => {
      const message = decodeServerMessage(Uint8Array.from(data.subarray(1)))
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#messages.push(message)
      else waiting(message)
    })
  }

  next(): Promise<ServerMessage> {
    const [message] = this.#messages.splice(0, 1)
    if (message !== undefined) return Promise.resolve(message)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async ask(message: ClientMessage): Promise<ServerMessage> {
    this.socket.send(encodeClientMessage(message))
    return this.next()
  }
}

async function greeted(): Promise<RawClient> {
  const client = new RawClient()
  expect((await client.next()).tag).toBe('InitialConnection')
  return client
}

/** Whatever happened before, others are served. */
async function expectServing(): Promise<void> {
  const client = await connectClient(host, { url: listener.url })
  await subscribed(client, 'SELECT * FROM note')
  await client.reducers.append({ parent: 'a', text: 'served' })
  expect([...client.db.note.iter()].some(({ text }) => text === 'served')).toBe(true)
  client.disconnect()
}

test.each([
  ['nothing', new Uint8Array()],
  ['bytes that mean nothing', new Uint8Array([255, 1, 2, 3])],
  [
    'a message that ends early',
    encodeClientMessage({ tag: 'OneOffQuery', value: { requestId: 1, queryString: 'x' } }).subarray(
      0,
      6,
    ),
  ],
  ['a length beyond the message', new Uint8Array([0, 1, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255])],
])('a frame of %s ends its own connection and no other', async (_name, bytes) => {
  const [bad, good] = [await greeted(), await greeted()]
  bad.socket.send(bytes)
  expect(await bad.closed).toBe(1011)
  const answer = await good.ask({
    tag: 'OneOffQuery',
    value: { requestId: 5, queryString: 'SELECT * FROM note' },
  })
  expect(answer).toMatchObject({ tag: 'OneOffQueryResult', value: { requestId: 5 } })
  await expectServing()
})

test('random frames never harm the server', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const client = await greeted()
      client.socket.send(bytes)
      client.socket.close()
      await client.closed
    }),
    { numRuns: 50 },
  )
  await expectServing()
})

test('a text frame ends the connection', async () => {
  const client = await greeted()
  client.socket.send('SELECT * FROM note')
  expect(await client.closed).toBe(1003)
})

test('a message that is too large ends the connection', async () => {
  const client = await greeted()
  client.socket.send(new Uint8Array(33 * 1024 * 1024))
  expect(await client.closed).toBe(1009)
  await expectServing()
})

test('several messages of one frame are answered one by one', async () => {
  const client = await greeted()
  const query = (requestId: number): Uint8Array =>
    encodeClientMessage({
      tag: 'OneOffQuery',
      value: { requestId, queryString: 'SELECT * FROM note' },
    })
  client.socket.send(Buffer.concat([query(1), query(2)]))
  expect(await client.next()).toMatchObject({ value: { requestId: 1 } })
  expect(await client.next()).toMatchObject({ value: { requestId: 2 } })
})

test('version 2 of the protocol takes one message in a frame', async () => {
  const client = new RawClient(undefined, ['v2.bsatn.spacetimedb'])
  await client.next()
  const query = encodeClientMessage({
    tag: 'OneOffQuery',
    value: { requestId: 1, queryString: 'SELECT * FROM note' },
  })
  client.socket.send(query)
  expect(await client.next()).toMatchObject({ value: { requestId: 1 } })
  client.socket.send(Buffer.concat([query, query]))
  expect(await client.closed).toBe(1011)
})

test.each([
  ['a reducer that is not there', 'nothing', 'no such reducer: nothing'],
  ['a reducer that runs by itself', 'init', 'no such reducer: init'],
  ['a reducer of a schedule', 'ring', 'no such reducer: ring'],
])('a call of %s is answered, and changes nothing', async (_name, reducer, error) => {
  const client = await greeted()
  const answer = await client.ask({
    tag: 'CallReducer',
    value: { requestId: 7, flags: 0, reducer, args: new Uint8Array() },
  })
  expect(answer).toMatchObject({
    tag: 'ReducerResult',
    value: { requestId: 7, result: { tag: 'InternalError', value: error } },
  })
  expect(host.tables('note')).toEqual([])
})

test.each([
  ['too few', new Uint8Array([1])],
  ['too many', new Uint8Array(1000)],
  ['no', new Uint8Array()],
])('arguments with %s bytes are refused before the module sees them', async (_name, args) => {
  const client = await greeted()
  const answer = await client.ask({
    tag: 'CallReducer',
    value: { requestId: 7, flags: 0, reducer: 'append', args },
  })
  expect(answer).toMatchObject({
    value: {
      result: {
        tag: 'InternalError',
        value: expect.stringContaining('Invalid arguments for reducer append'),
      },
    },
  })
  expect(host.tables('head')).toEqual([])
})

test('a procedure that is not there is answered as one that failed', async () => {
  const client = await greeted()
  const answer = await client.ask({
    tag: 'CallProcedure',
    value: { requestId: 8, flags: 0, procedure: 'run', args: new Uint8Array() },
  })
  expect(answer).toMatchObject({
    tag: 'ProcedureResult',
    value: { requestId: 8, status: { tag: 'InternalError', value: 'no such procedure: run' } },
  })
})

test('queries that cannot be are answered with why', async () => {
  const client = await greeted()
  for (const queryString of ['DROP TABLE note', 'SELECT * FROM audit', 'SELECT * FROM note WHERE'])
    expect(
      await client.ask({ tag: 'OneOffQuery', value: { requestId: 1, queryString } }),
    ).toMatchObject({ value: { result: { tag: 'Err', value: expect.any(String) } } })
})

test('one query of a set that cannot be leaves nothing of the set', async () => {
  const client = await greeted()
  const querySetId = { id: 3 }
  const refused = await client.ask({
    tag: 'Subscribe',
    value: {
      requestId: 1,
      querySetId,
      queryStrings: ['SELECT * FROM note', 'SELECT * FROM audit'],
    },
  })
  expect(refused).toMatchObject({ tag: 'SubscriptionError', value: { requestId: 1, querySetId } })
  const taken = await client.ask({
    tag: 'Subscribe',
    value: { requestId: 2, querySetId, queryStrings: ['SELECT * FROM note'] },
  })
  expect(taken.tag).toBe('SubscribeApplied')
  const twice = await client.ask({
    tag: 'Subscribe',
    value: { requestId: 3, querySetId, queryStrings: ['SELECT * FROM note'] },
  })
  expect(twice).toMatchObject({ tag: 'SubscriptionError', value: { requestId: 3 } })
})

test('an unsubscribe of nothing is answered', async () => {
  const client = await greeted()
  const answer = await client.ask({
    tag: 'Unsubscribe',
    value: { requestId: 1, querySetId: { id: 9 }, flags: { tag: 'Default' } },
  })
  expect(answer).toMatchObject({
    tag: 'SubscriptionError',
    value: { error: 'There is no query set 9.' },
  })
})

test('a client holds only so many queries', async () => {
  const client = await greeted()
  const { maxQueriesPerSet } = SESSION_LIMITS
  const queryStrings = Array.from({ length: maxQueriesPerSet + 1 }, () => 'SELECT * FROM note')
  const answer = await client.ask({
    tag: 'Subscribe',
    value: { requestId: 1, querySetId: { id: 1 }, queryStrings },
  })
  expect(answer).toMatchObject({
    tag: 'SubscriptionError',
    value: { error: expect.stringContaining(`${maxQueriesPerSet} queries`) },
  })
})

test.each([
  ['another path', '/somewhere', PROTOCOLS],
  ['another protocol', '/v1/database/notes/subscribe', ['v1.json.spacetimedb']],
  ['a token of somebody else’s', '/v1/database/notes/subscribe?token=a.b.c', PROTOCOLS],
])('a socket with %s is not opened', async (_name, path, protocols) => {
  const client = new RawClient(path, protocols)
  expect(await client.closed).toBe(1006)
  await expectServing()
})

test.each(['xyz', '0'.repeat(32)])('a connection id %s is refused', async (id) => {
  const client = new RawClient(`/v1/database/notes/subscribe?connection_id=${id}`)
  expect(await client.closed).toBe(1008)
})

test('two connections cannot have one id', async () => {
  const path = `/v1/database/notes/subscribe?connection_id=${'a'.repeat(32)}`
  const [one, two] = [new RawClient(path), new RawClient(path)]
  await one.next()
  expect(await two.closed).toBe(1008)
  await expectServing()
})

test('HTTP routes answer what the SDK asks, and refuse the rest', async () => {
  const post = (path: string, token?: string): Promise<Response> =>
    fetch(listener.url + path, {
      method: 'POST',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })
  const identity = (await (await post('/v1/identity')).json()) as {
    token: string
    identity: string
  }
  expect(identity.identity).toMatch(/^c200[\da-f]{60}$/)
  const exchanged = await post('/v1/identity/websocket-token', identity.token)
  expect(await exchanged.json()).toEqual({ token: expect.stringMatching(/^.+\..+\..+$/) })
  expect((await post('/v1/identity/websocket-token', 'a.b.c')).status).toBe(401)
  expect((await post('/v1/identity/websocket-token')).status).toBe(401)
  expect((await post('/v1/elsewhere')).status).toBe(404)
  expect((await fetch(`${listener.url}/v1/ping`)).status).toBe(200)
  expect((await fetch(listener.url)).status).toBe(404)
})

test('what is no URL is answered as what is not there', async () => {
  const { port } = listener
  for (const path of ['//', 'http://[', '/%'])
    expect(
      await new Promise((resolve) => {
        get({ port, path }, (response) => resolve(response.resume().statusCode))
      }),
    ).toBe(404)
  expect(await new RawClient('//').closed).toBe(1006)
  await expectServing()
})

test('an app that fails to verify a token lets nobody in, and is told', async () => {
  const own = await createModuleHost<typeof Module>({
    module,
    verifyToken: () => Promise.reject(new Error('the accounts are down')),
  })
  const { url } = await own.listen()
  await expect(connectClient(own, { url, token: 'other' })).rejects.toThrow('verify token')
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}/v1/database/notes/subscribe?token=other`,
    [...PROTOCOLS],
  )
  const refused = await new Promise<Error>((resolve) => socket.on('error', resolve))
  expect(refused.message).toContain('401')
  expect(own.logs.map(({ message }) => message)).toContain(
    'A token could not be verified: the accounts are down',
  )
  await own.close()
})

test('a token for a socket is good for a minute', async () => {
  const response = await fetch(`${listener.url}/v1/identity/websocket-token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${host.token('alice')}` },
  })
  const { token } = (await response.json()) as { token: string }
  const path = `/v1/database/notes/subscribe?token=${token}`
  host.advance(59_000)
  expect((await new RawClient(path).next()).tag).toBe('InitialConnection')
  host.advance(2000)
  expect(await new RawClient(path).closed).toBe(1006)
})

test('an app may vouch for tokens of its own', async () => {
  const own = await createModuleHost<typeof Module>({
    module,
    verifyToken: (token) => (token === 'secret' ? { iss: 'https://app', sub: 'carol' } : undefined),
  })
  const { url } = await own.listen()
  const client = await connectClient(own, { url, token: 'secret' })
  await client.reducers.whoami({})
  expect(own.tables('audit').at(-1)?.what).toBe('carol  false 1')
  await expect(connectClient(own, { url, token: 'other' })).rejects.toThrow('verify token')
  await own.close()
})
