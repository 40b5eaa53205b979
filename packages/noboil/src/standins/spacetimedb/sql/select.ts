/** Queries over relations: checked as SpacetimeDB checks them, and answered. */
import type { Identity } from 'spacetimedb'
import { resolveType } from '../definition.ts'
import { cell, type Row } from '../datastore/table.ts'
import { compareValues, type Value } from '../datastore/value.ts'
import type { Relation } from '../relation.ts'
import { literalValue } from './literal.ts'
import {
  type Condition,
  type Field,
  type Operand,
  type Operator,
  type ParsedQuery,
  parseQuery,
  type Source,
} from './parse.ts'
import { QueryError } from './tokens.ts'

/** Answers a table or view by its name on the wire; `undefined` when there is none that may be read. */
export type FindRelation = (name: string) => Relation | undefined

export interface Query {
  /** Whose rows it answers. */
  readonly relation: Relation
  /** Names of the tables whose changes change the answer. */
  readonly sources: ReadonlySet<string>
  /** Whether a row of the one table it reads belongs to the answer; `undefined` for what is not that simple. */
  readonly accepts: ((row: Row) => boolean) | undefined
  rows(): ReadonlyMap<string, Row>
}

/** @throws {QueryError} when SpacetimeDB would refuse it. */
export function compileQuery(sql: string, find: FindRelation, sender: Identity): Query {
  const parsed = parseQuery(sql)
  const from = bind(parsed.from, find)
  if (parsed.join === undefined) return single(parsed, from, sender)
  return joined(parsed, from, bind(parsed.join.source, find), sender)
}

/** The rows of a query that a module wrote itself; it may read private tables. */
export function selectRows(
  sql: string,
  find: FindRelation,
  sender: Identity,
): ReadonlyMap<string, Row> {
  return compileQuery(sql, find, sender).rows()
}

interface Bound {
  readonly alias: string
  readonly relation: Relation
}

type Environment = Readonly<Record<string, Row>>

function bind({ table, alias }: Source, find: FindRelation): Bound {
  const relation = find(table)
  if (relation === undefined)
    throw new QueryError(
      `no such table: \`${table}\`. If the table exists, it may be marked private.`,
    )
  return { alias, relation }
}

function single(parsed: ParsedQuery, from: Bound, sender: Identity): Query {
  const { projection, where } = parsed
  if (projection !== undefined && projection !== from.alias)
    throw new QueryError(`\`${projection}\` is not in scope`)
  const { relation, alias } = from
  const test = where === undefined ? () => true : condition(where, [from], sender)
  const accepts = (row: Row): boolean => test({ [alias]: row })
  const isTable = relation.sources.size === 1 && relation.sources.has(relation.name)
  return {
    relation,
    sources: relation.sources,
    accepts: isTable ? accepts : undefined,
    rows: () => new Map([...relation.rows].filter(([, row]) => accepts(row))),
  }
}

function joined(parsed: ParsedQuery, from: Bound, other: Bound, sender: Identity): Query {
  const { projection, join, where } = parsed
  if (projection === undefined) throw new QueryError('SELECT * is not supported for joins')
  if (from.alias === other.alias) throw new QueryError(`Duplicate name \`${other.alias}\``)
  const bounds = [from, other]
  const answer = bounds.find(({ alias }) => alias === projection)
  if (answer === undefined) throw new QueryError(`\`${projection}\` is not in scope`)
  if (join === undefined) throw new QueryError('A JOIN needs an ON.')
  const sides = [column(join.left, bounds), column(join.right, bounds)]
  for (const { bound, at } of sides)
    if (!bound.relation.indexed.has(at))
      throw new QueryError('Subscriptions require indexes on join columns')
  const [near, far] = [from, other].map((bound) => sides.find((side) => side.bound === bound))
  if (near === undefined || far === undefined)
    throw new QueryError('A JOIN compares a column of each table.')
  const test = where === undefined ? () => true : condition(where, bounds, sender)
  return {
    relation: answer.relation,
    sources: new Set([...from.relation.sources, ...other.relation.sources]),
    accepts: undefined,
    rows() {
      const found = new Map<string, Row>()
      const matches = Map.groupBy(other.relation.rows.values(), (row) => text(cell(row, far.at)))
      for (const row of from.relation.rows.values())
        for (const match of matches.get(text(cell(row, near.at))) ?? []) {
          if (!test({ [from.alias]: row, [other.alias]: match })) continue
          const result = answer === from ? row : match
          found.set(result.key, result)
        }
      return found
    },
  }
}

interface BoundColumn {
  readonly bound: Bound
  readonly at: number
}

function column({ table, column: name }: Field, bounds: readonly Bound[]): BoundColumn {
  if (table === undefined && bounds.length > 1)
    throw new QueryError('Names must be qualified when using joins')
  const bound = table === undefined ? bounds[0] : bounds.find(({ alias }) => alias === table)
  if (bound === undefined) throw new QueryError(`\`${table}\` is not in scope`)
  const { columns } = bound.relation
  const exact = columns.findIndex(({ wireName }) => wireName === name)
  const at = exact === -1 ? columns.findIndex((candidate) => candidate.name === name) : exact
  if (at === -1) throw new QueryError(`\`${bound.alias}\` does not have a field \`${name}\``)
  return { bound, at }
}

function condition(
  parsed: Condition,
  bounds: readonly Bound[],
  sender: Identity,
): (rows: Environment) => boolean {
  if (parsed.kind === 'constant') return () => parsed.value
  if (parsed.kind === 'compare') return comparison(parsed, bounds, sender)
  const parts = parsed.parts.map((part) => condition(part, bounds, sender))
  return parsed.kind === 'and'
    ? (rows) => parts.every((part) => part(rows))
    : (rows) => parts.some((part) => part(rows))
}

function comparison(
  { operator, left, right }: Extract<Condition, { kind: 'compare' }>,
  bounds: readonly Bound[],
  sender: Identity,
): (rows: Environment) => boolean {
  const typed = [left, right].find((operand) => 'field' in operand)
  if (typed === undefined) throw new QueryError('Cannot resolve type for literal expression')
  const { bound, at } = column(typed.field, bounds)
  const type = bound.relation.columns[at]?.type
  if (type === undefined) throw new QueryError('Cannot resolve type for literal expression')
  const { typespace } = bound.relation
  const reader = (operand: Operand): ((rows: Environment) => Value | undefined) => {
    if ('literal' in operand) {
      const value = literalValue(operand.literal, type, typespace, sender)
      return () => value
    }
    const read = column(operand.field, bounds)
    checkSameType(read, { bound, at })
    return (rows) => {
      const row = rows[read.bound.alias]
      return row === undefined ? undefined : cell(row, read.at)
    }
  }
  const [first, second] = [reader(left), reader(right)]
  return (rows) => {
    const [one, two] = [first(rows), second(rows)]
    return one !== undefined && two !== undefined && holds(operator, compareValues(one, two))
  }
}

function checkSameType(left: BoundColumn, right: BoundColumn): void {
  const tag = ({ bound, at }: BoundColumn): string => {
    const type = bound.relation.columns[at]?.type
    return type === undefined ? '' : resolveType(type, bound.relation.typespace).tag
  }
  if (tag(left) !== tag(right))
    throw new QueryError(`Unexpected type: (expected) ${tag(right)} != ${tag(left)} (inferred)`)
}

function holds(operator: Operator, order: number): boolean {
  switch (operator) {
    case '=':
      return order === 0
    case '<>':
      return order !== 0
    case '<':
      return order < 0
    case '>':
      return order > 0
    case '<=':
      return order <= 0
    case '>=':
      return order >= 0
  }
}

/** Equal values have equal texts, within one type. */
function text(value: Value): string {
  if (Buffer.isBuffer(value)) return value.toString('latin1')
  if (typeof value !== 'object') return String(value)
  return 'tag' in value ? `${value.tag}:${text(value.value)}` : value.map(text).join('\0')
}
