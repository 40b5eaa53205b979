import { expect, test } from 'vitest'
import { type Browser, credentials, world } from './accounts.fixture.ts'

const bearer = (token: string): Headers => new Headers({ authorization: `Bearer ${token}` })

async function tokenOf(browser: Browser): Promise<string> {
  const { status, body } = await browser.get('/token')
  expect(status).toBe(200)
  return (body as { readonly token: string }).token
}

test('whoever is signed in gets a token, and calls with it as themselves', async () => {
  const app = await world()
  await app.auth.createAccount({ ...credentials('Robot'), name: 'Robot', role: 'service' })
  const robot = app.browser()
  await robot.signIn('Robot')
  const session = await app.auth.session(bearer(await tokenOf(robot)))
  expect(session).toMatchObject({
    id: (await robot.session())?.id,
    user: { name: 'Robot', role: 'service' },
  })
  const leftMs = (session?.expiresAt ?? 0) - Date.now()
  expect(leftMs).toBeGreaterThan(800_000)
  expect(leftMs).toBeLessThanOrEqual(900_000)
})

test('nobody gets no token', async () => {
  const app = await world()
  expect((await app.browser().get('/token')).status).toBe(401)
})

test('a token ends with its session', async () => {
  const app = await world()
  const ann = app.browser()
  await ann.signUp('Ann')
  const token = await tokenOf(ann)
  await ann.post('/sign-out')
  expect(await app.auth.session(bearer(token))).toBeNull()
})

test('a token of somebody who is banned is nobody’s', async () => {
  const app = await world()
  const ann = app.browser()
  await ann.signUp('Ann')
  const token = await tokenOf(ann)
  await app.auth.ban('ann@people.test')
  expect(await app.auth.session(bearer(token))).toBeNull()
})

test('a token of another deployment, one that was changed, and no token at all are nobody’s', async () => {
  const [here, there] = [await world(), await world()]
  const ann = there.browser()
  await ann.signUp('Ann')
  const foreign = await tokenOf(ann)
  const bob = here.browser()
  await bob.signUp('Bob')
  const [head = '', , signature = ''] = (await tokenOf(bob)).split('.')
  const payload = Buffer.from(JSON.stringify({ sub: 'somebody', sid: 'x', aud: 'noboil' }))
  const forged = [head, payload.toString('base64url'), signature].join('.')
  for (const token of [foreign, forged, '', 'x', 'a.b.c', 'x'.repeat(10_000)]) {
    expect(await here.auth.session(bearer(token))).toBeNull()
  }
})

test('a session itself is no token', async () => {
  const app = await world()
  const ann = app.browser()
  await ann.signUp('Ann')
  for (const cookie of ann.cookies.values()) {
    expect(await app.auth.session(bearer(decodeURIComponent(cookie)))).toBeNull()
  }
})

test('a cookie comes before a token', async () => {
  const app = await world()
  const [ann, bob] = [app.browser(), app.browser()]
  await ann.signUp('Ann')
  await bob.signUp('Bob')
  const headers = ann.headers
  headers.set('authorization', `Bearer ${await tokenOf(bob)}`)
  expect((await app.auth.session(headers))?.user.name).toBe('Ann')
})
