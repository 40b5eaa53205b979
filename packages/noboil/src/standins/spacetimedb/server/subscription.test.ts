import fc from 'fast-check'
import { BinaryWriter, ProductType } from 'spacetimedb'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundleModule, type ModuleBundle } from '../bundle.ts'
import { VirtualClock } from '../clock.ts'
import { Engine } from '../engine.ts'
import { identityOf } from '../identity.ts'
import type { Relation } from '../relation.ts'
import { compileQuery } from '../sql/select.ts'
import type { RowList } from './messages.ts'
import { Subscription } from './subscription.ts'
import { ViewCache } from './view-cache.ts'

const SOURCE = `
  import { schema, t, table } from 'spacetimedb/server'
  const item = table({ public: true }, {
    id: t.u32().primaryKey(), room: t.u32().index('btree'), owner: t.identity().index('btree'),
  })
  const label = table({ public: true }, { itemId: t.u32().index('btree'), name: t.string() })
  const db = schema({ item, label })
  export default db
  const put = (ctx, id, room) => {
    const row = { id, room, owner: ctx.sender }
    if (ctx.db.item.id.find(id)) ctx.db.item.id.update(row)
    else ctx.db.item.insert(row)
  }
  export const write = db.reducer({ id: t.u32(), room: t.u32() }, (ctx, { id, room }) => put(ctx, id, room))
  export const remove = db.reducer({ id: t.u32(), room: t.u32() }, (ctx, { id }) => { ctx.db.item.id.delete(id) })
  export const mark = db.reducer({ id: t.u32(), room: t.u32() }, (ctx, { id, room }) => {
    ctx.db.label.insert({ itemId: id, name: 'l' + room })
  })
  export const unmark = db.reducer({ id: t.u32(), room: t.u32() }, (ctx, { id }) => { ctx.db.label.itemId.delete(id) })
  export const swap = db.reducer({ id: t.u32(), room: t.u32() }, (ctx, { id, room }) => {
    ctx.db.label.itemId.delete(id)
    put(ctx, id, room)
    ctx.db.label.insert({ itemId: id, name: 'l' + room })
  })
  export const twice = db.procedure({ id: t.u32(), room: t.u32() }, t.unit(), (ctx, { id, room }) => {
    ctx.withTx((tx) => put(tx, id, room))
    ctx.withTx((tx) => { tx.db.item.id.delete(id) })
    ctx.withTx((tx) => put(tx, id + 1, room))
    return {}
  })
  export const mine = db.view({ name: 'mine', public: true }, t.array(item.rowType), (ctx) => {
    console.log('mine of', ctx.sender.toHexString())
    return [...ctx.db.item.owner.filter(ctx.sender)]
  })
  export const queried = db.view({ name: 'queried', public: true }, t.array(item.rowType), (ctx) =>
    ctx.from.item.where((row) => row.owner.eq(ctx.sender)))
  export const scanned = db.anonymousView({ name: 'scanned', public: true }, t.array(item.rowType), (ctx) =>
    [...ctx.db.item.iter()].filter((row) => row.room > 1))
  export const labelled = db.anonymousView({ name: 'labelled', public: true }, t.array(item.rowType), (ctx) =>
    [...ctx.db.label.iter()].flatMap((row) => ctx.db.item.id.find(row.itemId) ?? []))
  export const counted = db.anonymousView({ name: 'counted', public: true }, t.array(label.rowType), (ctx) =>
    [{ itemId: 0, name: String(ctx.db.item.count()) }])
  export const first = db.anonymousView({ name: 'first', public: true }, t.option(item.rowType), (ctx) =>
    ctx.db.item.id.find(1) ?? undefined)
`

const QUERIES = [
  'SELECT * FROM item',
  'SELECT * FROM item WHERE room = 1',
  'SELECT * FROM item WHERE room = 1 AND id > 2',
  'SELECT * FROM item WHERE room = 1 OR owner = :sender',
  'SELECT * FROM item WHERE room = 1 AND room = 2',
  'SELECT item.* FROM item JOIN label ON item.id = label.item_id',
  "SELECT label.* FROM item JOIN label ON label.item_id = item.id WHERE item.room = 2 AND label.name <> 'l0'",
  "SELECT i.* FROM label l JOIN item i ON l.item_id = i.id WHERE l.name = 'l1' AND i.owner = :sender",
  'SELECT a.* FROM item a JOIN item b ON a.room = b.id WHERE b.room = 1',
  'SELECT * FROM mine',
  'SELECT * FROM mine WHERE room = 2',
  'SELECT * FROM queried',
  'SELECT * FROM scanned WHERE id < 3',
  'SELECT * FROM labelled',
  'SELECT * FROM counted',
  'SELECT * FROM first',
  'SELECT label.* FROM mine JOIN label ON mine.id = label.item_id',
  'SELECT mine.* FROM label JOIN mine ON mine.id = label.item_id',
]
const WRITES = ['write', 'remove', 'mark', 'unmark', 'swap', 'twice'] as const
const [alice, bob] = [identityOf('alice'), identityOf('bob')]

let bundle: ModuleBundle
beforeAll(async () => {
  bundle = await bundleModule({ source: SOURCE, folder: import.meta.dirname })
})

function open(): { engine: Engine; find: (name: string) => Relation | undefined } {
  const engine = new Engine(bundle, {
    identity: identityOf('database'),
    owner: identityOf('owner'),
    clock: new VirtualClock(0),
    http: () => ({}),
    shuffle: undefined,
    maxLogLines: 100,
  })
  const views = new ViewCache(engine)
  engine.commits.add((changes) => views.follow(changes))
  return { engine, find: (name) => views.find(name, alice) }
}

interface Write {
  readonly name: (typeof WRITES)[number]
  readonly id: number
  readonly room: number
  readonly who: typeof alice
}

function perform(engine: Engine, { name, id, room, who }: Write): void {
  const fn = engine.find(name === 'twice' ? 'procedure' : 'reducer', name)
  if (fn === undefined) throw new Error(`There is no ${name}.`)
  const writer = new BinaryWriter(16)
  ProductType.makeSerializer(fn.params, fn.typespace)(writer, { id, room })
  const args = Uint8Array.from(writer.getBuffer())
  const caller = { identity: who, connectionId: 0n }
  if (fn.kind === 'reducer') engine.reducer(fn, args, caller)
  else engine.procedure(fn, args, caller)
}

/** A client's rows, kept by what it is sent; it complains of rows that it has already, or has not. */
class Client {
  readonly rows: Set<string>
  readonly subscription: Subscription
  updates = 0

  constructor(engine: Engine, sql: string, find: (name: string) => Relation | undefined) {
    this.subscription = new Subscription(() => compileQuery(sql, find, alice))
    this.rows = new Set(Array.from(this.subscription.rows, ({ key }) => key))
    engine.commits.add((changes) => {
      const update = this.subscription.follow(changes)
      if (update === undefined) return
      this.updates++
      for (const { tag, value } of update.rows) {
        if (tag === 'EventTable') throw new Error('There are no events here.')
        for (const key of keysOf(value.deletes)) expect(this.rows.delete(key)).toBe(true)
        for (const key of keysOf(value.inserts)) {
          expect(this.rows.has(key)).toBe(false)
          this.rows.add(key)
        }
      }
    })
  }
}

function keysOf({ sizeHint, rowsData }: RowList): string[] {
  if (sizeHint.tag !== 'RowOffsets') throw new Error('Rows have offsets.')
  const ends = [...sizeHint.value.slice(1), BigInt(rowsData.length)]
  return sizeHint.value.map((begin, at) =>
    Buffer.from(rowsData.subarray(Number(begin), Number(ends[at]))).toString('latin1'),
  )
}

const write: fc.Arbitrary<Write> = fc.record({
  name: fc.constantFrom(...WRITES),
  id: fc.integer({ min: 0, max: 4 }),
  room: fc.integer({ min: 0, max: 3 }),
  who: fc.constantFrom(alice, bob),
})

test('after every commit a client has the rows that a new subscription would begin with', () => {
  fc.assert(
    fc.property(
      fc.array(write, { maxLength: 6 }),
      fc.array(write, { maxLength: 20 }),
      (before, history) => {
        const { engine, find } = open()
        for (const one of before) perform(engine, one)
        const clients = QUERIES.map((sql) => ({ sql, client: new Client(engine, sql, find) }))
        for (const one of history) {
          perform(engine, one)
          for (const { sql, client } of clients) {
            const fresh = compileQuery(sql, (name) => engine.relation(name, alice), alice)
            expect([sql, [...client.rows].toSorted()]).toEqual([
              sql,
              [...fresh.rows().keys()].toSorted(),
            ])
          }
        }
      },
    ),
    { numRuns: 40 },
  )
}, 60_000)

describe('a commit', () => {
  const asked = (engine: Engine): number =>
    engine.logs.lines.filter(({ message }) => message.includes('mine of')).length

  test('asks a view again only when it touches what the view has read', () => {
    const { engine, find } = open()
    const client = new Client(engine, 'SELECT * FROM mine', find)
    const before = asked(engine)
    perform(engine, { name: 'write', id: 1, room: 1, who: bob })
    perform(engine, { name: 'mark', id: 1, room: 1, who: alice })
    expect(asked(engine)).toBe(before)
    perform(engine, { name: 'write', id: 2, room: 1, who: alice })
    expect(asked(engine)).toBe(before + 1)
    perform(engine, { name: 'write', id: 2, room: 1, who: bob })
    expect(asked(engine)).toBe(before + 2)
    expect([client.rows.size, client.updates]).toEqual([0, 2])
  })

  test('asks one view once for all who are shown the same', () => {
    const { engine, find } = open()
    const clients = Array.from({ length: 10 }, () => new Client(engine, 'SELECT * FROM mine', find))
    const before = asked(engine)
    perform(engine, { name: 'write', id: 2, room: 1, who: alice })
    expect(asked(engine)).toBe(before + 1)
    expect(clients.map(({ rows }) => rows.size)).toEqual(clients.map(() => 1))
  })

  test.each(QUERIES.slice(0, 9))('is followed without reading a table: %s', (sql) => {
    const { engine, find } = open()
    for (let id = 0; id < 100; id++) perform(engine, { name: 'swap', id, room: id % 4, who: alice })
    let readings = 0
    const counting = (name: string): Relation | undefined => {
      const relation = find(name)
      if (relation === undefined) return undefined
      const rows = new Proxy(relation.rows, {
        get(target, property) {
          if (property === 'values' || property === Symbol.iterator) readings++
          const value: unknown = Reflect.get(target, property, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
      return { ...relation, rows }
    }
    const client = new Client(engine, sql, counting)
    readings = 0
    for (const name of WRITES) perform(engine, { name, id: 7, room: 1, who: alice })
    expect(readings).toBe(0)
    expect(client.updates > 0).toBe(!sql.includes('room = 2'))
  })
})
