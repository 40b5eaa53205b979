import { describe, expect, test } from 'vitest'
import { DefinitionError } from '../../errors/assert.ts'
import type { User } from '../../schema/register.ts'
import { createAppCache } from '../cache-defaults.ts'
import { noboil } from '../noboil.ts'
import { deploy, listen, s, service } from './deployment.fixture.ts'

const ann = { _id: 'users.ann', name: 'Ann' } as User
const silent = { debug() {}, info() {}, warn() {}, error() {} }

async function signIn(url: string): Promise<Record<string, string>> {
  const response = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(service),
  })
  const cookie = response.headers.getSetCookie().map((text) => text.split(';')[0])
  const token = await fetch(`${url}/api/auth/token`, { headers: { cookie: cookie.join('; ') } })
  const { token: jwt } = (await token.json()) as { token: string }
  return { authorization: `Bearer ${jwt}`, 'content-type': 'application/json' }
}

describe('a commit', () => {
  test('makes what was remembered of its entity, and of what depends on it, stale at once', async () => {
    const { app, cache } = await deploy()
    let loads = 0
    const feed = () => cache.remember('feed', { type: 'feed', ttlMs: 60_000 }, () => ++loads)
    expect([await feed(), await feed()]).toEqual([1, 1])
    await app.as(ann).post.create({ payload: { title: 'a', isPublic: true } })
    expect(await feed()).toBe(2)
  })

  test('leaves what was remembered of other rows alone', async () => {
    const { app, cache } = await deploy()
    const one = await app.as(ann).post.create({ payload: { title: 'a', isPublic: true } })
    const two = await app.as(ann).post.create({ payload: { title: 'b', isPublic: true } })
    const loads: string[] = []
    const read = (id: string) =>
      cache.remember(id, { type: 'post', ids: [id], ttlMs: 60_000 }, () => loads.push(id))
    await read(one._id)
    await read(two._id)
    await app.as(ann).post.update({ id: one._id, patch: { title: 'c' } })
    await read(one._id)
    await read(two._id)
    expect(loads).toEqual([one._id, two._id, one._id])
  })

  test('of a table that takes no part tells nobody', async () => {
    const { app, url } = await deploy()
    const browser = await listen(url, 'posts', 'pages', 'feed')
    await app.as(ann).profile.upsert({ payload: { nick: 'a' } })
    await app.api.page.set({ key: 'about', payload: { text: 'a' } })
    expect(await browser.until(1)).toMatchObject([{ entity: 'pages' }])
  })

  test('of a table that asks to is one of the entity it names', async () => {
    const { app, url } = await deploy({ invalidates: { profile: 'posts', page: false } })
    const browser = await listen(url, 'posts', 'pages')
    await app.api.page.set({ key: 'about', payload: { text: 'a' } })
    await app.as(ann).profile.upsert({ payload: { nick: 'a' } })
    expect(await browser.until(1)).toMatchObject([{ entity: 'posts', id: null }])
  })

  test('of many rows is one message', async () => {
    const { app, url, cache } = await deploy()
    const browser = await listen(url, 'posts')
    const items = Array.from({ length: 500 }, (_, at) => ({ title: `${at}`, isPublic: true }))
    await app.as(ann).post.createBulk({ items })
    expect(await browser.until(1)).toMatchObject([{ id: null }])
    await cache.notify('posts', 'the-end', 'update')
    expect((await browser.until(2))[1]).toMatchObject({ id: 'the-end' })
  })

  test('that purges a log tells of it', async () => {
    const { app, url } = await deploy()
    const { _id: parent } = await app
      .as(ann)
      .post.create({ payload: { title: 'a', isPublic: true } })
    await app.as(ann).comment.append({ parent, payload: { text: 'a' } })
    const browser = await listen(url, 'comments')
    await app.as(ann).comment.purgeByParent({ parent })
    expect(await browser.until(1)).toMatchObject([{ entity: 'comments', id: null }])
  })
})

describe('a browser', () => {
  test('is told the id of a row that everybody may see, and what has become of it', async () => {
    const { app, url } = await deploy()
    const browser = await listen(url, 'post')
    const { _id } = await app.as(ann).post.create({ payload: { title: 'a', isPublic: true } })
    await browser.until(1)
    await app.as(ann).post.rm({ id: _id })
    expect(await browser.until(2)).toMatchObject([
      {
        entity: 'posts',
        names: ['posts', 'post'],
        id: _id,
        action: 'create',
        stale: ['feed', 'feeds'],
      },
      { id: _id, action: 'delete' },
    ])
  })

  test('is told no id of a row that not everybody may see', async () => {
    const { app, url } = await deploy()
    const browser = await listen(url, 'post')
    const { _id } = await app.as(ann).post.create({ payload: { title: 'a', isPublic: false } })
    expect(await browser.until(1)).toMatchObject([{ entity: 'posts', id: null, action: 'update' }])
    expect(JSON.stringify(browser.heard)).not.toContain(_id)
  })

  test('that watches what depends on a change is told of it', async () => {
    const { app, url } = await deploy()
    const browser = await listen(url, 'feed')
    await app.api.page.set({ key: 'about', payload: { text: 'a' } })
    expect(await browser.until(1)).toMatchObject([{ entity: 'pages', id: 'about' }])
  })

  test('that watches something else is not', async () => {
    const { app, url } = await deploy()
    const [pages, posts] = [await listen(url, 'pages'), await listen(url, 'posts')]
    await app.as(ann).post.create({ payload: { title: 'a', isPublic: true } })
    await posts.until(1)
    await app.api.page.set({ key: 'about', payload: { text: 'a' } })
    expect(await pages.until(1)).toMatchObject([{ entity: 'pages' }])
  })

  test('that watches what is no entity is refused with the nearest one', async () => {
    const { url } = await deploy()
    const response = await fetch(`${url}/api/live?entity=postz`)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('posts')
  })
})

describe('two deployments', () => {
  const pair = async () => {
    const b = await deploy()
    const a = await deploy({ mirrors: { targets: [b.url], ...service, allowPrivate: true } })
    return { a, b }
  }

  test('a commit at one is forgotten at the other, whose browsers are told', async () => {
    const { a, b } = await pair()
    let loads = 0
    const feed = () => b.cache.remember('feed', { type: 'feed', ttlMs: 60_000 }, () => ++loads)
    await feed()
    const browser = await listen(b.url, 'posts')
    await a.app.as(ann).post.create({ payload: { title: 'a', isPublic: true } })
    expect(await browser.until(1)).toMatchObject([{ entity: 'posts', id: null, action: 'update' }])
    expect(await feed()).toBe(2)
  })

  test('what the app makes stale by itself is told as well', async () => {
    const { a, b } = await pair()
    const browser = await listen(b.url, 'posts')
    await a.cache.invalidate('post')
    expect(await browser.until(1)).toMatchObject([{ entity: 'posts' }])
  })

  test('nothing of it is in the other’s database, and no secret in any log', async () => {
    const { a, b } = await pair()
    const browser = await listen(b.url, 'posts')
    await a.app.as(ann).post.create({ payload: { title: 'a', isPublic: true } })
    await browser.until(1)
    expect(
      (await b.app.api.post.list({ paginationOpts: { numItems: 1, cursor: null } })).page,
    ).toEqual([])
    await a.close()
    const log = JSON.stringify([a.lines, b.lines])
    expect(log).toContain('mirror told')
    expect(log).not.toContain(service.password)
    expect(log).not.toMatch(/eyJ/)
  })
})

describe('the routes', () => {
  const body = JSON.stringify({ type: 'posts', mirror: false })
  const routes = [
    ['POST', '/api/cache/invalidate'],
    ['GET', '/api/cache/invalidate?origin=a'],
    ['GET', '/api/cache/stats'],
    ['GET', '/api/metrics'],
  ] as const

  test.each(routes)('%s %s is nobody’s, nor any user’s', async (method, path) => {
    const send = (url: string, headers: Record<string, string>) =>
      fetch(url + path, { method, headers, ...(method === 'POST' ? { body } : {}) })
    const { url } = await deploy({ role: 'user' })
    expect((await send(url, { 'content-type': 'application/json' })).status).toBe(401)
    const forged = { authorization: 'Bearer a.b.c', 'content-type': 'application/json' }
    expect((await send(url, forged)).status).toBe(401)
    expect((await send(url, await signIn(url))).status).toBe(403)
  })

  test.each(routes)('%s %s is the service account’s', async (method, path) => {
    const { url } = await deploy()
    const headers = await signIn(url)
    const answer = await fetch(url + path, {
      method,
      headers,
      ...(method === 'POST' ? { body } : {}),
    })
    expect(answer.status).toBe(200)
  })

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['an unknown entity', '{"type":"postz"}'],
    ['too much', JSON.stringify({ type: 'posts', messageId: 'x'.repeat(2_000_000) })],
  ])('a message that is %s is refused and changes nothing', async (_name, text) => {
    const { url, cache } = await deploy()
    await cache.remember('a', { type: 'posts', ttlMs: 60_000 }, () => 1)
    const headers = await signIn(url)
    const answer = await fetch(`${url}/api/cache/invalidate`, {
      method: 'POST',
      headers,
      body: text,
    })
    expect([400, 413]).toContain(answer.status)
    expect(await cache.get('a')).toBe(1)
  })

  test('numbers are told to people and to machines', async () => {
    const { url, app } = await deploy()
    await app.as(ann).post.create({ payload: { title: 'a', isPublic: true } })
    const headers = await signIn(url)
    const stats = await (await fetch(`${url}/api/cache/stats`, { headers })).json()
    expect(stats).toMatchObject({ mirrors: { targets: [], applied: 0 }, updates: 1 })
    const metrics = await (await fetch(`${url}/api/metrics`, { headers })).text()
    expect(metrics).toMatch(/^noboil_app_updates_total 1$/m)
    for (const line of metrics.trim().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? [-+\d.eInf]+)$/)
    }
  })
})

describe('a config', () => {
  const cache = createAppCache({ dependencies: { posts: [] }, log: silent })
  const start = async (more: object) => {
    const app = noboil({
      database: '/tmp/never-made/app.db',
      tables: ({ table }) => ({ post: table(s.post) }),
      ...more,
    })
    await app.start()
  }

  test.each([
    ['an entity that is none', { cache, invalidates: { post: 'postz' } }, /postz/],
    ['a table that is none', { cache, invalidates: { pots: 'posts' } }, /pots/],
    ['mirrors and no cache', { mirrors: { targets: ['https://a.example'], ...service } }, /cache/],
    ['a mirror that is no address', { cache, mirrors: { targets: ['a'], ...service } }, /'a'/],
    [
      'a mirror on a private address',
      { cache, mirrors: { targets: ['http://10.0.0.1'], ...service } },
      /CACHE_MIRRORS_PRIVATE/,
    ],
    [
      'mirrors and no account',
      { cache, mirrors: { targets: ['https://a.example'], email: '', password: '' } },
      /SERVICE_EMAIL/,
    ],
  ])('with %s is refused before anything is opened', async (_name, more, message) => {
    await expect(start(more)).rejects.toThrow(DefinitionError)
    await expect(start(more)).rejects.toThrow(message)
  })
})
