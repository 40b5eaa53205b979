/**
 * A server in memory, as the wire knows one: functions, commits, groups, steps, replay. It is slow where a test wants it slow;
 * {@link Network} stands in between.
 */
import { NoboilError, toErrorData } from '../errors/error.ts'
import type { PaginatedResult, PaginationOptions } from '../factories/shared/operation.ts'
import {
  type CallBody,
  type ListStep,
  parsePosition,
  type Position,
  positionOf,
  type StreamBody,
  type StreamMessage,
} from '../wire/messages.ts'
import { canonical } from './canonical.ts'
import { rowsOf } from './steps.ts'

type Args = Readonly<Record<string, unknown>>
export type Row = Readonly<Record<string, unknown>>
type Query = (args: Args) => unknown
type Mutation = (args: Args) => unknown

interface Group {
  readonly id: string
  readonly query: Query
  readonly args: Args
  value: unknown
  revision: number
  /** Messages by the revision they bring, for replay. */
  readonly ring: (StreamMessage & { readonly type: 'steps' | 'snapshot' })[]
  start: number
}

export interface Sink {
  send(text: string): void
  end(): void
}

interface Connection {
  readonly name: string
  readonly client: string
  readonly sink: Sink
  readonly joined: Map<number, Group>
}

export class SimServer {
  readonly queries: Map<string, Query> = new Map()
  readonly mutations: Map<string, Mutation> = new Map()
  readonly connections: Map<string, Connection> = new Map()
  readonly #groups = new Map<string, Group>()
  readonly #now: () => number
  epoch = 'e1'
  revision = 0
  heartbeatMs = 15_000
  ringSize = 4
  /** The last event of a tick carries its position. */
  endTicks = true
  #names = 0
  #calls = 0

  constructor(now: () => number) {
    this.#now = now
  }

  get calls(): number {
    return this.#calls
  }

  /** Changes what is stored, as one commit. */
  commit(
    change: () => void,
    settled?: { readonly client: string; readonly mutationId: string },
  ): void {
    change()
    this.revision++
    const news = new Map<Group, StreamMessage>()
    for (const group of this.#groups.values()) {
      const message = this.#news(group)
      if (message) news.set(group, message)
    }
    for (const connection of this.connections.values()) {
      const groups = new Set(connection.joined.values())
      const messages = [...news]
        .filter(([group]) => groups.has(group))
        .map(([, message]) => message)
      if (settled?.client === connection.client) {
        const { mutationId } = settled
        messages.push({ type: 'settled', mutationIds: [mutationId], revision: this.revision })
      }
      this.send(connection, messages)
    }
  }

  call(path: string, body: CallBody, client: string): { status: number; body: unknown } {
    this.#calls++
    try {
      const value = this.#run(path, body, client)
      return { status: 200, body: { value, position: this.position } }
    } catch (error) {
      const data = toErrorData(error)
      return { status: new NoboilError(data.code as 'FORBIDDEN', '').status, body: { error: data } }
    }
  }

  open(client: string, sink: Sink): Connection {
    const connection = { name: `c${++this.#names}`, client, sink, joined: new Map() }
    this.connections.set(connection.name, connection)
    const { name } = connection
    this.send(connection, [
      {
        type: 'hello',
        connection: name,
        position: this.position,
        time: this.#now(),
        heartbeatMs: this.heartbeatMs,
      },
    ])
    return connection
  }

  steer(name: string, body: StreamBody): { status: number; body: unknown } {
    const connection = this.connections.get(name)
    if (connection === undefined) {
      return { status: 404, body: { error: { code: 'NOT_FOUND', message: 'No such stream.' } } }
    }
    for (const id of body.unsubscribe ?? []) connection.joined.delete(id)
    const messages: StreamMessage[] = []
    for (const { id, path, args, since } of body.subscribe ?? []) {
      try {
        const group = this.#group(path, args as Args)
        connection.joined.set(id, group)
        messages.push({ type: 'joined', id, group: group.id }, ...this.#missed(group, since))
      } catch (error) {
        messages.push({ type: 'failed', id, error: toErrorData(error) })
      }
    }
    this.send(connection, messages)
    return { status: 200, body: {} }
  }

  /** The answer a fresh query would get. */
  answer(path: string, args: Args): unknown {
    const query = this.queries.get(path)
    if (query === undefined) throw new NoboilError('NOT_FOUND', `No query ${path}.`)
    return structuredClone(query(args))
  }

  /** All streams end; their names mean nothing any more. */
  disconnectAll(): void {
    for (const { sink } of this.connections.values()) sink.end()
    this.connections.clear()
  }

  /** Another history: a restored backup. */
  restore(epoch: string, change: () => void): void {
    this.disconnectAll()
    this.#groups.clear()
    this.epoch = epoch
    this.revision = 0
    change()
  }

  send(connection: Connection, messages: readonly StreamMessage[]): void {
    if (messages.length === 0) return
    const events = messages.map((message, at) => {
      const id = this.endTicks && at === messages.length - 1 ? `id: ${this.position}\n` : ''
      return `${id}data: ${JSON.stringify(message)}\n\n`
    })
    connection.sink.send(events.join(''))
  }

  get position(): Position {
    return positionOf(this.epoch, this.revision)
  }

  #run(path: string, { args, mutationId }: CallBody, client: string): unknown {
    if (this.queries.has(path)) return this.answer(path, args as Args)
    const mutation = this.mutations.get(path)
    if (mutation === undefined) throw new NoboilError('NOT_FOUND', `No function ${path}.`)
    let value: unknown
    const settled = mutationId === undefined ? undefined : { client, mutationId }
    this.commit(() => (value = mutation(args as Args)), settled)
    return value
  }

  #group(path: string, args: Args): Group {
    const key = `${path}:${canonical(args)}`
    const known = this.#groups.get(key)
    if (known) return known
    const query = this.queries.get(path)
    if (query === undefined) throw new NoboilError('NOT_FOUND', `No query ${path}.`)
    const { revision } = this
    const value = structuredClone(query(args))
    const id = `g${this.epoch}-${this.#groups.size}`
    const group: Group = { id, query, args, value, revision, ring: [], start: revision }
    this.#groups.set(key, group)
    return group
  }

  #news(group: Group): StreamMessage | undefined {
    const before = group.value
    const after = structuredClone(group.query(group.args))
    if (canonical(before) === canonical(after)) return undefined
    const from = group.revision
    group.value = after
    group.revision = this.revision
    const steps = difference(before, after)
    const base = { group: group.id, revision: this.revision }
    const message = steps
      ? ({ type: 'steps', ...base, from, steps, ...endOf(after) } as const)
      : ({ type: 'snapshot', ...base, value: after } as const)
    group.ring.push(message)
    while (group.ring.length > this.ringSize) group.start = group.ring.shift()?.revision as number
    return message
  }

  #missed(
    group: Group,
    since: { readonly group: string; readonly position: string } | undefined,
  ): StreamMessage[] {
    const at = parsePosition(since?.position)
    const known =
      since?.group === group.id && at?.epoch === this.epoch && at.revision >= group.start
    if (known) return group.ring.filter(({ revision }) => revision > at.revision)
    const { id, revision, value } = group
    return [{ type: 'snapshot', group: id, revision, value }]
  }
}

/** A page of rows in the order of `rank`, between cursors that are ranks. */
export function pageOf(
  rows: readonly Row[],
  rank: (row: Row) => number,
  { numItems, cursor, endCursor }: PaginationOptions,
): PaginatedResult<Row> {
  const after = cursor === null ? -Infinity : Number(cursor)
  const until = typeof endCursor === 'string' ? Number(endCursor) : Infinity
  const rest = rows.filter((row) => rank(row) > after).sort((a, b) => rank(a) - rank(b))
  const inside = rest.filter((row) => rank(row) <= until)
  const page = until === Infinity ? inside.slice(0, numItems) : inside
  const last = page.at(-1)
  const isDone = page.length === rest.length
  if (until !== Infinity) return { page, continueCursor: endCursor as string, isDone }
  return { page, continueCursor: last && !isDone ? String(rank(last)) : 'Infinity', isDone }
}

const endOf = (value: unknown): object => {
  if (Array.isArray(value)) return {}
  const { continueCursor, isDone } = value as PaginatedResult<Row>
  return { end: { continueCursor, isDone } }
}

/** Steps between two lists whose common rows keep their order; undefined for what is no list. */
function difference(before: unknown, after: unknown): ListStep[] | undefined {
  const [old, fresh] = [rowsOf(before), rowsOf(after)] as [Row[] | undefined, Row[] | undefined]
  if (old === undefined || fresh === undefined) return undefined
  const steps: ListStep[] = []
  const staying = new Set(fresh.map((row) => row['_id']))
  const rows = [...old]
  for (let at = rows.length - 1; at >= 0; at--) {
    if (staying.has(rows[at]?.['_id'])) continue
    steps.push(['-', at])
    rows.splice(at, 1)
  }
  fresh.forEach((row, at) => {
    if (rows[at]?.['_id'] !== row['_id']) {
      steps.push(['+', at, row])
      rows.splice(at, 0, row)
    } else if (canonical(rows[at]) !== canonical(row)) steps.push(['=', at, row])
  })
  return steps
}
