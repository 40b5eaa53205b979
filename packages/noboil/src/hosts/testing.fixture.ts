/** What the hosts' tests share: a clock that stands still, chance that repeats, a small database, and both hosts over it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Commit } from '../changes/change.ts'
import {
  call,
  get,
  increment,
  insert,
  now,
  patch,
  type Program,
  program,
  range,
} from '../program/program.ts'
import type { Transaction } from '../program/request.ts'
import { column, type Layout } from '../schema/layout.ts'
import type { Field } from '../schema/storable.ts'
import type { Clock, Host, HostPorts, Random } from './host.ts'
import { openMemoryHost } from './memory/host.ts'
import type { CommonOptions } from './shared/sync-host.ts'
import { openSqliteHost, type SqliteHostOptions } from './sqlite/host.ts'

export const field = (type: Field['type'], flags: Partial<Omit<Field, 'type'>> = {}): Field => ({
  type,
  optional: false,
  nullable: false,
  ...flags,
})

export const optional = { optional: true } as const
export const nullable = { nullable: true } as const

export interface Message {
  readonly _id: string
  readonly _creationTime: number
  readonly parent: string
  readonly seq: number
  readonly text: string
  readonly key?: string
  readonly createdAt: number
}

/** Clustered on (parent, seq), its id derived: the shape of a log. */
export const messages: Layout<Message> = {
  name: 'message',
  columns: {
    parent: column.text,
    seq: column.integer,
    text: column.text,
    key: column.optionalText,
    createdAt: column.integer,
  },
  key: ['parent', 'seq'],
  id: 'key',
  creationTime: 'createdAt',
  indexes: { by_key: { columns: ['parent', 'key'], unique: true } },
  search: { fields: ['text'], scope: 'parent' },
}

export interface Head {
  readonly parent: string
  readonly seq: number
  readonly live: number
}

export const heads: Layout<Head> = {
  name: 'message_head',
  columns: { parent: column.text, seq: column.integer, live: column.integer },
  key: ['parent'],
  id: 'none',
  indexes: {},
  internal: true,
}

export interface Person {
  readonly _id: string
  readonly name: string
  readonly email?: string
  readonly age: number | null
  readonly score: number
  readonly isAdmin: boolean
  readonly rank?: number
  readonly tags: readonly string[]
  readonly note?: string | null
  readonly about?: string
}

/** One column of every kind, and indexes over most. */
export const people: Layout<Person> = {
  name: 'person',
  columns: {
    _id: column.id('person'),
    name: column.text,
    email: column.optionalText,
    age: field({ kind: 'number', integer: true }, nullable),
    score: field({ kind: 'number', integer: false }),
    isAdmin: field({ kind: 'boolean' }),
    rank: column.optionalInteger,
    tags: field({ kind: 'array', item: field({ kind: 'string' }) }),
    note: field({ kind: 'string' }, { optional: true, nullable: true }),
    about: column.optionalText,
  },
  key: ['_id'],
  id: 'stored',
  indexes: {
    by_email: { columns: ['email'], unique: true },
    by_name_age: { columns: ['name', 'age'] },
    by_rank: { columns: ['rank'] },
    by_admin_score: { columns: ['isAdmin', 'score'] },
  },
  search: { fields: ['name', 'about'] },
}

export const layouts: readonly Layout[] = [messages, heads, people]

/** Time that moves when it is told to. */
export class ManualClock implements Clock {
  #now = 1_700_000_000_000
  #timers: { at: number; ring: () => void }[] = []
  #armed: (() => void)[] = []

  now(): number {
    return this.#now
  }

  setTimer(ms: number, ring: () => void): () => void {
    const timer = { at: this.#now + ms, ring }
    this.#timers.push(timer)
    for (const tell of this.#armed.splice(0)) tell()
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  set(time: number): void {
    this.#now = time
  }

  advance(ms: number): void {
    this.#now += ms
    const due = this.#timers.filter((timer) => timer.at <= this.#now)
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now)
    for (const { ring } of due) ring()
  }

  /** Resolves once a timer is set; at once when one is. */
  armed(): Promise<void> {
    if (this.#timers.length > 0) return Promise.resolve()
    return new Promise((resolve) => this.#armed.push(resolve))
  }
}

export function seededRandom(seed = 1): Random {
  let state = seed
  return {
    bytes(count) {
      return Uint8Array.from({ length: count }, () => {
        state = (state * 48_271) % 2_147_483_647
        return state & 255
      })
    },
  }
}

export interface Bench {
  readonly host: Host
  readonly clock: ManualClock
  readonly errors: unknown[]
  readonly commits: Commit[]
}

export type BenchOptions = Partial<CommonOptions & Pick<SqliteHostOptions, 'durability'>>
export type OpenBench = (options?: BenchOptions) => Promise<Bench>

const cleanups: (() => Promise<void> | void)[] = []

/** Closes hosts and removes files; for `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const clean of cleanups.splice(0).reverse()) await clean()
}

export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'noboil-host-'))
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export function closeLater(host: Host): Host {
  cleanups.push(() => host.close())
  return host
}

async function bench(
  open: (options: CommonOptions) => Host | Promise<Host>,
  options: BenchOptions = {},
): Promise<Bench> {
  const clock = new ManualClock()
  const ports: HostPorts = { clock, random: seededRandom() }
  const errors: unknown[] = []
  const host = closeLater(await open({ ports, onError: (error) => errors.push(error), ...options }))
  const commits: Commit[] = []
  host.onCommit((commit) => commits.push(commit))
  return { host, clock, errors, commits }
}

export const openMemory: OpenBench = (options) =>
  bench((common) => openMemoryHost({ ...common, layouts }), options)

export const openSqlite: OpenBench = (options) => {
  const file = join(tempDir(), 'test.db')
  return bench((common) => openSqliteHost({ ...common, file, layouts }), options)
}

/** Both hosts, for `describe.each`: the name, and how to open one. */
export const bothHosts: readonly (readonly [string, OpenBench])[] = [
  ['memory', openMemory],
  ['sqlite', openSqlite],
]

/** A promise that the test settles. */
export interface Latch<value = void> {
  readonly promise: Promise<value>
  readonly open: (value: value) => void
  readonly fail: (error: Error) => void
}

export function latch<value = void>(): Latch<value> {
  const { promise, resolve, reject } = Promise.withResolvers<value>()
  return { promise, open: resolve, fail: reject }
}

export const person = (id: string, rest: Partial<Person> = {}): Person => ({
  _id: `person.${id}`,
  name: id,
  age: null,
  score: 0,
  isAdmin: false,
  tags: [],
  ...rest,
})

export const addPerson: (row: Person) => Program<string> = program(function* (row) {
  yield* insert(people, row)
  return row._id
})

export const getPerson: (id: string) => Program<Person | null> = program(function* (id) {
  return yield* get(people, [`person.${id}`])
})

export const allPeople: () => Program<readonly string[]> = program(function* () {
  const rows = yield* range(people, '', [], { limit: 1_000 })
  return rows.map((row) => row._id.slice('person.'.length))
})

export const rename: (id: string, name: string) => Program<void> = program(function* (id, name) {
  const row = yield* get(people, [`person.${id}`])
  if (row === null) throw new Error(`no person ${id}`)
  yield* patch(people, row, { name })
})

/** An append as a log makes it: the head gives the number. */
export const append: (parent: string, text: string, key?: string) => Program<number> = program(
  function* (parent: string, text: string, key?: string) {
    const head = yield* increment(heads, [parent], { seq: 1, live: 1 })
    const createdAt = yield* now()
    const row = { parent, seq: head.seq, text, createdAt, ...(key === undefined ? {} : { key }) }
    yield* insert(messages, row)
    return head.seq
  },
)

export const texts: (parent: string) => Program<readonly string[]> = program(function* (parent) {
  const rows = yield* range(messages, '', [parent], { limit: 1_000 })
  return rows.map((row) => row.text)
})

/** A program that is one hook. */
export const hook: <result>(run: (transaction: Transaction) => result) => Program<Awaited<result>> =
  program(function* <result>(run: (transaction: Transaction) => result): Program<Awaited<result>> {
    return yield* call(run)
  })

/** The code of what a promise is refused with; 'fulfilled' when it is not. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return (error as { code?: unknown }).code ?? (error as Error).message
  }
  return 'fulfilled'
}
