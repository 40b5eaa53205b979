/** The long steps of a migration, a chunk at a time, so that memory stays flat and the process answers in between. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { Progress } from '../shared/progress.ts'
import { type Column, quote } from './columns.ts'
import { arrivalIndexName, createArrivalIndexSql } from './ddl.ts'
import { createSearchSql, searchTable, searchText } from './search.ts'
import { prepare } from './statements.ts'
import { arrivalColumn, type SqlTable } from './table.ts'

const chunkRows = 1_000

/** Gives every row that lacks a field its default. */
export async function fillField(
  db: DatabaseSync,
  table: SqlTable,
  column: Column,
  log: (line: string) => void,
): Promise<void> {
  const { fallback } = column.field
  if (fallback === undefined) return
  const key = table.key.map(({ quoted }) => quoted).join(', ')
  const marks = table.key.map(() => '?').join(', ')
  const update = prepare(
    db,
    `UPDATE ${table.quoted} SET ${column.quoted} = ? WHERE ${table.byKey} AND ${column.quoted} IS NULL`,
  )
  const first = prepare(db, `SELECT ${key} FROM ${table.quoted} ORDER BY ${key} LIMIT ${chunkRows}`)
  const next = prepare(
    db,
    `SELECT ${key} FROM ${table.quoted} WHERE (${key}) > (${marks}) ORDER BY ${key} LIMIT ${chunkRows}`,
  )
  const progress = new Progress(`${table.layout.name}.${column.name}: filled`, log)
  let keys = first.all() as SQLInputValue[][]
  while (keys.length > 0) {
    for (const values of keys) update.run(table.codec.encodeField(column, fallback()), ...values)
    progress.add(keys.length)
    await rest()
    keys = next.all(...(keys.at(-1) as SQLInputValue[])) as SQLInputValue[][]
  }
  progress.end()
}

/** Makes a table's search rows from its rows, whatever was there before. */
export async function rebuildSearch(
  db: DatabaseSync,
  table: SqlTable,
  log: (line: string) => void,
): Promise<void> {
  const { layout } = table
  if (layout.search === undefined) return
  if (!hasArrivals(db, table)) {
    db.exec(`ALTER TABLE ${table.quoted} ADD COLUMN ${quote(arrivalColumn)} INTEGER`)
  }
  await numberArrivals(db, table)
  db.exec(`DROP INDEX IF EXISTS ${arrivalIndexName(layout.name)}`)
  db.exec(createArrivalIndexSql(table))
  db.exec(`DROP TABLE IF EXISTS ${searchTable(layout)}`)
  db.exec(createSearchSql(layout))
  const rows = prepare(
    db,
    `SELECT ${table.list}, ${quote(arrivalColumn)} FROM ${table.quoted} WHERE ${quote(arrivalColumn)} > ? ORDER BY ${quote(arrivalColumn)} LIMIT ${chunkRows}`,
  )
  const put = prepare(db, `INSERT INTO ${searchTable(layout)} (rowid, words) VALUES (?, ?)`)
  const progress = new Progress(`${layout.name}: search built over`, log)
  for (let from = 0; ;) {
    const found = rows.all(from)
    for (const values of found) {
      from = values.at(-1) as number
      put.run(from, searchText(layout.search, table.codec.decode(values)))
    }
    if (found.length === 0) break
    progress.add(found.length)
    await rest()
  }
  progress.end()
}

function hasArrivals(db: DatabaseSync, table: SqlTable): boolean {
  const columns = db.prepare('SELECT name FROM pragma_table_info(?)').all(table.layout.name)
  return columns.some((column) => column['name'] === arrivalColumn)
}

/** Numbers the rows that have no number yet, above those that have, the oldest first. */
async function numberArrivals(db: DatabaseSync, table: SqlTable): Promise<void> {
  const arrival = quote(arrivalColumn)
  const { creationTime } = table.layout
  const names = table.key.map((_, at) => `k${at}`).join(', ')
  const key = table.key.map(({ quoted }, at) => `${quoted} AS k${at}`).join(', ')
  const order = [
    ...(creationTime === undefined ? [] : [table.column(creationTime).quoted]),
    ...table.key.map(({ quoted }) => quoted),
  ].join(', ')
  const [last] = prepare(db, `SELECT coalesce(max(${arrival}), 0) FROM ${table.quoted}`).get() ?? []
  db.exec(
    `CREATE TEMP TABLE arriving AS SELECT ${key} FROM ${table.quoted} WHERE ${arrival} IS NULL ORDER BY ${order}`,
  )
  const next = prepare(
    db,
    `SELECT rowid, ${names} FROM arriving WHERE rowid > ? ORDER BY rowid LIMIT ${chunkRows}`,
  )
  const set = prepare(db, `UPDATE ${table.quoted} SET ${arrival} = ? WHERE ${table.byKey}`)
  for (let from = 0; ;) {
    const found = next.all(from) as SQLInputValue[][]
    for (const [at, ...values] of found) {
      from = at as number
      set.run((last as number) + from, ...values)
    }
    if (found.length === 0) break
    await rest()
  }
  db.exec('DROP TABLE arriving')
}

/** Lets the rest of the process have its turn. */
function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
