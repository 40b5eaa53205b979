import { BinaryWriter, ProductType } from 'spacetimedb'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModuleDefinition, TableDefinition } from '../definition.ts'
import { Datastore, type RangeBytes } from './datastore.ts'
import { AbiError } from './errors.ts'
import { seededRandom } from './order.ts'
import { afterRestart, integerBytes, integerMax } from './sequence.ts'
import type { Row } from './table.ts'

interface Item {
  readonly id: number
  readonly parent: string
  readonly seq: bigint
}

const COLUMNS = [
  { name: 'id', wireName: 'id', type: { tag: 'U32' } },
  { name: 'parent', wireName: 'parent', type: { tag: 'String' } },
  { name: 'seq', wireName: 'seq', type: { tag: 'I64' } },
] as const
const ROW: ProductType = {
  elements: COLUMNS.map(({ name, type }) => ({ name, algebraicType: type })),
}
const TABLE: TableDefinition = {
  name: 'item',
  wireName: 'item',
  typeRef: 0,
  typespace: { types: [{ tag: 'Product', value: ROW }] },
  columns: COLUMNS,
  primaryKey: [0],
  uniques: [[0]],
  indexes: [
    { name: 'by_id', accessor: 'id', kind: 'BTree', columns: [0] },
    { name: 'by_parent_seq', accessor: 'byParentSeq', kind: 'BTree', columns: [1, 2] },
    { name: 'by_hash', accessor: 'byHash', kind: 'Hash', columns: [1] },
  ],
  sequences: [{ column: 0, start: 1n }],
  isPublic: true,
  isEvent: false,
}
const DEFINITION: ModuleDefinition = {
  typespace: TABLE.typespace,
  types: [],
  tables: [TABLE],
  functions: [],
  views: [],
  schedules: [],
  hasSubmodules: false,
}
const [ITEM, BY_ID, BY_PARENT_SEQ, BY_HASH] = [1, 1, 2, 3]

const open = (seed?: number): Datastore =>
  new Datastore(DEFINITION, seed === undefined ? undefined : seededRandom(seed))

function encode(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter(64)
  write(writer)
  return Uint8Array.from(writer.getBuffer())
}

const bytesOf = (item: Item): Uint8Array =>
  encode((writer) => ProductType.makeSerializer(ROW)(writer, item))

const itemOf = ({ cells: [id, parent, seq] }: Row): Item => ({
  id: Number(id),
  parent: String(parent),
  seq: seq as bigint,
})

function within(store: Datastore, work: () => void): void {
  store.begin('reducer')
  work()
  store.commit()
}

type End = { readonly value: bigint; readonly inclusive: boolean } | undefined

function range(parent: string, from: End, to: End): RangeBytes {
  const bound = (end: End): Uint8Array =>
    encode((writer) => {
      writer.writeU8(end === undefined ? 2 : end.inclusive ? 0 : 1)
      if (end !== undefined) writer.writeI64(end.value)
    })
  const prefix = encode((writer) => writer.writeString(parent))
  return { prefix, columns: 1, start: bound(from), end: bound(to) }
}

const small = fc.bigInt({ min: -5n, max: 5n })
const end = fc.option(fc.record({ value: small, inclusive: fc.boolean() }), { nil: undefined })
const item = fc.record({
  id: fc.integer({ min: 1, max: 40 }),
  parent: fc.constantFrom('a', 'b', 'é', '😀'),
  seq: small,
})

function fits({ seq }: Item, from: End, to: End): boolean {
  const isAfter = from === undefined || seq > from.value || (from.inclusive && seq === from.value)
  const isBefore = to === undefined || seq < to.value || (to.inclusive && seq === to.value)
  return isAfter && isBefore
}

describe('an index', () => {
  test('answers a prefix and a range as a scan of everything would, in the order of its key', () => {
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 60 }),
        item,
        end,
        end,
        (items, { parent }, from, to) => {
          const store = open()
          const rows = new Map(items.map((one) => [one.id, one]))
          within(store, () => {
            for (const one of rows.values()) store.insert(ITEM, bytesOf(one))
          })
          store.begin('view')
          const found = store.range(BY_PARENT_SEQ, range(parent, from, to)).map(itemOf)
          const expected = [...rows.values()].filter(
            (one) => one.parent === parent && fits(one, from, to),
          )
          expect(found.map(({ seq }) => seq)).toEqual(
            expected.map(({ seq }) => seq).sort((left, right) => Number(left - right)),
          )
          expect(new Set(found.map(({ id }) => id))).toEqual(new Set(expected.map(({ id }) => id)))
        },
      ),
    )
  })

  test('answers what the running transaction wrote before what was there', () => {
    const store = open()
    within(store, () => store.insert(ITEM, bytesOf({ id: 1, parent: 'a', seq: 1n })))
    store.begin('reducer')
    store.insert(ITEM, bytesOf({ id: 2, parent: 'a', seq: 2n }))
    const found = store.range(BY_PARENT_SEQ, range('a', undefined, undefined))
    expect(found.map((row) => itemOf(row).id)).toEqual([2, 1])
  })

  test('of the kind hash answers equality and no range', () => {
    const store = open()
    within(store, () => store.insert(ITEM, bytesOf({ id: 1, parent: 'a', seq: 1n })))
    store.begin('view')
    const key = encode((writer) => writer.writeString('a'))
    expect(store.point(BY_HASH, key)).toHaveLength(1)
    expect(() => store.range(BY_HASH, range('a', undefined, undefined))).toThrow(
      'does not support range scans',
    )
  })

  test('keeps its order over thousands of rows that come and go', () => {
    const store = open()
    const random = seededRandom(1)
    const seqs = Array.from({ length: 3000 }, () => BigInt(Math.floor(random() * 1000)))
    within(store, () => {
      for (const [at, seq] of seqs.entries())
        store.insert(ITEM, bytesOf({ id: at + 1, parent: 'a', seq }))
    })
    within(store, () => {
      store.deleteRows(
        BY_PARENT_SEQ,
        store.range(BY_PARENT_SEQ, range('a', undefined, { value: 500n, inclusive: false })),
      )
    })
    store.begin('view')
    const left = store.range(BY_PARENT_SEQ, range('a', undefined, undefined))
    expect(left.map((row) => itemOf(row).seq)).toEqual(
      seqs.filter((seq) => seq >= 500n).sort((one, two) => Number(one - two)),
    )
  })
})

type Step =
  | { readonly kind: 'insert' | 'update'; readonly item: Item }
  | { readonly kind: 'delete' | 'purge'; readonly item: Item }
  | { readonly kind: 'clear' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('insert' as const), item }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('update' as const), item }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'purge' as const), item }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
)

/** The same in a Map. */
function model(rows: Map<number, Item>, step: Step): 'done' | 'refused' {
  if (step.kind === 'clear') rows.clear()
  else if (step.kind === 'purge') {
    for (const [id, { parent }] of rows) if (parent === step.item.parent) rows.delete(id)
  } else {
    const { id, parent, seq } = step.item
    const old = rows.get(id)
    const isSame = old !== undefined && old.parent === parent && old.seq === seq
    if (step.kind === 'delete') {
      if (isSame) rows.delete(id)
      return 'done'
    }
    if (step.kind === 'insert' && old !== undefined && !isSame) return 'refused'
    if (step.kind === 'update' && old === undefined) return 'refused'
    rows.set(id, step.item)
  }
  return 'done'
}

function perform(store: Datastore, step: Step): 'done' | 'refused' {
  try {
    if (step.kind === 'clear') store.clear(ITEM)
    if (step.kind === 'purge') {
      const rows = store.range(BY_PARENT_SEQ, range(step.item.parent, undefined, undefined))
      store.deleteRows(BY_PARENT_SEQ, rows)
    }
    if (step.kind === 'insert') store.insert(ITEM, bytesOf(step.item))
    if (step.kind === 'update') store.update(ITEM, BY_ID, bytesOf(step.item))
    if (step.kind === 'delete') {
      const one = Buffer.from([1, 0, 0, 0])
      store.deleteEqual(ITEM, Buffer.concat([one, bytesOf(step.item)]))
    }
    return 'done'
  } catch (error) {
    if (error instanceof AbiError) return 'refused'
    throw error
  }
}

function contents(store: Datastore): Item[] {
  store.begin('view')
  const rows = store.scan(ITEM).map(itemOf)
  const indexed = rows.map(({ id }) =>
    store
      .point(
        BY_ID,
        encode((writer) => writer.writeU32(id)),
      )
      .map(itemOf),
  )
  store.rollback()
  expect(indexed).toEqual(rows.map((row) => [row]))
  return rows.sort((left, right) => left.id - right.id)
}

test('random transactions, committed and undone, leave what a map of rows would hold', () => {
  const transaction = fc.record({ steps: fc.array(step, { maxLength: 8 }), isUndone: fc.boolean() })
  fc.assert(
    fc.property(fc.array(transaction, { maxLength: 12 }), fc.integer(), (history, seed) => {
      const store = open(seed)
      let rows = new Map<number, Item>()
      for (const { steps, isUndone } of history) {
        const next = new Map(rows)
        store.begin('reducer')
        for (const one of steps) expect(perform(store, one)).toBe(model(next, one))
        if (isUndone) store.rollback()
        else {
          store.commit()
          rows = next
        }
        expect(contents(store)).toEqual(
          [...rows.values()].sort((left, right) => left.id - right.id),
        )
      }
    }),
  )
})

test('a commit tells of what is different after it, and of nothing that came and went', () => {
  const store = open()
  within(store, () => store.insert(ITEM, bytesOf({ id: 1, parent: 'a', seq: 1n })))
  store.begin('reducer')
  store.update(ITEM, BY_ID, bytesOf({ id: 1, parent: 'a', seq: 2n }))
  store.insert(ITEM, bytesOf({ id: 2, parent: 'a', seq: 1n }))
  store.deleteRows(
    BY_ID,
    store.point(
      BY_ID,
      encode((writer) => writer.writeU32(2)),
    ),
  )
  store.update(ITEM, BY_ID, bytesOf({ id: 1, parent: 'a', seq: 3n }))
  const [change, ...others] = store.commit()
  expect(others).toEqual([])
  expect(change?.inserts.map(itemOf)).toEqual([{ id: 1, parent: 'a', seq: 3n }])
  expect(change?.deletes.map(itemOf)).toEqual([{ id: 1, parent: 'a', seq: 1n }])
  store.begin('reducer')
  store.update(ITEM, BY_ID, bytesOf({ id: 1, parent: 'a', seq: 9n }))
  store.update(ITEM, BY_ID, bytesOf({ id: 1, parent: 'a', seq: 3n }))
  expect(store.commit()).toEqual([])
})

describe('generated values', () => {
  test('take the place of zero, are written back, and begin at one', () => {
    const store = open()
    store.begin('reducer')
    const bytes = bytesOf({ id: 0, parent: 'a', seq: 1n })
    expect(store.insert(ITEM, bytes)).toBe(4)
    expect(new DataView(bytes.buffer).getUint32(0, true)).toBe(1)
    expect(store.insert(ITEM, bytesOf({ id: 9, parent: 'a', seq: 1n }))).toBe(0)
  })

  test('end with their type', () => {
    expect([integerMax('U8'), integerMax('I8'), integerMax('U64')]).toEqual([
      255n,
      127n,
      2n ** 64n - 1n,
    ])
    expect(integerBytes('I16', -2n)).toEqual(new Uint8Array([254, 255]))
  })

  test.each([
    [1n, 1n],
    [2n, 4097n],
    [4097n, 4097n],
    [4098n, 8193n],
  ])('that stood at %d go on at %d after a restart', (next, after) => {
    expect(afterRestart(next)).toBe(after)
  })
})

describe('what is not allowed', () => {
  test('outside of a transaction is everything', () => {
    const store = open()
    for (const call of [
      () => store.scan(ITEM),
      () => store.tableId('item'),
      () => store.count(ITEM),
    ])
      expect(call).toThrow('only be made while in a transaction')
  })

  test('in a view is writing', () => {
    const store = open()
    store.begin('view')
    expect(() => store.clear(ITEM)).toThrow('within a mutable transaction')
  })

  test('is a second transaction within the first', () => {
    const store = open()
    store.begin('reducer')
    expect(() => store.begin('anonymous')).toThrow('holding open a transaction')
  })

  test('are tables, indexes and bytes that do not exist', () => {
    const store = open()
    store.begin('reducer')
    expect(() => store.tableId('nothing')).toThrow('No such table: nothing')
    expect(() => store.indexId('nothing')).toThrow('No such index: nothing')
    expect(() => store.scan(7)).toThrow('No such table')
    expect(() => store.insert(ITEM, new Uint8Array([1]))).toThrow('decode the BSATN')
    expect(() =>
      store.update(ITEM, BY_PARENT_SEQ, bytesOf({ id: 1, parent: 'a', seq: 1n })),
    ).toThrow('The index was not unique')
  })
})
