import { readFileSync } from 'node:fs'
import { array, assert, asyncProperty, constantFrom, oneof, string, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { credentials, world } from './accounts.fixture.ts'

describe('the cookie', () => {
  it.each([
    [undefined, /^noboil\.session_token=.*; HttpOnly; SameSite=Lax$/i, false],
    ['http://localhost:3000', /^noboil\.session_token=.*; HttpOnly; SameSite=Lax$/i, false],
    [
      'https://app.example',
      /^__Secure-noboil\.session_token=.*; HttpOnly; Secure; SameSite=Lax$/i,
      true,
    ],
  ])('of a server at %s is kept from scripts and other sites', async (baseUrl, shape, isSecure) => {
    const app = await world(baseUrl === undefined ? {} : { baseUrl })
    const browser = app.browser()
    const extra = baseUrl === undefined ? {} : { origin: baseUrl }
    const { headers, status } = await browser.send('POST', '/sign-in/anonymous', {}, extra)
    expect(status).toBe(200)
    const [cookie = ''] = headers.getSetCookie()
    expect(cookie).toMatch(shape)
    expect(cookie.includes('Secure;')).toBe(isSecure)
    expect(await browser.session()).not.toBeNull()
  })

  it('is the whole of the credentials, wherever it stands', async () => {
    const { auth } = await world()
    const of = (cookie: string): string | null => auth.credential(new Headers({ cookie }))
    expect(of('noboil.session_token=a')).toBe('a')
    expect(of('theme=dark;noboil.session_token=a=b ; x=noboil.session_token=c')).toBe('a=b')
    expect(of('noboil.session_token=a; noboil.session_token=b')).toBe('a')
    expect(of('xnoboil.session_token=a; __Secure-noboil.session_token=b')).toBeNull()
    expect(auth.credential(new Headers({ authorization: 'Basic a' }))).toBeNull()
  })

  it('is nobody unless it was signed here, whatever is made of it', async () => {
    const app = await world()
    const ann = app.browser()
    await ann.signUp('Ann')
    const real = ann.cookies.get('noboil.session_token') ?? ''
    const [token = '', signature = ''] = decodeURIComponent(real).split('.')
    const printable = string({ unit: 'binary-ascii' }).map((text) =>
      text.replaceAll(/[^ -~]/g, '.'),
    )
    const piece = oneof(
      printable,
      constantFrom(token, signature, real, '.', '%', '%00', '"', ';', '=', ',', `${token}.`),
    )
    await assert(
      asyncProperty(array(piece, { maxLength: 4 }), async (pieces) => {
        const cookie = `noboil.session_token=${pieces.join('')}`
        const session = await app.auth.session(new Headers({ cookie }))
        if (session === null) return
        // Only the cookie as it was given, quoted or with its tail cut off by the next one, may be hers.
        expect(app.auth.credential(new Headers({ cookie }))?.replaceAll('"', '')).toMatch(
          new RegExp(`^(${escaped(real)}|${escaped(decodeURIComponent(real))})$`),
        )
      }),
      { numRuns: 300 },
    )
    expect((await ann.session())?.user.name).toBe('Ann')
  })

  it('is nobody with any one character changed', async () => {
    const app = await world()
    const ann = app.browser()
    await ann.signUp('Ann')
    const real = ann.cookies.get('noboil.session_token') ?? ''
    for (let at = 0; at < real.length; at += 3) {
      const other = real[at] === 'x' ? 'y' : 'x'
      const cookie = `noboil.session_token=${real.slice(0, at)}${other}${real.slice(at + 1)}`
      // The last character of base64 carries bits that mean nothing.
      if (cookie.endsWith(`${other}%3D`)) continue
      expect(await app.auth.session(new Headers({ cookie }))).toBeNull()
    }
  })
})

describe('what is served', () => {
  it.each([
    ['GET', '/ok'],
    ['GET', '/error'],
    ['POST', '/get-session'],
    ['GET', '/get-session/'],
    ['GET', '//get-session'],
    ['GET', '/%67et-session'],
    ['GET', '/GET-SESSION'],
    ['POST', '/delete-user'],
    ['POST', '/delete-anonymous-user'],
    ['POST', '/change-email'],
    ['POST', '/sign-in/social'],
    ['POST', '/request-password-reset'],
    ['POST', '/admin/set-role'],
    ['POST', '/update-session'],
    ['OPTIONS', '/sign-in/email'],
    ['PUT', '/sign-out'],
    ['GET', ''],
  ])('is not %s %s', async (method, path) => {
    const app = await world()
    expect((await app.browser().send(method, path)).status).toBe(404)
  })

  it('is nothing at places of the same length', async () => {
    const app = await world()
    const answer = await app.auth.handler(new Request('http://localhost/abcdefghi/get-session'))
    expect(answer.status).toBe(404)
  })

  it('is never a failure of the server, whatever is sent', async () => {
    const app = await world()
    const body = oneof(
      string(),
      constantFrom('{', 'null', '[]', '{}', '{"email":{}}', '{"email":"a@b.c","password":null}'),
      tuple(string(), string(), string()).map(([name, email, password]) =>
        JSON.stringify({ name, email, password, rememberMe: name, currentPassword: password }),
      ),
    )
    const path = constantFrom(
      ...['/sign-up/email', '/sign-in/email', '/sign-out', '/update-user', '/change-password'],
      ...['/revoke-session', '/revoke-sessions', '/revoke-other-sessions'],
    )
    const type = constantFrom(
      ...['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense'],
    )
    const guest = app.browser()
    await guest.post('/sign-in/anonymous')
    const cookies = constantFrom(guest.headers.get('cookie') ?? '', 'noboil.session_token=x', '')
    await assert(
      asyncProperty(path, type, body, cookies, async (path, type, text, cookie) => {
        const headers = { 'content-type': type, origin: 'http://localhost', cookie }
        const { status } = await app.auth.handler(
          new Request(`http://localhost/api/auth${path}`, { method: 'POST', headers, body: text }),
        )
        expect(status).toBeLessThan(500)
        app.clock.pass(60_000)
      }),
      { numRuns: 300 },
    )
    expect(app.lines.filter((line) => line.includes('"level":50'))).toEqual([])
  })
})

describe('a page of another site', () => {
  it.each([
    ['by its origin', { origin: 'https://evil.example' }],
    ['by an origin it hides', { origin: 'null' }],
    ['by a name that begins like ours', { origin: 'http://localhost:3000.evil.example' }],
    ['by another port', { origin: 'http://localhost:3001' }],
  ])('is refused %s, with a cookie and without, and gets none', async (_how, extra) => {
    const app = await world()
    const ann = app.browser()
    await ann.signUp('Ann')
    for (const browser of [ann, app.browser()]) {
      for (const path of ['/sign-out', '/sign-in/anonymous', '/update-user', '/sign-in/email']) {
        const body = { ...credentials('Ann'), name: 'Evil' }
        const { status, headers } = await browser.send('POST', path, body, extra)
        expect(status).toBe(403)
        expect(headers.getSetCookie()).toEqual([])
      }
    }
    expect((await ann.session())?.user.name).toBe('Ann')
  })

  it('is refused when the browser says so without an origin', async () => {
    const app = await world()
    const post = async (site: string): Promise<number> => {
      const request = new Request('http://localhost/api/auth/sign-in/anonymous', {
        method: 'POST',
        headers: { 'sec-fetch-site': site },
      })
      return (await app.auth.handler(request)).status
    }
    expect(await post('cross-site')).toBe(403)
    expect(await post('same-site')).toBe(403)
    expect(await post('same-origin')).toBe(200)
  })

  it('is let in when it is listed, or is ours by HTTPS in front of a proxy', async () => {
    const app = await world({ trustedOrigins: ['https://app.example/'] })
    for (const origin of ['https://app.example', 'https://localhost:3000']) {
      const { status } = await app.browser().send('POST', '/sign-in/anonymous', {}, { origin })
      expect(status).toBe(200)
    }
  })

  it('is any other than baseUrl, where that is given', async () => {
    const app = await world({ baseUrl: 'https://app.example' })
    const send = async (origin: string): Promise<number> =>
      (await app.browser().send('POST', '/sign-in/anonymous', {}, { origin })).status
    expect(await send('http://localhost:3000')).toBe(403)
    expect(await send('http://noboil.invalid')).toBe(403)
    expect(await send('https://app.example')).toBe(200)
  })
})

describe('signing in', () => {
  it('is limited per address, and says for how long', async () => {
    const app = await world({ limits: { signInsPerMinute: 3 } })
    const guess = (address?: string): Promise<{ status: number; headers: Headers }> =>
      app.browser(address).signIn('Ann', { password: 'a guess' })
    for (let n = 0; n < 3; n++) expect((await guess()).status).toBe(401)
    app.clock.pass(20_001)
    const refused = await guess()
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('40')
    expect((await guess('203.0.113.8')).status).toBe(401)
    app.clock.pass(39_999)
    expect((await guess()).status).toBe(401)
  })

  it('is limited no longer because the clock was ahead', async () => {
    const app = await world({ limits: { signInsPerMinute: 1 } })
    const guess = async (): Promise<number> =>
      (await app.browser().signIn('Ann', { password: 'a guess' })).status
    expect([await guess(), await guess()]).toEqual([401, 429])
    app.clock.pass(-1_000)
    expect(await guess()).toBe(429)
    app.clock.pass(-3_600_000)
    expect([await guess(), await guess()]).toEqual([401, 429])
  })

  it('is limited however the client decorates its address', async () => {
    const app = await world({ limits: { signInsPerMinute: 1 } })
    const headers = { 'x-forwarded-for': '198.51.100.1', 'x-real-ip': '198.51.100.2' }
    await app.browser().signIn('Ann')
    expect(
      (await app.browser().send('POST', '/sign-in/email', credentials('Ann'), headers)).status,
    ).toBe(429)
  })

  it('of guests and sign-ups have limits of their own', async () => {
    const app = await world({ limits: { guestsPerMinute: 2, signUpsPerMinute: 1 } })
    const guests = [app.browser(), app.browser(), app.browser()]
    const answers = []
    for (const guest of guests) answers.push((await guest.post('/sign-in/anonymous')).status)
    expect(answers).toEqual([200, 200, 429])
    expect((await app.browser().signUp('Ann')).status).toBe(200)
    expect((await app.browser().signUp('Bob')).status).toBe(429)
    expect((await app.browser().signIn('Ann')).status).toBe(200)
  })
})

describe('e-mail addresses and secrets', () => {
  it('leave the accounts file only for their owner: not in users, not in sessions, not in the log', async () => {
    const app = await world()
    const ann = app.browser()
    await ann.signUp('Ann')
    await app.browser().signUp('Ann')
    await app.browser().signIn('Ann', { password: 'a guess' })
    await ann.send('POST', '/sign-out', {}, { origin: 'https://ann@people.test' })
    const session = await ann.session()
    const cookie = ann.cookies.get('noboil.session_token') ?? ''
    const secret = readFileSync(`${app.file}.secret`, 'utf8')
    const seen = JSON.stringify([...app.users, session, app.changed, app.dropped, app.lines])
    expect(app.lines.length).toBeGreaterThan(0)
    for (const kept of ['people.test', 'password', secret, cookie.split('.')[0] ?? '']) {
      expect(seen.toLowerCase()).not.toContain(`"${kept}`.toLowerCase())
      if (kept !== 'password') expect(seen).not.toContain(kept)
    }
  })
})

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
