/**
 * Lists and searches of owned and child tables.
 */
import { batch, byId, page, type Program, search as searchOp } from '../../program/program.ts'
import type { Condition } from '../../program/request.ts'
import { type Layout, tableOfId } from '../../schema/layout.ts'
import { canonicalJson } from '../../schema/values.ts'
import { wordsOf } from '../../schema/words.ts'
import { type Entities, type EntityRow, isLive, liveOnly, mapper } from './entity.ts'
import { type Filter, plan, type Placement } from './filter.ts'
import { type Answer, emptyPage, endOf, Listing, type PaginationOptions } from './operation.ts'
import { noSearch } from './search.ts'

/** Where one audience's rows lie. */
export interface Source {
  readonly placement: Placement
  /** Values of the placement's prefix. */
  readonly fixed: readonly unknown[]
  /** Rows that stand for those of the table: what the list pages over. Absent: the table itself. */
  readonly via?: Layout<Pointer>
}

/** A row of another table that names one of this. */
export interface Pointer {
  /** The `_id` of the row it names. */
  readonly id: string
}

export interface ListArgs extends Filter {
  readonly paginationOpts: PaginationOptions
}

/** A page of a source, under a filter. */
export function* listOf(
  entities: Entities,
  source: Source,
  given: ListArgs,
): Program<Answer<unknown>> {
  const { numItems, cursor, endCursor } = given.paginationOpts
  const found = plan(source.placement, source.fixed, given)
  if (found === null) return emptyPage
  const { index, eq, ...stretch } = found
  const options = {
    ...stretch,
    scope: `${entities.name}.list:${canonicalJson([index, eq, stretch.lower, stretch.upper, stretch.order])}`,
    cursor,
    endCursor,
    limit: numItems,
  }
  if (source.via === undefined) {
    const rows = yield* page(entities.layout, index, eq, { ...options, where: liveOnly })
    return new Listing(rows.rows, yield* mapper(entities, rows.rows), rows)
  }
  const pointers = yield* page(source.via, index, eq, options)
  const rows = yield* rowsBehind(entities, pointers.rows)
  const map = yield* mapper(entities, rows)
  return { page: rows.map(map), ...endOf(pointers) }
}

/** The newest rows of a source in which every word of `query` begins a word. */
export function* searchOf(
  entities: Entities,
  source: Source,
  query: string,
): Program<Answer<unknown>> {
  if (entities.searched.length === 0) throw noSearch(entities.name)
  const words = wordsOf(query)
  if (words.length === 0) return []
  const limit = entities.settings.limits.maxSearchRows
  const { prefix } = source.placement
  const { layout } = entities
  const target = source.via ?? layout
  const scoped = target.search?.scope
  const where: Condition[] = []
  for (const [at, field] of prefix.entries()) {
    if (field !== scoped) where.push({ field, is: 'eq', value: source.fixed[at] })
  }
  const scope = scoped === undefined ? {} : { scope: source.fixed[prefix.indexOf(scoped)] }
  let rows: readonly EntityRow[]
  if (source.via === undefined) {
    rows = yield* searchOp(layout, words, { ...scope, where: [...where, ...liveOnly], limit })
  } else {
    const pointers = yield* searchOp(source.via, words, { ...scope, where, limit })
    const found = yield* rowsBehind(entities, pointers)
    // Ids that hosts of noboil's own make rise; a host with other ids finds pointers in the order of what they name.
    const rising = found.every(({ _id }) => tableOfId(_id) === layout.name)
    rows = rising ? found.sort((a, b) => (a._id < b._id ? 1 : -1)) : found
  }
  return rows.map(yield* mapper(entities, rows))
}

/** One row that the caller may see, or null. */
export function* rowOf(entities: Entities, id: string): Program<Answer<unknown>> {
  const row = yield* byId(entities.layout, id)
  if (row === null || !isLive(row)) return null
  return (yield* mapper(entities, [row]))(row) ?? null
}

function* rowsBehind(entities: Entities, pointers: readonly Pointer[]): Program<EntityRow[]> {
  if (pointers.length === 0) return []
  const rows = yield* batch(...pointers.map(({ id }) => byId(entities.layout, id)))
  return rows.filter((row) => row !== null)
}
