/**
 * Which reads a change may concern, found without asking each of them: reads are kept by table and key, or by table, index
 * and the values they fix, so that ten thousand queries under other parents cost a change nothing.
 */
import type { Change } from '../changes/change.ts'
import { holdsAll } from '../program/conditions.ts'
import type { PageRequest, RangeRequest, SearchRequest } from '../program/request.ts'
import { orderColumns, type Position } from '../program/stretch.ts'
import { keyOfId, type Layout } from '../schema/layout.ts'
import type { Row } from '../schema/values.ts'
import { wordsOf } from '../schema/words.ts'
import type { LiveCursors, LiveRead } from './ports.ts'
import { Span, textOf } from './span.ts'

/** One read of one owner. */
export interface Interest<owner> {
  readonly owner: owner
  readonly table: Layout
  readonly read: LiveRead
  /** Whether the read may answer otherwise after this change. */
  overlaps(change: Change): boolean
  readonly shelf: Shelf<owner>
}

/** Reads that look at the same rows. An empty shelf is put away. */
interface Shelf<owner> {
  readonly interests: Set<Interest<owner>>
  readonly text: string
  readonly home: Map<string, Shelf<owner>>
}

export class Interests<owner> {
  readonly #tables = new Map<string, Shelves<owner>>()
  readonly #cursors: LiveCursors
  #size = 0

  constructor(cursors: LiveCursors) {
    this.#cursors = cursors
  }

  get size(): number {
    return this.#size
  }

  /** Reads that can never answer otherwise (an id of another table) take no place. */
  add(owner: owner, reads: readonly LiveRead[]): Interest<owner>[] {
    const interests: Interest<owner>[] = []
    for (const read of reads) {
      const { table } = read.request
      let shelves = this.#tables.get(table.name)
      if (shelves === undefined) this.#tables.set(table.name, (shelves = new Shelves(table)))
      const interest = shelves.add(owner, read, this.#cursors)
      if (interest) interests.push(interest)
    }
    this.#size += interests.length
    return interests
  }

  remove(interests: readonly Interest<owner>[]): void {
    for (const interest of interests) {
      const { shelf } = interest
      if (!shelf.interests.delete(interest)) continue
      this.#size--
      if (shelf.interests.size === 0) shelf.home.delete(shelf.text)
    }
  }

  /** Every read on a shelf of the change; whether it overlaps is for the visitor to ask. */
  visit(change: Change, take: (interest: Interest<owner>) => void): void {
    this.#tables.get(change.table.name)?.visit(change, take)
  }
}

class Shelves<owner> {
  readonly #table: Layout
  readonly #keys = new Map<string, Shelf<owner>>()
  /** By index and number of fixed columns. */
  readonly #families = new Map<string, Family<owner>>()
  #searches: Family<owner> | undefined

  constructor(table: Layout) {
    this.#table = table
  }

  add(owner: owner, read: LiveRead, cursors: LiveCursors): Interest<owner> | undefined {
    const { request } = read
    switch (request.op) {
      case 'get':
      case 'byId': {
        const key = request.op === 'get' ? request.key : keyOfId(this.#table, request.id)
        if (key === undefined) return undefined
        const text = textOf(key)
        const shelf = shelfOf(this.#keys, text)
        const overlaps = (change: Change): boolean =>
          this.#keyText(change) === text && concerns(change, request.fields)
        return put(shelf, { owner, table: this.#table, read, overlaps, shelf })
      }
      case 'range':
      case 'page': {
        const columns = orderColumns(this.#table, request.index).slice(0, request.eq.length)
        const shelf = this.#family(`${request.index}/${columns.length}`, columns).shelf(request.eq)
        const overlaps = overlapOfWindow(new Span(request, cursors), read)
        return put(shelf, { owner, table: this.#table, read, overlaps, shelf })
      }
      case 'search': {
        const scope = this.#table.search?.scope
        this.#searches ??= new Family(scope === undefined ? [] : [scope])
        const shelf = this.#searches.shelf(scope === undefined ? [] : [request.scope])
        return put(shelf, {
          owner,
          table: this.#table,
          read,
          overlaps: overlapOfSearch(request),
          shelf,
        })
      }
    }
  }

  visit(change: Change, take: (interest: Interest<owner>) => void): void {
    const keyed = this.#keys.size > 0 ? this.#keys.get(this.#keyText(change)) : undefined
    if (keyed) for (const interest of keyed.interests) take(interest)
    for (const family of this.#families.values()) family.visit(change, take)
    this.#searches?.visit(change, take)
  }

  #family(name: string, columns: readonly string[]): Family<owner> {
    let family = this.#families.get(name)
    if (family === undefined) this.#families.set(name, (family = new Family(columns)))
    return family
  }

  #keyText(change: Change): string {
    const row = (change.after ?? change.before) as Row
    return textOf(this.#table.key.map((name) => row[name]))
  }
}

/** Reads that fix the same columns, by the values they fix them to. */
class Family<owner> {
  readonly #columns: readonly string[]
  readonly #shelves = new Map<string, Shelf<owner>>()

  constructor(columns: readonly string[]) {
    this.#columns = columns
  }

  shelf(values: readonly unknown[]): Shelf<owner> {
    return shelfOf(this.#shelves, textOf(values))
  }

  visit({ before, after }: Change, take: (interest: Interest<owner>) => void): void {
    const now = after && this.#text(after)
    const then = before && this.#text(before)
    const here = now === null ? undefined : this.#shelves.get(now)
    if (here) for (const interest of here.interests) take(interest)
    const left = then === null || then === now ? undefined : this.#shelves.get(then)
    if (left) for (const interest of left.interests) take(interest)
  }

  #text(row: Row): string {
    return textOf(this.#columns.map((name) => row[name]))
  }
}

function shelfOf<owner>(home: Map<string, Shelf<owner>>, text: string): Shelf<owner> {
  let shelf = home.get(text)
  if (shelf === undefined) home.set(text, (shelf = { interests: new Set(), text, home }))
  return shelf
}

function put<owner>(shelf: Shelf<owner>, interest: Interest<owner>): Interest<owner> {
  shelf.interests.add(interest)
  return interest
}

/** A row that came or went concerns everybody who looked for it; one that changed, those who looked at what changed. */
function concerns(change: Change, fields: readonly string[] | undefined): boolean {
  if (change.before === null || change.after === null) return true
  if (fields === undefined || change.fields === undefined) return true
  return change.fields.some((name) => fields.includes(name))
}

/** A window that is full ends at its last row: what lies behind cannot come in, except by the loss of a row. */
function overlapOfWindow(span: Span, read: LiveRead): (change: Change) => boolean {
  const request = read.request as RangeRequest | PageRequest
  const rows = (
    request.op === 'page' ? (read.answer as { rows: readonly Row[] }).rows : read.answer
  ) as readonly Row[]
  const isFull = !span.isPinned && rows.length >= request.limit
  const last = isFull ? rows.at(-1) : undefined
  const end: Position | undefined = last && span.position(last)
  // A page also says whether it is the last one, which any row behind it decides.
  const reachesOn = request.op === 'page'
  const sees = (row: Row | null): boolean => {
    if (row === null || !span.admits(row)) return false
    if (span.isUnknown) return true
    const position = span.position(row)
    if (!span.isAfterStart(position)) return false
    return reachesOn || end === undefined || span.compare(position, end) <= 0
  }
  return ({ before, after }) => sees(before) || sees(after)
}

/** The rows that hold a beginning of every word. */
function overlapOfSearch(request: SearchRequest): (change: Change) => boolean {
  const { table, words, where } = request
  const fields = table.search?.fields ?? []
  const sees = (row: Row | null): boolean =>
    row !== null && holdsAll(row, where) && finds(row, fields, words)
  return ({ before, after }) => sees(before) || sees(after)
}

function finds(row: Row, fields: readonly string[], words: readonly string[]): boolean {
  const found = fields.flatMap((name) => {
    const value = row[name]
    return typeof value === 'string' ? wordsOf(value) : []
  })
  return words.every((word) => found.some((other) => other.startsWith(word)))
}
