/**
 * Who sees what, asked of a client that ignores noboil and reads every table and view there is: after every step of a random history
 * each person sees exactly what the tables' own reads answer them, and everybody what they answer to nobody.
 */
import * as fc from 'fast-check'
import { type DbConnectionImpl, setGlobalLogLevel } from 'spacetimedb'
import { expect, it, vi } from 'vitest'
import {
  createModuleHost,
  type ModuleCaller,
  type ModuleHost,
} from '../../exports/spacetimedb-testing.ts'
import { answerTo, callOf } from '../../schema/spacetimedb/calls.ts'
import { bundleModule, type ModuleBundle } from '../../standins/spacetimedb/bundle.ts'
import { bindingsOf } from '../../wire/spacetimedb.ts'
import { matrixSchema } from './matrix.schema.fixture.ts'
import { ownTables } from './ports.ts'

/** A module is bundled once per file, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 120_000 })

const people = ['ann', 'bob', 'eve'] as const
type Person = (typeof people)[number]
type Name = keyof typeof matrixSchema
type Row = Readonly<Record<string, unknown>>

const { tables } = bindingsOf(matrixSchema)
let bundle: Promise<ModuleBundle> | undefined

/** A step: what is done, by whom, to which of the rows there are. */
interface Step {
  readonly act: keyof typeof acts
  readonly who: Person
  readonly at: number
  readonly flag: boolean
}

class Matrix {
  readonly host: ModuleHost
  requests = 0

  constructor(host: ModuleHost) {
    this.host = host
  }

  call(who: Person | 'nobody', path: string, args: object): unknown {
    const caller: ModuleCaller = this.host.as(who)
    const call = callOf(matrixSchema, path)
    if (call.kind === 'procedure') {
      return JSON.parse(caller.procedure(call.name, call.encode(args)) as string)
    }
    const request = `${++this.requests}`
    caller.call(call.name, call.encode(args, request))
    return answerTo(caller.rows('my_results'), request)?.value
  }

  /** Ids of all rows that are stored, whoever may see them. */
  ids(table: Name): string[] {
    return this.host.tables(`_rows_${table}`).map((row) => {
      if ('seq' in row) return `${table}.${row['seq'] as number}.${row['parent'] as string}`
      if (table === 'profile') return `profile.${row['userId'] as string}`
      return (row['_id'] as string | undefined) ?? `${table}.${row['key'] as string}`
    })
  }

  pick(table: Name, at: number): string {
    const ids = this.ids(table)
    return ids[at % ids.length] ?? `${table}.none`
  }

  userId(who: Person): string {
    return `users.${this.host.as(who).identity.toHexString()}`
  }

  read(who: Person | 'nobody', table: Name, id: string): Row | null {
    const read = (): unknown => {
      if (table === 'banner')
        return this.call(who, 'banner.get', { key: id.slice('banner.'.length) })
      if (table !== 'profile') return this.call(who, `${table}.read`, { id })
      if (who === 'nobody' || id !== `profile.${this.userId(who)}`) return null
      return this.call(who, 'profile.get', {})
    }
    return read() as Row | null
  }

  /** What a raw client finds of a table, in the shape of reads. */
  seen(who: Person | 'nobody', table: Name, source: string): ReadonlyMap<string, Row> {
    const rows = this.host.as(who).rows(source)
    return new Map(rows.map((row) => [row['_id'] as string, tables[table].decode(row)]))
  }

  check(): void {
    for (const table of Object.keys(matrixSchema) as Name[]) {
      const ids = this.ids(table)
      const [open, own] = [table, `my_${table}`].map((name) =>
        tables[table].sources.includes(name) ? name : undefined,
      )
      const seenBy = (who: Person | 'nobody', source: string | undefined) =>
        source === undefined ? new Map<string, Row>() : this.seen(who, table, source)
      const everybody = seenBy('nobody', open)
      expect({ table, public: everybody }).toEqual({
        table,
        public: this.allowed('nobody', table, ids),
      })
      for (const who of people) {
        const mine = seenBy(who, own)
        const all = new Map([...seenBy(who, open), ...mine])
        expect({ table, who, seen: all }).toEqual({
          table,
          who,
          seen: this.allowed(who, table, ids),
        })
      }
    }
  }

  allowed(who: Person | 'nobody', table: Name, ids: readonly string[]): ReadonlyMap<string, Row> {
    const rows = ids.map((id) => [id, this.read(who, table, id)] as const)
    return new Map(rows.filter((entry): entry is [string, Row] => entry[1] !== null))
  }
}

const text = 'hi'

const acts = {
  poll: (m: Matrix, { who, flag }: Step) =>
    m.call(who, 'poll.create', { payload: { title: text, isPublic: flag } }),
  pub: (m: Matrix, { who, at, flag }: Step) =>
    m.call(who, 'poll.update', { id: m.pick('poll', at), patch: { isPublic: flag } }),
  members: (m: Matrix, { who, at, flag }: Step) => {
    const memberIds = flag ? [m.userId(people[at % 3] as Person)] : []
    return m.call(who, 'poll.update', { id: m.pick('poll', at), patch: { memberIds } })
  },
  rmPoll: (m: Matrix, { who, at, flag }: Step) =>
    m.call(who, flag ? 'poll.rm' : 'poll.restore', { id: m.pick('poll', at) }),
  page: (m: Matrix, { who, flag }: Step) =>
    m.call(who, 'page.create', { payload: { text, state: flag ? 'draft' : 'published' } }),
  publish: (m: Matrix, { who, at, flag }: Step) =>
    m.call(who, 'page.update', {
      id: m.pick('page', at),
      patch: { state: flag ? 'draft' : 'published' },
    }),
  rmPage: (m: Matrix, { who, at }: Step) => m.call(who, 'page.rm', { id: m.pick('page', at) }),
  diary: (m: Matrix, { who }: Step) => m.call(who, 'diary.create', { payload: { text } }),
  entry: (m: Matrix, { who, at }: Step) =>
    m.call(who, 'entry.append', { parent: m.pick('diary', at), payload: { text } }),
  vote: (m: Matrix, { who, at }: Step) =>
    m.call(who, 'vote.append', {
      parent: m.pick('poll', at),
      payload: { text },
      idempotencyKey: `${m.requests}`,
    }),
  rmVote: (m: Matrix, { who, at, flag }: Step) =>
    m.call(who, 'vote.rm', { id: m.pick('vote', at), hard: flag }),
  purge: (m: Matrix, { who, at, flag }: Step) =>
    m.call(who, flag ? 'vote.purgeByParent' : 'vote.restoreByParent', {
      parent: m.pick('poll', at),
    }),
  comment: (m: Matrix, { who, at }: Step) =>
    m.call(who, 'comment.create', { parent: m.pick('poll', at), payload: { text } }),
  rmComment: (m: Matrix, { who, at, flag }: Step) =>
    m.call(who, flag ? 'comment.rm' : 'comment.restore', { id: m.pick('comment', at) }),
  banner: (m: Matrix, { who, at, flag }: Step) =>
    m.call(who, flag ? 'banner.set' : 'banner.rm', {
      key: `${at % 2}`,
      ...(flag && { payload: { text } }),
    }),
  profile: (m: Matrix, { who }: Step) => m.call(who, 'profile.upsert', { payload: { text } }),
  rename: (m: Matrix, { who, at }: Step) => {
    const person = { _id: m.userId(who), name: `${who} ${at}` }
    m.host.call('put_users', { args: JSON.stringify(person) })
  },
  leave: (m: Matrix, { who, at }: Step) => {
    if (at % 5 === 0)
      m.host.call('remove_users', { args: JSON.stringify({ userId: m.userId(who) }) })
  },
} as const

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom(...(Object.keys(acts) as (keyof typeof acts)[])),
  who: fc.constantFrom(...people),
  at: fc.nat(20),
  flag: fc.boolean(),
})

/** A public and a private poll with rows under both, so that every step finds something. */
const beginning: readonly Step[] = (['poll', 'page', 'vote', 'comment'] as const).flatMap((act) =>
  [0, 1].map((at) => ({ act, who: 'ann' as const, at, flag: at === 0 })),
)

it('a raw client sees what reads answer it, after every step of random histories', async () => {
  bundle ??= bundleModule(new URL('matrix.module.fixture.ts', import.meta.url))
  const module = await bundle
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 12, maxLength: 20 }),
      fc.nat(),
      async (steps, shuffleScans) => {
        const matrix = new Matrix(await createModuleHost({ module, shuffleScans }))
        for (const each of [...beginning, ...steps]) {
          try {
            acts[each.act](matrix, each)
          } catch {
            // A refused call changes nothing.
          }
          matrix.host.advance(1)
          matrix.check()
        }
        await matrix.host.close()
      },
    ),
    { numRuns: Number(process.env['NOBOIL_RUNS'] ?? 4) },
  )
})

setGlobalLogLevel('error')

/** SpacetimeDB's own client, as somebody. */
async function connect(host: ModuleHost, who: string): Promise<DbConnectionImpl<never>> {
  const { promise, resolve, reject } = Promise.withResolvers<DbConnectionImpl<never>>()
  const { builder } = host.bindings()
  builder()
    .withUri('http://stand-in')
    .withDatabaseName('matrix')
    .withToken(host.token(who))
    .withCompression('none')
    .withWSFn(host.webSocket())
    .onConnect((client) => resolve(client as never))
    .onConnectError((_context, error) => reject(error))
    .build()
  return promise
}

/** Whether a subscription is taken. */
function subscribes(client: DbConnectionImpl<never>, table: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  client
    .subscriptionBuilder()
    .onApplied(() => resolve(true))
    .onError(() => resolve(false))
    .subscribe([`SELECT * FROM ${table}`])
  return promise
}

it('an SDK that subscribes to everything is given the public tables and the views, and nothing else', async () => {
  bundle ??= bundleModule(new URL('matrix.module.fixture.ts', import.meta.url))
  const host: ModuleHost = await createModuleHost({ module: await bundle })
  const matrix = new Matrix(host)
  for (const each of beginning) acts[each.act](matrix, each)
  const eve = await connect(host, 'eve')
  const seen = Object.keys(host.bindings().tables).toSorted()
  const own = ['poll', 'page', 'diary', 'vote', 'entry', 'comment', 'profile'].map((n) => `my_${n}`)
  const open = ['banner', 'comment', 'diary', 'entry', 'page', 'poll', 'vote']
  expect(seen).toEqual([...open, ...own, 'my_results', 'my_user'].toSorted())
  for (const name of seen) expect([name, await subscribes(eve, name)]).toEqual([name, true])
  const hidden = [
    ...Object.values(ownTables),
    ...Object.keys(matrixSchema).map((name) => `_rows_${name}`),
    ...['_logCounters', '_windows', '_windowStamps', '_schedule', 'users'].map(
      (name) => `_rows_${name}`,
    ),
  ]
  for (const name of hidden) {
    expect(host.tables(name)).toBeDefined()
    expect([name, await subscribes(eve, name)]).toEqual([name, false])
  }
  const rowsOf = (name: string) =>
    Array.from((eve.db as unknown as Record<string, { iter(): Iterable<Row> }>)[name]?.iter() ?? [])
  expect(rowsOf('poll')).toMatchObject([{ isPublic: true }])
  expect(rowsOf('vote')).toHaveLength(1)
  for (const name of own) expect([name, rowsOf(name)]).toEqual([name, []])
  await host.close()
})

it('public rows are looked at for what their author is called, and for nothing else of theirs', async () => {
  bundle ??= bundleModule(new URL('matrix.module.fixture.ts', import.meta.url))
  const host: ModuleHost = await createModuleHost({ module: await bundle })
  const matrix = new Matrix(host)
  for (const each of beginning) acts[each.act](matrix, each)
  const put = (person: object) => {
    const args = JSON.stringify({ _id: matrix.userId('ann'), name: 'Ann', ...person })
    host.call('put_users', { args })
    return Object.keys(host.costs().tables)
  }
  const touched = ['comment', 'poll', 'vote']
  expect(put({})).toEqual(expect.arrayContaining(touched))
  expect(put({ role: 'editor' }).filter((table) => touched.includes(table))).toEqual([])
  expect(put({ image: 'https://example.org/ann.png' })).toEqual(expect.arrayContaining(touched))
  await host.close()
})

it('a rename writes each public row of its author once, however many there are', async () => {
  bundle ??= bundleModule(new URL('matrix.module.fixture.ts', import.meta.url))
  const host: ModuleHost = await createModuleHost({ module: await bundle, shuffleScans: 7 })
  const matrix = new Matrix(host)
  const payload = { title: 'Tea?', isPublic: true, memberIds: [] }
  const { _id: parent } = matrix.call('ann', 'poll.create', { payload }) as { _id: string }
  const items = Array.from({ length: 900 }, (_, at) => ({ text: `${at}` }))
  matrix.call('ann', 'vote.appendBulk', { parent, items })
  matrix.call('bob', 'vote.append', { parent, payload: { text: 'mine' } })
  const names = () =>
    host.tables('vote').map(({ author }) => (JSON.parse(author as string) as Row)['name'])
  const rename = (name: string): void =>
    host.call('put_users', { args: JSON.stringify({ _id: matrix.userId('ann'), name }) })
  rename('Ann')
  // Found, and replaced: 200 rows at a time.
  expect(host.costs().tables['vote']?.rowsRead).toBe(2 * 200)
  expect(host.advance(0)).toBe(4)
  expect(host.costs().tables['vote']?.rowsRead).toBe(2 * 100)
  expect(host.tables('_moves')).toEqual([])
  expect(names().filter((name) => name === 'Ann')).toHaveLength(900)

  // One that overtakes another leaves nothing of it behind, also of rows that come and go meanwhile.
  rename('Anna')
  const [vote] = host.tables('_rows_vote').filter(({ seq }) => seq === 300)
  matrix.call('ann', 'vote.rm', { id: `vote.${vote?.['seq'] as number}.${parent}` })
  rename('Anne')
  matrix.call('ann', 'vote.append', { parent, payload: { text: 'more' } })
  host.advance(1)
  expect(names().filter((name) => name === 'Anne')).toHaveLength(900)
  expect(names()).toHaveLength(901)
  await host.close()
})
