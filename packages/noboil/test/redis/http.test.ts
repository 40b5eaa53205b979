import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerType, serve } from '@hono/node-server'
import express from 'express'
import { Hono } from 'hono'
import { type AppCache, cacheStatus, createAppCache } from 'noboil/cache'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis, type TestRedis } from './server.ts'

const file = join(tmpdir(), `noboil-cache-${process.pid}`, 'cache.json')
const posts = new Map([['1', 'first']])
let reads = 0
let redis: TestRedis
const open: { close(): unknown }[] = []
const caches: AppCache[] = []

const read = async (id: string): Promise<{ id: string; text: string } | null> => {
  reads++
  const text = posts.get(id)
  return text === undefined ? null : { id, text }
}

beforeAll(async () => {
  redis = await startRedis()
})

afterAll(async () => {
  for (const server of open) server.close()
  await Promise.all(caches.map((cache) => cache.close()))
  await redis.close()
  rmSync(join(file, '..'), { recursive: true, force: true })
})

function newCache(prefix: string): AppCache {
  const cache = createAppCache({
    dependencies: { posts: ['pictures'] },
    redis: { url: redis.url, prefix },
    log: { file },
    defaults: { jitter: 0 },
  })
  caches.push(cache)
  return cache
}

async function honoApp(): Promise<string> {
  const cache = newCache('hono')
  const app = new Hono()
  app.get('/posts/:id', async (c) => {
    const id = c.req.param('id')
    const options = { type: 'post', ids: [id], ttlMs: 60_000 }
    const answer = await cache.rememberWithStatus(`post:${id}`, options, () => read(id))
    c.header('Cache-Status', cacheStatus(answer))
    return answer.value === null ? c.notFound() : c.json(answer.value)
  })
  app.patch('/posts/:id', async (c) => {
    const id = c.req.param('id')
    posts.set(id, await c.req.text())
    await cache.invalidate('post', { ids: [id] })
    await cache.notify('post', id, 'update')
    return c.body(null, 204)
  })
  app.get('/metrics', (c) => c.text(cache.metrics()))
  const server: ServerType = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  open.push(server)
  if (server.address() === null) await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function expressApp(): Promise<string> {
  const cache = newCache('express')
  const app = express()
  // Express 5 passes the failure of an async handler on.
  // oxlint-disable-next-line oxc/no-async-endpoint-handlers
  app.get('/posts/:id', async (request, response) => {
    const { id } = request.params
    const options = { type: 'post', ids: [id], ttlMs: 60_000 }
    const answer = await cache.rememberWithStatus(`post:${id}`, options, () => read(id))
    response.setHeader('Cache-Status', cacheStatus(answer))
    if (answer.value === null) response.sendStatus(404)
    else response.json(answer.value)
  })
  // oxlint-disable-next-line oxc/no-async-endpoint-handlers
  app.patch('/posts/:id', express.text(), async (request, response) => {
    const { id } = request.params
    posts.set(id, String(request.body))
    await cache.invalidate('post', { ids: [id] })
    await cache.notify('post', id, 'update')
    response.sendStatus(204)
  })
  app.get('/metrics', (_request, response) => void response.send(cache.metrics()))
  const server = app.listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.each([
  ['Hono', honoApp],
  ['Express', expressApp],
])('a plain %s app remembers, forgets and says so', async (_name, start) => {
  const url = await start()
  reads = 0
  posts.set('1', 'first')
  const get = async (): Promise<readonly [unknown, string | null]> => {
    const response = await fetch(`${url}/posts/1`)
    return [await response.json(), response.headers.get('cache-status')]
  }
  expect(await get()).toEqual([
    { id: '1', text: 'first' },
    expect.stringMatching(/^noboil; fwd=miss; ttl=\d+; stored; detail=load$/),
  ])
  expect(await get()).toEqual([
    { id: '1', text: 'first' },
    expect.stringMatching(/^noboil; hit; ttl=\d+; detail=memory$/),
  ])
  expect(reads).toBe(1)
  const headers = { 'content-type': 'text/plain' }
  await fetch(`${url}/posts/1`, { method: 'PATCH', headers, body: 'second' })
  expect((await get())[0]).toEqual({ id: '1', text: 'second' })
  expect(reads).toBe(2)
  expect((await fetch(`${url}/posts/2`)).status).toBe(404)
  expect((await fetch(`${url}/posts/2`)).headers.get('cache-status')).toMatch(/^noboil; hit/)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toContain('noboil_cache_hits_total{entity="posts",tier="memory"} 2')
  expect(metrics).toContain('noboil_cache_invalidations_total{entity="posts"} 1')
})

test('what the cache does stands in its log, without values', async () => {
  await Promise.all(caches.map((cache) => cache.close()))
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string })
  expect(lines.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(['redis connected', 'invalidated', 'notified']),
  )
  expect(JSON.stringify(lines)).not.toContain('second')
})
