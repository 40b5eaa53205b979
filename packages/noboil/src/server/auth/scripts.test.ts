import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DefinitionError } from '../../errors/assert.ts'
import { errorCode } from '../../errors/match.ts'
import { credentials, tempFolder, world } from './accounts.fixture.ts'
import { betterAuth } from './better-auth.ts'

const codeOf = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(() => undefined, errorCode)

const ann = { ...credentials('Ann'), name: 'Ann' }

describe('a script', () => {
  it('makes an account once, and one that is there stays as it is', async () => {
    const app = await world()
    const first = await app.auth.createAccount({ ...ann, role: 'admin' })
    const second = await app.auth.createAccount({ ...ann, name: 'Other', password: 'another one' })
    expect(second).toEqual({ userId: first.userId, created: false })
    expect(first.created).toBe(true)
    const browser = app.browser()
    expect((await browser.signIn('Ann')).status).toBe(200)
    expect((await browser.session())?.user).toEqual({
      _id: first.userId,
      name: 'Ann',
      image: null,
      role: 'admin',
    })
  })

  it.each([
    ['a short password', { password: '1234567' }],
    ['no e-mail address', { email: 'ann' }],
    ['an empty name', { name: '' }],
    ['a role of several words', { role: 'admin, user' }],
  ])('makes no account with %s', async (_what, more) => {
    const app = await world()
    expect(await codeOf(app.auth.createAccount({ ...ann, ...more }))).toBe('VALIDATION_FAILED')
    expect(app.users.size).toBe(0)
  })

  it('gives a role by address or id, and what is known of the sessions is dropped at once', async () => {
    const app = await world()
    const { userId } = await app.auth.createAccount(ann)
    const browser = app.browser()
    await browser.signIn('Ann')
    await browser.session()
    await app.auth.setRole(' ANN@people.test ', 'admin')
    expect(app.dropped).toEqual([{ user: userId }])
    expect((await browser.session())?.user.role).toBe('admin')
    expect(app.users.get(userId)).toMatchObject({ role: 'admin' })
    await app.auth.setRole(userId, 'admin')
    expect(app.dropped).toHaveLength(1)
    expect(await codeOf(app.auth.setRole(userId, 'admin,user'))).toBe('VALIDATION_FAILED')
  })

  it('in another process gives a role that is noticed when the session is next verified', async () => {
    const app = await world()
    const { userId } = await app.auth.createAccount(ann)
    const browser = app.browser()
    await browser.signIn('Ann')
    await browser.session()
    const other = betterAuth({ database: app.file })
    await other.setRole('ann@people.test', 'admin')
    await other.close()
    expect((await browser.session())?.user.role).toBe('admin')
    expect(app.users.get(userId)).toMatchObject({ role: 'admin' })
    expect(app.dropped).toEqual([{ user: userId }])
  })

  it('sets a password, which signs out everywhere', async () => {
    const app = await world()
    await app.auth.createAccount(ann)
    const browser = app.browser()
    await browser.signIn('Ann')
    await app.auth.setPassword('ann@people.test', 'set by a script')
    expect(await browser.session()).toBeNull()
    expect(app.dropped).toHaveLength(1)
    expect((await browser.signIn('Ann')).status).toBe(401)
    expect((await browser.signIn('Ann', { password: 'set by a script' })).status).toBe(200)
  })

  it('sets no password of a guest', async () => {
    const app = await world()
    const guest = app.browser()
    await guest.post('/sign-in/anonymous')
    const userId = (await guest.session())?.user._id ?? ''
    expect(await codeOf(app.auth.setPassword(userId, 'a password'))).toBe('VALIDATION_FAILED')
    expect(await guest.session()).not.toBeNull()
  })

  it('bans: signed out at once, and not let in until unbanned', async () => {
    const app = await world()
    await app.auth.createAccount(ann)
    const browser = app.browser()
    await browser.signIn('Ann')
    const session = await browser.session()
    await app.auth.ban('ann@people.test')
    expect(app.dropped).toEqual([{ session: session?.id }])
    expect(await browser.session()).toBeNull()
    const refused = await browser.signIn('Ann')
    expect(refused).toMatchObject({ status: 403, body: { code: 'BANNED_USER' } })
    expect((await browser.signIn('Ann', { password: 'a guess' })).status).toBe(401)
    await app.auth.unban('ann@people.test')
    expect((await browser.signIn('Ann')).status).toBe(200)
  })

  it('removes an account after its row of users is gone, and not otherwise', async () => {
    const app = await world()
    const { userId } = await app.auth.createAccount(ann)
    const browser = app.browser()
    await browser.signIn('Ann')
    app.broken = new Error('disk full')
    await expect(app.auth.removeAccount(userId)).rejects.toThrow('disk full')
    app.broken = undefined
    expect((await browser.signIn('Ann')).status).toBe(200)
    await app.auth.removeAccount(userId)
    expect(app.users.size).toBe(0)
    expect(await browser.session()).toBeNull()
    expect((await browser.signIn('Ann')).status).toBe(401)
    expect(app.users.size).toBe(0)
  })

  it('removes an account whose owner is in the middle of things, and no row comes back', async () => {
    const app = await world()
    const guest = app.browser()
    await guest.post('/sign-in/anonymous')
    const session = await guest.session()
    const [verified] = await Promise.all([
      guest.session().catch(() => null),
      app.auth.removeAccount(session?.user._id ?? ''),
      guest.post('/update-user', { name: 'Still here' }),
    ])
    expect([null, session?.id]).toContain(verified?.id ?? null)
    expect(await guest.session()).toBeNull()
    expect(app.users.size).toBe(0)
  })

  it('without a server removes nothing', async () => {
    const auth = betterAuth({ database: join(tempFolder(), 'accounts.db') })
    await auth.createAccount(ann)
    expect(await codeOf(auth.removeAccount('ann@people.test'))).toBe('UNSUPPORTED')
    await auth.close()
  })

  it.each(['nobody@people.test', 'users.nobody', '', "users.' OR 1=1 --"])(
    'finds no account by %j',
    async (who) => {
      const { auth } = await world()
      await auth.createAccount(ann)
      for (const attempt of [auth.setRole(who, 'admin'), auth.ban(who), auth.removeAccount(who)]) {
        expect(await codeOf(attempt)).toBe('NOT_FOUND')
      }
    },
  )
})

describe('an admin', () => {
  it('is whoever has one of the named addresses, from sign-up on', async () => {
    const app = await world({ admins: [' Boss@People.test '] })
    const boss = app.browser()
    await boss.signUp('Boss')
    expect((await boss.session())?.user.role).toBe('admin')
    const guest = app.browser()
    await guest.post('/sign-in/anonymous')
    expect((await guest.session())?.user.role).toBe('user')
  })

  it('may have been there before being named', async () => {
    const before = await world()
    await before.auth.createAccount(ann)
    await before.auth.close()
    const after = await world({ admins: [ann.email] }, before.file)
    const browser = after.browser()
    await browser.signIn('Ann')
    expect((await browser.session())?.user.role).toBe('admin')
  })

  it('is nobody by what a client sends', async () => {
    const app = await world()
    const browser = app.browser()
    await browser.signUp('Ann', { role: 'admin', banned: true, isAnonymous: true, id: 'mine' })
    expect((await browser.session())?.user).toMatchObject({ role: 'user' })
    expect((await browser.post('/update-user', { name: 'A', role: 'admin' })).status).toBe(400)
    expect((await browser.session())?.user).toMatchObject({ role: 'user', name: 'Ann' })
  })
})

describe('the accounts file and its secret', () => {
  it('are made with their folder, for their owner alone', async () => {
    const file = join(tempFolder(), 'data', 'accounts.db')
    await world({}, file)
    for (const path of [file, `${file}.secret`]) expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(`${file}.secret`, 'utf8')).toMatch(/^[\w-]{43}$/)
  })

  it('keeps no secret that the app gives', async () => {
    const file = join(tempFolder(), 'accounts.db')
    await world({ secret: 's'.repeat(32) }, file)
    expect(existsSync(`${file}.secret`)).toBe(false)
  })

  it('signs nobody in by another secret', async () => {
    const before = await world({ secret: 's'.repeat(32) })
    const browser = before.browser()
    await browser.signUp('Ann')
    await before.auth.close()
    const after = await world({ secret: 't'.repeat(32) }, before.file)
    expect(await after.auth.session(browser.headers)).toBeNull()
  })

  it.each<[string, (file: string) => void, RegExp]>([
    ['is no database', (file) => writeFileSync(file, 'x'.repeat(5_000)), /accounts file .* opened/],
    ['is a folder', (file) => mkdirSync(file), /accounts file .* opened/],
    ['has a cut-off secret', (file) => writeFileSync(`${file}.secret`, 'ab'), /secret in .* short/],
    ['has a folder for a secret', (file) => mkdirSync(`${file}.secret`), /secret in .* /],
  ])('refuse to start by a sentence when the file %s', async (_what, prepare, sentence) => {
    const file = join(tempFolder(), 'accounts.db')
    prepare(file)
    const auth = betterAuth({ database: file })
    const failed = auth.connect?.({ dropped: () => {}, changed: async () => {} })
    await expect(failed).rejects.toThrow(DefinitionError)
    await expect(failed).rejects.toThrow(sentence)
    await auth.close()
  })

  it.each<[string, object]>([
    ['no file', { database: '' }],
    ['memory', { database: ':memory:' }],
    ['no file', { database: undefined as never }],
    ['a short secret', { secret: 'short' }],
    ['an address without a scheme', { baseUrl: 'app.example' }],
    ['an address with a path', { baseUrl: 'https://app.example/x' }],
    ['a pattern of origins', { trustedOrigins: ['https://*.example'] }],
    ['a prefix that is no word', { cookiePrefix: 'a b' }],
    ['no guests at all', { limits: { guestsPerMinute: 0 } }],
    ['an unknown limit', { limits: { guests: 1 } }],
  ])('are refused at once with %s', (_what, config) => {
    expect(() => betterAuth({ database: 'accounts.db', ...config })).toThrow(DefinitionError)
  })
})
