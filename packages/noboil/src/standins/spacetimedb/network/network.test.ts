import { type ChildProcess, spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createModuleHost } from '../host.ts'
import { isPrivateAddress } from './addresses.ts'
import { networkHttp } from './network.ts'

/** Upstream runs in a process of its own: this one stands still while it asks. */
const UPSTREAM = `
  const server = require('node:http').createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      if (request.url === '/moved') return response.writeHead(302, { location: '/echo' }).end()
      if (request.url === '/away') return response.writeHead(302, { location: 'http://10.0.0.1/' }).end()
      if (request.url === '/loop') return response.writeHead(302, { location: '/loop' }).end()
      if (request.url === '/never') return
      const body = [request.method, request.headers['x-key'] ?? '', Buffer.concat(chunks)].join(' ')
      response.writeHead(request.url === '/gone' ? 410 : 200, { 'x-answer': 'yes' }).end(body)
    })
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`
let upstream: ChildProcess
let host = ''
beforeAll(async () => {
  upstream = spawn(process.execPath, ['--eval', UPSTREAM], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<string>((resolve) =>
    upstream.stdout?.once('data', (text: Buffer) => resolve(text.toString().trim())),
  )
  host = `127.0.0.1:${port}`
})
afterAll(() => void upstream.kill())

const request = (
  path: string,
  more: object = {},
): Parameters<ReturnType<typeof networkHttp>>[0] => ({
  method: 'GET',
  url: `http://${host}${path}`,
  headers: {},
  body: new Uint8Array(),
  timeoutMs: 10_000,
  ...more,
})
const fetchFrom = (path: string, more: object = {}): [number | undefined, string] => {
  const { status, body } = networkHttp({ privateHosts: [host] })(request(path, more))
  return [status, typeof body === 'string' ? body : new TextDecoder().decode(body)]
}

test('a request is answered before the call returns', () => {
  const body = new TextEncoder().encode('hello')
  expect(fetchFrom('/echo', { method: 'POST', headers: { 'x-key': 'k' }, body })).toEqual([
    200,
    'POST k hello',
  ])
  expect(fetchFrom('/gone')).toEqual([410, 'GET  '])
})

test('redirects are followed, and not for ever', () => {
  expect(fetchFrom('/moved')).toEqual([200, 'GET  '])
  expect(() => fetchFrom('/loop')).toThrow('Too many redirects')
})

test('a private address is refused, also behind a redirect, unless it was named', () => {
  expect(() => networkHttp()(request('/echo'))).toThrow('private or special-purpose address')
  expect(() => fetchFrom('/away')).toThrow('private or special-purpose address')
  expect(() => fetchFrom('/', { url: 'http://localhost:1/' })).toThrow('private')
})

test('an answer that does not come in time is an error', () => {
  expect(() => fetchFrom('/never', { timeoutMs: 50 })).toThrow('The request timed out')
})

test('what is no address of the web is an error', () => {
  expect(() => fetchFrom('/', { url: 'nonsense' })).toThrow('Invalid URL')
  expect(() => fetchFrom('/', { url: 'file:///etc/passwd' })).toThrow('not a protocol')
})

test('a module fetches through it', async () => {
  const made = await createModuleHost({
    http: networkHttp({ privateHosts: [host] }),
    entry: {
      folder: import.meta.dirname,
      source: `
        import { schema, t } from 'spacetimedb/server'
        const db = schema({})
        export default db
        export const ask = db.procedure({ url: t.string() }, t.string(), (ctx, { url }) => {
          const response = ctx.http.fetch(url)
          return [response.status, response.headers.get('x-answer'), response.text()].join(' ')
        })
      `,
    },
  })
  expect(made.procedure('ask', { url: `http://${host}/echo` })).toBe('200 yes GET  ')
  expect(() => made.procedure('ask', { url: 'http://10.0.0.1/' })).toThrow('private')
})

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    '[::1]',
    'fe80::1%eth0',
    'fd00::1',
    '::ffff:127.0.0.1',
    'nonsense',
  ])('%s is private', (address) => {
    expect(isPrivateAddress(address)).toBe(true)
  })
  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    '%s is public',
    (address) => {
      expect(isPrivateAddress(address)).toBe(false)
    },
  )
})
