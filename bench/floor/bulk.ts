/** Hand-written bulk inserts: one durable transaction of 1,000 rows, a contiguous range of seq reserved at once. */
import type { StatementSync } from 'node:sqlite'
import type { BulkContestant } from '../contestants.ts'
import { type Ballot, BULK, makeBallots } from '../workload.ts'
import { advanceHead, openStore, type Store } from './store.ts'

/** As most people would write it: one prepared insert, executed once per row. */
export const floorBulk: BulkContestant = {
  name: 'floor',
  note: 'hand-written, head upsert once, one prepared insert per row',
  calls: 400,
  open: async (dir, calls) => open(dir, calls, (store) => perRow(store)),
}

/** The same with 50 rows per statement: shows what is left in the statement count. */
export const multiRowBulk: BulkContestant = {
  name: 'multi-row',
  note: 'hand-written, head upsert once, 50 rows per insert statement',
  calls: 400,
  open: async (dir, calls) => open(dir, calls, (store) => perStatement(store, 50)),
}

type InsertAll = (parent: string, firstSeq: number, ballots: readonly Ballot[]) => void

function open(
  dir: string,
  calls: number,
  prepare: (store: Store) => InsertAll,
): Awaited<ReturnType<BulkContestant['open']>> {
  const store = openStore(dir)
  const ballots = makeBallots(calls * BULK)
  const insertAll = prepare(store)
  return {
    appendBulk: (index) => {
      const items = ballots.slice(index * BULK, (index + 1) * BULK)
      return appendBulk(store, insertAll, store.parents[items[0]?.parentIndex ?? 0] ?? '', items)
    },
    close: async () => store.db.close(),
  }
}

function appendBulk(
  store: Store,
  insertAll: InsertAll,
  parent: string,
  items: readonly Ballot[],
): number {
  store.begin.run()
  try {
    if (store.readParent.get(parent) === undefined) throw new Error(`no poll ${parent}`)
    const lastSeq = advanceHead(store, parent, items.length)
    insertAll(parent, lastSeq - items.length + 1, items)
    store.commit.run()
  } catch (error) {
    if (store.db.isTransaction) store.rollback.run()
    throw error
  }
  return items.length
}

function perRow({ insert }: Store): InsertAll {
  return (parent, firstSeq, items) => {
    const now = Date.now()
    let seq = firstSeq
    for (const { voter, optionIdx } of items)
      insert.run(parent, seq++, voter, optionIdx, voter, null, now, now)
  }
}

function perStatement(store: Store, width: number): InsertAll {
  const rows = Array.from({ length: width }, () => '(?, ?, ?, ?, ?, NULL, ?, ?)').join(', ')
  const insert: StatementSync = store.db.prepare(`
    INSERT INTO vote (parent, seq, userId, optionIdx, voter, idempotencyKey, createdAt, updatedAt)
    VALUES ${rows}`)
  return (parent, firstSeq, items) => {
    if (items.length % width !== 0) throw new Error(`${items.length} is not a multiple of ${width}`)
    const now = Date.now()
    for (let from = 0; from < items.length; from += width) {
      const values: (string | number)[] = []
      for (let at = from; at < from + width; at++) {
        const { voter, optionIdx } = items[at] as Ballot
        values.push(parent, firstSeq + at, voter, optionIdx, voter, now, now)
      }
      insert.run(...values)
    }
  }
}
