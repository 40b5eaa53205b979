import { once } from 'node:events'
import type { Socket } from 'node:net'
import * as fc from 'fast-check'
import { object, string } from 'zod/v4'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ERROR_TABLE } from '../../errors/table.ts'
import { paths } from '../../wire/messages.ts'
import { definers } from '../definers.ts'
import { ServerRig } from '../server.fixture.ts'
import type { FunctionTree } from '../types.ts'

const maxBodyBytes = 300_000
let rig: ServerRig

const functions: FunctionTree = {
  tools: {
    echo: definers.query({
      args: object({ text: string() }),
      handler: async (ctx, { text }) => ({ text, user: ctx.userId, internal: ctx.internal }),
    }),
    secret: definers.internalQuery({ handler: async () => 'a secret' }),
    broken: definers.mutation({
      handler: async () => {
        throw new Error('the password is hunter2')
      },
    }),
    wild: definers.query({ handler: async () => ({ big: 1n }) }),
  },
}

beforeAll(async () => {
  rig = await (await ServerRig.open({ functions, limits: { maxBodyBytes } })).listen()
})
afterAll(() => rig.close())

const post = (
  path: string,
  body: BodyInit,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Response> =>
  fetch(`http://127.0.0.1:${rig.port}${path}`, {
    method: 'POST',
    body,
    headers,
  })

const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { code: string } }).error.code

test('an answer carries its value and where in history it is true', async () => {
  const { status, body } = await rig.call('tools.echo', { text: 'hi' }, 'ann')
  expect(status).toBe(200)
  expect(body).toEqual({
    value: { text: 'hi', user: 'users.ann', internal: false },
    position: `${rig.server.host.epoch}.${rig.server.host.revision}`,
  })
})

test('a refusal has the status of its code, and says no more than its sentence', async () => {
  const { status, body } = await rig.call('poll.create', { payload: {} })
  expect(status).toBe(ERROR_TABLE.VALIDATION_FAILED.status)
  expect(body).toMatchObject({ error: { code: 'VALIDATION_FAILED' } })
})

test('internal and unknown functions look the same', async () => {
  const hidden = await rig.call('tools.secret', {})
  const missing = await rig.call('tools.nothing', {})
  expect([hidden.status, missing.status]).toEqual([404, 404])
  expect(JSON.stringify(hidden.body).replace('secret', 'nothing')).toBe(
    JSON.stringify(missing.body),
  )
})

test('a defect stays on the server: the client is told nothing of it, the log everything', async () => {
  const { status, body, headers } = await rig.call('tools.broken', {}, 'ann')
  expect(status).toBe(500)
  expect(JSON.stringify(body)).not.toContain('hunter2')
  const line = rig.lines.find(({ path, code }) => path === 'tools.broken' && code === 'INTERNAL')
  expect(line).toMatchObject({ requestId: headers.get('x-request-id') })
  expect(JSON.stringify(line)).toContain('http.test.ts')
})

test('an answer that is not JSON is a defect', async () => {
  expect(await rig.code('tools.wild', {})).toBe('INTERNAL')
})

test('logs hold neither arguments nor credentials', async () => {
  await rig.call('tools.echo', { text: 'do-not-log-me' }, 'ann', {
    cookie: 'session=do-not-log-me',
  })
  expect(JSON.stringify(rig.lines)).not.toContain('do-not-log-me')
  expect(JSON.stringify(rig.lines)).not.toContain('Bearer')
})

test('a body may be as long as the limit says and not a byte longer', async () => {
  const sized = (bytes: number): string => {
    const empty = JSON.stringify({ args: { text: '' } })
    return JSON.stringify({ args: { text: 'x'.repeat(bytes - empty.length) } })
  }
  const path = `${paths.call}tools.echo`
  expect((await post(path, sized(maxBodyBytes))).status).toBe(200)
  const over = await post(path, sized(maxBodyBytes + 1))
  expect([over.status, await codeOf(over)]).toEqual([413, 'LIMIT_EXCEEDED'])
})

test('a body of unknown length is cut at the limit', async () => {
  const chunk = new Uint8Array(50_000).fill(32)
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent++ < 20) controller.enqueue(chunk)
      else controller.close()
    },
  })
  const request = new Request(`http://localhost${paths.call}tools.echo`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
    duplex: 'half',
  } as RequestInit)
  expect(await codeOf(await rig.server.fetch(request))).toBe('LIMIT_EXCEEDED')
  expect(sent).toBeLessThan(10)
})

test.each([
  ['not JSON', '{"args":', 'application/json'],
  ['not UTF-8', new Uint8Array([123, 0xff, 125]), 'application/json'],
  ['not an object', '[]', 'application/json'],
  ['of another type', '{}', 'text/plain'],
  ['a form', 'args=1', 'application/x-www-form-urlencoded'],
  ['of unknown fields', '{"arg":{}}', 'application/json'],
  ['of a foolish mutation id', '{"args":{},"mutationId":"a b"}', 'application/json'],
])('a body that is %s is VALIDATION_FAILED', async (_name, body, type) => {
  const response = await post(`${paths.call}tools.echo`, body, { 'content-type': type })
  expect([response.status, await codeOf(response)]).toEqual([400, 'VALIDATION_FAILED'])
})

test('whatever is sent is answered with JSON by a code of the table', async () => {
  const anything = fc.oneof(
    fc.json(),
    fc.string(),
    fc.jsonValue().map((value) => JSON.stringify({ args: value })),
  )
  const path = fc.constantFrom(
    'tools.echo',
    'vote.append',
    'poll.list',
    'site.set',
    '__proto__',
    'poll',
  )
  await fc.assert(
    fc.asyncProperty(path, anything, async (at, body) => {
      const request = new Request(`http://localhost${paths.call}${at}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', authorization: 'Bearer ann' },
      })
      const response = await rig.server.fetch(request)
      const answer = (await response.json()) as { error?: { code: string } }
      if (answer.error === undefined) return
      expect(Object.keys(ERROR_TABLE)).toContain(answer.error.code)
      expect(answer.error.code).not.toBe('INTERNAL')
    }),
    { numRuns: 300 },
  )
})

test('a page of another site cannot use a cookie; this one and listed ones can', async () => {
  const ask = async (headers: Record<string, string>): Promise<number> =>
    (
      await post(`${paths.call}tools.echo`, '{"args":{"text":"a"}}', {
        'content-type': 'application/json',
        ...headers,
      })
    ).status
  const cookie = 'session=ann'
  const here = `http://127.0.0.1:${rig.port}`
  expect(await ask({ cookie, origin: here })).toBe(200)
  expect(await ask({ cookie })).toBe(200)
  expect(await ask({ cookie, origin: 'https://evil.example' })).toBe(403)
  expect(await ask({ cookie, origin: 'null' })).toBe(403)
  expect(await ask({ cookie, 'sec-fetch-site': 'cross-site' })).toBe(403)
  expect(await ask({ origin: 'https://evil.example' })).toBe(200)
  const listed = await ServerRig.open({ trustedOrigins: ['https://app.example'] })
  const { status } = await listed.call(
    'poll.pub.list',
    { paginationOpts: { numItems: 1, cursor: null } },
    undefined,
    {
      cookie,
      origin: 'https://app.example',
    },
  )
  expect(status).toBe(200)
  await listed.close()
})

test('a client of another version is told to load again', async () => {
  expect(await rig.code('tools.echo', { text: 'a' }, 'ann', { 'noboil-version': '2' })).toBe(
    'UPGRADE_REQUIRED',
  )
})

test('RATE_LIMITED says in its header when to come back', async () => {
  const limited = await ServerRig.open()
  for (const _ of [1, 2]) await limited.value('ballots.record', {}, 'ann')
  const poll = await limited.poll()
  for (let n = 0; n < 10; n++) {
    await limited.value(
      'vote.appendBulk',
      { parent: poll, items: Array.from({ length: 100 }, () => ({ option: 1 })) },
      'bob',
    )
  }
  const { status, headers, body } = await limited.call(
    'vote.append',
    { parent: poll, payload: { option: 1 } },
    'bob',
  )
  expect(status).toBe(429)
  const { retryAfter } = (body as { error: { data: { retryAfter: number } } }).error.data
  expect(headers.get('retry-after')).toBe(String(Math.ceil(retryAfter / 1000)))
  await limited.close()
})

test('accounts that cannot be asked are UNAVAILABLE, never nobody', async () => {
  const broken = await ServerRig.open()
  broken.auth.fail(new Error('down'))
  expect(await broken.code('vote.pub.counts', { parent: 'poll.x', field: 'option' }, 'ann')).toBe(
    'UNAVAILABLE',
  )
  expect((await broken.call('vote.pub.counts', { parent: 'poll.x', field: 'option' })).status).toBe(
    200,
  )
  await broken.close()
})

test('what is not there is a NOT_FOUND in JSON, also under /api/', async () => {
  for (const path of ['/', '/nothing', '/api/nothing', '/api/call/', '/api/auth/session']) {
    const response = await fetch(`http://127.0.0.1:${rig.port}${path}`)
    expect([path, response.status, await codeOf(response)]).toEqual([path, 404, 'NOT_FOUND'])
  }
})

test('health answers while the host does', async () => {
  const other = await ServerRig.open()
  const ask = (): Promise<Response> =>
    other.server.fetch(new Request(`http://localhost${paths.health}`))
  expect(await (await ask()).json()).toMatchObject({ status: 'ok' })
  await other.server.host.close()
  expect((await ask()).status).toBe(503)
  await other.close()
})

const answerOf = async (socket: Socket): Promise<string> => {
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => (text += chunk))
  await once(socket, 'close')
  return text
}

test('a request cut in the middle of its body harms nobody', async () => {
  const socket = rig.raw()
  socket.write(
    `POST ${paths.call}tools.echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"args"`,
  )
  await once(socket, 'connect')
  socket.destroy()
  expect((await rig.call('tools.echo', { text: 'still here' })).status).toBe(200)
})

test('a declared length over the limit is refused before the body is read', async () => {
  const socket = rig.raw()
  socket.write(
    `POST ${paths.call}tools.echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 999999999\r\n\r\n{`,
  )
  expect(await answerOf(socket)).toContain('LIMIT_EXCEEDED')
})

test('bytes that are no HTTP are refused', async () => {
  const socket = rig.raw()
  socket.write('\u0016\u0003\u0001\u0002hello\r\n\r\n')
  expect(await answerOf(socket)).toContain('400')
})
