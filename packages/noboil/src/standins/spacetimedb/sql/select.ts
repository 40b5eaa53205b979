/** Queries over relations: checked as SpacetimeDB checks them, answered, and followed as commits change the answer. */
import type { Identity } from 'spacetimedb'
import type { ReadSet } from '../datastore/reads.ts'
import { cell, type Row, type TableChange } from '../datastore/table.ts'
import type { Relation } from '../relation.ts'
import { candidates, condition } from './condition.ts'
import { type ParsedQuery, parseQuery } from './parse.ts'
import {
  bind,
  bindColumn,
  type Bound,
  type BoundColumn,
  checkSameType,
  type Environment,
  type FindRelation,
} from './scope.ts'
import { QueryError } from './tokens.ts'

export interface Query {
  /** Whose rows it answers. */
  readonly relation: Relation
  /** The tables and views it reads. */
  readonly reads: readonly Relation[]
  readonly delta: Delta
  rows(): ReadonlyMap<string, Row>
}

/**
 * How a commit changes the answer.
 *
 * - `rows`: by those of its own rows that are accepted.
 * - `join`: by what of the touched rows is included afterwards.
 * - `whole`: only asking again tells, since a view takes part.
 */
export type Delta =
  | { readonly kind: 'rows'; accepts(row: Row): boolean }
  | {
      readonly kind: 'join'
      touched(change: TableChange): readonly Row[]
      includes(row: Row): boolean
    }
  | { readonly kind: 'whole' }

/** @throws {QueryError} when SpacetimeDB would refuse it. */
export function compileQuery(sql: string, find: FindRelation, sender: Identity): Query {
  const parsed = parseQuery(sql)
  const from = bind(parsed.from, find)
  if (parsed.join === undefined) return single(parsed, from, sender)
  return joined(parsed, from, bind(parsed.join.source, find), sender)
}

/** The rows of a query that a module wrote itself: it may read private tables, and no views. */
export function selectRows(
  sql: string,
  find: FindRelation,
  sender: Identity,
  reads: ReadSet,
): ReadonlyMap<string, Row> {
  const query = compileQuery(sql, find, sender)
  for (const { table } of query.reads) {
    if (table === undefined) continue
    const { delta } = query
    if (delta.kind === 'rows') reads.add(table, (row) => delta.accepts(row))
    else reads.addAll(table)
  }
  return query.rows()
}

function single(parsed: ParsedQuery, from: Bound, sender: Identity): Query {
  const { projection, where } = parsed
  if (projection !== undefined && projection !== from.alias)
    throw new QueryError(`\`${projection}\` is not in scope`)
  const { relation, alias } = from
  const test = condition(where, [from], sender)
  const accepts = (row: Row): boolean => test({ [alias]: row })
  return {
    relation,
    reads: [relation],
    delta: relation.table === undefined ? { kind: 'whole' } : { kind: 'rows', accepts },
    rows: () => byKey(candidates(where, from, [from], sender).filter(accepts)),
  }
}

/** One side of a join, and the column it is joined on. */
interface Side {
  readonly bound: Bound
  readonly on: number
}

function joined(parsed: ParsedQuery, from: Bound, other: Bound, sender: Identity): Query {
  const { projection, where } = parsed
  if (projection === undefined) throw new QueryError('SELECT * is not supported for joins')
  if (from.alias === other.alias) throw new QueryError(`Duplicate name \`${other.alias}\``)
  const bounds = [from, other]
  const [near, far] = joinSides(parsed, from, other)
  const [answer, partner] = projection === from.alias ? [near, far] : [far, near]
  if (answer.bound.alias !== projection) throw new QueryError(`\`${projection}\` is not in scope`)
  const { relation } = answer.bound
  const test = condition(where, bounds, sender)
  const holds = (row: Row, match: Row): boolean =>
    test({ [answer.bound.alias]: row, [partner.bound.alias]: match } satisfies Environment)
  const matches = (side: Side, opposite: Side, row: Row): readonly Row[] =>
    opposite.bound.relation.having(opposite.on, cell(row, side.on))
  return {
    relation,
    reads: bounds.map((bound) => bound.relation),
    delta: bounds.some((bound) => bound.relation.table === undefined)
      ? { kind: 'whole' }
      : {
          kind: 'join',
          touched: (change) => [
            ...(relation.isChangedBy(change) ? rowsOf(change) : []),
            ...(partner.bound.relation.isChangedBy(change)
              ? rowsOf(change).flatMap((row) => matches(partner, answer, row))
              : []),
          ],
          includes: (row) =>
            relation.rows.has(row.key) &&
            matches(answer, partner, row).some((match) => holds(row, match)),
        },
    rows() {
      const [rows, partners] = [answer, partner].map(({ bound }) =>
        candidates(where, bound, bounds, sender),
      ) as [readonly Row[], readonly Row[]]
      if (rows.length <= partners.length)
        return byKey(
          rows.filter((row) => matches(answer, partner, row).some((match) => holds(row, match))),
        )
      return byKey(
        partners.flatMap((match) =>
          matches(partner, answer, match).filter((row) => holds(row, match)),
        ),
      )
    },
  }
}

function joinSides({ join }: ParsedQuery, from: Bound, other: Bound): readonly [Side, Side] {
  if (join === undefined) throw new QueryError('A JOIN needs an ON.')
  const [left, right] = [
    bindColumn(join.left, [from, other]),
    bindColumn(join.right, [from, other]),
  ]
  for (const { bound, at } of [left, right])
    if (!bound.relation.indexed.has(at))
      throw new QueryError('Subscriptions require indexes on join columns')
  checkSameType(left, right)
  const sideOf = (bound: Bound): Side => {
    const column = [left, right].find((candidate: BoundColumn) => candidate.bound === bound)
    if (column === undefined) throw new QueryError('A JOIN compares a column of each table.')
    return { bound, on: column.at }
  }
  return [sideOf(from), sideOf(other)]
}

function rowsOf({ inserts, deletes }: TableChange): readonly Row[] {
  return [...inserts, ...deletes]
}

function byKey(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row.key, row]))
}
