/** Deployments on a network that a test breaks: each has a cache, marks that survive it, and an account that mirrors sign in with. */
import { AppCache } from '../cache/cache.ts'
import { HandClock, listLogger, type LogLine, rest } from '../cache/cache.fixture.ts'
import { TargetError } from './account.ts'
import { checkMirrors } from './config.ts'
import { invalidatePath, readMessage, readOrigins } from './messages.ts'
import { Mirrors } from './mirrors.ts'
import type { Mark, MirrorStore, Reply, Sending, Sent } from './ports.ts'

export const dependencies = { posts: ['pictures'], pages: [], feed: ['posts', 'pages'] }

/** A store that outlives the process that used it. */
export class KeptMarks implements MirrorStore {
  readonly marks: Map<string, Mark> = new Map()
  readonly #sent = new Map<string, Sent>()
  #applied: Record<string, Record<string, number>> = {}

  async load(): Promise<{ marks: readonly Mark[]; sent: readonly Sent[] }> {
    return { marks: [...this.marks.values()], sent: [...this.#sent.values()] }
  }

  async mark(type: string): Promise<Mark> {
    const revision = (this.marks.get(` ${type}`)?.revision ?? 0) + 1
    const mark = { origin: '', type, revision, hops: 0 }
    this.marks.set(` ${type}`, mark)
    return mark
  }

  async sent(sent: Sent): Promise<void> {
    this.#sent.set(`${sent.target} ${sent.origin} ${sent.type}`, sent)
  }

  async applied(origins: readonly string[]): Promise<Record<string, Record<string, number>>> {
    return Object.fromEntries(origins.map((origin) => [origin, { ...this.#applied[origin] }]))
  }

  async apply(mark: Mark, relay: boolean): Promise<boolean> {
    const types = (this.#applied[mark.origin] ??= {})
    if ((types[mark.type] ?? 0) >= mark.revision) return false
    types[mark.type] = mark.revision
    if (relay) this.marks.set(`${mark.origin} ${mark.type}`, mark)
    return true
  }

  /** As after a restore from before anybody told this deployment anything. */
  forgetApplied(): void {
    this.#applied = {}
  }
}

type Fault = (sending: Sending, path: string) => Reply | 'lost' | 'unanswered' | undefined

export class Deployment {
  readonly name: string
  readonly store: KeptMarks = new KeptMarks()
  readonly lines: LogLine[] = []
  readonly invalidated: string[] = []
  readonly notified: string[] = []
  /** What requests of others meet before this deployment sees them. */
  fault: Fault = () => undefined
  password = 'a good password'
  role = 'service'
  signIns = 0
  received = 0
  cache!: AppCache
  mirrors!: Mirrors
  readonly #world: World
  readonly #targets: readonly string[]
  readonly #relay: boolean
  #tokens = new Set<string>()

  constructor(world: World, name: string, targets: readonly string[], relay: boolean) {
    this.#world = world
    this.name = name
    this.#targets = targets
    this.#relay = relay
    this.begin()
  }

  /** A new process: memory is empty, marks are as they were. */
  begin(): void {
    const { clock } = this.#world
    const log = listLogger(this.lines)
    const random = { unit: () => 0.5, token: () => `m${this.#world.messages++}` }
    this.cache = new AppCache({ dependencies }, { clock, random, log })
    this.cache.onInvalidate(({ type, origin }) => origin === 'here' && this.invalidated.push(type))
    this.cache.onNotify(({ type }) => this.notified.push(type))
    const config = {
      targets: this.#targets.map(urlOf),
      email: 'mirror@a.example',
      password: 'a good password',
      relay: this.#relay,
    }
    this.mirrors = new Mirrors({
      ...(this.#targets.length > 0 ? { config: checkMirrors(config) } : {}),
      self: this.name,
      cache: this.cache,
      store: this.store,
      ports: {
        clock,
        random,
        log,
        wallNow: () => clock.now(),
        send: (url, sending) => this.#world.send(url, sending),
      },
    })
  }

  /** The app changes something: a value that was loaded before is stale from now on. */
  async change(type: string): Promise<void> {
    await this.cache.invalidate(type)
    await rest()
  }

  revokeTokens(): void {
    this.#tokens.clear()
  }

  async answer(path: string, sending: Sending): Promise<Reply> {
    this.received++
    if (path === '/api/auth/sign-in/email') return this.#signIn(sending)
    if (path === '/api/auth/token') return this.#token(sending)
    const token = (sending.headers['authorization'] ?? '').replace('Bearer ', '')
    if (!this.#tokens.has(token)) return replyOf(401)
    if (this.role !== 'service') return replyOf(403)
    try {
      if (sending.method === 'GET') {
        const names = new URLSearchParams(path.split('?')[1]).getAll('origin')
        return replyOf(200, await this.mirrors.applied(readOrigins(names)))
      }
      const message = readMessage(JSON.parse(sending.body ?? ''))
      const answer = await this.mirrors.receive(message)
      for (const mark of this.store.marks.values()) {
        if (mark.origin !== '') this.mirrors.marked(mark)
      }
      return replyOf(200, answer)
    } catch {
      return replyOf(400)
    }
  }

  #signIn({ body = '' }: Sending): Reply {
    this.signIns++
    const { password } = JSON.parse(body) as { password: string }
    if (password !== this.password) return replyOf(401)
    return replyOf(200, {}, { 'set-cookie': `session=${this.name}${this.signIns}; HttpOnly` })
  }

  #token({ headers }: Sending): Reply {
    if (headers['cookie']?.startsWith(`session=${this.name}`) !== true) return replyOf(401)
    const exp = (this.#world.clock.now() + 900_000) / 1_000
    const token = `x.${btoa(JSON.stringify({ exp }))}.${this.#world.messages++}`
    this.#tokens.add(token)
    return replyOf(200, { token })
  }
}

export class World {
  readonly clock: HandClock = new HandClock()
  readonly deployments: Map<string, Deployment> = new Map()
  messages = 0

  async add(
    name: string,
    targets: readonly string[] = [],
    { relay = false }: { readonly relay?: boolean } = {},
  ): Promise<Deployment> {
    const made = new Deployment(this, name, targets, relay)
    this.deployments.set(name, made)
    await made.mirrors.start()
    return made
  }

  async send(url: string, sending: Sending): Promise<Reply> {
    const { hostname, pathname, search } = new URL(url)
    const target = this.deployments.get(hostname.replace('.example', ''))
    const path = `${pathname}${search}`
    // Every request takes its turn, so that two that are under way at once can overtake each other.
    await Promise.resolve()
    const fault = target === undefined ? 'lost' : target.fault(sending, path)
    if (fault === 'lost') throw new TargetError('It cannot be reached.')
    if (fault !== undefined && fault !== 'unanswered') return fault
    const reply = await (target as Deployment).answer(path, sending)
    if (fault === 'unanswered') throw new TargetError('It did not answer.')
    return reply
  }

  /** Lets everything under way come to its end, and time pass. */
  async pass(ms: number = 0): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await rest()
    await this.clock.pass(ms)
    for (let turn = 0; turn < 20; turn++) await rest()
  }
}

export const urlOf = (name: string): string => `https://${name}.example`

export const isMessage = ({ method }: Sending, path: string): boolean =>
  method === 'POST' && path === invalidatePath

export const replyOf = (
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
): Reply => ({ status, headers: new Headers(headers), body })
