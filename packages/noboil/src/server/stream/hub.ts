/**
 * All streams of this process: who may open one, what wakes them, and how they end.
 */
import type { Socket } from 'node:net'
import { NoboilError } from '../../errors/error.ts'
import type { HostPorts } from '../../hosts/host.ts'
import type { Call } from '../../factories/shared/call.ts'
import type { LiveEngine } from '../../live/engine.ts'
import { type AppUpdate, positionOf } from '../../wire/messages.ts'
import type { Dropped } from '../auth/port.ts'
import type { ServerLimits } from '../limits.ts'
import { Batch, updateEventOf } from './batch.ts'
import { Connection, type ConnectionTools, type Opener } from './connection.ts'

export interface HubOptions {
  readonly engine: LiveEngine<string>
  readonly limits: ServerLimits
  readonly ports: HostPorts
  /** Runs work at the end of the tick. */
  soon(work: () => void): void
}

export interface Opening {
  readonly opener: Opener
  readonly socket: Socket
  /** The name the client's calls are marked with. */
  readonly client: string | undefined
  readonly isFixed: boolean
}

export class Hub {
  readonly #options: HubOptions
  readonly #connections = new Map<string, Connection>()
  readonly #perCaller = new Map<string, number>()
  /** Streams by the entities they are told of. */
  readonly #watching = new Map<string, Set<Connection>>()
  readonly #awake = new Set<Connection>()
  /** Stops the timers that end streams with their sessions. */
  readonly #watches = new Map<Connection, () => void>()
  readonly #tools: ConnectionTools
  #batch = Batch.begin()
  #stopBeat: (() => void) | undefined
  #isClosed = false

  constructor(options: HubOptions) {
    this.#options = options
    const batch = (): Batch => this.#batch
    this.#tools = {
      limits: options.limits,
      get batch() {
        return batch()
      },
      now: () => options.ports.clock.now(),
      wake: (connection) => this.#wake(connection),
      closed: (connection) => this.#closed(connection),
      position: (revision) => positionOf(options.engine.epoch, revision),
    }
  }

  get size(): number {
    return this.#connections.size
  }

  /** Bytes that wait for all readers together. */
  get bufferedBytes(): number {
    let bytes = 0
    for (const connection of this.#connections.values()) bytes += connection.bufferedBytes
    return bytes
  }

  /** Throws when the caller, or everybody together, has as many streams as there may be. */
  assertRoom(caller: string): void {
    const { maxConnections, maxConnectionsPerCaller } = this.#options.limits
    if (this.#isClosed) throw new NoboilError('UNAVAILABLE', 'The server is closing.')
    if (this.#connections.size >= maxConnections) {
      throw new NoboilError('UNAVAILABLE', 'The server holds as many streams as it can. Try again.')
    }
    if ((this.#perCaller.get(caller) ?? 0) < maxConnectionsPerCaller) return
    throw new NoboilError(
      'LIMIT_EXCEEDED',
      `There are ${maxConnectionsPerCaller} streams of this caller already.`,
      { limit: 'maxConnectionsPerCaller', max: maxConnectionsPerCaller },
    )
  }

  open({ opener, socket, client, isFixed }: Opening): Connection {
    const { engine, limits, ports } = this.#options
    const id = Buffer.from(ports.random.bytes(16)).toString('base64url')
    const connection = new Connection(id, opener, socket, isFixed, this.#tools)
    connection.live = engine.connect(opener.call, connection, client)
    this.#connections.set(id, connection)
    const { caller } = opener.call
    this.#perCaller.set(caller, (this.#perCaller.get(caller) ?? 0) + 1)
    connection.tell({
      type: 'hello',
      connection: id,
      position: positionOf(engine.epoch, engine.revision),
      time: ports.clock.now(),
      heartbeatMs: limits.heartbeatMs,
    })
    this.#watch(connection)
    this.#beatLater()
    return connection
  }

  /** The stream of this name, for whoever opened it. */
  find(id: string, key: string): Connection | undefined {
    const connection = this.#connections.get(id)
    return connection?.opener.key === key && !connection.isFixed ? connection : undefined
  }

  /** From now on the stream is told of these entities and of no others. */
  watch(connection: Connection, entities: readonly string[]): void {
    for (const entity of connection.entities) this.#watching.get(entity)?.delete(connection)
    connection.entities = connection.isOver ? [] : entities
    for (const entity of connection.entities) {
      const watching = this.#watching.get(entity) ?? new Set()
      this.#watching.set(entity, watching.add(connection))
    }
  }

  /** Tells every stream that watches one of these entities, once. */
  update(entities: readonly string[], update: AppUpdate): void {
    const chunk = updateEventOf(update)
    const told = new Set<Connection>()
    for (const entity of entities) {
      for (const connection of this.#watching.get(entity) ?? []) {
        if (told.has(connection)) continue
        told.add(connection)
        connection.update(update, chunk)
      }
    }
  }

  /** Sessions are over: so are their streams. */
  drop(dropped: Dropped): void {
    for (const connection of this.#connections.values()) {
      const session = connection.opener.session
      if (session === null) continue
      const isMeant =
        'session' in dropped ? session.id === dropped.session : session.user._id === dropped.user
      if (isMeant) this.#bye(connection, 'session')
    }
  }

  /** The user is somebody else now by the same name: every subscription is judged again. */
  renew(userId: string, callOf: (call: Call) => Call): void {
    for (const connection of this.#connections.values()) {
      if (connection.opener.call.user?._id !== userId) continue
      const call = callOf(connection.opener.call)
      connection.opener = { ...connection.opener, call }
      connection.live.setCall(call)
    }
  }

  /** Says goodbye to everybody, so that they do not all come back at once. */
  close(): void {
    this.#isClosed = true
    this.#stopBeat?.()
    for (const connection of this.#connections.values()) this.#bye(connection, 'shutdown')
  }

  #bye(connection: Connection, reason: 'shutdown' | 'session'): void {
    if (connection.isOver) return
    const { limits, ports } = this.#options
    // A reader that neither takes its last word nor hangs up would keep its socket for ever, and be counted nowhere.
    connection.onGone(ports.clock.setTimer(limits.stallTimeoutMs, () => connection.destroy()))
    const [chance = 0] = ports.random.bytes(1)
    const spreadMs = reason === 'shutdown' ? 4_000 : 0
    connection.bye(
      reason,
      Math.round((chance / 255) * spreadMs) + (reason === 'shutdown' ? 500 : 0),
    )
  }

  /** Ends the stream when its session does; whoever is still signed in comes back at once. */
  #watch(connection: Connection): void {
    const expiresAt = connection.opener.session?.expiresAt
    if (expiresAt === undefined || !Number.isFinite(expiresAt)) return
    const { clock } = this.#options.ports
    const look = (): void => {
      const leftMs = expiresAt - clock.now()
      if (leftMs <= 0) this.#bye(connection, 'session')
      else this.#watches.set(connection, clock.setTimer(Math.min(leftMs, maxTimerMs), look))
    }
    const leftMs = Math.max(expiresAt - clock.now(), 0)
    this.#watches.set(connection, clock.setTimer(Math.min(leftMs, maxTimerMs), look))
  }

  #wake(connection: Connection): void {
    if (this.#awake.size === 0) this.#options.soon(() => this.#flush())
    this.#awake.add(connection)
  }

  #flush(): void {
    const awake = [...this.#awake]
    this.#awake.clear()
    for (const connection of awake) connection.flush()
    // Whoever woke up while others were flushed has begun on this tick's batch.
    if (this.#awake.size === 0) this.#batch = Batch.begin()
  }

  #beatLater(): void {
    if (this.#stopBeat !== undefined || this.#isClosed) return
    const { limits, ports } = this.#options
    this.#stopBeat = ports.clock.setTimer(limits.heartbeatMs, () => {
      this.#stopBeat = undefined
      for (const connection of this.#connections.values()) connection.beat()
      if (this.#connections.size > 0) this.#beatLater()
    })
  }

  #closed(connection: Connection): void {
    this.#watches.get(connection)?.()
    this.#watches.delete(connection)
    this.#awake.delete(connection)
    this.watch(connection, [])
    if (!this.#connections.delete(connection.id)) return
    const { caller } = connection.opener.call
    const left = (this.#perCaller.get(caller) ?? 1) - 1
    if (left > 0) this.#perCaller.set(caller, left)
    else this.#perCaller.delete(caller)
  }
}

const maxTimerMs = 0x7fffffff
