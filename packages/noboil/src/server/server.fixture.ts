/**
 * A server over the memory host with a few tables of every kind, people who sign in by a bearer name, and readers of its streams.
 */
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { array, boolean, number, object, string } from 'zod/v4'
import type { HostPorts } from '../hosts/host.ts'
import { openMemoryHost } from '../hosts/memory/host.ts'
import { systemPorts } from '../hosts/shared/ports.ts'
import { applySteps } from '../live/diff.ts'
import { schema } from '../schema/define.ts'
import { paths, type StreamMessage } from '../wire/messages.ts'
import { assemble } from './assemble.ts'
import { type FakeAuth, fakeAuth } from './auth/testing.ts'
import { createServer, type Server, serverLayouts, type ServerOptions } from './server.ts'
import { wire } from '../factories/tables.ts'
import type { FunctionTree } from './types.ts'

const s = schema({
  owned: { poll: object({ question: string(), options: array(string()), open: boolean() }) },
  log: { vote: { parent: 'poll', schema: object({ option: number() }) } },
  kv: {
    site: {
      schema: object({ text: string() }),
      keys: ['banner'],
      writeRole: (ctx) => ctx.user?.role === 'admin' || ctx.internal,
    },
  },
  quota: { ballots: { limit: 2, durationMs: 60_000 } },
})

export interface RigOptions extends Partial<
  Pick<ServerOptions, 'limits' | 'trustProxy' | 'trustedOrigins' | 'web'>
> {
  readonly functions?: FunctionTree
  readonly ports?: HostPorts
  /** Runs inside `beforeAppend` of votes. */
  readonly beforeVote?: (rig: ServerRig) => unknown
}

export class ServerRig {
  readonly auth: FakeAuth = fakeAuth()
  readonly lines: Record<string, unknown>[] = []
  server!: Server
  port = 0
  readonly #sockets: Socket[] = []

  static async open(
    options: RigOptions = {},
    people: readonly string[] = ['ann', 'bob'],
  ): Promise<ServerRig> {
    const rig = new ServerRig()
    for (const name of people) rig.signIn(name)
    const { functions, ports = systemPorts, beforeVote, ...rest } = options
    const app = assemble({
      tables: () => ({
        poll: wire(s.poll, { pub: 'open', softDelete: true }),
        vote: wire(s.vote, {
          pub: 'open',
          rateLimit: 1000,
          softDelete: true,
          counts: ['option'],
          hooks: {
            beforeAppend: async (_ctx: unknown, { payload }: { payload: unknown }) => {
              await beforeVote?.(rig)
              return payload
            },
          },
        }),
        site: wire(s.site, { softDelete: true }),
        ballots: wire(s.ballots),
      }),
      functions: () => functions ?? {},
    })
    const { tables, users, contexts } = app
    rig.server = await createServer({
      host: openMemoryHost({ layouts: [...app.layouts, ...serverLayouts], ports }),
      tables,
      users,
      contexts,
      functions: app.functions,
      maxPayloadBytes: app.settings.limits.maxPayloadBytes,
      auth: rig.auth,
      log: { level: 'debug', write: (line) => rig.lines.push(JSON.parse(line) as never) },
      ports,
      ...rest,
    })
    return rig
  }

  signIn(name: string, more: object = {}): void {
    this.auth.signIn(name, { _id: `users.${name}`, name, ...more })
  }

  async listen(): Promise<this> {
    const { port } = await this.server.listen({ port: 0 })
    this.port = port
    return this
  }

  /** A call over HTTP without a socket. */
  async call(
    path: string,
    args: unknown,
    as?: string,
    headers: Record<string, string> = {},
    more: object = {},
  ): Promise<{ readonly status: number; readonly body: never; readonly headers: Headers }> {
    const request = new Request(`http://localhost${paths.call}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
        ...headers,
      },
      body: JSON.stringify({ args, ...more }),
    })
    const response = await this.server.fetch(request)
    return {
      status: response.status,
      body: (await response.json()) as never,
      headers: response.headers,
    }
  }

  /** The value of a call that succeeds. */
  async value<result>(path: string, args: unknown, as?: string): Promise<result> {
    const { status, body } = await this.call(path, args, as)
    if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`)
    return (body as { value: result }).value
  }

  /** The code a call is refused with. */
  async code(
    path: string,
    args: unknown,
    as?: string,
    headers?: Record<string, string>,
  ): Promise<string> {
    const { body } = await this.call(path, args, as, headers)
    return (body as { error: { code: string } }).error.code
  }

  /** A poll that everybody may read; answers its id. */
  async poll(as = 'ann', open = true): Promise<string> {
    const payload = { question: 'Tea?', options: ['yes', 'no'], open }
    const { _id } = await this.value<{ _id: string }>('poll.create', { payload }, as)
    return _id
  }

  stream(
    as?: string,
    path: string = paths.stream,
    headers: Record<string, string> = {},
  ): TestStream {
    return new TestStream(this.port, path, {
      ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
      ...headers,
    })
  }

  /** A socket that says what it is told, byte by byte. */
  raw(): Socket {
    const socket = connect(this.port, '127.0.0.1')
    this.#sockets.push(socket)
    return socket
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.server.close()
  }
}

interface Held {
  value: unknown
  revision: number
}

/** Reads one stream, and lets tests wait for what it brings. */
export class TestStream {
  readonly messages: StreamMessage[] = []
  readonly ids: string[] = []
  readonly groups: Map<string, Held> = new Map()
  readonly joined: Map<number, string> = new Map()
  status = 0
  headers: Readonly<Record<string, unknown>> = {}
  body = ''
  ended = false
  readonly #port: number
  readonly #headers: Record<string, string>
  readonly #request: ReturnType<typeof httpRequest>
  readonly #waiting = new Set<() => void>()
  #text = ''

  constructor(port: number, path: string, headers: Record<string, string>) {
    this.#port = port
    this.#headers = headers
    this.#request = httpRequest({ host: '127.0.0.1', port, path, headers, agent: false })
    this.#request.on('response', (response) => {
      this.status = response.statusCode ?? 0
      this.headers = response.headers
      response.setEncoding('utf8')
      response.on('data', (text: string) => this.#read(text))
      response.on('close', () => this.#end())
      this.#tell()
    })
    this.#request.on('error', () => this.#end())
    this.#request.end()
  }

  /** Waits until something holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.ended) throw new Error(`the stream ended before: ${String(holds)}`)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  /** Waits for its end. */
  async gone(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  async hello(): Promise<StreamMessage & { type: 'hello' }> {
    await this.until(() => this.messages.length > 0)
    return this.messages[0] as StreamMessage & { type: 'hello' }
  }

  /** Posts to the stream; answers the status. */
  async steer(body: unknown, headers: Record<string, string> = this.#headers): Promise<number> {
    const { connection } = await this.hello()
    const response = await fetch(`http://127.0.0.1:${this.#port}${paths.stream}/${connection}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    await response.arrayBuffer()
    return response.status
  }

  async follow(id: number, path: string, args: unknown): Promise<void> {
    await this.steer({ subscribe: [{ id, path, args }] })
    await this.until(() => this.value(id) !== undefined || this.find('failed') !== undefined)
  }

  value(id: number): unknown {
    return this.groups.get(this.joined.get(id) as string)?.value
  }

  find<type extends StreamMessage['type']>(
    type: type,
  ): (StreamMessage & { type: type }) | undefined {
    return this.messages.find((message) => message.type === type) as never
  }

  destroy(): void {
    this.#request.destroy()
  }

  #read(text: string): void {
    if (this.status !== 200) this.body += text
    this.#text += text
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end < 0) break
      const block = this.#text.slice(0, end)
      this.#text = this.#text.slice(end + 2)
      let data = ''
      for (const line of block.split('\n')) {
        if (line.startsWith('data: ')) data += line.slice(6)
        else if (line.startsWith('id: ')) this.ids.push(line.slice(4))
      }
      if (data !== '') this.#take(JSON.parse(data) as StreamMessage)
    }
    this.#tell()
  }

  #take(message: StreamMessage): void {
    this.messages.push(message)
    if (message.type === 'joined') this.joined.set(message.id, message.group)
    else if (message.type === 'snapshot') {
      this.groups.set(message.group, { value: message.value, revision: message.revision })
    } else if (message.type === 'steps') {
      const held = this.groups.get(message.group) as Held
      if (held.revision !== message.from) throw new Error('a gap')
      const { value } = held
      held.value = Array.isArray(value)
        ? applySteps(value, message.steps)
        : {
            ...(value as object),
            page: applySteps((value as { page: unknown[] }).page, message.steps),
            ...message.end,
          }
      held.revision = message.revision
    }
  }

  #end(): void {
    this.ended = true
    this.#tell()
  }

  #tell(): void {
    for (const wake of this.#waiting) {
      this.#waiting.delete(wake)
      wake()
    }
  }
}

/** The one value that every test may write and read. */
export const banner: { readonly key: 'banner' } = { key: 'banner' }

export const setBanner = (rig: ServerRig, text: string): Promise<unknown> =>
  rig.server.call('site.set', { ...banner, payload: { text } })

/** What a stream holds of the banner, followed by this id. */
export const textOf = (stream: TestStream, id: number): unknown =>
  (stream.value(id) as { text?: string } | null)?.text
