/**
 * Data sets for the read benchmarks, made once and kept: a log of N rows over equal parents, filled in turns so that
 * its pages look like those of a log that grew by appends to all parents. The key index is left out: no read here
 * touches it. Totals per option are stored beside, as a factory that counts in the same transaction would.
 */
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeIds, OPTIONS } from '../workload.ts'
import { LOG_TABLE } from './store.ts'

/** Raise it when the shape of the data changes, so that old files are not read. */
const VERSION = 1
/** Rows that a parent gets in one turn. */
const TURN = 50

/** The path of the data set, which is made first when it is missing. Some 150 bytes per row on disk. */
export function dataset(cacheDir: string, rows: number, parents: number): string {
  const path = join(cacheDir, `log-v${VERSION}-${rows}-${parents}.db`)
  if (existsSync(path)) return path
  const unfinished = `${path}.new`
  rmSync(unfinished, { force: true })
  const db = new DatabaseSync(unfinished)
  try {
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144')
    db.exec(LOG_TABLE)
    db.exec('BEGIN')
    fill(db, rows, makeIds('poll', parents))
    countOptions(db)
    db.exec('COMMIT')
    db.exec('PRAGMA journal_mode = WAL')
  } finally {
    db.close()
  }
  renameSync(unfinished, path)
  return path
}

function fill(db: DatabaseSync, rows: number, parents: readonly string[]): void {
  const each = rows / parents.length
  if (!Number.isInteger(each / TURN))
    throw new Error(`${rows} rows do not divide by ${parents.length}`)
  const voters = makeIds('users', 5_000)
  const turn = db.prepare(`
    WITH RECURSIVE step (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM step WHERE i < ${TURN - 1})
    INSERT INTO vote SELECT ?1, ?2 + i, ?3, abs(random()) % ${OPTIONS}, ?3,
      printf('%s-%08x', ?4, i), 1732060800000 + ?2 + i, 1732060800000 + ?2 + i FROM step`)
  for (let seq = 1; seq <= each; seq += TURN) {
    for (const [at, parent] of parents.entries()) {
      const voter = voters[(seq + at) % voters.length] ?? ''
      turn.run(parent, seq, voter, voter.slice(0, 27))
    }
  }
}

function countOptions(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE vote_total (
      parent TEXT, field TEXT, value TEXT, total INTEGER NOT NULL, PRIMARY KEY (parent, field, value)
    ) WITHOUT ROWID;
    INSERT INTO vote_total
      SELECT parent, 'optionIdx', CAST(CAST(optionIdx AS INTEGER) AS TEXT), count(*) FROM vote GROUP BY 1, 3;
  `)
}
