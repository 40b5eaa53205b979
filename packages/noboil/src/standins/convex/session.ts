/**
 * One client's connection: its queries, kept up to date, and its calls, in the order they were made.
 */
import type { JSONValue, Value } from 'convex/values'
import type { Identity } from './identity.ts'
import type { FunctionKind } from './functions.ts'
import { readMessage } from './messages.ts'
import {
  type ActionRequest,
  type ActionResponse,
  type AddQuery,
  type Authenticate,
  type ClientMessage,
  decodeMoment,
  encodeMoment,
  type Modification,
  type ModifyQuerySet,
  type MutationRequest,
  type MutationResponse,
  type ServerMessage,
  type WireVersion,
} from './protocol.ts'
import { ReadSet, type Write } from './read-set.ts'

/** What a call came to, as the wire has it. */
export type Outcome =
  | { readonly ok: true; readonly value: JSONValue }
  | { readonly ok: false; readonly message: string; readonly data?: JSONValue }

export interface CallRequest {
  readonly kind: FunctionKind
  readonly path: string
  readonly args: Readonly<Record<string, Value>>
  readonly identity: Identity | null
}

/** What a session asks of its deployment. */
export interface SessionHost {
  /** The latest commit. */
  readonly moment: () => bigint
  /** Goes on at least from here: a client that comes back has seen as much. */
  readonly seen: (moment: bigint) => void
  readonly identify: (token: string) => Promise<Identity>
  readonly call: (request: CallRequest) => Promise<Outcome>
  readonly ask: (request: CallRequest, journal: string | undefined) => Promise<Asked>
  /** One after another: mutations, and whatever tells clients of them. */
  readonly turn: <result>(work: () => Promise<result>) => Promise<result>
  /** Tells every client what commits so far have changed, and this one in any case. Part of a turn. */
  readonly flush: (waiting: Session) => Promise<void>
  /** Waits while a test holds mutations back. */
  readonly held: () => Promise<void>
  /** Answers that this browser session has had, so that a mutation sent again after a lost connection is not done twice. */
  readonly answersOf: (sessionId: string) => Map<number, Promise<MutationResponse>>
}

/** The client's end of a session. */
export interface Peer {
  readonly send: (message: ServerMessage) => void
  /** Ends the connection: what the client said makes no sense. */
  readonly close: () => void
}

/** Queries that one client may follow. */
const maxQueries = 10_000

export interface Asked {
  readonly outcome: Outcome
  readonly reads: ReadSet
  readonly journal: string | undefined
}

interface Version {
  readonly querySet: number
  readonly identity: number
  readonly moment: bigint
}

interface Subscription {
  readonly path: string
  readonly args: Readonly<Record<string, Value>>
  journal: string | undefined
  reads: ReadSet
  stale: boolean
  /** What the client was told, to say nothing twice. */
  told: string | undefined
}

export class Session {
  readonly #host: SessionHost
  readonly #peer: Peer
  readonly #queries = new Map<number, Subscription>()
  /** What queries have come to since the client was last told. */
  readonly #pending = new Map<number, Modification>()
  #identity: Identity | null = null
  /** The set of queries that the client has asked for last. */
  #asked = 0
  /** The queries in it. */
  readonly #follows = new Set<number>()
  #isClosed = false
  /** Undefined until the client has said which it is. */
  #sessionId: string | undefined
  #version: Version = { querySet: 0, identity: 0, moment: 0n }
  /** What the next message confirms besides. */
  #next: { readonly querySet?: number; readonly identity?: number } = {}
  /** Changes of what the session is, in order; calls wait for those before them. */
  #changes: Promise<unknown> = Promise.resolve()
  #mutations: Promise<unknown> = Promise.resolve()

  constructor(host: SessionHost, peer: Peer) {
    this.#host = host
    this.#peer = peer
  }

  /** What is no message of the protocol ends the session, and nothing else. */
  receive(text: string): void {
    if (this.#isClosed) return
    try {
      this.#take(readMessage(text))
    } catch (error) {
      this.#isClosed = true
      this.#peer.send({ type: 'FatalError', error: (error as Error).message })
      this.#peer.close()
    }
  }

  #take(message: ClientMessage): void {
    if ((message.type === 'Connect') !== (this.#sessionId === undefined)) {
      throw new Error('A session begins with one Connect.')
    }
    switch (message.type) {
      case 'Connect':
        this.#sessionId = message.sessionId
        if (message.maxObservedTimestamp !== undefined) {
          this.#host.seen(decodeMoment(message.maxObservedTimestamp))
        }
        break
      case 'Authenticate':
        this.#changes = this.#changes.then(() => this.#authenticate(message))
        break
      case 'ModifyQuerySet':
        this.#checkVersion(message)
        this.#changes = this.#changes.then(() => this.#modify(message))
        break
      case 'Mutation': {
        const before = this.#changes.then(() => this.#identity)
        this.#mutations = this.#mutations.then(async () => this.#mutate(message, await before))
        break
      }
      case 'Action': {
        const before = this.#changes.then(() => this.#identity)
        void before.then((identity) => this.#act(message, identity))
        break
      }
      default:
    }
  }

  /** Marks the queries that a write may change. */
  touch(write: Write): void {
    for (const query of this.#queries.values()) {
      if (!query.stale && query.reads.touchedBy(write)) query.stale = true
    }
  }

  /** Runs what is stale. Part of a turn. */
  async refresh(): Promise<void> {
    for (const [queryId, query] of this.#queries) {
      if (!query.stale) continue
      query.stale = false
      await this.#ask(queryId, query)
    }
  }

  /** Tells the client what is new; when nothing is, only a client that waits for it. Part of a turn. */
  tell(always: boolean): void {
    const modifications = this.#news()
    if (modifications.length === 0 && !always) return
    const start = this.#version
    this.#version = { ...start, ...this.#next, moment: this.#host.moment() }
    this.#next = {}
    this.#peer.send({
      type: 'Transition',
      startVersion: wireVersion(start),
      endVersion: wireVersion(this.#version),
      modifications,
    })
  }

  async #ask(queryId: number, query: Subscription): Promise<void> {
    const { path, args, journal } = query
    const request = { kind: 'query' as const, path, args, identity: this.#identity }
    const asked = await this.#host.ask(request, journal)
    query.reads = asked.reads
    query.journal = asked.journal
    this.#pending.set(queryId, modification(queryId, asked))
  }

  #news(): Modification[] {
    const news: Modification[] = []
    for (const [queryId, modification] of this.#pending) {
      const query = this.#queries.get(queryId)
      const text = JSON.stringify(modification)
      if (query !== undefined && query.told !== text) query.told = text
      else if (modification.type !== 'QueryRemoved') continue
      news.push(modification)
    }
    this.#pending.clear()
    return news
  }

  /** Each set of queries follows from the one before it: else the client and this session mean different queries. */
  #checkVersion({ baseVersion, newVersion, modifications }: ModifyQuerySet): void {
    if (baseVersion !== this.#asked || newVersion <= baseVersion) {
      throw new Error(
        `The set of queries ${newVersion} cannot follow ${baseVersion}: this session is at ${this.#asked}.`,
      )
    }
    for (const { type, queryId } of modifications) {
      if (type === 'Add') this.#follows.add(queryId)
      else this.#follows.delete(queryId)
    }
    if (this.#follows.size > maxQueries) {
      throw new Error(`A client may follow ${maxQueries} queries at most.`)
    }
    this.#asked = newVersion
  }

  #modify({ newVersion, modifications }: ModifyQuerySet): Promise<void> {
    return this.#host.turn(async () => {
      for (const change of modifications) {
        const { queryId } = change
        if (change.type === 'Add') this.#queries.set(queryId, subscriptionOf(change))
        else {
          this.#queries.delete(queryId)
          this.#pending.set(queryId, { type: 'QueryRemoved', queryId })
        }
      }
      this.#next = { ...this.#next, querySet: newVersion }
      await this.#host.flush(this)
    })
  }

  async #authenticate(message: Authenticate): Promise<void> {
    const { tokenType, value = '', baseVersion } = message
    let identity: Identity | null = null
    try {
      if (tokenType === 'Admin') throw new Error('The stand-in has no admin keys.')
      if (tokenType === 'User') identity = await this.#host.identify(value)
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      this.#peer.send({ type: 'AuthError', error: text, baseVersion, authUpdateAttempted: true })
      return
    }
    await this.#host.turn(async () => {
      this.#identity = identity
      for (const query of this.#queries.values()) query.stale = true
      this.#next = { ...this.#next, identity: baseVersion + 1 }
      await this.#host.flush(this)
    })
  }

  async #mutate(message: MutationRequest, identity: Identity | null): Promise<void> {
    const { requestId } = message
    const answers = this.#host.answersOf(this.#sessionId as string)
    let answer = answers.get(requestId)
    if (answer === undefined) {
      answer = this.#run(message, identity)
      answers.set(requestId, answer)
    }
    this.#peer.send(await answer)
    await this.#host.turn(() => this.#host.flush(this))
  }

  async #run(message: MutationRequest, identity: Identity | null): Promise<MutationResponse> {
    await this.#host.held()
    return this.#host.turn(async () => {
      const outcome = await this.#host.call(requestOf('mutation', message, identity))
      return {
        type: 'MutationResponse',
        ...responseOf(message.requestId, outcome),
        ...(outcome.ok ? { ts: encodeMoment(this.#host.moment()) } : {}),
      }
    })
  }

  async #act(message: ActionRequest, identity: Identity | null): Promise<void> {
    const outcome = await this.#host.call(requestOf('action', message, identity))
    this.#peer.send({ type: 'ActionResponse', ...responseOf(message.requestId, outcome) })
  }
}

function requestOf(
  kind: 'mutation' | 'action',
  { udfPath, args }: MutationRequest | ActionRequest,
  identity: Identity | null,
): CallRequest {
  return { kind, path: udfPath, args, identity }
}

const subscriptionOf = ({ udfPath, args, journal }: AddQuery): Subscription => ({
  path: udfPath,
  args,
  journal: journal ?? undefined,
  reads: new ReadSet(),
  stale: true,
  told: undefined,
})

function modification(queryId: number, asked: Asked): Modification {
  const { outcome } = asked
  const common = { queryId, logLines: [], journal: asked.journal ?? null }
  if (outcome.ok) return { type: 'QueryUpdated', value: outcome.value, ...common }
  const { message, data } = outcome
  return {
    type: 'QueryFailed',
    errorMessage: message,
    ...(data === undefined ? {} : { errorData: data }),
    ...common,
  }
}

function responseOf(requestId: number, outcome: Outcome): Omit<ActionResponse, 'type'> {
  if (outcome.ok) return { requestId, success: true, result: outcome.value, logLines: [] }
  const { message, data } = outcome
  return {
    requestId,
    success: false,
    result: message,
    ...(data === undefined ? {} : { errorData: data }),
    logLines: [],
  }
}

const wireVersion = ({ querySet, identity, moment }: Version): WireVersion => ({
  querySet,
  identity,
  ts: encodeMoment(moment),
})
