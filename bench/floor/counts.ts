/** A tally of one log: read from stored totals (the floor), and counted from the rows (what it saves). */
import { DatabaseSync } from 'node:sqlite'
import type { CountsContestant } from '../contestants.ts'
import { makeIds } from '../workload.ts'
import { dataset } from './datasets.ts'
import { CACHE_KIB } from './store.ts'

export const floorCounts: CountsContestant = {
  name: 'floor',
  note: 'one prepared range read of stored totals',
  open: open(`SELECT value, total FROM vote_total WHERE parent = ? AND field = 'optionIdx'`),
}

export const scanCounts: CountsContestant = {
  name: 'count the rows',
  note: 'GROUP BY over the rows, nothing stored',
  open: open(
    `SELECT CAST(CAST(optionIdx AS INTEGER) AS TEXT), count(*) FROM vote WHERE parent = ? GROUP BY 1`,
  ),
}

function open(sql: string): CountsContestant['open'] {
  return async (cacheDir, rows) => {
    const [parent = ''] = makeIds('poll', 1)
    const db = new DatabaseSync(dataset(cacheDir, rows, 1), { readOnly: true })
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    const totals = db.prepare(sql)
    totals.setReturnArrays(true)
    return {
      counts: () =>
        Object.fromEntries(totals.all(parent) as unknown as readonly (readonly [string, number])[]),
      close: async () => db.close(),
    }
  }
}
