/**
 * How stretches of an index become SQL: as segments, each one contiguous piece of the index, in order. One statement that
 * said all of it would be full of OR and IS NULL, which SQLite answers by scanning; segments are seeks.
 *
 * A segment's shape is a word of one letter per test on the index's columns from the left: `=` equal and `n` NULL go on to the next
 * column, the others are the last: `>` `g` (≥) `<` `l` (≤), `p` (not NULL).
 */
import type { SQLInputValue } from 'node:sqlite'
import { InvariantError } from '../../errors/assert.ts'
import type { Condition, Order, Stretch } from '../../program/request.ts'
import type { Row } from '../../schema/values.ts'
import { compareValues } from '../../schema/values.ts'
import { holdsAll } from '../../program/conditions.ts'
import { isWithin, type Position } from '../../program/stretch.ts'
import { type Column, comparable } from './columns.ts'

export interface Segment {
  readonly shape: string
  readonly values: readonly SQLInputValue[]
}

/** The conditions of a read: what SQL tests, and what is tested on the rows it gives. */
export interface Filter {
  readonly shape: string
  readonly sql: readonly string[]
  readonly values: readonly SQLInputValue[]
  readonly holds: ((row: Row) => boolean) | undefined
}

const noFilter: Filter = { shape: '', sql: [], values: [], holds: undefined }

/** The segments of a stretch, behind a position if there is one. */
export function segmentsOf(
  columns: readonly Column[],
  stretch: Stretch,
  after: Position | undefined,
): readonly Segment[] {
  let shape = ''
  const values: SQLInputValue[] = []
  for (let i = 0; i < stretch.eq.length; i++) {
    const value = comparable(columns[i] as Column, stretch.eq[i])
    if (value === undefined) return []
    shape += value === null ? 'n' : '='
    if (value !== null) values.push(value)
  }
  const from = stretch.eq.length
  if (after === undefined) {
    const next = columns[from]
    if (next === undefined || (stretch.lower === undefined && stretch.upper === undefined)) {
      return [{ shape, values }]
    }
    return open(shape, values, next, stretch.order, testsOf(stretch))
  }
  // One row at most, and the position stands behind it.
  if (from >= columns.length) return []
  return behind(columns, stretch, after, shape, values)
}

/** Behind a position: first what shares all of it but the last value, then all but the last two, and so on. */
function behind(
  columns: readonly Column[],
  stretch: Stretch,
  after: Position,
  shape: string,
  values: readonly SQLInputValue[],
): readonly Segment[] {
  const from = stretch.eq.length
  const found: Segment[][] = []
  let prefix = shape
  const prefixValues = [...values]
  for (let i = 0; i < after.length; i++) {
    const column = columns[from + i] as Column
    const beyond: Test = { value: after[i], is: stretch.order === 'asc' ? '>' : '<' }
    const tests = i === 0 ? [...testsOf(stretch), beyond] : [beyond]
    found.unshift(open(prefix, prefixValues, column, stretch.order, tests))
    if (i === 0 && !isWithin(stretch, after[0])) break
    const value = comparable(column, after[i])
    if (value === undefined) break
    prefix += value === null ? 'n' : '='
    if (value !== null) prefixValues.push(value)
  }
  return found.flat()
}

interface Test {
  readonly value: unknown
  readonly is: '>' | 'g' | '<' | 'l'
}

function testsOf({ lower, upper }: Stretch): Test[] {
  const tests: Test[] = []
  if (lower !== undefined) tests.push({ value: lower.value, is: lower.inclusive ? 'g' : '>' })
  if (upper !== undefined) tests.push({ value: upper.value, is: upper.inclusive ? 'l' : '<' })
  return tests
}

/** Segments over one column: NULLs lie before everything else. */
function open(
  shape: string,
  values: readonly SQLInputValue[],
  column: Column,
  order: Order,
  tests: readonly Test[],
): Segment[] {
  const segments: Segment[] = []
  const present = presentSegment(shape, values, column, tests)
  if (present !== undefined) segments.push(present)
  if (column.absent !== undefined) {
    const absent = column.absent === 'null' ? null : undefined
    if (tests.every((test) => passes(compareValues(absent, test.value), test.is))) {
      const nulls = { shape: `${shape}n`, values: [...values] }
      if (order === 'asc') segments.unshift(nulls)
      else segments.push(nulls)
    }
  }
  return segments
}

function presentSegment(
  shape: string,
  values: readonly SQLInputValue[],
  column: Column,
  tests: readonly Test[],
): Segment | undefined {
  let tested = shape
  const all = [...values]
  for (const test of tests) {
    const value = comparable(column, test.value)
    if (value !== undefined && value !== null) {
      tested += test.is
      all.push(value)
    } else if (!passes(kindOrder(column, test.value), test.is)) return undefined
  }
  if (tested === shape && column.absent !== undefined) tested += 'p'
  return { shape: tested, values: all }
}

/** How values that are there compare with one of another kind. */
function kindOrder(column: Column, value: unknown): number {
  const sample = column.storage === 'text' ? '' : column.storage === 'boolean' ? false : 0
  return compareValues(sample, value)
}

function passes(order: number, is: Test['is']): boolean {
  if (is === '>') return order > 0
  if (is === 'g') return order >= 0
  return is === '<' ? order < 0 : order <= 0
}

const operators: Readonly<Record<string, string>> = {
  '=': '=',
  '>': '>',
  g: '>=',
  '<': '<',
  l: '<=',
}

/** The tests of a segment's shape as SQL. */
export function segmentSql(columns: readonly Column[], shape: string): string[] {
  const tests: string[] = []
  let at = 0
  for (const letter of shape) {
    const { qualified } = columns[at] as Column
    if (letter === 'n') tests.push(`${qualified} IS NULL`)
    else if (letter === 'p') tests.push(`${qualified} IS NOT NULL`)
    else tests.push(`${qualified} ${operators[letter]} ?`)
    if (letter === '=' || letter === 'n') at++
  }
  return tests
}

/** Conditions as SQL, as far as SQL has the same order of values; undefined when no row can meet them. */
export function filterOf(
  columns: ReadonlyMap<string, Column>,
  where: readonly Condition[],
): Filter | undefined {
  if (where.length === 0) return noFilter
  let shape = ''
  const sql: string[] = []
  const values: SQLInputValue[] = []
  const rest: Condition[] = []
  for (const condition of where) {
    const column = columns.get(condition.field)
    if (column === undefined) throw new InvariantError(`There is no field '${condition.field}'.`)
    if (column.storage === 'json' || (typeof condition.value === 'object' && condition.value)) {
      rest.push(condition)
      continue
    }
    const test = conditionSql(column, condition)
    if (test === false) return undefined
    if (test === true) continue
    shape += `${test},`
    sql.push(test)
    if (test.includes('?')) values.push(comparable(column, condition.value) as SQLInputValue)
  }
  const holds = rest.length === 0 ? undefined : (row: Row) => holdsAll(row, rest)
  return { shape, sql, values, holds }
}

const conditionOperators = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

/** True and false for a condition that holds for all rows or none. */
function conditionSql(column: Column, { is, value }: Condition): string | boolean {
  const { qualified } = column
  const given = comparable(column, value)
  const isAbsentIn =
    column.absent !== undefined &&
    conditionPasses(compareValues(column.absent === 'null' ? null : undefined, value), is)
  if (given !== undefined && given !== null) {
    const test = `${qualified} ${conditionOperators[is]} ?`
    return isAbsentIn ? `(${test} OR ${qualified} IS NULL)` : test
  }
  if (conditionPasses(kindOrder(column, value), is)) {
    return isAbsentIn || column.absent === undefined ? true : `${qualified} IS NOT NULL`
  }
  return isAbsentIn ? `${qualified} IS NULL` : false
}

function conditionPasses(order: number, is: Condition['is']): boolean {
  switch (is) {
    case 'eq':
      return order === 0
    case 'ne':
      return order !== 0
    case 'lt':
      return order < 0
    case 'lte':
      return order <= 0
    case 'gt':
      return order > 0
    case 'gte':
      return order >= 0
  }
}
