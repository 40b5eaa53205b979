import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ServerRig } from '../server.fixture.ts'

test('the web app is served with its start page for every place, and nothing outside its folder', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'web-'))
  await mkdir(join(dir, 'app/assets'), { recursive: true })
  await writeFile(join(dir, 'secret.txt'), 'secret')
  await writeFile(join(dir, 'app/index.html'), '<html><script>hi()</script></html>')
  await writeFile(join(dir, 'app/assets/main-DxYz12ab.js'), 'js()')
  await writeFile(join(dir, 'app/.env'), 'secret')
  await symlink(join(dir, 'secret.txt'), join(dir, 'app/link.txt'))
  const rig = await (await ServerRig.open({ web: { dir: join(dir, 'app') } })).listen()
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${rig.port}${path}`, { headers })
  const start = await get('/')
  expect(await start.text()).toContain('hi()')
  expect(start.headers.get('content-security-policy')).toMatch(/script-src 'self' 'sha256-/)
  expect(start.headers.get('x-frame-options')).toBe('DENY')
  expect(await (await get('/poll/some-id')).text()).toContain('hi()')
  const withId = await get('/p/poll.01M7WMJ0D554GXFB3YW3BXACJZ')
  expect(await withId.text()).toContain('hi()')
  expect((await get('/assets/gone.js')).status).toBe(404)
  const asset = await get('/assets/main-DxYz12ab.js')
  expect(asset.headers.get('cache-control')).toContain('immutable')
  expect(asset.headers.get('content-type')).toContain('javascript')
  const etag = asset.headers.get('etag') as string
  await asset.text()
  expect((await get('/assets/main-DxYz12ab.js', { 'if-none-match': etag })).status).toBe(304)
  for (const path of [
    '/assets/gone.js',
    '/.env',
    '/link.txt',
    '/..%2fsecret.txt',
    '/%00.js',
    '/assets%5c..%5c.env',
  ]) {
    const response = await get(path)
    expect([path, response.status === 404 || !(await response.text()).includes('secret')]).toEqual([
      path,
      true,
    ])
  }
  expect((await get('/api/nothing')).status).toBe(404)
  await rig.close()
  await rm(dir, { recursive: true })
})

test('a folder without an app is a sentence at the start', async () => {
  await expect(ServerRig.open({ web: { dir: '/nowhere/at/all' } })).rejects.toThrow(
    'There is no web app in /nowhere/at/all: it holds no index.html. Build it first.',
  )
})

test('an app under a path of its own has its own files and start page, and the rest stays with the first', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'web-'))
  for (const app of ['first', 'shop']) {
    await mkdir(join(dir, app))
    await writeFile(join(dir, app, 'index.html'), `the start of ${app}`)
    await writeFile(join(dir, app, 'app.js'), `the code of ${app}`)
  }
  const web = { dir: join(dir, 'first'), apps: { '/shop': join(dir, 'shop') } }
  const rig = await (await ServerRig.open({ web })).listen()
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${rig.port}${path}`)
    const text = await response.text()
    return response.ok ? text : String(response.status)
  }
  expect(await get('/shop')).toBe('the start of shop')
  expect(await get('/shop/')).toBe('the start of shop')
  expect(await get('/shop/item/7')).toBe('the start of shop')
  expect(await get('/shop/app.js')).toBe('the code of shop')
  expect(await get('/shop/gone.js')).toBe('404')
  expect(await get('/shop/..%2ffirst/app.js')).toBe('404')
  expect(await get('/shopping')).toBe('the start of first')
  expect(await get('/app.js')).toBe('the code of first')
  await rig.close()
  await rm(dir, { recursive: true })
})

test.each(['shop', '/shop/', '/', '', '/api', '/api/shop', '/..', '/a b'])(
  'an app cannot live under %j',
  async (path) => {
    await expect(ServerRig.open({ web: { dir: '/', apps: { [path]: '/' } } })).rejects.toThrow(
      `web.apps: '${path}' cannot be an app's path.`,
    )
  },
)
