/**
 * Tables and indexes as SQL. Tables are STRICT and clustered on their key (WITHOUT ROWID); that other fields are there is seen to by
 * the codec, so that a field may become optional without a copy of its table.
 */
import { quote, sqlTypes } from './columns.ts'
import { arrivalColumn, type IndexShape, type SqlTable } from './table.ts'
import { primary } from '../../program/stretch.ts'

export function createTableSql(table: SqlTable): string {
  const columns = table.columns.map(({ quoted, storage }) => `${quoted} ${sqlTypes[storage]}`)
  if (table.layout.search !== undefined) columns.push(`${quote(arrivalColumn)} INTEGER`)
  const key = table.key.map((column) => column.quoted).join(', ')
  return `CREATE TABLE ${table.quoted} (${columns.join(', ')}, PRIMARY KEY (${key})) STRICT, WITHOUT ROWID`
}

export function indexName(table: string, index: string): string {
  return quote(`${table}__${index}`)
}

export function arrivalIndexName(table: string): string {
  return indexName(table, 'search_arrival')
}

/** The indexes that the layout declares, by name. */
export function createIndexSql(table: SqlTable): ReadonlyMap<string, string> {
  const statements = new Map<string, string>()
  for (const [name, index] of table.indexes) {
    if (name !== primary) statements.set(name, createOneSql(table, index))
  }
  return statements
}

export function createArrivalIndexSql(table: SqlTable): string {
  return `CREATE UNIQUE INDEX ${arrivalIndexName(table.layout.name)} ON ${table.quoted} (${quote(arrivalColumn)})`
}

function createOneSql(table: SqlTable, index: IndexShape): string {
  const declared = table.layout.indexes[index.name]
  const isUnique = declared?.unique === true
  const columns = isUnique ? index.columns.slice(0, declared.columns.length) : index.columns
  const list = columns.map((column) => column.quoted).join(', ')
  const where = index.partialOn.map((column) => `${column.quoted} IS NOT NULL`).join(' AND ')
  return [
    `CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX ${indexName(table.layout.name, index.name)}`,
    `ON ${table.quoted} (${list})`,
    where === '' ? '' : `WHERE ${where}`,
  ].join(' ')
}
