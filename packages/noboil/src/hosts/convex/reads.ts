/**
 * Reads of programs as Convex queries.
 */
import { getDocumentSize } from 'convex/values'
import { InvariantError } from '../../errors/assert.ts'
import { NoboilError } from '../../errors/error.ts'
import type {
  Condition,
  GetRequest,
  Page,
  PageRequest,
  RangeRequest,
  SearchRequest,
  Stretch,
} from '../../program/request.ts'
import type { Layout } from '../../schema/layout.ts'
import { canonicalJson, fingerprint, type Row } from '../../schema/values.ts'
import { wordsOf } from '../../schema/words.ts'
import { searchWords } from '../shared/searching.ts'
import { holdsAll } from '../../program/conditions.ts'
import {
  arrivalColumns,
  arrivalIndex,
  indexName,
  keyIndex,
  namedAt,
  searchIndex,
  searchText,
  tableName,
} from './names.ts'
import type { Db, Document, Documents, FilterBuilder, IndexRange } from './ports.ts'
import { decodeRow, tokenOf } from './rows.ts'

/**
 * What a page may read of what a transaction may: it ends there, before its time, where rows are large or many are left out, and
 * says where it is to be split.
 */
const mostOfPage = { maximumRowsRead: 16_000, maximumBytesRead: 8 * 1_024 * 1_024 }

/** As many as one search of Convex finds. */
const maxFound = 1_024

export async function readKey(db: Db, { table, key }: GetRequest): Promise<Row | null> {
  const index = keyIndex(table)
  if (index === undefined) return readId(db, table, key[0])
  const found = await db
    .query(tableName(table))
    .withIndex(index, (q) => equal(q, table.key, key))
    .first()
  return found && decodeRow(table, found)
}

/** Null for what is no id, and for ids of other tables. */
export async function readId(db: Db, table: Layout, id: unknown): Promise<Row | null> {
  const known = typeof id === 'string' ? db.normalizeId(tableName(table), id) : null
  const found = known === null ? null : await db.get(known)
  return found && decodeRow(table, found)
}

export async function readRange(db: Db, request: RangeRequest): Promise<readonly Row[]> {
  // A walk over a table with ids of its own goes by them, so that it can go on behind one.
  const found = await stretchOf(db, request, 'by_id').take(request.limit)
  return found.map((each) => decodeRow(request.table, each))
}

/** The `_id` of another document with these values in an index, or null. */
export async function findTaken(
  db: Db,
  table: Layout,
  index: string,
  columns: readonly string[],
  values: readonly unknown[],
): Promise<string | null> {
  const found = await db
    .query(tableName(table))
    .withIndex(index, (q) => equal(q, columns, values))
    .first()
  return found?._id ?? null
}

/**
 * One native page. Its cursors carry the fingerprint of what they were made for; Convex itself answers for what stands behind.
 */
export async function readPage(db: Db, request: PageRequest): Promise<Page> {
  const cursor = opened(request, request.cursor)
  const endCursor = opened(request, request.endCursor)
  const pinned = endCursor === null ? {} : { endCursor }
  const options = { numItems: request.limit, cursor, ...pinned, ...mostOfPage }
  try {
    const found = await stretchOf(db, request, 'by_creation_time').paginate(options)
    const { splitCursor, pageStatus } = found
    return {
      rows: found.page.map((each) => decodeRow(request.table, each)),
      continueCursor: sealed(request, found.continueCursor),
      isDone: found.isDone,
      ...(typeof splitCursor === 'string' && { splitCursor: sealed(request, splitCursor) }),
      ...(pageStatus && { pageStatus }),
    }
  } catch (error) {
    if (error instanceof Error && /cursor/i.test(error.message)) throw invalidCursor()
    throw error
  }
}

/**
 * Convex finds rows with any of the words and completes only the last, so it is asked for the longest word alone; the other words
 * and the order are looked after here.
 */
export async function readSearch(db: Db, request: SearchRequest): Promise<readonly Row[]> {
  const { table, scope, where, limit } = request
  const words = searchWords(request)
  const longest = words.toSorted((a, b) => b.length - a.length)[0]
  if (longest === undefined) return []
  const scoped = table.search?.scope
  const found = db.query(tableName(table)).withSearchIndex(searchIndex, (q) => {
    const filter = q.search(searchText, tokenOf(longest))
    return scoped === undefined ? filter : filter.eq(scoped, scope)
  })
  return (await best(found))
    .toSorted((a, b) => orderOf(b) - orderOf(a))
    .map((each) => decodeRow(table, each))
    .filter((row) => holdsAll(row, where) && hasAll(table, row, words))
    .slice(0, limit)
}

/** As many as may be read: large documents are fewer. */
async function best(found: Documents): Promise<readonly Document[]> {
  const documents: Document[] = []
  let bytes = 0
  for await (const each of found) {
    documents.push(each)
    bytes += getDocumentSize(each as never)
    if (documents.length >= maxFound || bytes >= mostOfPage.maximumBytesRead) break
  }
  return documents
}

const orderOf = (document: Document): number =>
  (document[namedAt] as number | undefined) ?? document._creationTime

function hasAll(table: Layout, row: Row, words: readonly string[]): boolean {
  const there = (table.search?.fields ?? []).flatMap((name) => {
    const text = row[name]
    return typeof text === 'string' ? wordsOf(text) : []
  })
  return words.every((word) => there.some((each) => each.startsWith(word)))
}

/** `byTime`: the index that stands for the primary key of tables whose ids are Convex's own. */
function stretchOf(db: Db, request: Stretch, own: 'by_id' | 'by_creation_time'): Documents {
  const { table, order, where } = request
  const { name, columns } = indexOf(request, own)
  const query = db.query(tableName(table))
  const rows =
    name === 'by_creation_time' ? query : query.withIndex(name, (q) => bounded(q, columns, request))
  const ordered = rows.order(order)
  return where.length === 0 ? ordered : ordered.filter((q) => tested(q, where))
}

function indexOf(
  request: Stretch,
  own: 'by_id' | 'by_creation_time',
): { readonly name: string; readonly columns: readonly string[] } {
  const { table, index, eq, lower, upper } = request
  if (index !== '') {
    const declared = table.indexes[index]
    if (declared === undefined) {
      throw new InvariantError(`Table '${table.name}' has no index '${index}'.`)
    }
    return { name: indexName(index), columns: declared.columns }
  }
  const key = keyIndex(table)
  if (key === undefined) return { name: own, columns: ['_id'] }
  const arrival = own === 'by_creation_time' ? arrivalColumns(table) : undefined
  const free = lower === undefined && upper === undefined
  if (arrival !== undefined && free && eq.length <= arrival.length) {
    return { name: arrivalIndex(arrival), columns: arrival }
  }
  return { name: key, columns: table.key }
}

function bounded(q: IndexRange, columns: readonly string[], request: Stretch): IndexRange {
  const { eq, lower, upper, table, index } = request
  let range = equal(q, columns, eq)
  if (lower === undefined && upper === undefined) return range
  const column = columns[eq.length]
  if (column === undefined) {
    throw new InvariantError(
      `Index '${index}' of '${table.name}' has ${columns.length} columns, fewer than the read names.`,
    )
  }
  if (lower)
    range = lower.inclusive ? range.gte(column, lower.value) : range.gt(column, lower.value)
  if (upper)
    range = upper.inclusive ? range.lte(column, upper.value) : range.lt(column, upper.value)
  return range
}

function equal(q: IndexRange, columns: readonly string[], values: readonly unknown[]): IndexRange {
  let range = q
  for (const [at, value] of values.entries()) range = range.eq(columns[at] as string, value)
  return range
}

const tests = { eq: 'eq', ne: 'neq', lt: 'lt', lte: 'lte', gt: 'gt', gte: 'gte' } as const

const tested = (q: FilterBuilder, where: readonly Condition[]): ReturnType<FilterBuilder['and']> =>
  q.and(...where.map(({ field, is, value }) => q[tests[is]](q.field(field), value)))

function sealed(request: PageRequest, cursor: string): string {
  const { scope, table, index, order, eq } = request
  const made = fingerprint(canonicalJson([scope, table.name, index, order, eq, cursor]))
  return `${made}.${cursor}`
}

function opened(request: PageRequest, cursor: string | null): string | null {
  if (cursor === null) return null
  const native = cursor.slice(cursor.indexOf('.') + 1)
  if (sealed(request, native) !== cursor) throw invalidCursor()
  return native
}

const invalidCursor = (): NoboilError =>
  new NoboilError('INVALID_CURSOR', 'The cursor does not belong to this query.')
