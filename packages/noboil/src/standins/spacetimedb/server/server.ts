/** Everybody who is connected to one database, however their bytes arrive. */
import { randomBytes } from 'node:crypto'
import type { Engine } from '../engine.ts'
import { ModuleCallError } from '../errors.ts'
import { identityFromClaims } from '../identity.ts'
import type { Protocol } from './messages.ts'
import { Session } from './session.ts'
import type { Tokens } from './tokens.ts'
import { ViewCache } from './view-cache.ts'

/** Where a session's bytes go, and how it ends. */
export interface Peer {
  send(bytes: Uint8Array): void
  /** `code` as WebSocket numbers them. */
  close(code: number, reason: string): void
}

export interface OpenRequest {
  readonly protocol: Protocol
  /** Without one, somebody new. */
  readonly token: string | undefined
  /** 32 hexadecimal digits; without them the server draws some. */
  readonly connectionId: string | undefined
}

export class Server {
  readonly engine: Engine
  readonly tokens: Tokens
  readonly #views: ViewCache
  readonly #sessions = new Map<Session, Peer>()

  constructor(engine: Engine, tokens: Tokens) {
    this.engine = engine
    this.tokens = tokens
    this.#views = new ViewCache(engine)
    engine.commits.add((changes) => {
      this.#views.follow(changes)
      for (const session of this.#sessions.keys()) session.follow(changes)
    })
    engine.restarts.add(() => this.closeAll('The module was started again.'))
  }

  /** @throws {ModuleCallError} for a token that is not known, and when the module refuses the connection. */
  async open(request: OpenRequest, peer: Peer): Promise<Session> {
    const token = request.token ?? this.tokens.anonymous()
    const claims = await this.tokens.read(token)
    if (claims === undefined)
      throw new ModuleCallError('refused', 'The token is not one of this server’s: sign in again.')
    const connectionId = connectionIdOf(request.connectionId)
    const caller = this.engine.connect(connectionId, identityFromClaims(claims), claims)
    const session = new Session(this.engine, this.#views, caller, request.protocol, (bytes) =>
      peer.send(bytes),
    )
    this.#sessions.set(session, peer)
    session.greet(token)
    return session
  }

  /** Bytes of a client. What is no message ends its connection, and nobody else's. */
  receive(session: Session, bytes: Uint8Array): void {
    const peer = this.#sessions.get(session)
    if (peer === undefined) return
    try {
      session.receive(bytes)
    } catch (error) {
      this.engine.logs.add('warn', error instanceof Error ? error.message : String(error))
      peer.close(1011, 'The message could not be read.')
      this.closed(session)
    }
  }

  /** The connection has ended, by whichever side. */
  closed(session: Session): void {
    if (this.#sessions.delete(session)) this.engine.disconnect(session.caller.connectionId)
  }

  /** Ends every connection, as a restart or the end of the server does. */
  closeAll(reason: string): void {
    const ended = [...this.#sessions]
    // None of them is told of what the end of another one changes.
    this.#sessions.clear()
    this.#views.clear()
    for (const [session, peer] of ended) {
      peer.close(1001, reason)
      this.engine.disconnect(session.caller.connectionId)
    }
  }
}

function connectionIdOf(hex: string | undefined): bigint {
  if (hex === undefined) return BigInt(`0x${randomBytes(16).toString('hex')}`)
  if (!/^[\da-f]{32}$/i.test(hex) || /^0+$/.test(hex))
    throw new ModuleCallError(
      'refused',
      'A connection id has 32 hexadecimal digits, and is not zero.',
    )
  return BigInt(`0x${hex}`)
}
