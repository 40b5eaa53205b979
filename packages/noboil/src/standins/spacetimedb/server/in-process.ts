/** The SDK's WebSocket without a socket: `DbConnection.builder().withWSFn(host.webSocket())`. */
import type { Peer, Server } from './server.ts'
import type { Session } from './session.ts'

/** What the SDK hands to the function it opens sockets with. */
export interface WebSocketArguments {
  readonly url: URL
  readonly authToken?: string | undefined
}

/** The part of a WebSocket that the SDK uses. */
export interface InProcessSocket {
  readonly protocol: string
  readonly readyState: number
  send(bytes: Uint8Array<ArrayBuffer>): void
  close(): void
  onopen: () => void
  onmessage: (message: { data: Uint8Array }) => void
  onclose: (event: CloseEvent) => void
  onerror: (event: ErrorEvent) => void
}

export type WebSocketFactory = (args: WebSocketArguments) => Promise<InProcessSocket>

export function inProcessSockets(server: Server): WebSocketFactory {
  return ({ url, authToken }) => {
    const socket = new Socket(server)
    const connectionId = url.searchParams.get('connection_id') ?? undefined
    // To the SDK's own sockets an empty token is none.
    const token = authToken === '' ? undefined : authToken
    // The SDK sets its handlers when this promise has settled.
    const open = (): void => void socket.open({ token, connectionId })
    setImmediate(open)
    return Promise.resolve(socket)
  }
}

const [OPEN, CLOSED] = [1, 3]

class Socket implements InProcessSocket {
  readonly protocol = 'v2.bsatn.spacetimedb'
  readyState = 0
  onopen: InProcessSocket['onopen'] = () => {}
  onmessage: InProcessSocket['onmessage'] = () => {}
  onclose: InProcessSocket['onclose'] = () => {}
  onerror: InProcessSocket['onerror'] = () => {}
  readonly #server: Server
  #session: Session | undefined

  constructor(server: Server) {
    this.#server = server
  }

  async open(request: {
    token: string | undefined
    connectionId: string | undefined
  }): Promise<void> {
    const greetings: Uint8Array[] = []
    const peer: Peer = {
      send: (bytes) => (this.readyState === OPEN ? this.#deliver(bytes) : greetings.push(bytes)),
      close: (code, reason) => this.#end(code, reason),
    }
    try {
      const session = await this.#server.open({ ...request, protocol: this.protocol }, peer)
      if (this.readyState === CLOSED) return this.#server.closed(session)
      this.#session = session
      this.readyState = OPEN
      this.onopen()
      for (const bytes of greetings) this.#deliver(bytes)
    } catch (error) {
      this.onerror({ message: (error as Error).message, error } as ErrorEvent)
      this.#end(1008, (error as Error).message)
    }
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    const copy = bytes.slice()
    queueMicrotask(() => {
      if (this.#session !== undefined) this.#server.receive(this.#session, copy)
    })
  }

  close(): void {
    this.#end(1000, '')
  }

  #deliver(data: Uint8Array): void {
    queueMicrotask(() => {
      if (this.readyState === OPEN) this.onmessage({ data })
    })
  }

  #end(code: number, reason: string): void {
    if (this.readyState === CLOSED) return
    this.readyState = CLOSED
    const session = this.#session
    this.#session = undefined
    if (session !== undefined) this.#server.closed(session)
    queueMicrotask(() => this.onclose({ code, reason, wasClean: true } as CloseEvent))
  }
}
