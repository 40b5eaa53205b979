import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GROUP } from '../workload.ts'
import { groupCommit } from './append.ts'
import { floorBulk, multiRowBulk } from './bulk.ts'
import { dataset } from './datasets.ts'
import { type Append, openStore, type Store } from './store.ts'

let dir: string
let store: Store

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'floor-'))
  store = openStore(dir)
})

afterEach(() => {
  store.db.close()
  rmSync(dir, { recursive: true })
})

test('an append is committed when it is answered, and so is its whole group', async () => {
  const append = groupCommit(store)
  const other = new DatabaseSync(join(dir, 'floor.db'), { readOnly: true })
  const visible = other.prepare('SELECT count(*) AS rows FROM vote')
  const rows: unknown[] = []
  await Promise.all(
    Array.from({ length: GROUP + 1 }, async (_, at) => {
      await append(ballot(`key ${at}`))
      rows.push(visible.get()?.['rows'])
    }),
  )
  other.close()
  expect(new Set(rows)).toEqual(new Set([GROUP, GROUP + 1]))
})

test('a key that was used answers where, and stores nothing', async () => {
  const append = groupCommit(store)
  const answers = await Promise.all([ballot('a'), ballot('b'), ballot('a')].map(append))
  expect(answers).toEqual([
    { seq: 1, created: true },
    { seq: 2, created: true },
    { seq: 1, created: false },
  ])
  expect(stored()).toEqual([1, 2])
})

test('a call that throws fails its group and leaves nothing behind', async () => {
  const append = groupCommit(store)
  const calls = [ballot('a'), { ...ballot('b'), parent: 'poll.nowhere' }]
  const settled = await Promise.allSettled(calls.map(append))
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(stored()).toEqual([])
  await expect(append(ballot('a'))).resolves.toEqual({ seq: 1, created: true })
})

test.each([floorBulk, multiRowBulk])('$name bulk: numbers are contiguous', async ({ open }) => {
  const bulkDir = mkdtempSync(join(dir, 'bulk-'))
  const run = await open(bulkDir, 2)
  expect([await run.appendBulk(0), await run.appendBulk(1)]).toEqual([1_000, 1_000])
  await run.close()
  const db = new DatabaseSync(join(bulkDir, 'floor.db'), { readOnly: true })
  const heads = db.prepare(`
    SELECT count(*) AS rows, max(vote.seq) AS last, vote_head.seq AS head
    FROM vote JOIN vote_head USING (parent) GROUP BY parent`)
  const parents = heads.all()
  db.close()
  expect(parents.length).toBeGreaterThan(0)
  for (const { rows, last, head } of parents) expect([last, head]).toEqual([rows, rows])
})

test('a data set has its rows in equal parents, and totals that match', () => {
  const db = new DatabaseSync(dataset(dir, 2_000, 2), { readOnly: true })
  const logs = db.prepare('SELECT min(seq) AS first, max(seq) AS last FROM vote GROUP BY parent')
  const total = db.prepare('SELECT sum(total) AS rows FROM vote_total').get()
  expect(logs.all().map(({ first, last }) => [first, last])).toEqual([
    [1, 1_000],
    [1, 1_000],
  ])
  db.close()
  expect(total?.['rows']).toBe(2_000)
})

function ballot(idempotencyKey: string): Append {
  const parent = store.parents[0] ?? ''
  return { parent, userId: 'u', optionIdx: 0, voter: 'u', idempotencyKey }
}

function stored(): readonly unknown[] {
  const rows = store.db.prepare('SELECT seq FROM vote ORDER BY parent, seq').all()
  return rows.map((row) => row['seq'])
}
