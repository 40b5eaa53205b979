/** One client's connection: its messages in, the answers and updates out. */
import { BinaryWriter, ConnectionId, TimeDuration, Timestamp } from 'spacetimedb'
import { messageOf } from '../abi/load.ts'
import type { TableChange } from '../datastore/table.ts'
import type { Caller, Engine } from '../engine.ts'
import { ModuleCallError } from '../errors.ts'
import { compileQuery, type Query } from '../sql/select.ts'
import {
  type CallProcedure,
  type CallReducer,
  type ClientMessage,
  decodeClientMessages,
  encodeServerMessage,
  type OneOffQuery,
  type OneOffQueryResult,
  type ProcedureStatus,
  type Protocol,
  type QueryRows,
  type QuerySetUpdate,
  type ReducerOutcome,
  rowList,
  type ServerMessage,
  type Subscribe,
  type Unsubscribe,
} from './messages.ts'
import { Subscription } from './subscription.ts'
import type { ViewCache } from './view-cache.ts'

/** What one client may hold: beyond it a subscription is refused. */
export const SESSION_LIMITS = { maxQuerySets: 1000, maxQueriesPerSet: 1000 } as const

export class Session {
  readonly caller: Caller
  readonly protocol: Protocol
  readonly #engine: Engine
  readonly #views: ViewCache
  readonly #send: (bytes: Uint8Array) => void
  readonly #querySets = new Map<number, readonly Subscription[]>()
  /** While this client's own reducer runs: its updates go into the reducer's result. */
  #captured: QuerySetUpdate[] | undefined

  constructor(
    engine: Engine,
    views: ViewCache,
    caller: Caller,
    protocol: Protocol,
    send: (bytes: Uint8Array) => void,
  ) {
    this.#engine = engine
    this.#views = views
    this.caller = caller
    this.protocol = protocol
    this.#send = send
  }

  greet(token: string): void {
    const { identity } = this.caller
    const connectionId = new ConnectionId(this.caller.connectionId)
    this.#answer({ tag: 'InitialConnection', value: { identity, connectionId, token } })
  }

  /** @throws {RangeError} when the bytes are no message of the protocol; the connection cannot go on then. */
  receive(bytes: Uint8Array): void {
    for (const message of decodeFrame(bytes, this.protocol)) this.#handle(message)
  }

  /** Sends what a commit changes for the client. */
  follow(changes: readonly TableChange[]): void {
    const querySets: QuerySetUpdate[] = []
    for (const [id, subscriptions] of this.#querySets) {
      try {
        const updates = subscriptions.map((subscription) => subscription.follow(changes))
        const tables = updates.filter((update) => update !== undefined)
        if (tables.length > 0) querySets.push({ querySetId: { id }, tables })
      } catch (error) {
        this.#querySets.delete(id)
        this.#refuse({ id }, undefined, messageOf(error))
      }
    }
    if (this.#captured !== undefined) this.#captured.push(...querySets)
    else if (querySets.length > 0) this.#answer({ tag: 'TransactionUpdate', value: { querySets } })
  }

  #handle(message: ClientMessage): void {
    switch (message.tag) {
      case 'Subscribe':
        return this.#subscribe(message.value)
      case 'Unsubscribe':
        return this.#unsubscribe(message.value)
      case 'OneOffQuery':
        return this.#query(message.value)
      case 'CallReducer':
        return this.#reducer(message.value)
      case 'CallProcedure':
        return this.#procedure(message.value)
    }
  }

  #subscribe({ requestId, querySetId, queryStrings }: Subscribe): void {
    try {
      const { maxQuerySets, maxQueriesPerSet } = SESSION_LIMITS
      if (this.#querySets.has(querySetId.id))
        throw new ModuleCallError(
          'refused',
          `The query set ${querySetId.id} is subscribed already.`,
        )
      if (this.#querySets.size >= maxQuerySets || queryStrings.length > maxQueriesPerSet)
        throw new ModuleCallError(
          'refused',
          `A client may hold ${maxQuerySets} query sets of ${maxQueriesPerSet} queries.`,
        )
      const subscriptions = queryStrings.map((sql) => new Subscription(() => this.#compile(sql)))
      this.#querySets.set(querySetId.id, subscriptions)
      const rows = queryRows(subscriptions)
      this.#answer({ tag: 'SubscribeApplied', value: { requestId, querySetId, rows } })
    } catch (error) {
      this.#refuse(querySetId, requestId, messageOf(error))
    }
  }

  #unsubscribe({ requestId, querySetId, flags }: Unsubscribe): void {
    const subscriptions = this.#querySets.get(querySetId.id)
    if (subscriptions === undefined)
      return this.#refuse(querySetId, requestId, `There is no query set ${querySetId.id}.`)
    this.#querySets.delete(querySetId.id)
    const rows = flags.tag === 'SendDroppedRows' ? queryRows(subscriptions) : undefined
    this.#answer({ tag: 'UnsubscribeApplied', value: { requestId, querySetId, rows } })
  }

  #query({ requestId, queryString }: OneOffQuery): void {
    const result = this.#answered(queryString)
    this.#answer({ tag: 'OneOffQueryResult', value: { requestId, result } })
  }

  #answered(sql: string): OneOffQueryResult['result'] {
    try {
      return { tag: 'Ok', value: queryRows([new Subscription(() => this.#compile(sql))]) }
    } catch (error) {
      return { tag: 'Err', value: messageOf(error) }
    }
  }

  #reducer({ requestId, reducer, args }: CallReducer): void {
    const timestamp = new Timestamp(this.#engine.options.clock.now())
    const captured: QuerySetUpdate[] = []
    this.#captured = captured
    const result = this.#outcome(reducer, args, captured)
    this.#captured = undefined
    this.#answer({ tag: 'ReducerResult', value: { requestId, timestamp, result } })
  }

  #outcome(name: string, args: Uint8Array, querySets: QuerySetUpdate[]): ReducerOutcome {
    try {
      const fn = this.#engine.callable('reducer', name, this.caller)
      this.#engine.reducer(fn, args, this.caller)
      if (querySets.length === 0) return { tag: 'OkEmpty' }
      const value = { retValue: new Uint8Array(), transactionUpdate: { querySets } }
      return { tag: 'Ok', value }
    } catch (error) {
      const kind = error instanceof ModuleCallError ? error.kind : 'fatal'
      if (kind === 'sender') return { tag: 'Err', value: encodeText(messageOf(error)) }
      if (kind === 'refused') return { tag: 'InternalError', value: messageOf(error) }
      // What went wrong is for the log alone.
      this.#engine.logs.add('error', `The reducer ${name} failed: ${messageOf(error)}`)
      return { tag: 'InternalError', value: 'The instance encountered a fatal error.' }
    }
  }

  #procedure({ requestId, procedure, args }: CallProcedure): void {
    const { clock } = this.#engine.options
    const started = clock.now()
    const status = this.#returned(procedure, args)
    const timestamp = new Timestamp(started)
    const totalHostExecutionDuration = new TimeDuration(clock.now() - started)
    this.#answer({
      tag: 'ProcedureResult',
      value: { status, timestamp, totalHostExecutionDuration, requestId },
    })
  }

  #returned(name: string, args: Uint8Array): ProcedureStatus {
    try {
      const fn = this.#engine.callable('procedure', name, this.caller)
      return { tag: 'Returned', value: this.#engine.procedure(fn, args, this.caller) }
    } catch (error) {
      const isRefused = error instanceof ModuleCallError && error.kind === 'refused'
      const message = messageOf(error)
      if (!isRefused) this.#engine.logs.add('error', `The procedure ${name} failed: ${message}`)
      // Unlike a reducer's, SpacetimeDB tells the client what a procedure threw.
      const value = isRefused
        ? message
        : `The module instance encountered a fatal error: ${message}`
      return { tag: 'InternalError', value }
    }
  }

  #compile(sql: string): Query {
    const { identity } = this.caller
    return compileQuery(sql, (name) => this.#views.find(name, identity), identity)
  }

  #refuse(querySetId: { id: number }, requestId: number | undefined, error: string): void {
    this.#answer({ tag: 'SubscriptionError', value: { requestId, querySetId, error } })
  }

  #answer(message: ServerMessage): void {
    this.#send(encodeServerMessage(message))
  }
}

function decodeFrame(bytes: Uint8Array, protocol: Protocol): readonly ClientMessage[] {
  try {
    return decodeClientMessages(bytes, protocol)
  } catch (error) {
    throw new RangeError(`The frame is no message of ${protocol}: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function queryRows(subscriptions: readonly Subscription[]): QueryRows {
  return { tables: subscriptions.map(({ name, rows }) => ({ table: name, rows: rowList(rows) })) }
}

function encodeText(text: string): Uint8Array {
  const writer = new BinaryWriter(64)
  writer.writeString(text)
  return Uint8Array.from(writer.getBuffer())
}
