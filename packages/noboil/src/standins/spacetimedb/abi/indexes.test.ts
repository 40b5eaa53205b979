import fc from 'fast-check'
import { ConnectionId, Identity, Timestamp } from 'spacetimedb'
import { beforeAll, describe, expect, test } from 'vitest'
import { createModuleHost, type ModuleHost } from '../host.ts'

const open = (source: string): Promise<ModuleHost> =>
  createModuleHost({
    entry: {
      folder: import.meta.dirname,
      source: `import { Range, schema, t, table } from 'spacetimedb/server'\n${source}`,
    },
  })

/** One btree index over keys of a type, and what to ask of it. */
const keyed = (type: string): string => `
  const item = table(
    { indexes: [{ accessor: 'byKey', algorithm: 'btree', columns: ['key'] }] },
    { id: t.u32().primaryKey(), key: ${type} },
  )
  const db = schema({ item })
  export default db
  const bound = (value, isIncluded) =>
    value === undefined ? { tag: 'unbounded' } : { tag: isIncluded ? 'included' : 'excluded', value }
  const range = ({ from, fromIncluded, to, toIncluded }) => new Range(bound(from, fromIncluded), bound(to, toIncluded))
  const ends = { from: t.option(${type}), fromIncluded: t.bool(), to: t.option(${type}), toIncluded: t.bool() }
  export const fill = db.reducer({ keys: t.array(${type}) }, (ctx, { keys }) => {
    ctx.db.item.clear()
    keys.forEach((key, id) => ctx.db.item.insert({ id, key }))
  })
  export const between = db.procedure(ends, t.array(t.u32()), (ctx, args) =>
    ctx.withTx((tx) => Array.from(tx.db.item.byKey.filter(range(args)), ({ id }) => id)))
  export const having = db.procedure({ key: ${type} }, t.array(t.u32()), (ctx, { key }) =>
    ctx.withTx((tx) => Array.from(tx.db.item.byKey.filter(key), ({ id }) => id)))
  export const remove = db.procedure(ends, t.u32(), (ctx, args) =>
    ctx.withTx((tx) => tx.db.item.byKey.delete(range(args))))
`

type Compare = (left: never, right: never) => number
const numeric = (left: bigint | number, right: bigint | number): number =>
  left < right ? -1 : left > right ? 1 : 0

interface KeyType {
  readonly type: string
  readonly keys: fc.Arbitrary<unknown>
  readonly compare: Compare
}

const KEYS: readonly KeyType[] = [
  { type: 't.u8()', keys: fc.integer({ min: 0, max: 255 }), compare: numeric },
  { type: 't.i8()', keys: fc.integer({ min: -128, max: 127 }), compare: numeric },
  { type: 't.u32()', keys: fc.integer({ min: 0, max: 2 ** 32 - 1 }), compare: numeric },
  {
    type: 't.i64()',
    keys: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    compare: numeric,
  },
  { type: 't.u128()', keys: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), compare: numeric },
  {
    type: 't.i256()',
    keys: fc.bigInt({ min: -(2n ** 255n), max: 2n ** 255n - 1n }),
    compare: numeric,
  },
  { type: 't.bool()', keys: fc.boolean(), compare: (left, right) => Number(left) - Number(right) },
  {
    type: 't.string()',
    keys: fc.string({ unit: 'grapheme', maxLength: 4 }),
    compare: (left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)),
  },
  {
    type: 't.identity()',
    keys: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map((value) => new Identity(value)),
    compare: (left: Identity, right: Identity) => numeric(left.__identity__, right.__identity__),
  },
  {
    type: 't.connectionId()',
    keys: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((value) => new ConnectionId(value)),
    compare: (left: ConnectionId, right: ConnectionId) =>
      numeric(left.__connection_id__, right.__connection_id__),
  },
  {
    type: 't.timestamp()',
    keys: fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }).map((value) => new Timestamp(value)),
    compare: (left: Timestamp, right: Timestamp) =>
      numeric(left.microsSinceUnixEpoch, right.microsSinceUnixEpoch),
  },
]

describe.each(KEYS)('a btree index over $type', ({ type, keys, compare }) => {
  let host: ModuleHost
  beforeAll(async () => {
    host = await open(keyed(type))
  })
  const order = compare as (left: unknown, right: unknown) => number
  // Few different keys, so that many rows have one and bounds meet them.
  const history = fc
    .uniqueArray(keys, { minLength: 1, maxLength: 5, comparator: (a, b) => order(a, b) === 0 })
    .chain((few) =>
      fc.record({
        keys: fc.array(fc.constantFrom(...few), { maxLength: 12 }),
        from: fc.option(fc.constantFrom(...few), { nil: undefined }),
        to: fc.option(fc.constantFrom(...few), { nil: undefined }),
        fromIncluded: fc.boolean(),
        toIncluded: fc.boolean(),
      }),
    )

  test('finds a key and every kind of range, in the order of the keys, and deletes what it finds', () => {
    fc.assert(
      fc.property(history, ({ keys: filled, ...ends }) => {
        const isAfter = (key: unknown): boolean =>
          ends.from === undefined || order(key, ends.from) > (ends.fromIncluded ? -1 : 0)
        const isBefore = (key: unknown): boolean =>
          ends.to === undefined || order(key, ends.to) < (ends.toIncluded ? 1 : 0)
        const ids = [...filled.keys()].toSorted((a, b) => order(filled[a], filled[b]) || a - b)
        const expected = ids.filter((id) => isAfter(filled[id]) && isBefore(filled[id]))
        host.call('fill', { keys: filled })
        expect(host.procedure('between', ends)).toEqual(expected)
        for (const key of filled)
          expect(host.procedure('having', { key })).toEqual(
            ids.filter((id) => order(filled[id], key) === 0),
          )
        expect(host.procedure('remove', ends)).toBe(expected.length)
        expect(host.tables('item')).toHaveLength(filled.length - expected.length)
      }),
      { numRuns: 40 },
    )
  })
})

describe('an index over several columns', () => {
  const SOURCE = `
    const item = table(
      { indexes: [{ accessor: 'by', algorithm: 'btree', columns: ['a', 'b', 'c'] }] },
      { id: t.u32().primaryKey(), a: t.string(), b: t.i32(), c: t.u64() },
    )
    const db = schema({ item })
    export default db
    export const fill = db.reducer({ rows: t.array(item.rowType) }, (ctx, { rows }) => {
      ctx.db.item.clear()
      for (const row of rows) ctx.db.item.insert(row)
    })
    const from = (value) => new Range({ tag: 'included', value })
    export const find = db.procedure({ a: t.string(), b: t.i32(), c: t.u64() }, t.array(t.array(t.u32())), (ctx, { a, b, c }) =>
      ctx.withTx(({ db: { item } }) =>
        [a, [a], [a, b], [a, b, c], from(a), [from(a)], [a, from(b)], [a, b, from(c)]]
          .map((key) => Array.from(item.by.filter(key), ({ id }) => id))))
    export const removed = db.procedure({ a: t.string(), b: t.i32() }, t.u32(), (ctx, { a, b }) =>
      ctx.withTx(({ db: { item } }) => item.by.delete([a, b])))
  `
  const part = fc.record({
    a: fc.constantFrom('', 'a', 'é', 'z'),
    b: fc.integer({ min: -2, max: 2 }),
    c: fc.bigInt({ min: 0n, max: 2n }),
  })
  type Part = { readonly a: string; readonly b: number; readonly c: bigint }
  const order = (left: Part, right: Part): number =>
    Buffer.compare(Buffer.from(left.a), Buffer.from(right.a)) ||
    left.b - right.b ||
    numeric(left.c, right.c)

  test('is asked by any prefix of them, the last part of it exact or a range', async () => {
    const host = await open(SOURCE)
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), part, (parts, { a, b, c }) => {
        const rows = parts.map((one, id) => ({ ...one, id }))
        host.call('fill', { rows })
        const sorted = rows.toSorted((left, right) => order(left, right) || left.id - right.id)
        const ids = (test: (row: Part) => boolean): number[] =>
          sorted.filter(test).map(({ id }) => id)
        const isFrom = (row: Part): boolean => Buffer.from(row.a).compare(Buffer.from(a)) >= 0
        expect(host.procedure('find', { a, b, c })).toEqual([
          ids((row) => row.a === a),
          ids((row) => row.a === a),
          ids((row) => row.a === a && row.b === b),
          ids((row) => row.a === a && row.b === b && row.c === c),
          ids(isFrom),
          ids(isFrom),
          ids((row) => row.a === a && row.b >= b),
          ids((row) => row.a === a && row.b === b && row.c >= c),
        ])
        const expected = ids((row) => row.a === a && row.b === b).length
        expect(host.procedure('removed', { a, b })).toBe(expected)
        expect(host.tables('item')).toHaveLength(rows.length - expected)
      }),
      { numRuns: 60 },
    )
  })
})

describe('unique, hash and direct indexes', () => {
  const SOURCE = `
    const item = table(
      { indexes: [{ accessor: 'byColour', algorithm: 'hash', columns: ['colour'] }, { accessor: 'byLevel', algorithm: 'direct', column: 'level' }] },
      { id: t.u32().primaryKey(), slug: t.string().unique(), colour: t.string(), level: t.u8() },
    )
    const db = schema({ item })
    export default db
    export const add = db.reducer({ row: item.rowType }, (ctx, { row }) => { ctx.db.item.insert(row) })
    export const change = db.reducer({ row: item.rowType }, (ctx, { row }) => { ctx.db.item.id.update(row) })
    export const swap = db.reducer((ctx) => {
      const [one, two] = [ctx.db.item.id.find(1), ctx.db.item.id.find(2)]
      ctx.db.item.id.delete(1)
      ctx.db.item.id.update({ ...two, slug: one.slug })
      ctx.db.item.insert({ ...one, slug: two.slug })
    })
    export const find = db.procedure({ slug: t.string() }, t.option(t.u32()), (ctx, { slug }) =>
      ctx.withTx((tx) => tx.db.item.slug.find(slug)?.id))
    export const remove = db.procedure({ slug: t.string() }, t.bool(), (ctx, { slug }) =>
      ctx.withTx((tx) => tx.db.item.slug.delete(slug)))
    export const coloured = db.procedure({ colour: t.string() }, t.array(t.u32()), (ctx, { colour }) =>
      ctx.withTx((tx) => Array.from(tx.db.item.byColour.filter(colour), ({ id }) => id)))
    export const levelled = db.procedure({ level: t.u8() }, t.array(t.u32()), (ctx, { level }) =>
      ctx.withTx((tx) => Array.from(tx.db.item.byLevel.filter(level), ({ id }) => id)))
  `
  const row = (id: number, slug: string, colour = 'red', level = 1): object => ({
    row: { id, slug, colour, level },
  })
  const filled = async (): Promise<ModuleHost> => {
    const host = await open(SOURCE)
    host.call('add', row(1, 'one'))
    host.call('add', row(2, 'two', 'blue', 2))
    host.call('add', row(3, 'three', 'red', 2))
    return host
  }

  test('find one row, none, or all with a value', async () => {
    const host = await filled()
    expect(host.procedure('find', { slug: 'two' })).toBe(2)
    expect(host.procedure('find', { slug: 'none' })).toBeUndefined()
    expect(host.procedure('coloured', { colour: 'red' })).toEqual([1, 3])
    expect(host.procedure('levelled', { level: 2 })).toEqual([2, 3])
    expect(host.procedure('remove', { slug: 'one' })).toBe(true)
    expect(host.procedure('remove', { slug: 'one' })).toBe(false)
    expect(host.procedure('coloured', { colour: 'red' })).toEqual([3])
  })

  test('refuse a value that another row has, in an insert and in an update, and nothing is changed', async () => {
    const host = await filled()
    const before = host.tables('item')
    for (const [name, args] of [
      ['add', row(4, 'one')],
      ['add', row(1, 'four')],
      ['change', row(2, 'three')],
    ] as const)
      expect(() => host.call(name, args)).toThrow('already exists')
    expect(() => host.call('change', row(9, 'nine'))).toThrow('The row was not found')
    expect(host.tables('item')).toEqual(before)
    host.call('change', row(2, 'two', 'green', 9))
    expect(host.procedure('coloured', { colour: 'green' })).toEqual([2])
    expect(host.procedure('levelled', { level: 2 })).toEqual([3])
  })

  test('let rows of one transaction exchange their unique values', async () => {
    const host = await filled()
    host.call('swap')
    expect(host.procedure('find', { slug: 'one' })).toBe(2)
    expect(host.procedure('find', { slug: 'two' })).toBe(1)
  })
})
