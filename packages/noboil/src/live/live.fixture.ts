/**
 * Live queries over one plain table on the memory host, with rounds that run when the test says so, and clients that apply
 * what they are told the way real ones do.
 */
import { expect } from 'vitest'
import type { Call } from '../factories/shared/call.ts'
import { type Access, Listing, shared } from '../factories/shared/operation.ts'
import { openMemoryHost } from '../hosts/memory/host.ts'
import type { Host } from '../hosts/host.ts'
import {
  byId,
  get,
  insert,
  page,
  patch,
  type Program,
  range,
  remove,
  search,
} from '../program/program.ts'
import { column, type Layout } from '../schema/layout.ts'
import type { User } from '../schema/register.ts'
import { applySteps } from './diff.ts'
import { LiveEngine } from './engine.ts'
import {
  defaultLiveLimits,
  type LiveClient,
  type LiveLimits,
  type LiveMessage,
  type LiveQuery,
} from './ports.ts'

export interface Item {
  readonly _id: string
  readonly box: string
  readonly rank: number
  readonly name: string
  readonly hidden?: boolean
}

export const items: Layout<Item> = {
  name: 'item',
  columns: {
    _id: column.id('item'),
    box: column.text,
    rank: column.integer,
    name: column.text,
    hidden: { type: { kind: 'boolean' }, optional: true, nullable: false },
  },
  key: ['_id'],
  id: 'stored',
  indexes: { by_box: { columns: ['box', 'rank'] } },
  search: { fields: ['name'], scope: 'box' },
}

/** Who may look into a box: everybody, unless `owner` says who. */
interface Box {
  readonly _id: string
  readonly owner: string
  readonly note: string
}

export const boxes: Layout<Box> = {
  name: 'box',
  columns: { _id: column.id('box'), owner: column.text, note: column.text },
  key: ['_id'],
  id: 'stored',
  indexes: {},
}

export interface ListArgs {
  readonly box: string
  readonly limit: number
  readonly order?: 'asc' | 'desc'
  readonly above?: number
  readonly cursor?: string | null
  readonly endCursor?: string | null
}

const visible = [{ field: 'hidden', is: 'ne', value: true }] as const

type Read = (args: never, user: string | null) => Program<unknown>

const reads: Readonly<Record<string, Read>> = {
  *page(args: ListArgs) {
    const { box, limit, order = 'desc', cursor = null, endCursor = null } = args
    const found = yield* page(items, 'by_box', [box], {
      order,
      where: visible,
      scope: `page:${box}`,
      cursor,
      endCursor,
      limit,
    })
    return new Listing(found.rows, (row: Item) => ({ ...row, seen: true }), found)
  },
  *tail(args: ListArgs) {
    const { box, limit, order = 'asc', above } = args
    const rows = yield* range(items, 'by_box', [box], {
      order,
      limit,
      where: visible,
      ...(above === undefined ? {} : { lower: { value: above, inclusive: false } }),
    })
    // Like rows with authors: only names that were read with the list can be answered.
    const known = new Set(['apple', ...rows.map(({ name }) => name)])
    return new Listing(rows, (row: Item) => (known.has(row.name) ? row : undefined))
  },
  *plain({ box, limit }: ListArgs) {
    const rows = yield* range(items, 'by_box', [box], { limit })
    return rows.map(({ _id, name }) => ({ _id, name }))
  },
  *total({ box }: ListArgs) {
    const rows = yield* range(items, 'by_box', [box], { limit: 1_000, where: visible })
    return { total: rows.length, ranks: rows.reduce((sum, row) => sum + row.rank, 0) }
  },
  *search({ box, limit }: ListArgs) {
    return yield* search(items, ['a'], { scope: box, where: visible, limit })
  },
  *note({ box }: ListArgs) {
    const row = yield* byId(boxes, box, ['note'])
    return row && { note: row.note }
  },
  *fail(): Program<unknown> {
    yield* get(boxes, ['box.a'])
    throw new Error('a defect')
  },
}

const queryOf = (path: string, read: Read): LiveQuery => ({
  path,
  custom: false,
  args: (input) => input,
  *access(call: Call, args: unknown): Program<Access<unknown>> {
    const box = yield* byId(boxes, (args as ListArgs).box, ['owner'])
    const mine = box === null || box.owner === 'all' || box.owner === call.user?._id
    return mine ? shared : { allowed: false, value: null }
  },
  read: (args, scope) => read(args as never, scope.user),
})

const queries = new Map(Object.entries(reads).map(([path, read]) => [path, queryOf(path, read)]))

export const paths: readonly string[] = ['page', 'tail', 'plain', 'total', 'search', 'note']

export const person = (id: string | null): Call => ({
  user: id === null ? null : ({ _id: id, name: id } as User),
  internal: false,
  caller: id ?? 'shared',
})

export const item = (n: number, box = 'box.a', more: Partial<Item> = {}): Item => ({
  _id: `item.${String(n).padStart(3, '0')}`,
  box,
  rank: n,
  name: 'apple',
  ...more,
})

export class LiveRig {
  readonly host: Host
  readonly engine: LiveEngine<string>
  readonly errors: unknown[] = []
  /** Programs that were read. */
  runs = 0
  /** How many turns the coming reads keep their answers to themselves, one after another and over again. */
  delays: readonly number[] = []
  time = 1_000_000
  #work: (() => void)[] = []
  #timers: { readonly at: number; readonly ring: () => void }[] = []

  constructor(limits: Partial<LiveLimits> = {}, options: { readonly seals?: boolean } = {}) {
    let seed = 7
    this.host = openMemoryHost({
      layouts: [items, boxes] as Layout[],
      ports: {
        clock: { now: () => this.time, setTimer: () => () => {} },
        random: {
          bytes: (count) =>
            Uint8Array.from(
              { length: count },
              () => (seed = (seed * 16_807) % 2_147_483_647) & 255,
            ),
        },
      },
    })
    const { host } = this
    const cursors = host.cursors as NonNullable<Host['cursors']>
    this.engine = new LiveEngine({
      source: {
        epoch: host.epoch,
        get revision() {
          return host.revision
        },
        read: async (program, given) => {
          const turns = this.delays[this.runs % this.delays.length] ?? 0
          this.runs++
          const answer = await host.read(program, given)
          for (let turn = 0; turn < turns; turn++) {
            await new Promise<void>((resolve) => setImmediate(resolve))
          }
          return answer
        },
        onCommit: (listener) => host.onCommit(listener),
      },
      cursors: options.seals === false ? { open: cursors.open } : cursors,
      ports: {
        soon: (work) => this.#work.push(work),
        now: () => this.time,
        setTimer: (ms, ring) => {
          const timer = { at: this.time + ms, ring }
          this.#timers.push(timer)
          return () => this.#timers.splice(this.#timers.indexOf(timer), 1)
        },
        name: 'g',
        onError: (error) => this.errors.push(error),
      },
      limits: { ...defaultLiveLimits, ...limits },
      encode: (message) => JSON.stringify(message),
      find: (path) => queries.get(path),
    })
  }

  client(id: string | null = null, name?: string): TestClient {
    return new TestClient(this, person(id), name)
  }

  /** Runs rounds and reads until there is nothing left to do. */
  async quiet(): Promise<void> {
    const still = 3 + 2 * Math.max(0, ...this.delays)
    for (let turn = 0; turn < still; turn++) {
      if (this.#work.length > 0) turn = 0
      this.round()
      const { runs } = this
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (this.runs > runs) turn = 0
    }
  }

  /** Runs the round that commits have asked for. */
  round(): void {
    for (const work of this.#work.splice(0)) work()
  }

  wait(ms: number): void {
    this.time += ms
    for (const timer of this.#timers.filter(({ at }) => at <= this.time)) {
      this.#timers.splice(this.#timers.indexOf(timer), 1)
      timer.ring()
    }
  }

  write(program: () => Program<unknown>): Promise<unknown> {
    return this.host.write(program)
  }

  put(row: Item): Promise<unknown> {
    return this.write(() => putItem(row))
  }

  drop(id: string): Promise<unknown> {
    return this.write(() => dropItem(id))
  }

  box(id: string, owner: string, note = ''): Promise<unknown> {
    return this.write(() => putBox({ _id: id, owner, note }))
  }

  /** What a query that was never asked before answers now. */
  async fresh(path: string, args: object, id: string | null): Promise<unknown> {
    const query = queries.get(path) as LiveQuery
    const { value } = await this.host.read(() => ask(query, args, person(id)))
    return JSON.parse(JSON.stringify(value)) as unknown
  }
}

export function* putItem(row: Item): Program<void> {
  const there = yield* byId(items, row._id)
  if (there === null) yield* insert(items, row)
  else {
    const { _id, ...set } = { ...row, hidden: row.hidden }
    yield* patch(items, there, set as Partial<Item>)
  }
}

export function* dropItem(id: string): Program<void> {
  const there = yield* byId(items, id)
  if (there !== null) yield* remove(items, there)
}

function* putBox(row: Box): Program<void> {
  const there = yield* byId(boxes, row._id)
  if (there === null) yield* insert(boxes, row)
  else yield* patch(boxes, there, { owner: row.owner, note: row.note })
}

function* ask(query: LiveQuery, args: unknown, call: Call): Program<unknown> {
  const access = yield* query.access(call, args)
  if (!access.allowed) return access.value
  const value = yield* query.read(args, access.scope, call)
  return value instanceof Listing ? value.value() : value
}

interface Held {
  value: unknown
  revision: number
}

/** Applies messages as a client does, and holds the server to the protocol on the way. */
export class TestClient {
  readonly live: LiveClient
  readonly groups: Map<string, Held> = new Map()
  readonly joined: Map<number, string> = new Map()
  readonly messages: LiveMessage[] = []
  readonly failed: Map<number, string> = new Map()
  readonly settled: string[] = []

  constructor(rig: LiveRig, call: Call, name?: string) {
    const take = (chunk: string): void => this.take(JSON.parse(chunk) as LiveMessage)
    this.live = rig.engine.connect(call, { send: take, sendAfter: take }, name)
  }

  value(id: number): unknown {
    return this.groups.get(this.joined.get(id) as string)?.value
  }

  /** What a reconnecting client says it holds. */
  since(id: number): { readonly group: string; readonly revision: number } {
    const group = this.joined.get(id) as string
    return { group, revision: (this.groups.get(group) as Held).revision }
  }

  /** Subscribes with what the connection before has left. */
  comeBack(before: TestClient, id: number, path: string, args: unknown): void {
    const group = before.joined.get(id)
    const held = group === undefined ? undefined : before.groups.get(group)
    if (group === undefined || held === undefined) this.live.subscribe({ id, path, args })
    else {
      if (!this.groups.has(group)) this.groups.set(group, { ...held })
      this.live.subscribe({ id, path, args, since: before.since(id) })
    }
  }

  /** What nobody looks at any more is let go of. */
  #join(id: number, group: string): void {
    const before = this.joined.get(id)
    this.joined.set(id, group)
    if (before === undefined || [...this.joined.values()].includes(before)) return
    this.groups.delete(before)
  }

  take(message: LiveMessage): void {
    this.messages.push(message)
    if (message.type === 'joined') this.#join(message.id, message.group)
    else if (message.type === 'snapshot') {
      const { value, revision } = message
      expect(revision).toBeGreaterThanOrEqual(this.groups.get(message.group)?.revision ?? 0)
      this.groups.set(message.group, { value, revision })
    } else if (message.type === 'steps') {
      const held = this.groups.get(message.group) as Held
      expect(message.from).toBe(held.revision)
      expect(message.revision).toBeGreaterThan(message.from)
      held.value = stepped(held.value, message)
      held.revision = message.revision
    } else if (message.type === 'failed') this.failed.set(message.id, message.error.code)
    else this.settled.push(...message.mutationIds)
  }
}

function stepped(value: unknown, message: LiveMessage & { type: 'steps' }): unknown {
  if (Array.isArray(value)) return applySteps(value, message.steps)
  const { page: rows, ...rest } = value as { page: unknown[] }
  return { page: applySteps(rows, message.steps), ...rest, ...message.end }
}
