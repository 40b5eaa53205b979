import { Identity, Timestamp } from 'spacetimedb'
import { beforeAll, describe, expect, test } from 'vitest'
import { createModuleHost, type ModuleHost } from '../host.ts'
import { identityOf } from '../identity.ts'

const SOURCE = `
  import { schema, t, table } from 'spacetimedb/server'
  const item = table({ public: true }, {
    id: t.u32().primaryKey(), textValue: t.string(), big: t.i64(), ratio: t.f64(), flag: t.bool(),
    owner: t.identity(), at: t.timestamp(), blob: t.byteArray(), maybe: t.option(t.string()),
  })
  const label = table({ public: true }, { itemId: t.u32().index('btree'), name: t.string() })
  const hidden = table({}, { id: t.u32().primaryKey() })
  const db = schema({ item, label, hidden })
  export default db
  export const add = db.reducer({ row: item.rowType }, (ctx, { row }) => { ctx.db.item.insert(row) })
  export const tag = db.reducer({ row: label.rowType }, (ctx, { row }) => { ctx.db.label.insert(row) })
`

let host: ModuleHost
const alice = identityOf('alice')
const at = new Timestamp(BigInt(Date.UTC(2026, 1, 3)) * 1000n + 7n)
beforeAll(async () => {
  host = await createModuleHost({ entry: { source: SOURCE, folder: import.meta.dirname } })
  const row = { ratio: 0.5, flag: true, owner: alice, at, blob: new Uint8Array([1, 255]) }
  const base = { ...row, maybe: undefined }
  host.call('add', { row: { ...base, id: 1, textValue: 'one', big: -5n } })
  host.call('add', { row: { ...base, id: 2, textValue: "it's", big: 2n ** 60n, flag: false } })
  host.call('add', {
    row: { ...base, id: 3, textValue: 'three', big: 0n, ratio: 1.5, owner: new Identity(7n) },
  })
  host.call('tag', { row: { itemId: 1, name: 'red' } })
  host.call('tag', { row: { itemId: 1, name: 'blue' } })
  host.call('tag', { row: { itemId: 3, name: 'red' } })
})

const ids = (sql: string, who = 'alice'): unknown[] =>
  host
    .as(who)
    .sql(sql)
    .map(({ id }) => id)

test.each([
  ['SELECT * FROM item', [1, 2, 3]],
  ['select * from item;', [1, 2, 3]],
  ['SELECT item.* FROM item', [1, 2, 3]],
  ['SELECT i.* FROM item AS i WHERE i.id > 1', [2, 3]],
  ['SELECT * FROM item i WHERE i.id = 1', [1]],
  [`SELECT * FROM "item" WHERE "item"."text_value" = 'one'`, [1]],
  [`SELECT * FROM item WHERE text_value = 'it''s'`, [2]],
  ['SELECT * FROM item WHERE big = 1152921504606846976', [2]],
  ['SELECT * FROM item WHERE big < 0', [1]],
  ['SELECT * FROM item WHERE -5 = big', [1]],
  ['SELECT * FROM item WHERE 1 < id AND id <= 3', [2, 3]],
  ['SELECT * FROM item WHERE id <> 2', [1, 3]],
  ['SELECT * FROM item WHERE id != 2', [1, 3]],
  ['SELECT * FROM item WHERE ratio >= 1.5', [3]],
  ['SELECT * FROM item WHERE flag = FALSE', [2]],
  ['SELECT * FROM item WHERE id = 1 OR id = 2 AND flag = TRUE', [1]],
  ['SELECT * FROM item WHERE (id = 1 OR id = 2) AND flag = TRUE', [1]],
  ['SELECT * FROM item WHERE TRUE', [1, 2, 3]],
  ['SELECT * FROM item WHERE (FALSE) OR id = 1', [1]],
  ['SELECT * FROM item WHERE blob = 0x01ff', [1, 2, 3]],
  [`SELECT * FROM item WHERE blob = x'01FF'`, [1, 2, 3]],
  [`SELECT * FROM item WHERE owner = 0x${alice.toHexString()}`, [1, 2]],
  ['SELECT * FROM item WHERE owner = :sender', [1, 2]],
  [`SELECT * FROM item WHERE at = '${at.toISOString()}'`, [1, 2, 3]],
  [`SELECT * FROM item WHERE at < '2026-02-03T00:00:00Z'`, []],
  [
    `SELECT item.* FROM item JOIN label ON item.id = label.item_id WHERE label.name = 'red'`,
    [1, 3],
  ],
  [`SELECT i.* FROM label l INNER JOIN item i ON l.item_id = i.id WHERE l.name = 'blue'`, [1]],
])('%s answers %j', (sql, expected) => {
  expect(ids(sql)).toEqual(expected)
})

test(':sender is who asks', () => {
  expect(ids('SELECT * FROM item WHERE owner = :sender', 'bob')).toEqual([])
})

describe('SpacetimeDB’s refusals are the host’s:', () => {
  test.each([
    [
      'SELECT * FROM hidden',
      'no such table: `hidden`. If the table exists, it may be marked private.',
    ],
    ['SELECT * FROM nothing', 'no such table: `nothing`'],
    ['SELECT id FROM item', 'column projections are not supported'],
    ['SELECT * FROM item ORDER BY id', 'its end'],
    ['SELECT * FROM item LIMIT 1', 'its end'],
    ['SELECT * FROM item WHERE NOT id = 1', 'Unsupported expression: NOT'],
    ['SELECT * FROM item WHERE maybe = NULL', 'Unsupported expression: NULL'],
    ['SELECT * FROM item WHERE nope = 1', '`item` does not have a field `nope`'],
    ['SELECT * FROM item WHERE other.id = 1', '`other` is not in scope'],
    ['SELECT other.* FROM item', '`other` is not in scope'],
    ["SELECT * FROM item WHERE id = 'one'", 'cannot be parsed as type `U32`'],
    ['SELECT * FROM item WHERE id = -1', 'cannot be parsed as type `U32`'],
    ['SELECT * FROM item WHERE id = 1.5', 'cannot be parsed as type `U32`'],
    ['SELECT * FROM item WHERE id = 4294967296', 'cannot be parsed as type `U32`'],
    ['SELECT * FROM item WHERE text_value = 1', 'cannot be parsed as type `String`'],
    ['SELECT * FROM item WHERE id = big', 'Unexpected type'],
    ['SELECT * FROM item WHERE 1 = 1', 'Cannot resolve type for literal expression'],
    [
      'SELECT * FROM item JOIN label ON item.id = label.item_id',
      'SELECT * is not supported for joins',
    ],
    [
      'SELECT item.* FROM item JOIN label ON item.text_value = label.name',
      'require indexes on join columns',
    ],
    [
      'SELECT item.* FROM item JOIN label ON item.id = label.item_id WHERE name = 1',
      'must be qualified',
    ],
    ['SELECT item.* FROM item JOIN item ON item.id = item.id', 'Duplicate name `item`'],
    ['UPDATE item SET id = 1', 'SELECT was expected'],
    ["SELECT * FROM item WHERE text_value = 'open", 'cannot be read'],
    ['', 'SELECT was expected'],
    [
      `SELECT * FROM item WHERE ${'('.repeat(100)}id = 1${')'.repeat(100)}`,
      'Recursion limit exceeded',
    ],
    [`SELECT * FROM item WHERE text_value = '${'x'.repeat(60_000)}'`, 'A query may have'],
  ])('%.60s', (sql, message) => {
    expect(() => host.as('alice').sql(sql)).toThrow(message)
  })
})
