/**
 * What lies between a client and a {@link SimServer}. Left alone it is perfect; a test may hold requests, answers and bytes back,
 * lose them, and cut a stream in the middle of a character.
 */
import { headers as names, paths } from '../wire/messages.ts'
import type { SimServer } from './simulation.fixture.ts'

export interface Exchange {
  readonly kind: 'call' | 'steer' | 'stream'
  readonly path: string
  readonly body: unknown
  state: 'sent' | 'handled' | 'over'
  /** The server gets the request; its answer waits. */
  handle(): void
  /** The answer arrives. */
  answer(): void
  /** The network breaks: whatever state it is in, the client sees a failure. */
  lose(): void
}

interface Wire {
  bytes: Uint8Array[]
  push(count: number): void
  cut(): void
  readonly size: number
}

export class Network {
  readonly server: SimServer
  /** Nothing is held back. */
  auto = true
  /** Nothing gets through, and nothing says so. */
  down = false
  exchanges: Exchange[] = []
  wires: Wire[] = []
  /** Everything that was ever asked for. */
  readonly log: { readonly kind: string; readonly path: string; readonly body: unknown }[] = []

  constructor(server: SimServer) {
    this.server = server
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { pathname } = new URL(url, 'http://sim')
    const kind = pathname.startsWith(paths.call)
      ? 'call'
      : pathname === paths.stream
        ? 'stream'
        : 'steer'
    const client = (init.headers as Record<string, string>)[names.client] as string
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined
    this.log.push({ kind, path: pathname, body })
    return new Promise<Response>((resolve, reject) => {
      const fail = (): void => reject(new TypeError('network'))
      if (this.down) return fail()
      init.signal?.addEventListener('abort', () => {
        this.#over(exchange)
        reject(new DOMException('aborted', 'AbortError'))
      })
      let respond: (() => void) | undefined
      const exchange: Exchange = {
        kind,
        path: pathname,
        body,
        state: 'sent',
        handle: () => {
          if (exchange.state !== 'sent') return
          exchange.state = 'handled'
          const response = this.#handle(kind, pathname, body, client)
          respond = () => resolve(response)
        },
        answer: () => {
          if (exchange.state !== 'handled') return
          this.#over(exchange)
          respond?.()
        },
        lose: () => {
          if (exchange.state === 'over') return
          this.#over(exchange)
          fail()
        },
      }
      this.exchanges.push(exchange)
      if (this.auto) this.flush()
    })
  }

  /** Delivers everything that is under way. */
  flush(): void {
    for (const exchange of [...this.exchanges]) {
      exchange.handle()
      exchange.answer()
    }
    for (const wire of [...this.wires]) wire.push(wire.size)
  }

  cutAll(): void {
    for (const wire of [...this.wires]) wire.cut()
  }

  #over(exchange: Exchange): void {
    exchange.state = 'over'
    this.exchanges = this.exchanges.filter((other) => other !== exchange)
  }

  #handle(kind: Exchange['kind'], path: string, body: unknown, client: string): Response {
    if (kind === 'stream') return this.#stream(client)
    const answer =
      kind === 'call'
        ? this.server.call(path.slice(paths.call.length), body as object, client)
        : this.server.steer(decodeURIComponent(path.slice(paths.stream.length + 1)), body as object)
    return new Response(JSON.stringify(answer.body), { status: answer.status })
  }

  #stream(client: string): Response {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    let isOver = false
    const encoder = new TextEncoder()
    const over = (): void => {
      isOver = true
      this.wires = this.wires.filter((other) => other !== wire)
      this.server.connections.delete(connection.name)
    }
    const wire: Wire = {
      bytes: [],
      get size() {
        return wire.bytes.reduce((sum, { length }) => sum + length, 0)
      },
      push: (count) => {
        while (count > 0 && wire.bytes.length > 0 && !isOver) {
          const first = wire.bytes.shift() as Uint8Array
          if (first.length > count) wire.bytes.unshift(first.subarray(count))
          controller?.enqueue(first.subarray(0, count))
          count -= first.length
        }
      },
      cut: () => {
        if (isOver) return
        over()
        controller?.error(new TypeError('cut'))
      },
    }
    const stream = new ReadableStream<Uint8Array>({
      start: (given) => {
        controller = given
      },
      cancel: () => over(),
    })
    this.wires.push(wire)
    const connection = this.server.open(client, {
      send: (text) => {
        if (isOver) return
        wire.bytes.push(encoder.encode(text))
        if (this.auto) wire.push(wire.size)
      },
      end: () => {
        if (isOver) return
        wire.push(wire.size)
        over()
        controller?.close()
      },
    })
    return new Response(stream, { status: 200 })
  }
}
