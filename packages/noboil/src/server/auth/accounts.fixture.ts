/** Accounts in a file that goes with the test, what they tell the server, and browsers that keep cookies. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { betterAuth, type BetterAuthConfig, type BetterAuthPort } from './better-auth.ts'
import { HandClock } from './clock.fixture.ts'
import { type AccountChange, addressHeader, type Dropped, type Session } from './port.ts'

export const origin = 'http://localhost:3000'

/** Counts instead of guessing. */
export const plainRandom = { bytes: (count: number): Uint8Array => new Uint8Array(count) }

export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'noboil-accounts-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface World {
  readonly auth: BetterAuthPort
  readonly clock: HandClock
  readonly file: string
  readonly dropped: Dropped[]
  readonly changed: AccountChange[]
  /** What the users table would hold. */
  readonly users: Map<string, object>
  /** Lines of the log. */
  readonly lines: string[]
  /** The users table takes nothing while this is set. */
  broken: Error | undefined
  browser(address?: string): Browser
}

export async function world(
  config: Partial<BetterAuthConfig> = {},
  file: string = join(tempFolder(), 'accounts.db'),
): Promise<World> {
  const clock = new HandClock()
  const lines: string[] = []
  const auth = betterAuth({
    database: file,
    ports: { clock, random: plainRandom },
    log: { level: 'debug', write: (line) => lines.push(line) },
    ...config,
  })
  onTestFinished(() => auth.close())
  const made: World = {
    auth,
    clock,
    file,
    dropped: [],
    changed: [],
    users: new Map(),
    lines,
    broken: undefined,
    browser: (address) => new Browser(auth, address),
  }
  await auth.connect?.({
    dropped: (dropped) => made.dropped.push(dropped),
    async changed(change) {
      await Promise.resolve()
      if (made.broken) throw made.broken
      made.changed.push(change)
      if (change.type === 'put') made.users.set(change.user._id, change.user)
      else made.users.delete(change.userId)
    },
  })
  return made
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly code?: string
    readonly user?: Readonly<Record<string, unknown>>
    readonly session?: Readonly<Record<string, unknown>>
  } | null
}

export class Browser {
  readonly cookies: Map<string, string> = new Map()
  readonly #auth: BetterAuthPort
  readonly #address: string

  constructor(auth: BetterAuthPort, address: string = '203.0.113.7') {
    this.#auth = auth
    this.#address = address
  }

  /** What it sends with a call. */
  get headers(): Headers {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return new Headers(cookie === '' ? {} : { cookie })
  }

  session(): Promise<Session | null> {
    return this.#auth.session(this.headers)
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path)
  }

  post(path: string, body: object = {}): Promise<Answer> {
    return this.send('POST', path, body)
  }

  /** `extra`: headers that are sent as well, or instead. */
  async send(
    method: string,
    path: string,
    body?: object,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const headers = this.headers
    headers.set('origin', origin)
    headers.set(addressHeader, this.#address)
    if (body) headers.set('content-type', 'application/json')
    for (const [name, value] of Object.entries(extra)) headers.set(name, value)
    const request = new Request(`${origin}/api/auth${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const response = await this.#auth.handler(request)
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie)
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : (JSON.parse(text) as Answer['body']),
    }
  }

  signUp(name: string, more: object = {}): Promise<Answer> {
    return this.post('/sign-up/email', { ...credentials(name), name, ...more })
  }

  signIn(name: string, more: object = {}): Promise<Answer> {
    return this.post('/sign-in/email', { ...credentials(name), ...more })
  }

  #keep(cookie: string): void {
    const [pair = ''] = cookie.split(';')
    const name = pair.slice(0, pair.indexOf('='))
    if (/max-age=0/i.test(cookie)) this.cookies.delete(name)
    else this.cookies.set(name, pair.slice(name.length + 1))
  }
}

export const credentials = (name: string): { email: string; password: string } => ({
  email: `${name.toLowerCase()}@people.test`,
  password: `${name}'s password`,
})
