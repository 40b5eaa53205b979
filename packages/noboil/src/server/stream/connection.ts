/**
 * One stream: events to one socket. A reader that is slower than the news is left out, and told how things stand once it has
 * caught up, so that what waits for it never grows beyond its share.
 */
import type { Socket } from 'node:net'
import type { Call } from '../../factories/shared/call.ts'
import type { LiveClient, Sink } from '../../live/ports.ts'
import type { AppUpdate, StreamMessage } from '../../wire/messages.ts'
import type { Session } from '../auth/port.ts'
import { placeOf } from './place.ts'
import { type Batch, eventOf, heartbeat, updateEventOf } from './batch.ts'

export interface ConnectionLimits {
  readonly highWaterBytes: number
  readonly stallTimeoutMs: number
}

/** Who opened a stream. */
export interface Opener {
  /** Names the credentials; only they may steer the stream. */
  readonly key: string
  readonly session: Session | null
  readonly call: Call
}

export interface ConnectionTools {
  readonly limits: ConnectionLimits
  /** The batch that this tick begins with. */
  readonly batch: Batch
  now(): number
  /** Asks to be flushed at the end of the tick. */
  wake(connection: Connection): void
  closed(connection: Connection): void
  position(revision: number): string
}

/** Things to say to a reader that is left out, beyond which it is not worth waiting for. */
const maxHeld = 2_000

export class Connection implements Sink<string> {
  readonly id: string
  opener: Opener
  /** Answers a fixed set: it cannot be steered. */
  readonly isFixed: boolean
  /** Made after the connection, which is its sink. */
  live!: LiveClient
  readonly #socket: Socket
  readonly #tools: ConnectionTools
  #batch: Batch | undefined
  /** Length of what waits for the end of the tick. */
  #waiting = 0
  /** The reader is behind: nothing is sent until its socket has drained. */
  #isBehind = false
  /** Groups of which something was left out. */
  readonly #missed = new Set<string>()
  /** Entities of the cache that this stream is told of, and what of that was left out, the last of each. */
  entities: readonly string[] = []
  readonly #missedUpdates = new Map<string, AppUpdate>()
  #held: string[] = []
  #heldAfter: string[] = []
  /** Bytes that had gone out at the last look, and when that was. */
  #taken = 0
  #takenAt: number
  #position = -1
  #isOver = false

  constructor(
    id: string,
    opener: Opener,
    socket: Socket,
    isFixed: boolean,
    tools: ConnectionTools,
  ) {
    this.id = id
    this.opener = opener
    this.isFixed = isFixed
    this.#socket = socket
    this.#tools = tools
    this.#takenAt = tools.now()
    socket.on('drain', () => this.#drained())
    socket.on('close', () => this.#close())
    socket.on('error', () => this.#close())
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Bytes that wait for the reader. */
  get bufferedBytes(): number {
    return this.#socket.writableLength + this.#waiting
  }

  send(chunk: string, group: string | undefined): void {
    if (this.#isOver) return
    if (group !== undefined) {
      if (this.#missed.has(group) || !this.#hasRoom(chunk.length)) this.#missed.add(group)
      else this.#put(chunk)
    } else if (this.#isBehind || !this.#hasRoom(chunk.length)) this.#hold(this.#held, chunk)
    else this.#put(chunk)
  }

  sendAfter(chunk: string): void {
    if (this.#isOver) return
    if (this.#isBehind || this.#missed.size > 0) this.#hold(this.#heldAfter, chunk)
    else this.#put(chunk)
  }

  /** Tells of an update; a reader that is behind is told once it has caught up, of each entity once. */
  update(update: AppUpdate, chunk: string): void {
    if (this.#isOver) return
    if (!this.#isBehind && this.#missedUpdates.size === 0 && this.#hasRoom(chunk.length)) {
      this.#put(chunk)
    } else this.#missedUpdates.set(update.entity, { ...update, id: null, action: 'update' })
  }

  tell(message: StreamMessage): void {
    this.send(eventOf(message), undefined)
  }

  /** Writes what the tick has brought, in one piece. */
  flush(): void {
    const batch = this.#batch
    this.#batch = undefined
    this.#waiting = 0
    if (batch === undefined || this.#isOver) return
    this.#socket.write(batch.bytes(this.#told()))
    if (this.#socket.writableLength > this.#tools.limits.highWaterBytes) this.#isBehind = true
    // What went out at once needs no draining.
    else if (this.#isBehind && !this.#socket.writableNeedDrain) this.#drained()
  }

  /** Says that the server lives; ends a stream whose reader has taken nothing for too long. */
  beat(): void {
    if (this.#isOver) return
    const now = this.#tools.now()
    const taken = this.#socket.bytesWritten - this.#socket.writableLength
    if (taken !== this.#taken || this.#socket.writableLength === 0) {
      this.#taken = taken
      this.#takenAt = now
    } else if (now - this.#takenAt >= this.#tools.limits.stallTimeoutMs) {
      this.#socket.destroy()
      return
    }
    if (this.#socket.writableLength === 0) this.#socket.write(heartbeat)
  }

  /** The last word; what waits for the reader still goes out. */
  bye(reason: 'shutdown' | 'session' | 'overload', retryMs: number): void {
    if (this.#isOver) return
    this.flush()
    this.#socket.end(eventOf({ type: 'bye', reason, retryMs } satisfies StreamMessage))
    this.#close()
  }

  /** Calls `listener` once the socket itself is closed, which may be long after the last word. */
  onGone(listener: () => void): void {
    this.#socket.once('close', listener)
  }

  destroy(): void {
    this.#socket.destroy()
    this.#close()
  }

  /** Up to where everything has been told; undefined while something is left out. */
  #told(): string | undefined {
    if (this.#missed.size > 0 || this.#held.length > 0) return undefined
    if (this.isFixed && !this.live.isComplete) return undefined
    this.#position = Math.max(this.#position, this.live.revision)
    const position = this.#tools.position(this.#position)
    return this.isFixed ? placeOf({ position, groups: this.live.groups }) : position
  }

  #hasRoom(length: number): boolean {
    if (this.#isBehind) return false
    const buffered = this.bufferedBytes
    if (buffered === 0 || buffered + length <= this.#tools.limits.highWaterBytes) return true
    this.#isBehind = true
    return false
  }

  #put(chunk: string): void {
    this.#batch = (this.#batch ?? this.#tools.batch).with(chunk)
    this.#waiting += chunk.length
    this.#tools.wake(this)
  }

  #hold(held: string[], chunk: string): void {
    held.push(chunk)
    if (this.#held.length + this.#heldAfter.length > maxHeld) this.destroy()
  }

  /** The reader has taken everything: it is told what it missed, as much at a time as it has room for. */
  #drained(): void {
    if (!this.#isBehind || this.#isOver) return
    this.#isBehind = false
    this.#release(this.#held)
    for (const group of this.#missed) {
      if (this.#isBehind || !this.#hasRoom(0)) break
      this.#missed.delete(group)
      this.live.resend(group)
    }
    if (this.#isBehind || this.#missed.size > 0) return
    this.#release(this.#heldAfter)
    for (const update of this.#missedUpdates.values()) this.#put(updateEventOf(update))
    this.#missedUpdates.clear()
  }

  #release(held: string[]): void {
    const chunks = held.splice(0)
    for (const chunk of chunks) this.#put(chunk)
  }

  #close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#batch = undefined
    this.#missed.clear()
    this.#missedUpdates.clear()
    this.#held = []
    this.#heldAfter = []
    this.live.close()
    this.#tools.closed(this)
  }
}
