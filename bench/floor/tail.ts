/** The bare statement of a tail read: all columns of the next 500 rows of one parent, as objects. */
import { DatabaseSync } from 'node:sqlite'
import type { TailContestant } from '../contestants.ts'
import { makeIds, TAIL, tailParents } from '../workload.ts'
import { dataset } from './datasets.ts'
import { CACHE_KIB } from './store.ts'

export const floorTail: TailContestant = {
  name: 'floor',
  note: 'one prepared statement on a log clustered on (parent, seq), rows as objects',
  open: async (cacheDir, rows) => {
    const parents = makeIds('poll', tailParents(rows))
    const db = new DatabaseSync(dataset(cacheDir, rows, parents.length), { readOnly: true })
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    const after = db.prepare(
      `SELECT * FROM vote WHERE parent = ? AND seq > ? ORDER BY seq LIMIT ${TAIL}`,
    )
    return {
      listAfter: (parentIndex, seq) => after.all(parents[parentIndex] ?? '', seq),
      close: async () => db.close(),
    }
  },
}
