/**
 * The connection to Redis: opened, watched, given up and opened again. It is ready only after a greeting in which the process has
 * learnt what it missed; a connection that is lost in between is another one.
 */
import type { CachePorts } from '../ports.ts'
import type { CacheCounts } from '../stats.ts'
import { type RedisDriver, RedisFailure, type RedisSession } from './driver.ts'
import { type ScriptName, scripts } from './scripts.ts'
import type { RedisSettings } from './settings.ts'

export type Run = (
  script: ScriptName,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>

export interface LinkParts {
  readonly driver: RedisDriver
  readonly channel: string
  readonly settings: RedisSettings
  readonly ports: CachePorts
  readonly counts: CacheCounts
  /** Learns what was missed, by way of `run`; the link is ready when it resolves. */
  readonly greet: (run: Run) => Promise<void>
  readonly onMessage: (text: string) => void
  /** The link was ready and is no longer, or a greeting failed. */
  readonly onLost: (wasReady: boolean) => void
}

interface Connection {
  session: RedisSession | undefined
  isOver: boolean
  readonly hashes: Map<ScriptName, string>
}

const firstBackoffMs = 50
/** An answer may be there already and not yet read, after the process was kept busy. */
const graceMs = 20
/** What a server says that can do nothing for us at all. */
const uselessServer =
  /^(?:READONLY|LOADING|MASTERDOWN|NOAUTH|WRONGPASS|NOPERM|BUSY|MISCONF|CLUSTERDOWN)\b/

export class Link {
  readonly #parts: LinkParts
  #connection: Connection | undefined
  #isReady = false
  #greeting: PromiseWithResolvers<void> | undefined
  #isClosed = false
  #attempts = 0
  #outstanding = 0
  #answeredAt = 0
  readonly #firstTry = Promise.withResolvers<void>()
  #stopWatch: (() => void) | undefined
  #stopRetry: (() => void) | undefined

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Neither ready nor being greeted. */
  get isAway(): boolean {
    return !this.#isReady && this.#greeting === undefined
  }

  /** Resolves when the greeting under way is over, well or not. */
  get greeted(): Promise<void> | undefined {
    return this.#greeting?.promise
  }

  /** Resolves when the first try to connect has succeeded or failed: before that, nobody knows whether Redis is away. */
  get tried(): Promise<void> {
    return this.#firstTry.promise
  }

  start(): void {
    this.#connect().catch((error: unknown) => {
      this.#parts.ports.log.error({ error: String(error) }, 'redis link failed')
    })
  }

  /** Runs a script; rejects with {@link RedisFailure} when Redis is away, refuses, or is lost meanwhile. */
  run(
    script: ScriptName,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    return this.#run(this.#ready(), script, keys, args)
  }

  /** Sends one command; rejects as {@link Link.run} does. */
  send(command: readonly string[]): Promise<unknown> {
    return this.#ask(this.#ready(), command)
  }

  /** Gives up a connection that is ready or being greeted, and opens another one. */
  drop(reason: string): void {
    const connection = this.#connection
    if (connection !== undefined && !this.isAway) this.#lose(connection, reason)
  }

  close(): void {
    this.#isClosed = true
    this.#stopRetry?.()
    this.#stopWatch?.()
    if (this.#connection !== undefined) this.#lose(this.#connection, 'closed')
  }

  #ready(): Connection {
    if (this.#isReady && this.#connection !== undefined) return this.#connection
    throw new RedisFailure('Redis is away.')
  }

  async #connect(): Promise<void> {
    const { driver, channel, settings, ports, greet } = this.#parts
    const connection: Connection = { session: undefined, isOver: false, hashes: new Map() }
    this.#connection = connection
    const stop = ports.clock.setTimer(settings.commandTimeoutMs * 4, () => {
      this.#lose(connection, 'did not greet in time')
    })
    try {
      const session = await driver.open(channel, {
        message: (text) => {
          if (!connection.isOver) this.#parts.onMessage(text)
        },
        lost: (reason) => this.#lose(connection, describe(reason)),
      })
      connection.session = session
      if (connection.isOver) return session.close()
      this.#greeting = Promise.withResolvers()
      const loading = Object.entries(scripts).map(async ([name, text]) => {
        const hash = await this.#ask(connection, ['SCRIPT', 'LOAD', text])
        connection.hashes.set(name as ScriptName, String(hash))
      })
      await Promise.all(loading)
      await greet((script, keys, args) => this.#run(connection, script, keys, args))
      if (connection.isOver) return
      this.#isReady = true
      this.#endGreeting()
      this.#attempts = 0
      ports.log.info({ prefix: settings.prefix }, 'redis connected')
    } catch (error) {
      this.#lose(connection, describe(error))
    } finally {
      stop()
      this.#firstTry.resolve()
    }
  }

  #lose(connection: Connection, reason: string): void {
    if (connection.isOver) return
    const { ports, counts, settings, onLost } = this.#parts
    connection.isOver = true
    connection.session?.close()
    if (this.#connection !== connection) return
    this.#firstTry.resolve()
    const wasReady = this.#isReady
    this.#connection = undefined
    this.#isReady = false
    this.#endGreeting()
    this.#outstanding = 0
    if (wasReady) counts.redisLost++
    onLost(wasReady)
    if (this.#isClosed) return
    const most = Math.min(
      settings.maxBackoffMs,
      firstBackoffMs * 2 ** Math.min(this.#attempts++, 20),
    )
    const waitMs = Math.ceil(most * (0.5 + ports.random.unit() / 2))
    if (wasReady) ports.log.warn({ reason }, 'redis lost')
    else ports.log.warn({ reason, waitMs }, 'redis not reached')
    this.#stopRetry = ports.clock.setTimer(waitMs, () => this.start())
  }

  #endGreeting(): void {
    this.#greeting?.resolve()
    this.#greeting = undefined
  }

  async #run(
    connection: Connection,
    script: ScriptName,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args.map(String)]
    const hash = connection.hashes.get(script) ?? ''
    try {
      return await this.#ask(connection, ['EVALSHA', hash, ...rest])
    } catch (error) {
      if (!(error instanceof RedisFailure) || !error.message.startsWith('NOSCRIPT')) throw error
      return this.#ask(connection, ['EVAL', scripts[script], ...rest])
    }
  }

  #ask(connection: Connection, command: readonly string[]): Promise<unknown> {
    const { session } = connection
    if (connection.isOver || session === undefined) {
      return Promise.reject(new RedisFailure('Redis is away.'))
    }
    if (this.#outstanding++ === 0) this.#answeredAt = this.#parts.ports.clock.now()
    if (this.#stopWatch === undefined) this.#watch(connection)
    return session.send(command).then(
      (reply) => {
        if (connection.isOver) throw new RedisFailure('Redis was lost.')
        this.#answered()
        return reply
      },
      (error: unknown) => this.#failed(connection, describe(error)),
    )
  }

  #failed(connection: Connection, message: string): never {
    if (!connection.isOver) {
      this.#answered()
      if (!message.startsWith('NOSCRIPT')) this.#parts.counts.redisErrors++
      if (uselessServer.test(message)) this.#lose(connection, message)
    }
    throw new RedisFailure(message)
  }

  #answered(): void {
    this.#outstanding--
    this.#answeredAt = this.#parts.ports.clock.now()
  }

  /** Gives up a connection on which something is asked and nothing answered. Answers come in order, so one timer is enough. */
  #watch(connection: Connection): void {
    const { ports, settings } = this.#parts
    const { commandTimeoutMs } = settings
    const look = (isLast: boolean): void => {
      this.#stopWatch = undefined
      if (connection.isOver || this.#outstanding === 0) return
      const leftMs = this.#answeredAt + commandTimeoutMs - ports.clock.now()
      if (leftMs <= 0 && isLast) return this.#lose(connection, 'does not answer')
      const nextMs = leftMs <= 0 ? graceMs : leftMs
      this.#stopWatch = ports.clock.setTimer(nextMs, () => look(leftMs <= 0))
    }
    this.#stopWatch = ports.clock.setTimer(commandTimeoutMs, () => look(false))
  }
}

/** A server's or socket's own words, without what it was asked. */
function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\/\/[^@/\s]*@/g, '//').slice(0, 200)
}
