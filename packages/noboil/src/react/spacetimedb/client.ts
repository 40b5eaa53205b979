/**
 * A client of a SpacetimeDB module: one connection at a time, made again when it is lost, what hooks watch over it, and calls with
 * their answers.
 */
import {
  backoffMs,
  type Clock,
  pageWaker,
  type Random,
  systemClock,
  systemRandom,
  type Waker,
} from '../../client/ports.ts'
import { NoboilError } from '../../errors/error.ts'
import {
  type AnyBindings,
  askCall,
  clockCall,
  queryCall,
  type ReducerRef,
  resultsRef,
  type TableRef,
} from '../../wire/spacetimedb.ts'
import type { Edit } from './overlay.ts'
import { Answers } from './answers.ts'
import { isRefusedToken, rethrow } from './failures.ts'
import { accessorOf, connect, type Connection, remoteModule } from './sdk.ts'
import { browserTokens, type TokenStore } from './tokens.ts'
import { type Filter, Watch, watchKey } from './watch.ts'

export type ConnectionState = 'connecting' | 'live' | 'offline'

export interface ClientOptions {
  /** As in `http://127.0.0.1:3000`. */
  readonly uri: string
  /** The name the module was published under. */
  readonly database: string
  /** What `bindingsOf(schema)` made. */
  readonly bindings: AnyBindings
  /** Default: this browser's storage where there is one, else nowhere. */
  readonly tokens?: TokenStore
  /** In place of a WebSocket, for tests. */
  readonly webSocket?: unknown
  readonly ports?: Partial<{
    readonly clock: Clock
    readonly random: Random
    readonly waker: Waker
  }>
}

/** How long a watch that nobody looks at any more is kept: a page that is left is often come back to. */
const idleMs = 10_000
const firstWaitMs = 500
const maxWaitMs = 20_000

interface Held {
  readonly watch: Watch
  holders: number
  stop: (() => void) | undefined
}

export class SpacetimeClient {
  readonly #options: ClientOptions
  readonly #remote: object
  readonly #tokens: TokenStore
  readonly #clock: Clock
  readonly #random: Random
  readonly #watches = new Map<string, Held>()
  readonly #listeners = new Set<() => void>()
  readonly #stopWaker: () => void
  readonly #stopTokens: (() => void) | undefined
  #tokenInUse: string | undefined
  #connection: Connection | undefined
  #state: ConnectionState = 'connecting'
  #identity: string | undefined
  #problem: string | null = null
  #aheadMs = 0
  #attempts = 0
  #round = 0
  #stopTimer: (() => void) | undefined
  #isClosed = false
  readonly #waiting = new Set<(connection: Connection) => void>()
  readonly #results: Watch
  readonly #answers: Answers
  /** Called when the present connection ends. */
  readonly #lost = new Set<() => void>()

  constructor(options: ClientOptions) {
    this.#options = options
    this.#remote = remoteModule(options.bindings)
    this.#tokens = options.tokens ?? browserTokens(options.uri, options.database)
    this.#clock = options.ports?.clock ?? systemClock
    this.#random = options.ports?.random ?? systemRandom
    this.#results = this.watch(resultsRef).watch
    this.#answers = new Answers(this.#results, this.#clock)
    this.#stopWaker = (options.ports?.waker ?? pageWaker)(() => {
      if (this.#state === 'offline') this.#open()
    })
    // Windows of one browser are one person.
    this.#stopTokens = this.#tokens.listen?.(() => {
      const token = this.#tokens.get()
      if (token !== this.#tokenInUse) this.reconnect({ token })
    })
    this.#open()
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Why the latest connection could not be made, or has ended, in words of the network; null while all is well. */
  get problem(): string | null {
    return this.#problem
  }

  /** The id of the user that this client's identity is; undefined until the first connection. */
  get userId(): string | undefined {
    return this.#identity === undefined ? undefined : `users.${this.#identity}`
  }

  /** What this client is connected with, or will be: a JSON web token. */
  get token(): string | undefined {
    return this.#tokens.get()
  }

  /** The database's time, as well as this client knows it. */
  now(): number {
    return this.#clock.now() + this.#aheadMs
  }

  /** By how much the database's clock is ahead of this client's; 0 until it is known. */
  get aheadMs(): number {
    return this.#aheadMs
  }

  get clock(): Clock {
    return this.#clock
  }

  newId(): string {
    return this.#random.id()
  }

  /** Called whenever `state` or `userId` has changed. */
  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Holds a watch; it ends some time after the last of its holders has let go. */
  watch(ref: TableRef, filter?: Filter): { readonly watch: Watch; readonly release: () => void } {
    const key = watchKey(ref, filter)
    let held = this.#watches.get(key)
    if (held === undefined) {
      held = { watch: new Watch(ref, filter), holders: 0, stop: undefined }
      this.#watches.set(key, held)
      if (this.#connection !== undefined) held.watch.attach(this.#connection)
    }
    const found = held
    found.holders++
    found.stop?.()
    found.stop = undefined
    let isHeld = true
    const release = (): void => {
      if (!isHeld) return
      isHeld = false
      if (--found.holders > 0) return
      found.stop = this.#clock.after(idleMs, () => {
        found.watch.detach()
        this.#watches.delete(key)
      })
    }
    return { watch: found.watch, release }
  }

  /** The watch as it is, for showing edits on what hooks hold. */
  peek(ref: TableRef, filter?: Filter): Watch | undefined {
    return this.#watches.get(watchKey(ref, filter))?.watch
  }

  /**
   * Calls a reducer and answers what its operation answered.
   *
   * @throws NoboilError what the operation refused, or `UNAVAILABLE`.
   */
  call<args, result>(ref: ReducerRef<args, result>, args: args): Promise<result> {
    return this.perform(ref, args) as Promise<result>
  }

  /** {@link call} for hooks: shows edits until the answer is there. */
  async perform(
    ref: Pick<ReducerRef, 'name' | 'encode'>,
    args: unknown,
    edits: readonly (readonly [Watch | undefined, readonly Edit[]])[] = [],
  ): Promise<unknown> {
    const undo = edits.map(([watch, each]) => watch?.edit(each))
    try {
      return await this.#send(ref, args)
    } finally {
      // The confirmed rows are there before their provisional ones go.
      for (const [watch] of edits) watch?.flush()
      for (const each of undo) each?.()
    }
  }

  /** Asks a query of the module: `vote.search`. */
  async query(path: string, args: object): Promise<unknown> {
    const { name, args: encoded } = queryCall(this.#options.bindings.schema, path, args)
    for (;;) {
      const outcome = await this.#over(async ({ procedures }) => {
        const asked = procedures[accessorOf(name)]?.(encoded)
        if (asked === undefined) {
          throw new NoboilError('NOT_FOUND', `There is no query '${path}'.`)
        }
        return { text: (await asked.catch(rethrow)) as string }
      })
      // A question may be asked twice.
      if (outcome !== 'lost') return JSON.parse(outcome.text) as unknown
    }
  }

  /** Asks for an action that the module's worker answers. */
  ask<answer = unknown>(path: string, args?: unknown): Promise<answer> {
    return this.perform(askCall(path, args), {}) as Promise<answer>
  }

  /** Makes this identity known, where the module lets it in; what it is then, `useUser` says. */
  enter(): Promise<void> {
    return this.#tell('enter', {})
  }

  /** Makes somebody known, or says what is new of them: for the owner of the database. */
  putUser(person: { readonly _id: string; readonly name: string } & object): Promise<void> {
    return this.#tell('put_users', { args: JSON.stringify(person) })
  }

  /** Calls `changed` when answers to this identity's calls have come or gone, in any of its windows. */
  onAnswers(changed: () => void): () => void {
    return this.#results.listen(changed)
  }

  /** Connects anew; with `token: undefined` as somebody new. */
  reconnect(options?: { readonly token: string | undefined }): void {
    this.#drop()
    if (options !== undefined) {
      this.#tokens.set(options.token)
      this.#identity = undefined
      for (const { watch } of this.#watches.values()) watch.forget()
    }
    this.#become('connecting')
    this.#open()
  }

  close(): void {
    this.#isClosed = true
    this.#stopWaker()
    this.#stopTokens?.()
    this.#stopTimer?.()
    this.#drop()
  }

  async #send(ref: Pick<ReducerRef, 'name' | 'encode'>, args: unknown): Promise<unknown> {
    const request = this.#random.id()
    const parameters = ref.encode(args, request)
    const outcome = await this.#over(reducerCall(ref.name, parameters))
    return outcome === 'lost' ? this.#answers.afterLoss(request) : this.#answers.of(request)
  }

  /** Calls a reducer that answers nothing. */
  async #tell(name: string, parameters: object): Promise<void> {
    if ((await this.#over(reducerCall(name, parameters))) === 'done') return
    throw new NoboilError('UNAVAILABLE', 'The connection was lost. Try again in a moment.')
  }

  /** SpacetimeDB's library leaves calls open whose connection has ended. */
  #unlessLost<outcome>(calling: Promise<outcome>): Promise<outcome | 'lost'> {
    const { promise, resolve, reject } = Promise.withResolvers<outcome | 'lost'>()
    const lose = (): void => resolve('lost')
    this.#lost.add(lose)
    calling.then(resolve, reject)
    return promise.finally(() => this.#lost.delete(lose))
  }

  /**
   * Makes a call over the connection there is, or the next one; `'lost'` when that ends first. What somebody does waits for them, and is
   * not done in the name of who comes after.
   */
  async #over<outcome>(
    make: (connection: Connection) => Promise<outcome>,
  ): Promise<outcome | 'lost'> {
    const caller = this.#identity
    let connection = await this.#connected()
    // One that has gone in this very turn would leave the call open.
    while (connection !== this.#connection) connection = await this.#connected()
    if (caller === undefined || caller === this.#identity) return this.#unlessLost(make(connection))
    throw new NoboilError(
      'UNAVAILABLE',
      'This was not sent before somebody else signed in. Sign in again, and try again.',
    )
  }

  #connected(): Promise<Connection> {
    if (this.#connection !== undefined) return Promise.resolve(this.#connection)
    const { promise, resolve, reject } = Promise.withResolvers<Connection>()
    const stop = this.#clock.after(10_000, () => {
      this.#waiting.delete(take)
      reject(
        new NoboilError('UNAVAILABLE', 'The database cannot be reached. Try again in a moment.'),
      )
    })
    const take = (connection: Connection): void => {
      stop()
      resolve(connection)
    }
    this.#waiting.add(take)
    return promise
  }

  #open(): void {
    if (this.#isClosed) return
    this.#stopTimer?.()
    const round = ++this.#round
    const { uri, database, webSocket } = this.#options
    connect(
      this.#remote,
      { uri, database, webSocket, token: this.#tokens.get() },
      {
        connected: (connection, identity, token) => {
          if (round !== this.#round || this.#isClosed) return connection.disconnect()
          this.#tokens.set(token)
          this.#tokenInUse = token
          this.#attempts = 0
          this.#problem = null
          this.#connection = connection
          this.#identity = identity.toHexString()
          for (const { watch } of this.#watches.values()) watch.attach(connection)
          for (const take of this.#waiting) take(connection)
          this.#waiting.clear()
          this.#become('live')
          void this.#readClock(connection)
        },
        lost: (error) => {
          if (round !== this.#round) return
          // A token that is refused will be refused again: go on as somebody new.
          if (isRefusedToken(error)) return this.reconnect({ token: undefined })
          this.#problem = error instanceof Error ? error.message : 'The connection has ended.'
          this.#retry()
        },
      },
    )
  }

  /** Asked on every connection; half of what the question took is taken to be the way of the answer. */
  async #readClock(connection: Connection): Promise<void> {
    const procedure = connection.procedures[accessorOf(clockCall.name)]
    const asked = this.#clock.now()
    try {
      const text = await this.#unlessLost(procedure?.(clockCall.args) ?? Promise.resolve('lost'))
      const answered = this.#clock.now()
      if (text === 'lost') return
      this.#aheadMs = Math.round(Number(text) - (asked + answered) / 2)
      this.#become(this.#state)
    } catch {
      // A module of before there was such a procedure: both clocks are taken to be right.
    }
  }

  #retry(): void {
    this.#drop()
    if (this.#isClosed) return
    this.#become('offline')
    const waitMs = backoffMs(this.#random, this.#attempts++, firstWaitMs, maxWaitMs)
    this.#stopTimer = this.#clock.after(waitMs, () => this.#open())
  }

  #drop(): void {
    this.#round++
    const connection = this.#connection
    this.#connection = undefined
    for (const { watch } of this.#watches.values()) watch.detach()
    for (const lose of [...this.#lost]) lose()
    connection?.disconnect()
  }

  #become(state: ConnectionState): void {
    this.#state = state
    for (const listener of [...this.#listeners]) listener()
  }
}

const reducerCall =
  (name: string, parameters: object) =>
  ({ reducers }: Connection): Promise<'done'> => {
    const reducer = reducers[accessorOf(name)] as (args: object) => Promise<void>
    return reducer(parameters).then(() => 'done' as const, rethrow)
  }

export const createSpacetimeClient = (options: ClientOptions): SpacetimeClient =>
  new SpacetimeClient(options)
