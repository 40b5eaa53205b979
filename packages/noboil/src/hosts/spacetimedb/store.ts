/**
 * Rows of layouts in SpacetimeDB's tables, inside one transaction. A row lies under the text of its key; its indexes are entries of
 * {@link OrderedIndex}, its unique values rows of one table.
 */
import { InvariantError } from '../../errors/assert.ts'
import type { Change } from '../../changes/change.ts'
import { NoboilError } from '../../errors/error.ts'
import type { Condition, RangeRequest, SearchRequest, Stretch } from '../../program/request.ts'
import { idOf, type Layout } from '../../schema/layout.ts'
import { decodeAll, encodeAll } from '../../schema/spacetimedb/columns.ts'
import { compareValues, type Row } from '../../schema/values.ts'
import { wordsOf } from '../../schema/words.ts'
import { assertFields, holdsAll, sameValue } from '../../program/conditions.ts'
import { assertCounters, firstRow } from '../shared/counters.ts'
import { duplicate } from '../shared/duplicate.ts'
import { searchWords } from '../shared/searching.ts'
import {
  assertStretch,
  orderColumns,
  type Position,
  positionOf,
  primary,
} from '../../program/stretch.ts'
import { keyText, type Span, spanOf } from './keys.ts'
import { type Entry, OrderedIndex } from './ordered.ts'
import { type Db, ownTables, rowsOf, rowsTable, unique } from './ports.ts'

/** How far back a search looks: the newest rows of its scope. */
const maxSearchedRows = 5_000

export interface StoreLimits {
  /** Rows that may be read. */
  readonly maxScannedRows: number
}

export class Store {
  readonly #db: Db
  readonly #limits: StoreLimits
  #scanned = 0

  constructor(db: Db, limits: StoreLimits = { maxScannedRows: 100_000 }) {
    this.#db = db
    this.#limits = limits
  }

  get(layout: Layout, key: readonly unknown[]): Row | null {
    if (key.length !== layout.key.length) return null
    return this.#find(layout, keyText(key))
  }

  range(request: RangeRequest): readonly Row[] {
    return this.rowsAfter(request, undefined, request.limit)
  }

  rowsAfter(stretch: Stretch, position: Position | undefined, limit: number): readonly Row[] {
    const { table, index, where, order } = stretch
    assertStretch(stretch, orderColumns(table, index))
    assertFields(table, where)
    if (limit <= 0) return []
    const isUnique = index !== primary && table.indexes[index]?.unique === true
    if (isUnique) return this.#behindUnique(stretch)
    return this.#filtered(table, index, spanOfStretch(stretch, position), order, where, limit)
  }

  /** Newest first, among the newest rows of the scope. */
  search(request: SearchRequest): readonly Row[] {
    const { table, where, limit } = request
    const words = searchWords(request)
    assertFields(table, where)
    if (table.search === undefined) {
      throw new InvariantError(`Table '${table.name}' has no search index.`)
    }
    if (words.length === 0) return []
    const { fields, scope } = table.search
    const index = scope === undefined ? primary : indexOn(table, scope)
    const span = spanOf(scope === undefined ? [] : [request.scope])
    const found: Row[] = []
    let looked = 0
    for (const { row: key } of this.#index(table, index).scan(span, 'desc')) {
      if (found.length >= limit || looked++ >= maxSearchedRows) break
      const row = this.#read(table, key)
      if (holdsWords(row, fields, words) && holdsAll(row, where)) found.push(row)
    }
    return found
  }

  insert(layout: Layout, given: Row): Change {
    const row = normalised(layout, given)
    const key = keyText(positionOf(layout.key, 0, row))
    if (this.#rows(layout).find(key) !== null) throw duplicate(layout, layout.key)
    this.#claim(layout, row, key)
    this.#db[rowsTable(layout)]?.insert({ _key: key, ...encodeAll(layout.columns, row, '') })
    for (const index of orderedIndexes(layout)) {
      this.#index(layout, index).insert({ key: entryOf(layout, index, row), row: key })
    }
    return { table: layout, before: null, after: shown(layout, row) }
  }

  patch(layout: Layout, row: Row, set: Row): Change | undefined {
    const key = keyText(positionOf(layout.key, 0, row))
    const before = this.#read(layout, key)
    const after = normalised(layout, { ...before, ...set })
    const fields = Object.keys(set).filter((name) => !sameValue(before[name], after[name]))
    if (fields.length === 0) return undefined
    for (const name of fields) {
      if (layout.key.includes(name)) {
        throw new InvariantError(
          `Table '${layout.name}': '${name}' is of the key and cannot change.`,
        )
      }
    }
    this.#reclaim(layout, before, after, key)
    this.#rows(layout).update({ _key: key, ...encodeAll(layout.columns, after, '') })
    for (const index of orderedIndexes(layout)) {
      const from = entryOf(layout, index, before)
      const to = entryOf(layout, index, after)
      if (from === to) continue
      this.#unlink(layout, index, from)
      this.#index(layout, index).insert({ key: to, row: key })
    }
    return { table: layout, before, after: shown(layout, after), fields }
  }

  increment(layout: Layout, key: readonly unknown[], by: Readonly<Record<string, number>>): Change {
    assertCounters(layout, Object.keys(by))
    const row = this.get(layout, key)
    if (row === null) return this.insert(layout, firstRow(layout, key, by))
    const sums = Object.entries(by).map(([name, add]) => [name, (row[name] as number) + add])
    const set = Object.fromEntries(sums) as Row
    return this.patch(layout, row, set) ?? { table: layout, before: row, after: row, fields: [] }
  }

  remove(layout: Layout, row: Row): Change {
    const key = keyText(positionOf(layout.key, 0, row))
    const before = this.#read(layout, key)
    for (const index of orderedIndexes(layout)) {
      this.#unlink(layout, index, entryOf(layout, index, before))
    }
    for (const claim of claimsOf(layout, before)) {
      unique(this.#db, ownTables.unique, 'value').delete(claim.value)
    }
    this.#rows(layout).delete(key)
    return { table: layout, before, after: null }
  }

  /** Has an index go that was kept under this name, be it an ordered or a unique one. */
  dropIndex(name: string): void {
    new OrderedIndex(this.#db, name).clear()
    const taken = unique(this.#db, ownTables.unique, 'value')
    for (const { value } of [...rowsOf(this.#db, ownTables.unique)]) {
      if ((value as string).startsWith(`${name}/`)) taken.delete(value)
    }
  }

  /** Enters all rows there are into indexes that hold none. Throws what a write would be refused for. */
  buildIndexes(layout: Layout, names: readonly string[]): void {
    const isUnique = (name: string): boolean => layout.indexes[name]?.unique === true
    const entries = new Map(
      names.filter((name) => !isUnique(name)).map((name) => [name, [] as Entry[]]),
    )
    const claiming = names.filter(isUnique)
    for (const stored of rowsOf(this.#db, rowsTable(layout))) {
      const key = stored['_key'] as string
      const row = decodeAll(layout.columns, stored)
      for (const [name, all] of entries) all.push({ key: entryOf(layout, name, row), row: key })
      if (claiming.length > 0) this.#claim(layout, row, key, claiming)
    }
    for (const [name, all] of entries) {
      const index = this.#index(layout, name)
      for (const entry of all.toSorted((a, b) => compareValues(a.key, b.key))) index.insert(entry)
    }
  }

  /** Makes a change as if it had not been. The latest goes first. */
  undo({ table, before, after, fields }: Change): void {
    if (before === null) this.remove(table, after as Row)
    else if (after === null) this.insert(table, before)
    else this.patch(table, after, Object.fromEntries((fields ?? []).map((f) => [f, before[f]])))
  }

  #filtered(
    layout: Layout,
    index: string,
    span: Span,
    order: Stretch['order'],
    where: readonly Condition[],
    limit: number,
  ): readonly Row[] {
    const found: Row[] = []
    for (const { row: key } of this.#index(layout, index).scan(span, order)) {
      const row = this.#read(layout, key)
      if (holdsAll(row, where)) found.push(row)
      if (found.length >= limit) break
    }
    return found
  }

  /** A unique index is asked for whole values only. */
  #behindUnique({ table, index, eq, where }: Stretch): readonly Row[] {
    const claim = unique(this.#db, ownTables.unique, 'value').find(uniqueText(table, index, eq))
    if (claim === null) return []
    const row = this.#read(table, claim['row'] as string)
    return holdsAll(row, where) ? [row] : []
  }

  #claim(layout: Layout, row: Row, key: string, among?: readonly string[]): void {
    const claims = claimsOf(layout, row, among)
    const taken = unique(this.#db, ownTables.unique, 'value')
    for (const { value, columns } of claims) {
      if (taken.find(value) !== null) throw duplicate(layout, columns)
    }
    for (const { value } of claims) this.#db[ownTables.unique]?.insert({ value, row: key })
  }

  #reclaim(layout: Layout, before: Row, after: Row, key: string): void {
    const old = new Set(claimsOf(layout, before).map(({ value }) => value))
    const next = claimsOf(layout, after)
    const taken = unique(this.#db, ownTables.unique, 'value')
    const fresh = next.filter(({ value }) => !old.has(value))
    for (const { value, columns } of fresh) {
      if (taken.find(value) !== null) throw duplicate(layout, columns)
    }
    for (const { value } of next) old.delete(value)
    for (const value of old) taken.delete(value)
    for (const { value } of fresh) this.#db[ownTables.unique]?.insert({ value, row: key })
  }

  #unlink(layout: Layout, index: string, entry: string): void {
    if (this.#index(layout, index).remove(entry)) return
    throw new InvariantError(`Table '${layout.name}': a row lacks its place in an index.`)
  }

  #index(layout: Layout, index: string): OrderedIndex {
    return new OrderedIndex(this.#db, `${layout.name}/${index}`)
  }

  #rows(layout: Layout): ReturnType<typeof unique> {
    return unique(this.#db, rowsTable(layout), '_key')
  }

  #find(layout: Layout, key: string): Row | null {
    const stored = this.#rows(layout).find(key)
    this.#scanned++
    const { maxScannedRows } = this.#limits
    if (this.#scanned > maxScannedRows) {
      throw new NoboilError('LIMIT_EXCEEDED', `A call may read ${maxScannedRows} rows.`, {
        limit: 'maxScannedRows',
        max: maxScannedRows,
      })
    }
    return stored === null ? null : shown(layout, decodeAll(layout.columns, stored))
  }

  #read(layout: Layout, key: string): Row {
    const row = this.#find(layout, key)
    if (row !== null) return row
    throw new InvariantError(`Table '${layout.name}': a row that is to be there is not.`)
  }
}

/** The indexes kept in order: all but the unique ones, which are only ever asked for whole values. */
const orderedIndexes = (layout: Layout): readonly string[] => [
  primary,
  ...Object.keys(layout.indexes).filter((name) => layout.indexes[name]?.unique !== true),
]

const entryOf = (layout: Layout, index: string, row: Row): string =>
  keyText(positionOf(orderColumns(layout, index), 0, row))

interface Claim {
  readonly value: string
  readonly columns: readonly string[]
}

/** The row's values in its unique indexes; where one is missing or null there is nothing to claim. */
function claimsOf(layout: Layout, row: Row, among?: readonly string[]): readonly Claim[] {
  const claims: Claim[] = []
  for (const [name, { columns, unique: isUnique }] of Object.entries(layout.indexes)) {
    if (among?.includes(name) === false) continue
    const values = positionOf(columns, 0, row)
    if (isUnique !== true || values.some((value) => value === undefined || value === null)) continue
    claims.push({ value: uniqueText(layout, name, values), columns })
  }
  return claims
}

const uniqueText = (layout: Layout, index: string, values: readonly unknown[]): string =>
  `${layout.name}/${index}/${keyText(values)}`

/** The shortest ordered index whose rows lie by this column first. */
function indexOn(layout: Layout, column: string): string {
  if (layout.key[0] === column) return primary
  const named = orderedIndexes(layout)
    .filter((name) => name !== primary && orderColumns(layout, name)[0] === column)
    .toSorted((a, b) => orderColumns(layout, a).length - orderColumns(layout, b).length)
  const [first] = named
  if (first !== undefined) return first
  throw new InvariantError(`Table '${layout.name}' has no index that begins with '${column}'.`)
}

function spanOfStretch({ eq, lower, upper, order }: Stretch, after: Position | undefined): Span {
  const all = spanOf(eq)
  let { from, to } = all
  if (lower !== undefined) {
    const span = spanOf([...eq, lower.value])
    from = lower.inclusive ? span.from : span.to
  }
  if (upper !== undefined) {
    const span = spanOf([...eq, upper.value])
    to = upper.inclusive ? span.to : span.from
  }
  if (after === undefined) return { from, to }
  const span = spanOf([...eq, ...after])
  if (order === 'asc') return { from: later(from, span.to), to }
  return { from, to: earlier(to, span.from) }
}

const later = (a: string, b: string): string => (compareValues(a, b) < 0 ? b : a)
const earlier = (a: string, b: string): string => (compareValues(a, b) < 0 ? a : b)

function holdsWords(row: Row, fields: readonly string[], words: readonly string[]): boolean {
  const held = new Set<string>()
  for (const name of fields) {
    const text = row[name]
    if (typeof text === 'string') for (const word of wordsOf(text)) held.add(word)
  }
  const all = [...held]
  return words.every((word) => all.some((each) => each.startsWith(word)))
}

/** The row as it is kept: only declared columns, defaults filled in, −0 as 0. */
function normalised(layout: Layout, row: Row): Row {
  const kept: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(layout.columns)) {
    const value = row[name] === undefined ? field.fallback?.() : row[name]
    if (value === undefined && !field.optional) {
      throw new InvariantError(`Table '${layout.name}': field '${name}' is missing.`)
    }
    if (value !== undefined) kept[name] = value === 0 ? 0 : value
  }
  for (const name of Object.keys(row)) {
    if (!Object.hasOwn(layout.columns, name) && name !== '_id' && name !== '_creationTime') {
      throw new InvariantError(`Table '${layout.name}' has no field '${name}'.`)
    }
  }
  return kept
}

/** A row as programs see it. */
function shown(layout: Layout, row: Row): Row {
  const given: Record<string, unknown> = { ...row }
  if (layout.id === 'key') given['_id'] = idOf(layout, row)
  if (layout.creationTime !== undefined) given['_creationTime'] = row[layout.creationTime]
  return given
}
