/** One table of the memory host: rows under their key, and under each index, in trees that never change. */
import { InvariantError } from '../../errors/assert.ts'
import type { SearchRequest, Stretch } from '../../program/request.ts'
import { idOf, type Layout } from '../../schema/layout.ts'
import type { Field } from '../../schema/storable.ts'
import { compareValues, type Row } from '../../schema/values.ts'
import { wordsOf } from '../../schema/words.ts'
import { assertFields, holdsAll } from '../../program/conditions.ts'
import { duplicate } from '../shared/duplicate.ts'
import { searchWords } from '../shared/searching.ts'
import {
  assertStretch,
  comparePositions,
  isWithin,
  orderColumns,
  type Position,
  positionOf,
  primary,
} from '../../program/stretch.ts'
import { Tree } from './tree.ts'

/** A row with what the table knows of it. */
export interface Entry {
  readonly row: Row
  /** Counts up with every row that comes: search answers the newest first. */
  readonly arrival: number
  readonly words: ReadonlySet<string>
}

/** All of a table at one time. */
export interface TableState {
  readonly rows: Tree<Entry>
  readonly indexes: ReadonlyMap<string, Tree<Entry>>
  /** By scope and arrival. */
  readonly arrivals: Tree<Entry>
  readonly nextArrival: number
}

export class Table {
  readonly layout: Layout
  readonly #orders: ReadonlyMap<string, readonly string[]>
  readonly #nested: readonly string[]

  constructor(layout: Layout) {
    this.layout = layout
    this.#orders = new Map(
      [primary, ...Object.keys(layout.indexes)].map((name) => [name, orderColumns(layout, name)]),
    )
    this.#nested = Object.entries(layout.columns)
      .filter(([, field]) =>
        ['array', 'object', 'record', 'union', 'files'].includes(field.type.kind),
      )
      .map(([name]) => name)
  }

  empty(): TableState {
    const indexes = new Map(
      Object.keys(this.layout.indexes).map((name) => [name, Tree.empty<Entry>()]),
    )
    return { rows: Tree.empty(), indexes, arrivals: Tree.empty(), nextArrival: 1 }
  }

  get(state: TableState, key: readonly unknown[]): Row | null {
    if (key.length !== this.layout.key.length) return null
    const entry = state.rows.get(key)
    return entry === undefined ? null : this.give(entry.row)
  }

  /** The row as the store keeps it: only declared columns, −0 as 0, nested values of its own. */
  normalise(row: Row): Row {
    const { columns, name: table } = this.layout
    const kept: Record<string, unknown> = {}
    for (const [name, field] of Object.entries(columns)) {
      const value = row[name] === undefined ? missing(table, name, field) : row[name]
      if (value === undefined) continue
      if (value === null && !field.nullable && !mayBeNull(field)) {
        throw new InvariantError(`Table '${table}': field '${name}' may not be null.`)
      }
      kept[name] = value === 0 ? 0 : value
    }
    for (const name of Object.keys(row)) {
      if (!Object.hasOwn(columns, name) && name !== '_id' && name !== '_creationTime') {
        throw new InvariantError(`Table '${table}' has no field '${name}'.`)
      }
    }
    return this.#copyNested(kept)
  }

  /** A row as callers see it, theirs to keep. */
  give(row: Row): Row {
    const { layout } = this
    const given: Record<string, unknown> = { ...row }
    if (layout.id === 'key') given['_id'] = idOf(layout, row)
    if (layout.creationTime !== undefined) given['_creationTime'] = row[layout.creationTime]
    return this.#copyNested(given)
  }

  insert(state: TableState, row: Row): TableState {
    return this.#add(state, { row, arrival: state.nextArrival, words: this.#words(row) })
  }

  replace(state: TableState, before: Entry, row: Row): TableState {
    const { arrival } = before
    return this.#add(this.remove(state, before), { row, arrival, words: this.#words(row) })
  }

  remove(state: TableState, entry: Entry): TableState {
    const indexes = new Map(state.indexes)
    for (const [name, tree] of state.indexes) {
      indexes.set(name, tree.delete(this.#positionIn(name, entry.row)))
    }
    return {
      rows: state.rows.delete(this.keyOf(entry.row)),
      indexes,
      arrivals: state.arrivals.delete(this.#arrivalOf(entry)),
      nextArrival: state.nextArrival,
    }
  }

  keyOf(row: Row): Position {
    return positionOf(this.layout.key, 0, row)
  }

  read(
    state: TableState,
    stretch: Stretch,
    after: Position | undefined,
    limit: number,
  ): readonly Row[] {
    const columns = this.#orders.get(stretch.index)
    if (columns === undefined) {
      throw new InvariantError(`Table '${this.layout.name}' has no index '${stretch.index}'.`)
    }
    assertStretch(stretch, columns)
    assertFields(this.layout, stretch.where)
    const found: Row[] = []
    if (limit <= 0) return found
    const tree = stretch.index === primary ? state.rows : state.indexes.get(stretch.index)
    const { eq, order, where } = stretch
    const isBounded = stretch.lower !== undefined || stretch.upper !== undefined
    tree?.scan(order, isBeforeStretch(stretch, after), (entry, key) => {
      if (comparePositions(key, eq) !== 0) return false
      if (isBounded && !isWithin(stretch, key[eq.length])) return false
      if (holdsAll(entry.row, where)) found.push(this.give(entry.row))
      return found.length < limit
    })
    return found
  }

  search(state: TableState, request: SearchRequest): readonly Row[] {
    const found: Row[] = []
    const { where, limit } = request
    const words = searchWords(request)
    assertFields(this.layout, where)
    if (this.layout.search === undefined) {
      throw new InvariantError(`Table '${this.layout.name}' has no search index.`)
    }
    if (words.length === 0 || limit <= 0) return found
    const scope = this.layout.search.scope === undefined ? [] : [request.scope]
    const isAfterScope = (key: Position): boolean => comparePositions(key, scope) > 0
    state.arrivals.scan('desc', isAfterScope, (entry, key) => {
      if (comparePositions(key, scope) !== 0) return false
      if (words.every((word) => begins(entry.words, word)) && holdsAll(entry.row, where)) {
        found.push(this.give(entry.row))
      }
      return found.length < limit
    })
    return found
  }

  #add(state: TableState, entry: Entry): TableState {
    const { row } = entry
    const key = this.keyOf(row)
    if (state.rows.get(key) !== undefined) throw duplicate(this.layout, this.layout.key)
    const indexes = new Map(state.indexes)
    for (const [name, index] of Object.entries(this.layout.indexes)) {
      const tree = indexes.get(name) as Tree<Entry>
      const position = this.#positionIn(name, row)
      if (index.unique === true) {
        const values = position.slice(0, index.columns.length)
        const isWhole = values.every((value) => value !== undefined && value !== null)
        if (isWhole && holdsPrefix(tree, values)) throw duplicate(this.layout, index.columns)
      }
      indexes.set(name, tree.set(position, entry))
    }
    return {
      rows: state.rows.set(key, entry),
      indexes,
      arrivals: this.layout.search
        ? state.arrivals.set(this.#arrivalOf(entry), entry)
        : state.arrivals,
      nextArrival: Math.max(state.nextArrival, entry.arrival + 1),
    }
  }

  #positionIn(index: string, row: Row): Position {
    return positionOf(this.#orders.get(index) as readonly string[], 0, row)
  }

  #arrivalOf(entry: Entry): Position {
    const { scope } = this.layout.search ?? {}
    return scope === undefined ? [entry.arrival] : [entry.row[scope], entry.arrival]
  }

  #words(row: Row): ReadonlySet<string> {
    const words = new Set<string>()
    for (const name of this.layout.search?.fields ?? []) {
      const text = row[name]
      if (typeof text === 'string') for (const word of wordsOf(text)) words.add(word)
    }
    return words
  }

  #copyNested(row: Record<string, unknown>): Row {
    for (const name of this.#nested) {
      const value = row[name]
      if (typeof value === 'object' && value !== null) row[name] = JSON.parse(JSON.stringify(value))
    }
    return row
  }
}

function missing(table: string, name: string, field: Field): unknown {
  if (field.fallback !== undefined) return field.fallback()
  if (field.optional) return undefined
  throw new InvariantError(`Table '${table}': field '${name}' is missing.`)
}

function mayBeNull(field: Field): boolean {
  const { type } = field
  if (type.kind === 'literal') return type.values.includes(null)
  return (
    type.kind === 'union' && type.options.some((option) => option.nullable || mayBeNull(option))
  )
}

/** Passes over what lies before the stretch, or not after the position, in the stretch's order. */
function isBeforeStretch(
  stretch: Stretch,
  after: Position | undefined,
): (key: Position) => boolean {
  const { eq, order } = stretch
  const sign = order === 'asc' ? 1 : -1
  const bound = order === 'asc' ? stretch.lower : stretch.upper
  const from = after && [...eq, ...after]
  return (key) => {
    const side = comparePositions(key, eq) * sign
    if (side !== 0) return side < 0
    if (from !== undefined && comparePositions(key, from) * sign <= 0) return true
    if (bound === undefined) return false
    const boundSide = compareValues(key[eq.length], bound.value) * sign
    return bound.inclusive ? boundSide < 0 : boundSide <= 0
  }
}

function holdsPrefix(tree: Tree<Entry>, values: Position): boolean {
  let isThere = false
  tree.scan(
    'asc',
    (key) => comparePositions(key, values) < 0,
    (_, key) => {
      isThere = comparePositions(key, values) === 0
      return false
    },
  )
  return isThere
}

function begins(words: ReadonlySet<string>, beginning: string): boolean {
  if (words.has(beginning)) return true
  for (const word of words) if (word.startsWith(beginning)) return true
  return false
}
