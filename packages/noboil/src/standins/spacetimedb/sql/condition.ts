/** The WHERE of a query: as a test of rows, and as values that an index can look up. */
import type { Identity } from 'spacetimedb'
import { cell, type Row } from '../datastore/table.ts'
import { compareValues, type Value } from '../datastore/value.ts'
import { literalValue } from './literal.ts'
import type { Condition, Operand, Operator } from './parse.ts'
import { type Bound, bindColumn, checkSameType, type Environment } from './scope.ts'
import { QueryError } from './tokens.ts'

/** @throws {QueryError} for names that are not there and values of other types. */
export function condition(
  parsed: Condition | undefined,
  bounds: readonly Bound[],
  sender: Identity,
): (rows: Environment) => boolean {
  if (parsed === undefined) return () => true
  if (parsed.kind === 'constant') return () => parsed.value
  if (parsed.kind === 'compare') return comparison(parsed, bounds, sender)
  const parts = parsed.parts.map((part) => condition(part, bounds, sender))
  return parsed.kind === 'and'
    ? (rows) => parts.every((part) => part(rows))
    : (rows) => parts.some((part) => part(rows))
}

/**
 * The rows of one relation among which are all that the condition can hold for: as few as one of its indexes tells. The
 * condition has been checked.
 */
export function candidates(
  parsed: Condition | undefined,
  bound: Bound,
  bounds: readonly Bound[],
  sender: Identity,
): readonly Row[] {
  const found = [...equalities(parsed, bound, bounds, sender)]
    .filter(({ at }) => bound.relation.indexed.has(at))
    .map(({ at, value }) => bound.relation.having(at, value))
  const [first, ...others] = found
  if (first === undefined) return [...bound.relation.rows.values()]
  return others.reduce((fewest, rows) => (rows.length < fewest.length ? rows : fewest), first)
}

type Comparison = Extract<Condition, { kind: 'compare' }>

function comparison(
  { operator, left, right }: Comparison,
  bounds: readonly Bound[],
  sender: Identity,
): (rows: Environment) => boolean {
  const typed = [left, right].find((operand) => 'field' in operand)
  if (typed === undefined) throw new QueryError('Cannot resolve type for literal expression')
  const column = bindColumn(typed.field, bounds)
  const { relation } = column.bound
  const type = relation.columns[column.at]?.type
  if (type === undefined) throw new QueryError('Cannot resolve type for literal expression')
  const reader = (operand: Operand): ((rows: Environment) => Value | undefined) => {
    if ('literal' in operand) {
      const value = literalValue(operand.literal, type, relation.typespace, sender)
      return () => value
    }
    const read = bindColumn(operand.field, bounds)
    checkSameType(read, column)
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

/** `column = value`, where it must hold for all of the condition to hold. */
function* equalities(
  parsed: Condition | undefined,
  bound: Bound,
  bounds: readonly Bound[],
  sender: Identity,
): Generator<{ readonly at: number; readonly value: Value }> {
  if (parsed?.kind === 'and')
    for (const part of parsed.parts) yield* equalities(part, bound, bounds, sender)
  if (parsed?.kind !== 'compare' || parsed.operator !== '=') return
  const { left, right } = parsed
  const [field, literal] = 'field' in left ? [left, right] : [right, left]
  if (!('field' in field) || !('literal' in literal)) return
  const column = bindColumn(field.field, bounds)
  const type = bound.relation.columns[column.at]?.type
  if (column.bound !== bound || type === undefined) return
  yield {
    at: column.at,
    value: literalValue(literal.literal, type, bound.relation.typespace, sender),
  }
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
