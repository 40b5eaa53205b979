/**
 * The one connection a client is told news by: server-sent events over `fetch`, opened again whenever it breaks.
 *
 * Messages are handed on a tick at a time: the event that carries an id ends a tick, so a connection that breaks in the middle of
 * one leaves no half of it behind. Only a client that cannot keep up is shown ticks without an end, late.
 */
import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser'
import type { NoboilError } from '../errors/error.ts'
import type { ErrorCode } from '../errors/table.ts'
import {
  parsePosition,
  type StreamBody,
  type StreamMessage,
  type Subscription,
  type WatchAnswer,
} from '../wire/messages.ts'
import type { Point } from './entry.ts'
import type { Http, Outcome } from './http.ts'
import { backoffMs, type Clock, type Random, type Waker } from './ports.ts'

/**
 * `connecting`: no news yet, or the stream has just been lost; `live`: what is shown follows the server; `offline`: the server cannot be
 * reached, and trying goes on.
 */
export type ConnectionState = 'connecting' | 'live' | 'offline'

/** What a connection shall carry. */
export interface Wanted {
  readonly subscribe: readonly Subscription[]
  readonly entities: readonly string[]
}

export interface StreamHandler {
  /** A connection stands: answers everything it shall carry. */
  opened(at: Point, serverTimeMs: number): Wanted
  /** `at`: everything up to there has been told. Undefined: this is not all of it. */
  tick(messages: readonly StreamMessage[], at: Point | undefined): void
  lost(): void
  /** The server will not carry these; `ids` absent: it will not stream to this client at all. */
  refused(error: NoboilError, ids?: readonly number[]): void
  /** The server tells of these entities from now on. */
  entitiesTold(entities: readonly string[], answer: WatchAnswer): void
  /** The server will not tell of the entities that were asked for. */
  entitiesRefused(error: NoboilError): void
  stateChanged(state: ConnectionState): void
}

export interface StreamPorts {
  readonly http: Http
  readonly clock: Clock
  readonly random: Random
  readonly waker: Waker
}

const helloTimeoutMs = 15_000
const baseDelayMs = 500
const maxDelayMs = 30_000
/** A connection that lived this long was a good one: the next loss is tried again at once. */
const goodLifeMs = 10_000
/** Above this, waiting is called offline. */
const honestWaitMs = 2000
/** A server leaves the id away while it leaves news out for a slow reader, who is not kept waiting longer than this. */
const tickTimeoutMs = 2000
const maxBufferedChars = 64 * 1024 * 1024

/** Trying again changes nothing about these; a new session or a new page may. */
const final: ReadonlySet<ErrorCode> = new Set([
  'FORBIDDEN',
  'NOT_AUTHENTICATED',
  'UPGRADE_REQUIRED',
])

type End =
  | { readonly type: 'lost' }
  | { readonly type: 'bye'; readonly retryMs: number }
  | { readonly type: 'refused'; readonly error: NoboilError }

export class Stream {
  readonly #ports: StreamPorts
  readonly #handler: StreamHandler
  #state: ConnectionState = 'connecting'
  #attempt = 0
  #current: Connection | undefined
  #cancelRetry: (() => void) | undefined
  #stopWaking: (() => void) | undefined

  constructor(ports: StreamPorts, handler: StreamHandler) {
    this.#ports = ports
    this.#handler = handler
  }

  get state(): ConnectionState {
    return this.#state
  }

  get isOpen(): boolean {
    return this.#stopWaking !== undefined
  }

  /** Opens, and keeps open until {@link close}. */
  open(): void {
    if (this.isOpen) return
    this.#stopWaking = this.#ports.waker(() => this.#wake())
    this.#connect()
  }

  close(): void {
    if (!this.isOpen) return
    this.#stopWaking?.()
    this.#stopWaking = undefined
    this.#attempt = 0
    this.#drop()
    this.#setState('connecting')
  }

  /** Ends this connection and opens another at once. */
  reopen(): void {
    if (!this.isOpen) return
    this.#attempt = 0
    this.#drop()
    this.#setState('connecting')
    this.#connect()
  }

  /** Changes what the stream carries. Without a connection it does nothing: the next one begins with the full set. */
  send(body: StreamBody): void {
    this.#current?.send(body)
  }

  #connect(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    const connection = new Connection(this.#ports, {
      opened: (at, timeMs) => {
        this.#setState('live')
        return this.#handler.opened(at, timeMs)
      },
      tick: (messages, at) => this.#handler.tick(messages, at),
      refused: (error, ids) => this.#handler.refused(error, ids),
      entitiesTold: (entities, answer) => this.#handler.entitiesTold(entities, answer),
      entitiesRefused: (error) => this.#handler.entitiesRefused(error),
      ended: (end, livedMs) => this.#ended(connection, end, livedMs),
    })
    this.#current = connection
    connection.start()
  }

  #ended(connection: Connection, end: End, livedMs: number | undefined): void {
    if (connection !== this.#current) return
    this.#current = undefined
    if (livedMs !== undefined) this.#handler.lost()
    if (end.type === 'refused') {
      this.#setState('offline')
      this.#handler.refused(end.error)
      return
    }
    if (livedMs !== undefined && livedMs >= goodLifeMs) this.#attempt = 0
    const { random, clock } = this.#ports
    const delayMs =
      end.type === 'bye'
        ? end.retryMs * (1 + random.unit())
        : backoffMs(random, this.#attempt, baseDelayMs, maxDelayMs)
    this.#attempt++
    const brief = delayMs <= honestWaitMs && (end.type === 'bye' || livedMs !== undefined)
    this.#setState(brief ? 'connecting' : 'offline')
    this.#cancelRetry = clock.after(delayMs, () => this.#connect())
  }

  /** Somebody looks again, or the network is back: what waits need not wait, what seems alive is looked at. */
  #wake(): void {
    if (this.#current !== undefined) this.#current.check()
    else if (this.#cancelRetry !== undefined) this.#connect()
  }

  #drop(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    const connection = this.#current
    this.#current = undefined
    if (connection === undefined) return
    connection.abandon()
    if (connection.isLive) this.#handler.lost()
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return
    this.#state = state
    this.#handler.stateChanged(state)
  }
}

interface ConnectionHandler {
  opened(at: Point, serverTimeMs: number): Wanted
  tick(messages: readonly StreamMessage[], at: Point | undefined): void
  refused(error: NoboilError, ids: readonly number[]): void
  entitiesTold(entities: readonly string[], answer: WatchAnswer): void
  entitiesRefused(error: NoboilError): void
  /** `livedMs` is absent when it never began. */
  ended(end: End, livedMs: number | undefined): void
}

/** One connection, from its request to its end; it never comes back. */
class Connection {
  readonly #ports: StreamPorts
  readonly #handler: ConnectionHandler
  readonly #abort = new AbortController()
  readonly #subscribe = new Map<number, Subscription>()
  readonly #unsubscribe = new Set<number>()
  #entities: readonly string[] | undefined
  readonly #parser: EventSourceParser
  #name: string | undefined
  #bornAt = 0
  #heardAt = 0
  #silenceMs = helloTimeoutMs
  #tick: StreamMessage[] = []
  #cancelDeadline: (() => void) | undefined
  #cancelTick: (() => void) | undefined
  #posting = false
  #over = false

  constructor(ports: StreamPorts, handler: ConnectionHandler) {
    this.#ports = ports
    this.#handler = handler
    this.#parser = createParser({
      onEvent: (event) => this.#event(event),
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') this.#end({ type: 'lost' })
      },
      maxBufferSize: maxBufferedChars,
    })
  }

  get isLive(): boolean {
    return this.#name !== undefined
  }

  start(): void {
    this.#heard()
    void this.#run().then((end) => this.#end(end))
  }

  /** Ends without a word to anybody. */
  abandon(): void {
    this.#over = true
    this.#cancelDeadline?.()
    this.#cancelTick?.()
    this.#abort.abort()
  }

  /** Timers sleep with the machine: looks at the clock itself. */
  check(): void {
    if (this.#ports.clock.now() - this.#heardAt >= this.#silenceMs) this.#end({ type: 'lost' })
  }

  send({ subscribe = [], unsubscribe = [], entities }: StreamBody): void {
    if (!this.isLive) return
    if (entities !== undefined) this.#entities = entities
    for (const id of unsubscribe) if (!this.#subscribe.delete(id)) this.#unsubscribe.add(id)
    for (const subscription of subscribe) this.#subscribe.set(subscription.id, subscription)
    this.#post()
  }

  async #run(): Promise<End> {
    const outcome = await this.#ports.http.open(this.#abort.signal)
    if (!outcome.ok) {
      const { error } = outcome
      return final.has(error.code) ? { type: 'refused', error } : { type: 'lost' }
    }
    const reader = (outcome.value.body as ReadableStream<Uint8Array>).getReader()
    const decoder = new TextDecoder()
    this.#abort.signal.addEventListener('abort', () => void reader.cancel().catch(() => {}))
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done || this.#over) return { type: 'lost' }
        this.#heard()
        this.#parser.feed(decoder.decode(value, { stream: true }))
      }
    } catch {
      return { type: 'lost' }
    }
  }

  #event({ data, id }: EventSourceMessage): void {
    if (this.#over) return
    let message: StreamMessage
    try {
      message = JSON.parse(data) as StreamMessage
    } catch {
      return this.#end({ type: 'lost' })
    }
    if (message.type === 'hello') return this.#hello(message)
    // A tick that this cuts short is brought again.
    if (message.type === 'bye') return this.#end({ type: 'bye', retryMs: message.retryMs })
    this.#tick.push(message)
    const at = parsePosition(id)
    if (at !== undefined) this.#deliver(at)
    else this.#cancelTick ??= this.#ports.clock.after(tickTimeoutMs, () => this.#deliver(undefined))
  }

  #deliver(at: Point | undefined): void {
    this.#cancelTick?.()
    this.#cancelTick = undefined
    const messages = this.#tick
    this.#tick = []
    this.#handler.tick(messages, at)
  }

  #hello(message: StreamMessage & { readonly type: 'hello' }): void {
    const at = parsePosition(message.position)
    if (at === undefined) return this.#end({ type: 'lost' })
    this.#name = message.connection
    this.#bornAt = this.#ports.clock.now()
    this.#silenceMs = message.heartbeatMs * 2.5
    this.#heard()
    const { subscribe, entities } = this.#handler.opened(at, message.time)
    this.send({ subscribe, ...(entities.length > 0 ? { entities } : {}) })
  }

  #heard(): void {
    this.#heardAt = this.#ports.clock.now()
    this.#cancelDeadline?.()
    this.#cancelDeadline = this.#ports.clock.after(this.#silenceMs, () =>
      this.#end({ type: 'lost' }),
    )
  }

  /** What a tick of the app asks for goes in one request, and requests go one after another. */
  #post(): void {
    if (this.#posting) return
    this.#posting = true
    void Promise.resolve().then(async () => {
      while (!this.#over && this.#entities !== undefined) await this.#postEntities()
      while (!this.#over && this.#subscribe.size + this.#unsubscribe.size > 0)
        await this.#postOnce()
      this.#posting = false
    })
  }

  async #postOnce(): Promise<void> {
    const subscribe = [...this.#subscribe.values()]
    const unsubscribe = [...this.#unsubscribe]
    this.#subscribe.clear()
    this.#unsubscribe.clear()
    const outcome = await this.#steer({
      ...(subscribe.length > 0 ? { subscribe } : {}),
      ...(unsubscribe.length > 0 ? { unsubscribe } : {}),
    })
    if (outcome.ok || this.#over) return
    const { error } = outcome
    // NOT_FOUND: the server that knew this connection is gone. Unavailable: nobody knows what it carries now.
    if (error.retry || error.code === 'NOT_FOUND') return this.#end({ type: 'lost' })
    this.#handler.refused(
      error,
      subscribe.map(({ id }) => id),
    )
  }

  /** In a request of its own: a name that the server does not know must not keep queries from being asked. */
  async #postEntities(): Promise<void> {
    const entities = this.#entities as readonly string[]
    this.#entities = undefined
    const outcome = await this.#steer({ entities })
    if (this.#over) return
    if (outcome.ok) return this.#handler.entitiesTold(entities, answerOf(outcome.value))
    const { error } = outcome
    if (error.retry || error.code === 'NOT_FOUND') return this.#end({ type: 'lost' })
    this.#handler.entitiesRefused(error)
  }

  /** Ends with the connection: a server that no longer knows it would only say so. */
  #steer(body: StreamBody): Promise<Outcome<unknown>> {
    return this.#ports.http.steer(this.#name as string, body, this.#abort.signal)
  }

  #end(end: End): void {
    if (this.#over) return
    const livedMs = this.isLive ? this.#ports.clock.now() - this.#bornAt : undefined
    this.abandon()
    this.#handler.ended(end, livedMs)
  }
}

/** What is no answer says nothing: anything may have changed. */
function answerOf(value: unknown): WatchAnswer {
  const { recent, sinceMs } = (value ?? {}) as Partial<WatchAnswer>
  if (!Array.isArray(recent) || typeof sinceMs !== 'number') return { recent: [], sinceMs: 0 }
  return { recent, sinceMs }
}
