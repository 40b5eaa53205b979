/**
 * A client of one server: calls, live answers over one stream, expectations over them, and the server's clock.
 */
import { isNoboilError, type NoboilError } from '../errors/error.ts'
import type { FunctionReference } from '../schema/reference.ts'
import { type CallAnswer, parsePosition } from '../wire/messages.ts'
import { pathOf } from './api.ts'
import { plainArgs } from './canonical.ts'
import type { ArgsObject, Edit, LiveState } from './entry.ts'
import { baseUrlOf, type HeadersOption, Http, isUnavailable, type Retry, retryOf } from './http.ts'
import { collectEdits, type Optimistic } from './optimistic.ts'
import {
  backoffMs,
  type Clock,
  type Fetch,
  pageWaker,
  type Random,
  systemClock,
  systemRandom,
  tell,
  type Waker,
} from './ports.ts'
import { type Live, Store } from './store.ts'
import { type ConnectionState, Stream } from './stream.ts'
import { type UpdateListener, Updates } from './updates.ts'

export interface ClientOptions {
  /** Where the server is, as in `https://app.example`. Default: the page's own origin. */
  readonly baseUrl?: string
  /** Sent with every request; a function is asked each time, so that a renewed token is used at once. */
  readonly headers?: HeadersOption
  /** As for `fetch`; a server on another origin needs `'include'` for its cookies. */
  readonly credentials?: RequestCredentials
  /** How long the stream stays open after the last subscription went, ms. Default: 5,000. */
  readonly lingerMs?: number
  readonly fetch?: Fetch
  readonly clock?: Clock
  readonly random?: Random
  readonly waker?: Waker
}

/** The arguments of a function, left out where it needs none. */
export type ArgsList<args, more extends readonly unknown[] = []> = [void] extends [args]
  ? [args?: args, ...more]
  : Record<never, never> extends args
    ? [args?: args, ...more]
    : [args: args, ...more]

export interface QueryOptions {
  readonly signal?: AbortSignal
}

export interface MutationOptions<args> {
  readonly optimistic?: Optimistic<args>
  /**
   * How often to try again. Default: a call that carries an `idempotencyKey` is tried four times when no answer came or the
   * server was unavailable; any other is tried once, since nobody knows whether it was done. Saying a number says that doing
   * it twice does no harm.
   */
  readonly retry?: number | Retry
}

export interface ConnectionStore {
  get(): ConnectionState
  subscribe(listener: () => void): () => void
}

export interface Client {
  /** Asks once. Tried again, with growing delays, while the server cannot be reached. */
  query<args, result>(
    reference: FunctionReference<'query', args, result>,
    ...rest: ArgsList<NoInfer<args>, [options?: QueryOptions]>
  ): Promise<result>
  /** Rejects with a `NoboilError`. */
  mutation<args, result>(
    reference: FunctionReference<'mutation', args, result>,
    ...rest: ArgsList<NoInfer<args>, [options?: MutationOptions<args>]>
  ): Promise<result>
  action<args, result>(
    reference: FunctionReference<'action', args, result>,
    ...rest: ArgsList<NoInfer<args>, [options?: MutationOptions<args>]>
  ): Promise<result>
  /** The live answer of a query: known from the first subscription on. */
  watch<args, result>(
    reference: FunctionReference<'query', args, result>,
    ...rest: ArgsList<NoInfer<args>>
  ): Live<result>
  /** Follows a query: `listener` is called with what is known now and after each change. */
  subscribe<args, result>(
    reference: FunctionReference<'query', args, result>,
    args: NoInfer<args>,
    listener: (state: LiveState<result>) => void,
  ): () => void
  /**
   * Is told when the server's cache says that one of these entities, or something it depends on, has changed. The answer stops
   * it.
   */
  watchEntities(entities: readonly string[], listener: UpdateListener): () => void
  readonly connection: ConnectionStore
  /** The server's clock as far as this client knows it, ms. */
  serverNow(): number
  /**
   * Who is signed in has changed: the stream is opened again with the new credentials, and every answer is replaced as soon
   * as the new one is there. `forget` is for signing out: it drops all answers at once, and calls that were not answered yet are
   * not tried again in the name of who comes next.
   */
  reconnect(options?: { readonly forget?: boolean }): void
  /** Ends the stream. Subscriptions stay as they are, and nothing changes them any more. */
  close(): void
}

/** What the hooks need beyond {@link Client}: paths and edits in place of types. */
export interface ClientCore {
  readonly clock: Clock
  readonly random: Random
  watchPath(path: string, args: ArgsObject): Live<unknown>
  askPath(path: string, args: ArgsObject, signal?: AbortSignal): Promise<unknown>
  callPath(
    path: string,
    args: ArgsObject,
    options: { readonly edits?: readonly Edit[]; readonly retry?: number | Retry },
  ): Promise<unknown>
  /** What is shown now of every subscribed answer of a path. */
  shown(path: string): readonly unknown[]
}

const queryRetry: Retry = { maxAttempts: 4, maxDelayMs: 4000 }
const onlyOnce: Retry = { maxAttempts: 1 }
const defaultLingerMs = 5000

export function createClient(options: ClientOptions = {}): Client {
  return new NoboilClient(options)
}

/** The inside of a client that {@link createClient} made. */
export function coreOf(client: Client): ClientCore {
  if (client instanceof NoboilClient) return client
  throw new TypeError('This is not a client of createClient().')
}

class NoboilClient implements Client, ClientCore {
  readonly clock: Clock
  readonly random: Random
  readonly connection: ConnectionStore
  readonly #http: Http
  readonly #store: Store
  readonly #updates: Updates
  readonly #stream: Stream
  readonly #listeners = new Set<() => void>()
  readonly #failures = new Map<string, number>()
  readonly #lingerMs: number
  #cancelLinger: (() => void) | undefined
  #isAskingEntities = false
  #askedEntities = ''
  #clockOffsetMs = 0
  #session = 0
  #person = 0
  #closed = false

  constructor(options: ClientOptions) {
    const { clock = systemClock, random = systemRandom, waker = pageWaker } = options
    this.clock = clock
    this.random = random
    this.#lingerMs = options.lingerMs ?? defaultLingerMs
    this.#http = new Http({
      baseUrl: baseUrlOf(options.baseUrl),
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      headers: options.headers ?? {},
      credentials: options.credentials,
      clock,
      random,
      client: random.id(),
    })
    this.#store = new Store({
      added: (key) => this.#added(key),
      emptied: () => this.#emptied(),
      send: (body) => this.#stream.send(body),
      failed: (key, error) => this.#retryLater(key, error),
    })
    const store = this.#store
    this.#updates = new Updates(clock, () => this.#watchedChanged())
    const updates = this.#updates
    this.#stream = new Stream(
      { http: this.#http, clock, random, waker },
      {
        opened: (at, serverTimeMs) => {
          this.#clockOffsetMs = serverTimeMs - clock.now()
          return { subscribe: store.opened(at), entities: updates.entities }
        },
        tick: (messages, at) => {
          store.tick(messages, at)
          for (const message of messages) if (message.type === 'app-update') updates.take(message)
        },
        lost: () => {
          store.lost()
          updates.lost()
        },
        entitiesTold: (entities, answer) => updates.told(entities, answer),
        entitiesRefused: (error) => updates.refused(error),
        refused: (error, ids) => store.refused(error, ids),
        stateChanged: (state) => this.#stateChanged(state),
      },
    )
    this.connection = {
      get: () => this.#stream.state,
      subscribe: (listener) => {
        const own = (): void => listener()
        this.#listeners.add(own)
        return () => this.#listeners.delete(own)
      },
    }
  }

  async query<args, result>(
    reference: FunctionReference<'query', args, result>,
    ...[args, options]: ArgsList<NoInfer<args>, [options?: QueryOptions]>
  ): Promise<result> {
    // The wire carries no types: here the reference's own are put back.
    return (await this.askPath(pathOf(reference), asArgs(args), options?.signal)) as result
  }

  async mutation<args, result>(
    reference: FunctionReference<'mutation', args, result>,
    ...rest: ArgsList<NoInfer<args>, [options?: MutationOptions<args>]>
  ): Promise<result> {
    return this.#call<args, result>(pathOf(reference), rest)
  }

  async action<args, result>(
    reference: FunctionReference<'action', args, result>,
    ...rest: ArgsList<NoInfer<args>, [options?: MutationOptions<args>]>
  ): Promise<result> {
    return this.#call<args, result>(pathOf(reference), rest)
  }

  watch<args, result>(
    reference: FunctionReference<'query', args, result>,
    ...[args]: ArgsList<NoInfer<args>>
  ): Live<result> {
    return this.watchPath(pathOf(reference), asArgs(args)) as Live<result>
  }

  subscribe<args, result>(
    reference: FunctionReference<'query', args, result>,
    args: NoInfer<args>,
    listener: (state: LiveState<result>) => void,
  ): () => void {
    const live = this.watchPath(pathOf(reference), asArgs(args)) as Live<result>
    const stop = live.subscribe(() => listener(live.get()))
    listener(live.get())
    return stop
  }

  watchEntities(entities: readonly string[], listener: UpdateListener): () => void {
    return this.#updates.watch(entities, listener)
  }

  serverNow(): number {
    return this.clock.now() + this.#clockOffsetMs
  }

  reconnect({ forget = false }: { readonly forget?: boolean } = {}): void {
    this.#session++
    this.#failures.clear()
    if (forget) {
      this.#person++
      this.#store.forget()
    }
    this.#stream.reopen()
  }

  close(): void {
    this.#closed = true
    this.#cancelLinger?.()
    this.#stream.close()
  }

  watchPath(path: string, args: ArgsObject): Live<unknown> {
    return this.#store.watch(path, args)
  }

  async askPath(path: string, args: ArgsObject, signal?: AbortSignal): Promise<unknown> {
    return (await this.#ask(path, args, signal)).value
  }

  async callPath(
    path: string,
    args: ArgsObject,
    { edits = [], retry }: { readonly edits?: readonly Edit[]; readonly retry?: number | Retry },
  ): Promise<unknown> {
    const mutationId = this.random.id()
    this.#store.begin(mutationId, edits)
    const person = this.#person
    const safe = typeof args['idempotencyKey'] === 'string'
    try {
      const answer = await this.#http.callAgain(
        path,
        { args, mutationId },
        retryOf(retry) ?? (safe ? queryRetry : onlyOnce),
        (error) => isUnavailable(error) || (retry !== undefined && error.retry),
        { isStill: () => person === this.#person },
      )
      const at = parsePosition(answer.position)
      // An answer without a position settles nothing: the stream will.
      if (at !== undefined) {
        for (const key of this.#store.answered(mutationId, at)) this.#refetch(key)
      }
      return answer.value
    } catch (error) {
      this.#store.failed(mutationId)
      throw error
    }
  }

  shown(path: string): readonly unknown[] {
    return this.#store.shown(path)
  }

  #call<args, result>(
    path: string,
    [args, options]: readonly [args?: args, options?: MutationOptions<args>],
  ): Promise<result> {
    const edits = options?.optimistic ? collectEdits(options.optimistic, args as args) : []
    const retry = options?.retry === undefined ? {} : { retry: options.retry }
    return this.callPath(path, asArgs(args), { edits, ...retry }) as Promise<result>
  }

  #ask(path: string, args: ArgsObject, signal?: AbortSignal): Promise<CallAnswer> {
    return this.#http.callAgain(path, { args }, queryRetry, isUnavailable, { signal })
  }

  /** Asks beside the stream, once; what cannot be reached is left to the stream to bring. */
  #refetch(key: string): void {
    const question = this.#store.question(key)
    if (question === undefined) return
    const session = this.#session
    this.#ask(question.path, question.args).then(
      ({ value, position }) => {
        const at = parsePosition(position)
        if (at !== undefined && session === this.#session) this.#store.fetched(key, value, at)
      },
      (error: unknown) => {
        if (session !== this.#session || !isNoboilError(error) || error.retry) return
        this.#store.notFetched(key, error)
      },
    )
  }

  /** Several watchers of one page come and go together: what they ask for is sent once. */
  #watchedChanged(): void {
    if (this.#isAskingEntities || this.#closed) return
    this.#isAskingEntities = true
    void Promise.resolve().then(() => {
      this.#isAskingEntities = false
      const { entities, isEmpty } = this.#updates
      if (entities.join() === this.#askedEntities) return
      this.#askedEntities = entities.join()
      if (this.#stream.isOpen) this.#stream.send({ entities })
      if (isEmpty) this.#emptied()
      else this.#keepOpen()
    })
  }

  #keepOpen(): void {
    this.#cancelLinger?.()
    this.#cancelLinger = undefined
    if (!this.#closed) this.#stream.open()
  }

  #added(key: string): void {
    this.#keepOpen()
    if (this.#closed) return
    if (this.#stream.state === 'offline') this.#refetch(key)
  }

  #emptied(): void {
    if (this.#closed || !this.#updates.isEmpty || !this.#store.isEmpty) return
    this.#cancelLinger?.()
    this.#cancelLinger = this.clock.after(this.#lingerMs, () => this.#stream.close())
  }

  #stateChanged(state: ConnectionState): void {
    if (state === 'live') this.#failures.clear()
    // A proxy may let calls through and no stream: better an answer that stands still than none.
    if (state === 'offline') for (const key of this.#store.unknownKeys()) this.#refetch(key)
    for (const listener of this.#listeners) tell(listener)
  }

  #retryLater(key: string, error: NoboilError): void {
    const attempt = this.#failures.get(key) ?? 0
    this.#failures.set(key, attempt + 1)
    const waitMs =
      error.code === 'RATE_LIMITED'
        ? (error.data as { readonly retryAfter: number }).retryAfter
        : 250 + backoffMs(this.random, attempt, 500, 30_000)
    this.clock.after(waitMs, () => this.#store.retry(key))
  }
}

const asArgs = (args: unknown): ArgsObject => plainArgs(args) as ArgsObject
