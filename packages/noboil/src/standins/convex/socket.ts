/**
 * A WebSocket whose other end is a deployment in this process.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Deployment } from './deployment.ts'
import type { Session } from './session.ts'

/** The class to give a `ConvexReactClient` as `webSocketConstructor`. */
export function socketClass(deployment: Deployment, opened: Set<Socket>): typeof WebSocket {
  return class extends Socket {
    constructor() {
      super(deployment, opened)
    }
  } as unknown as typeof WebSocket
}

/** As much of a WebSocket as Convex's client uses. */
export class Socket {
  onopen: (() => void) | null = null
  onmessage: ((event: { readonly data: string }) => void) | null = null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null
  onerror: (() => void) | null = null
  readyState: number = WebSocket.CONNECTING
  readonly bufferedAmount = 0
  readonly #deployment: Deployment
  readonly #opened: Set<Socket>
  /** The client hears in its own context, not in that of the function that told it. */
  readonly #inside = AsyncLocalStorage.snapshot()
  #session: Session | undefined

  constructor(deployment: Deployment, opened: Set<Socket>) {
    this.#deployment = deployment
    this.#opened = opened
    queueMicrotask(() => this.#open())
  }

  send(text: string): void {
    this.#session?.receive(text)
  }

  close(code = 1000, reason = ''): void {
    if (this.readyState === WebSocket.CLOSED) return
    this.readyState = WebSocket.CLOSED
    this.#opened.delete(this)
    if (this.#session !== undefined) this.#deployment.close(this.#session)
    queueMicrotask(() => this.onclose?.({ code, reason }))
  }

  #open(): void {
    if (this.readyState !== WebSocket.CONNECTING) return
    this.readyState = WebSocket.OPEN
    this.#opened.add(this)
    this.#session = this.#deployment.open({
      send: (message) => {
        if (this.readyState !== WebSocket.OPEN) return
        const data = JSON.stringify(message)
        this.#inside(() => queueMicrotask(() => this.onmessage?.({ data })))
      },
      close: () => this.close(),
    })
    this.onopen?.()
  }
}
