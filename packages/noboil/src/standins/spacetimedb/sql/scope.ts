/** What the names of a query stand for. */
import { resolveType } from '../definition.ts'
import type { Row } from '../datastore/table.ts'
import type { Relation } from '../relation.ts'
import type { Field, Source } from './parse.ts'
import { QueryError } from './tokens.ts'

/** Answers a table or view by its name on the wire; `undefined` when there is none that may be read. */
export type FindRelation = (name: string) => Relation | undefined

/** A relation under the name that the query gives it. */
export interface Bound {
  readonly alias: string
  readonly relation: Relation
}

export interface BoundColumn {
  readonly bound: Bound
  readonly at: number
}

/** A row by the name of its relation. */
export type Environment = Readonly<Record<string, Row>>

export function bind({ table, alias }: Source, find: FindRelation): Bound {
  const relation = find(table)
  if (relation === undefined)
    throw new QueryError(
      `no such table: \`${table}\`. If the table exists, it may be marked private.`,
    )
  return { alias, relation }
}

export function bindColumn({ table, column: name }: Field, bounds: readonly Bound[]): BoundColumn {
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

/** @throws {QueryError} when values of the two cannot be compared. */
export function checkSameType(left: BoundColumn, right: BoundColumn): void {
  const [one, two] = [typeTag(left), typeTag(right)]
  if (one !== two) throw new QueryError(`Unexpected type: (expected) ${two} != ${one} (inferred)`)
}

function typeTag({ bound, at }: BoundColumn): string {
  const type = bound.relation.columns[at]?.type
  return type === undefined ? '' : resolveType(type, bound.relation.typespace).tag
}
