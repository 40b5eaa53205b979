/** What no client of Convex's sends: it ends one connection with a sentence, and harms nobody else. */
import { ConvexReactClient } from 'convex/react'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { api, deploy, until } from './app.fixture.ts'
import type { Listening } from './listen.ts'
import { decodeMoment, encodeMoment, type ServerMessage } from './protocol.ts'
import type { TestDeployment } from './standin.ts'

// The machine that runs this may be busy with all the others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let deployment: TestDeployment
let listening: Listening
/** Somebody who behaves. */
let bystander: ConvexReactClient

beforeEach(async () => {
  deployment = deploy()
  listening = await deployment.listen()
  bystander = new ConvexReactClient(deployment.url, {
    webSocketConstructor: deployment.WebSocket,
    unsavedChangesWarning: false,
    logger: false,
  })
})

afterEach(async () => {
  // Whatever was sent before, everybody else is served.
  expect(await bystander.mutation(api.note.add, { room: 'a', text: 'x' })).toBe(1)
  expect(await bystander.query(api.note.list, { room: 'a' })).toEqual(['1x'])
  await bystander.close()
  await listening.close()
})

interface Ended {
  readonly messages: readonly ServerMessage[]
  readonly code: number
}

/** Sends texts over a connection of its own, and waits until it is ended. */
async function sendRaw(...texts: readonly (string | Buffer)[]): Promise<Ended> {
  const socket = new WebSocket(`${listening.url.replace('http', 'ws')}/api/1.48.0/sync`)
  const messages: ServerMessage[] = []
  const closed = Promise.withResolvers<number>()
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as ServerMessage))
  socket.on('close', closed.resolve)
  socket.on('error', () => {})
  socket.on('open', () => {
    for (const text of texts) socket.send(text)
  })
  return { code: await closed.promise, messages }
}

const connect = { type: 'Connect', sessionId: 's', connectionCount: 0, lastCloseReason: null }
const connected = JSON.stringify(connect)
const add = { type: 'Add', queryId: 0, udfPath: 'note:list', args: [{ room: 'a' }] }
const modify = { type: 'ModifyQuerySet', baseVersion: 0, newVersion: 1, modifications: [add] }
const mutation = { type: 'Mutation', requestId: 0, udfPath: 'note:add', args: [{ room: 'a' }] }

test.each<[string, unknown, RegExp]>([
  ['no object', 5, /A message must be an object, not 5/],
  ['a list', [], /must be an object, not \[\]/],
  ['no type', {}, /no message of the type missing/],
  ['a type that is none', { type: 'toString' }, /no message of the type "toString"/],
  ['a second Connect', connect, /begins with one Connect/],
  ['queries that are no list', { ...modify, modifications: 'all' }, /'modifications' must be a l/],
  [
    'a query that is none',
    { ...modify, modifications: [null] },
    /modification must be an object, not null/,
  ],
  [
    'a query without a name',
    { ...modify, modifications: [{ ...add, udfPath: 7 }] },
    /'udfPath' must be a text, not 7/,
  ],
  [
    'a journal that is no text',
    { ...modify, modifications: [{ ...add, journal: {} }] },
    /'journal' must be a text/,
  ],
  ['a set of queries out of turn', { ...modify, baseVersion: 3, newVersion: 4 }, /cannot follow 3/],
  ['a set of queries that goes back', { ...modify, newVersion: 0 }, /cannot follow 0/],
  [
    'more queries than one may follow',
    {
      ...modify,
      modifications: Array.from({ length: 10_001 }, (_, queryId) => ({ ...add, queryId })),
    },
    /may change 10000 queries, not 10001/,
  ],
  [
    'a call without a number',
    { ...mutation, requestId: -1 },
    /'requestId' must be a number from 0/,
  ],
  ['arguments that are no list', { ...mutation, args: {} }, /'args' must be a list/],
  [
    'arguments that are no object',
    { ...mutation, args: [[1]] },
    /arguments of a call must be an o/,
  ],
  [
    'arguments that are no Convex values',
    { ...mutation, args: [{ $integer: 5 }] },
    /must be Convex values/,
  ],
  [
    'a token of no kind',
    { type: 'Authenticate', baseVersion: 0, tokenType: 'Root' },
    /'tokenType' must be one of User, Admin, None/,
  ],
])('%s ends the connection with a sentence', async (_, message, sentence) => {
  const { messages } = await sendRaw(connected, JSON.stringify(message))
  expect(messages.at(-1)).toEqual({ type: 'FatalError', error: expect.stringMatching(sentence) })
})

test('a session begins with a Connect, in JSON', async () => {
  const begun = async (text: string | Buffer): Promise<unknown> =>
    (await sendRaw(text)).messages.map((message) => 'error' in message && message.error)
  expect(await begun(JSON.stringify(modify))).toEqual(['A session begins with one Connect.'])
  expect(await begun('{"type":')).toEqual(['A message must be JSON.'])
  expect(await begun(Buffer.from([0xff, 0x00]))).toEqual(['A message must be JSON.'])
  const far = JSON.stringify({ ...connect, maxObservedTimestamp: 'soon' })
  expect(await begun(far)).toEqual([
    `The field 'maxObservedTimestamp' must be a moment, not "soon".`,
  ])
})

test('more queries than one may follow end the connection, however many messages they come in', async () => {
  const modifications = Array.from({ length: 10_000 }, (_, queryId) => ({ ...add, queryId }))
  const { messages } = await sendRaw(
    connected,
    JSON.stringify({ ...modify, modifications: [{ ...add, queryId: 10_000 }] }),
    JSON.stringify({ ...modify, baseVersion: 1, newVersion: 2, modifications }),
  )
  expect(messages.at(-1)).toEqual({
    type: 'FatalError',
    error: 'A client may follow 10000 queries at most.',
  })
})

test.each([
  ['two days', BigInt(Date.now() + 2 * 86_400_000) * 1_000_000n],
  ['all time', 2n ** 64n - 1n],
])('a client that has seen %s ahead changes nobody’s time', async (_, seen) => {
  const moments: bigint[] = []
  const socket = new WebSocket(`${listening.url.replace('http', 'ws')}/api/1.48.0/sync`)
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as ServerMessage
    if (message.type === 'Transition') moments.push(decodeMoment(message.endVersion.ts))
  })
  const before = BigInt(Date.now()) * 1_000_000n
  socket.on('open', () => {
    socket.send(JSON.stringify({ ...connect, maxObservedTimestamp: encodeMoment(seen) }))
    socket.send(JSON.stringify({ ...modify, modifications: [] }))
  })
  await until(() => expect(moments).toHaveLength(1))
  expect(moments[0]).toBeGreaterThanOrEqual(before)
  expect(moments[0]).toBeLessThanOrEqual(BigInt(Date.now() + 1000) * 1_000_000n)
  socket.close()
})

test('a message of more than 20 MiB is not read', async () => {
  const { code, messages } = await sendRaw('x'.repeat(21 * 1024 * 1024))
  expect({ code, messages }).toEqual({ code: 1009, messages: [] })
})

test('whatever text is sent, everybody else is served', async () => {
  const type = fc.constantFrom('Connect', 'Authenticate', 'ModifyQuerySet', 'Mutation', 'Action')
  const names = ['sessionId', 'baseVersion', 'newVersion', 'modifications', 'tokenType', 'value']
  const field = fc.constantFrom(...names, 'requestId', 'udfPath', 'args', 'journal')
  const message = fc
    .tuple(type, fc.dictionary(field, fc.jsonValue(), { maxKeys: 6 }))
    .map(([type, fields]) => JSON.stringify({ ...fields, type }))
  const text = fc.oneof(fc.string(), fc.json(), message)
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 4 }), async (texts) => {
      const { messages } = await sendRaw(connected, ...texts, 'enough')
      expect(messages.at(-1)?.type).toBe('FatalError')
    }),
    { numRuns: 40 },
  )
})

test('a socket somewhere else is not opened', async () => {
  const socket = new WebSocket(`${listening.url.replace('http', 'ws')}/sync`)
  const error = await new Promise<Error>((resolve) => socket.on('error', resolve))
  expect(error.message).toMatch(/hang up|ECONNRESET/)
})

test.each([
  ['no JSON', 'x', /A call is JSON with a path/],
  ['null', 'null', /A call is JSON with a path/],
  ['a path that is none', '{"path":5,"args":[{}]}', /A call is JSON with a path/],
  ['arguments that are none', '{"path":"note:list","args":5}', /must be an object, not 5/],
  ['values that are none', '{"path":"note:list","args":[{"$bytes":1}]}', /must be Convex values/],
])('a call over HTTP with %s is refused with a sentence', async (_, body, sentence) => {
  const answer = await fetch(`${listening.url}/api/query`, { method: 'POST', body })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toMatch(sentence)
})

test('a body of more than 64 MiB, and an address that is none, are refused', async () => {
  const body = Buffer.alloc(65 * 1024 * 1024)
  const large = await fetch(`${listening.url}/api/storage/upload`, { method: 'POST', body })
  expect(large.status).toBe(413)
  const wrong = await fetch(`${listening.url}/api/storage/upload?token=guessed`, { method: 'POST' })
  expect(wrong.status).toBe(400)
  expect((await fetch(`${listening.url}/api/storage/nothing`)).status).toBe(404)
  expect((await fetch(`${listening.url}/nowhere`)).status).toBe(404)
})

test('in process it is the same', async () => {
  const { WebSocket: InProcess } = deployment
  const socket = new InProcess('ws://stand-in')
  const heard: string[] = []
  const closed = vi.fn<() => void>()
  const onmessage = ({ data }: { readonly data: string }): void => void heard.push(data)
  Object.assign(socket, { onmessage, onclose: closed })
  await until(() => expect(socket.readyState).toBe(WebSocket.OPEN))
  socket.send('{}')
  await until(() => expect(closed).toHaveBeenCalled())
  expect(heard).toEqual([expect.stringContaining('FatalError')])
})
