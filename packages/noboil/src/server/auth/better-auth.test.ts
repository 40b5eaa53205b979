import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { HandClock } from './clock.fixture.ts'
import { type Browser, credentials, world, type World } from './accounts.fixture.ts'
import { Sessions } from './sessions.ts'

const userIdOf = async (browser: Browser): Promise<string> =>
  (await browser.session())?.user._id ?? 'nobody'

const codeOf = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(() => undefined, errorCode)

async function signedIn(app: World, name = 'Ann'): Promise<Browser> {
  const browser = app.browser()
  expect((await browser.signUp(name)).status).toBe(200)
  return browser
}

describe('an account', () => {
  it('is signed in by sign-up, with an id that is one of users', async () => {
    const app = await world()
    const ann = await signedIn(app)
    const { body } = await ann.get('/get-session')
    expect(body?.user).toMatchObject({ name: 'Ann', email: 'ann@people.test', isAnonymous: false })
    const session = await ann.session()
    const user = { _id: `users.${body?.user?.['id']}`, name: 'Ann', image: null, role: 'user' }
    expect(session).toEqual({ id: body?.session?.['id'], user, expiresAt: expect.any(Number) })
    expect(app.users.get(user._id)).toEqual(user)
  })

  it('is found again by e-mail address, in whatever case, and password', async () => {
    const app = await world()
    const first = await signedIn(app)
    const second = app.browser()
    expect((await second.signIn('Ann', { email: 'ANN@People.test' })).status).toBe(200)
    expect(await userIdOf(second)).toBe(await userIdOf(first))
    expect((await second.session())?.id).not.toBe((await first.session())?.id)
  })

  it('is not told apart from no account by a wrong password', async () => {
    const app = await world()
    await signedIn(app)
    const wrong = await app.browser().signIn('Ann', { password: 'not hers at all' })
    const unknown = await app.browser().signIn('Nobody')
    expect(wrong.status).toBe(401)
    expect(wrong.body).toEqual(unknown.body)
    expect(wrong.status).toBe(unknown.status)
  })

  it('is one per e-mail address', async () => {
    const app = await world()
    await signedIn(app)
    const again = await app.browser().signUp('Ann')
    expect(again).toMatchObject({
      status: 422,
      body: { code: 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL' },
    })
    expect(app.users.size).toBe(1)
  })

  it.each([
    ['a short password', { password: '1234567' }],
    ['a long password', { password: 'x'.repeat(129) }],
    ['no e-mail address', { email: 'ann' }],
    ['an endless e-mail address', { email: `${'a'.repeat(250)}@people.test` }],
    ['an empty name', { name: '  ' }],
    ['an endless name', { name: 'x'.repeat(81) }],
    ['a name with control characters', { name: 'A\u0000nn' }],
    ['half a character', { name: 'A\uD800' }],
    ['no name', { name: undefined }],
    ['an image that is a script', { image: 'javascript:alert(1)' }],
    ['an endless image', { image: `https://x.test/${'x'.repeat(2_048)}` }],
  ])('is refused with %s, and nothing of it stays', async (_what, more) => {
    const app = await world()
    const browser = app.browser()
    expect((await browser.signUp('Ann', more)).status).toBe(400)
    expect(browser.cookies.size).toBe(0)
    expect(app.users.size).toBe(0)
    expect((await browser.signUp('Ann')).status).toBe(200)
  })
})

describe('the users table', () => {
  it('follows names and images, in sessions that go on', async () => {
    const app = await world()
    const ann = await signedIn(app)
    app.dropped.length = 0
    const image = 'https://people.test/ann.png'
    expect((await ann.post('/update-user', { name: ' Anna ', image })).status).toBe(200)
    const user = { _id: await userIdOf(ann), name: 'Anna', image, role: 'user' }
    expect(app.users.get(user._id)).toEqual(user)
    expect((await ann.session())?.user).toEqual(user)
    expect(app.dropped).toEqual([])
    await ann.post('/update-user', { image: null })
    expect(app.users.get(user._id)).toEqual({ ...user, image: null })
  })

  it('is told nothing twice', async () => {
    const app = await world()
    const ann = await signedIn(app)
    await ann.session()
    await ann.session()
    await ann.post('/update-user', { name: 'Ann' })
    expect(app.changed).toHaveLength(1)
  })

  it('gets a row that is missing when the session is verified', async () => {
    const before = await world()
    const ann = await signedIn(before)
    await before.auth.close()
    const after = await world({}, before.file)
    const session = await after.auth.session(ann.headers)
    expect(after.users.get(session?.user._id ?? '')).toEqual(session?.user)
    await after.auth.session(ann.headers)
    expect(after.changed).toHaveLength(1)
  })

  it('that cannot be written fails no sign-up; the next verification writes it, or cannot tell who calls', async () => {
    const app = await world()
    const ann = app.browser()
    app.broken = new Error('disk full')
    expect((await ann.signUp('Ann')).status).toBe(200)
    expect(app.lines.join('')).toContain('disk full')
    await expect(ann.session()).rejects.toThrow('disk full')
    app.broken = undefined
    expect((await ann.session())?.user.name).toBe('Ann')
    expect(app.users.size).toBe(1)
  })

  it('ends with the last of many changes at once', async () => {
    const app = await world()
    const ann = await signedIn(app)
    const names = Array.from({ length: 10 }, (_, n) => `Ann ${n}`)
    await Promise.all([
      ...names.map((name) => ann.post('/update-user', { name })),
      ...names.map(() => ann.session()),
    ])
    const { body } = await ann.get('/get-session')
    expect([...app.users.values()]).toMatchObject([{ name: body?.user?.['name'] }])
  })
})

describe('a session', () => {
  it('ends with sign-out, at once', async () => {
    const app = await world()
    const ann = await signedIn(app)
    const { headers } = ann
    const session = await ann.session()
    expect((await ann.post('/sign-out')).status).toBe(200)
    expect(app.dropped).toEqual([{ session: session?.id }])
    expect(ann.cookies.size).toBe(0)
    expect(await app.auth.session(headers)).toBeNull()
  })

  it('on other devices ends with the password, asked for or not', async () => {
    const app = await world()
    const ann = await signedIn(app)
    const phone = app.browser()
    await phone.signIn('Ann')
    const ids = [(await ann.session())?.id, (await phone.session())?.id]
    const { status } = await ann.post('/change-password', {
      currentPassword: credentials('Ann').password,
      newPassword: 'a better one',
      revokeOtherSessions: false,
    })
    expect(status).toBe(200)
    expect(await phone.session()).toBeNull()
    expect((await ann.session())?.user.name).toBe('Ann')
    expect(app.dropped).toEqual(expect.arrayContaining(ids.map((session) => ({ session }))))
    expect((await app.browser().signIn('Ann')).status).toBe(401)
    expect((await app.browser().signIn('Ann', { password: 'a better one' })).status).toBe(200)
  })

  it('stays when the password is not changed', async () => {
    const app = await world()
    const ann = await signedIn(app)
    const { status } = await ann.post('/change-password', {
      currentPassword: 'not hers at all',
      newPassword: 'a better one',
    })
    expect(status).toBe(400)
    expect(await ann.session()).not.toBeNull()
    expect(app.dropped).toEqual([])
  })

  it('ends when it expires; being verified does not make it longer, being used does', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const app = await world()
    const ann = await signedIn(app)
    const endsAt = (await ann.session())?.expiresAt ?? 0
    vi.setSystemTime(endsAt - 1_000)
    expect((await ann.session())?.expiresAt).toBe(endsAt)
    const { headers } = ann
    vi.setSystemTime(endsAt + 1_000)
    expect(await app.auth.session(headers)).toBeNull()
    vi.setSystemTime(endsAt - 1_000)
    await ann.get('/get-session')
    vi.setSystemTime(endsAt + 1_000)
    expect((await ann.session())?.expiresAt).toBeGreaterThan(endsAt + 1_000)
  })

  it('is verified while somebody else signs up', async () => {
    const app = await world()
    const ann = await signedIn(app)
    let isSigningUp = true
    const signUp = app
      .browser()
      .signUp('Bob')
      .finally(() => (isSigningUp = false))
    let verified = 0
    while (isSigningUp) {
      await ann.session()
      verified++
    }
    expect((await signUp).status).toBe(200)
    // Behind the sign-up, one would wait until its password is hashed.
    expect(verified).toBeGreaterThan(4)
  })

  it('outlives the process', async () => {
    const before = await world()
    const ann = await signedIn(before)
    await before.auth.close()
    const after = await world({}, before.file)
    expect((await after.auth.session(ann.headers))?.user.name).toBe('Ann')
  })

  it('cannot be told once the accounts are closed', async () => {
    const app = await world()
    const ann = await signedIn(app)
    const sessions = new Sessions(app.auth, new HandClock(), {
      sessionCacheMs: 1,
      maxCachedSessions: 1,
      authTimeoutMs: 1_000,
    })
    await app.auth.close()
    await app.auth.close()
    expect(await codeOf(sessions.find(ann.headers))).toBe('UNAVAILABLE')
    expect(await codeOf(ann.post('/sign-out'))).toBe('UNAVAILABLE')
  })
})
