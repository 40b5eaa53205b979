/** Random histories on both hosts: the memory host is the plain measure, and SQLite must answer the same. */
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { NoboilError } from '../errors/error.ts'
import {
  get,
  increment,
  insert,
  page,
  patch,
  type Program,
  program,
  range,
  remove,
  search,
} from '../program/program.ts'
import type { Bound, Condition, Order, Page } from '../program/request.ts'
import type { Layout } from '../schema/layout.ts'
import type { Host } from './host.ts'
import {
  append,
  cleanUp,
  heads,
  messages,
  openMemory,
  openSqlite,
  people,
  type Person,
} from './testing.fixture.ts'

afterEach(cleanUp)

const ids = ['person.1', 'person.2', 'person.3', 'person.4', 'person.5', 'person.6', 'person.7']
const words = ['ab', 'abc', 'Abd', 'b', 'été', 'x1']
const text = fc.array(fc.constantFrom(...words), { maxLength: 3 }).map((all) => all.join(' '))
// Beyond the basic plane, above it in code units, and with marks: where JavaScript's order is not UTF-8's.
const name = fc.constantFrom('a', 'b', '\u{1F600}', '\uFFEE', 'é', '')
const email = fc.constantFrom('e1', 'e2', 'e3')
const number = fc.constantFrom(-1.5, -0, 0, 0.1, 3, 1e21, 7)
const maybe = <value>(arbitrary: fc.Arbitrary<value>): fc.Arbitrary<value | undefined> =>
  fc.option(arbitrary, { nil: undefined })

const fields = {
  name,
  email: maybe(email),
  age: fc.option(fc.integer({ min: -1, max: 2 }), { nil: null }),
  score: number,
  isAdmin: fc.boolean(),
  rank: maybe(fc.integer({ min: 0, max: 3 })),
  tags: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
  note: fc.constantFrom(undefined, null, 'n', 'm'),
  about: maybe(text),
}

type Write = (host: Host) => Promise<unknown>

const settled = async (promise: Promise<{ value: unknown }>): Promise<unknown> =>
  promise.then(
    ({ value }) => ({ value }),
    (error: NoboilError) => ({ code: error.code ?? error.message, data: error.data }),
  )

const writing = (work: () => Program<unknown>): Write => {
  return (host) => settled(host.write(work))
}

const insertPerson = fc.record({ _id: fc.constantFrom(...ids), ...fields }).map((row) =>
  writing(
    program(function* () {
      yield* insert(people, row)
    }),
  ),
)

const patchPerson = fc
  .tuple(fc.constantFrom(...ids), fc.record(fields, { requiredKeys: [] }), fc.boolean())
  .map(([id, set, fails]) =>
    writing(
      program(function* () {
        const row = yield* get(people, [id])
        if (row === null) return 'nobody'
        yield* patch(people, row, set as Partial<Person>)
        if (fails) throw new Error('undone')
        return yield* get(people, [id])
      }),
    ),
  )

const removePerson = fc.constantFrom(...ids).map((id) =>
  writing(
    program(function* () {
      const row = yield* get(people, [id])
      if (row !== null) yield* remove(people, row)
    }),
  ),
)

const appendMessage = fc
  .tuple(fc.constantFrom('p', 'q'), text, maybe(fc.constantFrom('k1', 'k2')))
  .map(([parent, body, key]) => writing(() => append(parent, body, key)))

const removeMessage = fc
  .tuple(fc.constantFrom('p', 'q'), fc.integer({ min: 1, max: 6 }))
  .map(([parent, seq]) =>
    writing(
      program(function* () {
        const row = yield* get(messages, [parent, seq])
        if (row !== null) yield* remove(messages, row)
        return (yield* search(messages, ['ab'], { scope: parent, limit: 3 })).map(
          (each) => each.seq,
        )
      }),
    ),
  )

const bump = fc
  .tuple(fc.constantFrom('p', 'r'), fc.integer({ min: -1, max: 1 }))
  .map(([parent, by]) =>
    writing(
      program(function* () {
        return yield* increment(heads, [parent], { live: by })
      }),
    ),
  )

/** Several calls at once: one group. */
const group = fc.array(
  fc.oneof(insertPerson, patchPerson, removePerson, appendMessage, removeMessage, bump),
  { minLength: 1, maxLength: 6 },
)

const bound = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Bound | undefined> =>
  maybe(fc.record({ value, inclusive: fc.boolean() }))

const valueOf: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ...fields,
  _id: fc.constantFrom(...ids),
  parent: fc.constantFrom('p', 'q'),
  seq: fc.integer({ min: 0, max: 5 }),
  text,
  key: maybe(fc.constantFrom('k1', 'k2')),
  createdAt: fc.constant(1_700_000_000_000),
}
const anyValue = (column: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: valueOf[column] as fc.Arbitrary<unknown> },
    { weight: 1, arbitrary: fc.constantFrom(undefined, null, true, 1, 'a') },
  )

const conditionOn = (column: string): fc.Arbitrary<Condition> =>
  column === 'tags'
    ? fc.record({ field: fc.constant(column), is: fc.constantFrom('eq', 'ne'), value: fields.tags })
    : fc.record({
        field: fc.constant(column),
        is: fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'),
        value: anyValue(column),
      })

interface Look {
  readonly table: Layout
  readonly index: string
  readonly eq: readonly unknown[]
  readonly lower: Bound | undefined
  readonly upper: Bound | undefined
  readonly order: Order
  readonly where: readonly Condition[]
  readonly limit: number
}

const look: fc.Arbitrary<Look> = fc.constantFrom<Layout>(people, messages).chain((table) =>
  fc.constantFrom('', ...Object.keys(table.indexes)).chain((index) => {
    const columns = index === '' ? table.key : (table.indexes[index]?.columns ?? [])
    return fc.integer({ min: 0, max: columns.length }).chain((count) => {
      const next = columns[count]
      const bounds = next === undefined ? fc.constant(undefined) : bound(anyValue(next))
      return fc.record({
        table: fc.constant(table),
        index: fc.constant(index),
        eq: fc.tuple(...columns.slice(0, count).map(anyValue)),
        lower: bounds,
        upper: bounds,
        order: fc.constantFrom<Order>('asc', 'desc'),
        where: fc.array(fc.constantFrom(...Object.keys(table.columns)).chain(conditionOn), {
          maxLength: 2,
        }),
        limit: fc.integer({ min: 0, max: 4 }),
      })
    })
  }),
)

const optionsOf = ({ lower, upper, order, where, limit }: Look) => ({
  ...(lower && { lower }),
  ...(upper && { upper }),
  order,
  where,
  limit,
})

const rangeOf = (host: Host, at: Look): Promise<unknown> =>
  settled(
    host.read(
      program(function* () {
        return yield* range(at.table, at.index, at.eq, optionsOf(at))
      }),
    ),
  )

const pageOf = async (
  host: Host,
  at: Look,
  cursor: string | null,
  endCursor: string | null,
): Promise<Page<object>> => {
  const read = program(function* () {
    return yield* page(at.table, at.index, at.eq, {
      ...optionsOf(at),
      scope: 's',
      cursor,
      endCursor,
    })
  })
  return (await host.read(read)).value
}

const open = async (): Promise<readonly [Host, Host]> => [
  (await openMemory()).host,
  (await openSqlite({ durability: 'none' })).host,
]

const runs = { numRuns: 60 }

const play = async (
  hosts: readonly Host[],
  groups: readonly (readonly Write[])[],
): Promise<void> => {
  for (const calls of groups) {
    const [memory, sqlite] = await Promise.all(
      hosts.map((host) => Promise.all(calls.map((call) => call(host)))),
    )
    expect(sqlite).toEqual(memory)
  }
}

test('both hosts answer the same to any writes, and tell the same changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(group, { maxLength: 8 }), async (groups) => {
      const benches = [await openMemory(), await openSqlite({ durability: 'none' })]
      await play(
        benches.map((each) => each.host),
        groups,
      )
      const [memory, sqlite] = benches.map((each) => each.commits)
      expect(sqlite).toEqual(memory)
      await cleanUp()
    }),
    runs,
  )
}, 120_000)

test('both hosts answer the same to any range', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(group, { maxLength: 5 }),
      fc.array(look, { minLength: 10, maxLength: 30 }),
      async (groups, looks) => {
        const hosts = await open()
        await play(hosts, groups)
        for (const at of looks) {
          const [memory, sqlite] = await Promise.all(hosts.map((host) => rangeOf(host, at)))
          expect(sqlite).toEqual(memory)
        }
        await cleanUp()
      },
    ),
    runs,
  )
}, 120_000)

test('pages hold every row of their range once, in order, whatever their size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(group, { maxLength: 5 }),
      fc.array(look, { minLength: 3, maxLength: 10 }),
      async (groups, looks) => {
        const hosts = await open()
        await play(hosts, groups)
        for (const each of looks) {
          const whole = await rangeOf(hosts[0], { ...each, limit: 1_000 })
          const at = { ...each, limit: Math.max(1, each.limit) }
          for (const host of hosts) {
            const rows: object[] = []
            for (let cursor: string | null = null, isDone = false; !isDone;) {
              const found: Page<object> = await pageOf(host, at, cursor, null)
              rows.push(...found.rows)
              cursor = found.continueCursor
              isDone = found.isDone
              expect((await pageOf(host, at, null, cursor)).rows).toEqual(rows)
            }
            expect({ value: rows }).toEqual(whole)
          }
        }
        await cleanUp()
      },
    ),
    runs,
  )
}, 120_000)

test('pages pinned by their cursors follow the rows between them while rows change', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(group, { maxLength: 4 }),
      look,
      fc.array(group, { maxLength: 4 }),
      async (groups, each, later) => {
        const hosts = await open()
        await play(hosts, groups)
        const at = { ...each, limit: Math.max(1, each.limit) }
        const cursors: string[][] = []
        for (const host of hosts) {
          const first = await pageOf(host, at, null, null)
          const second = await pageOf(host, at, first.continueCursor, null)
          cursors.push([first.continueCursor, second.continueCursor])
        }
        await play(hosts, later)
        const answers = []
        for (const [i, host] of hosts.entries()) {
          const [start = '', end = ''] = cursors[i] ?? []
          const pinned = await pageOf(host, at, start, end)
          const rest = await pageOf(host, { ...at, limit: 1_000 }, end, null)
          const before = await pageOf(host, at, null, start)
          expect(pinned.isDone).toBe(rest.rows.length === 0)
          answers.push([before.rows, pinned.rows, rest.rows])
        }
        expect(answers[1]).toEqual(answers[0])
        const whole = await rangeOf(hosts[0], { ...at, limit: 1_000 })
        expect({ value: answers[0]?.flat() }).toEqual(whole)
        await cleanUp()
      },
    ),
    runs,
  )
}, 120_000)

test('both hosts find the same rows for any words, the newest first', async () => {
  const query = fc.record({
    words: fc.array(fc.constantFrom('a', 'ab', 'abc', 'é', 'x', 'nothing', '"', 'ab x1'), {
      minLength: 1,
      maxLength: 2,
    }),
    limit: fc.integer({ min: 0, max: 3 }),
    scope: fc.constantFrom('p', 'q', undefined),
    where: fc.array(conditionOn('text'), { maxLength: 1 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(group, { maxLength: 6 }),
      fc.array(query, { maxLength: 10 }),
      async (groups, queries) => {
        const hosts = await open()
        await play(hosts, groups)
        for (const { words: asked, limit, scope, where } of queries) {
          const found = await Promise.all(
            hosts.map((host) =>
              settled(
                host.read(
                  program(function* () {
                    return [
                      yield* search(messages, asked, { scope, where, limit }),
                      yield* search(people, asked, { limit }),
                    ]
                  }),
                ),
              ),
            ),
          )
          expect(found[1]).toEqual(found[0])
        }
        await cleanUp()
      },
    ),
    runs,
  )
}, 120_000)
