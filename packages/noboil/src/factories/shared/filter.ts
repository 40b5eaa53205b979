/**
 * Filters and orders of lists. A list is one stretch of one index, so a page costs what it shows, however large the table is: a
 * filter that no declared index serves is refused, naming the index that would. The policy is part of every index (its
 * columns come first), so nothing a caller sends can widen what it sees.
 */
import { DefinitionError } from '../../errors/assert.ts'
import { type Index, isIndexable } from '../../schema/layout.ts'
import type { Bound, Order } from '../../program/request.ts'
import type { Field, Fields } from '../../schema/storable.ts'
import { compareValues, type Row } from '../../schema/values.ts'
import { invalid } from './arguments.ts'

/** The `index` option: fields, or lists of fields for filters that name several. */
export type IndexOption<field extends string = string> = readonly (field | readonly field[])[]

/** What a plain field is compared with; all that are given must hold. `$between` includes both ends. */
export interface Comparison<value> {
  readonly $gt?: value
  readonly $gte?: value
  readonly $lt?: value
  readonly $lte?: value
  readonly $between?: readonly [value, value]
}

/** Conditions on indexed fields; all must hold. */
export type Where<payload> = {
  readonly [field in keyof payload]?:
    | payload[field]
    | Comparison<Exclude<payload[field], null | undefined>>
}

/** The part of a list's arguments that says which rows, in which order. */
export interface Filter {
  readonly where?: Row
  readonly orderBy?: string
  readonly order?: Order
}

/** Rows that some callers may see, as a prefix of indexes. */
export interface Placement {
  /** The index in the order of `_id`; `''`: the primary key. */
  readonly base: string
  /** Columns that the policy fixes. */
  readonly prefix: readonly string[]
  /** Declared indexes behind the prefix. */
  readonly indexes: readonly { readonly name: string; readonly columns: readonly string[] }[]
}

/** A stretch of an index, as a list reads it. */
export interface Plan {
  readonly index: string
  readonly eq: readonly unknown[]
  readonly lower?: Bound
  readonly upper?: Bound
  readonly order: Order
}

/** The `index` option as lists of columns. Throws {@link DefinitionError} for what is no plain field. */
export function declaredIndexes(
  table: { readonly name: string; readonly fields: Fields },
  option: IndexOption | undefined,
  what = 'index',
): readonly (readonly string[])[] {
  return (option ?? []).map((entry) => {
    const columns = typeof entry === 'string' ? [entry] : entry
    for (const name of columns) {
      const field = Object.hasOwn(table.fields, name) ? table.fields[name] : undefined
      if (field === undefined || !isIndexable(field)) {
        throw new DefinitionError(
          `Table '${table.name}': ${what} names '${name}', which is ${field === undefined ? 'not a field' : 'not a plain value'}.`,
        )
      }
    }
    if (columns.length === 0 || new Set(columns).size !== columns.length) {
      throw new DefinitionError(
        `Table '${table.name}': ${what} [${columns.join(', ')}] must name different fields.`,
      )
    }
    return columns
  })
}

/** Puts declared indexes behind the columns of a policy. */
export function place(
  name: string,
  prefix: readonly string[],
  declared: readonly (readonly string[])[],
): Placement {
  const indexes = new Map<string, { name: string; columns: readonly string[] }>()
  for (const entry of declared) {
    const columns = entry.filter((column) => !prefix.includes(column))
    if (columns.length === 0) continue
    const at = `${name}__${columns.join('__')}`
    indexes.set(at, { name: at, columns })
  }
  return { base: prefix.length === 0 ? '' : name, prefix, indexes: [...indexes.values()] }
}

/** The layout's part of a placement. */
export function indexesOf(placement: Placement): Record<string, Index> {
  const { base, prefix, indexes } = placement
  const made: Record<string, Index> = base === '' ? {} : { [base]: { columns: prefix } }
  for (const { name, columns } of indexes) made[name] = { columns: [...prefix, ...columns] }
  return made
}

const comparisons: ReadonlySet<string> = new Set(['$gt', '$gte', '$lt', '$lte', '$between'])

/** Readers of the arguments `where`, `orderBy` and `order` of one table. */
export function filterReaders(
  table: { readonly name: string; readonly fields: Fields },
  declared: readonly (readonly string[])[],
): {
  readonly where: (input: unknown, path: string) => Row | undefined
  readonly orderBy: (input: unknown, path: string) => string | undefined
  readonly order: (input: unknown, path: string) => Order | undefined
} {
  const indexed = new Set(declared.flat())
  const fieldOf = (name: string, path: string): Field => {
    if (!indexed.has(name)) {
      throw invalid(
        path,
        `'${name}' is not an indexed field of '${table.name}'; name it in its index option.`,
      )
    }
    return table.fields[name] as Field
  }
  return {
    where(input, path) {
      if (input === undefined) return undefined
      if (!isObject(input)) throw invalid(path, 'Must be an object of conditions.')
      const where: Record<string, unknown> = {}
      for (const [name, condition] of Object.entries(input)) {
        if (condition === undefined) continue
        const field = fieldOf(name, `${path}.${name}`)
        assertCondition(field, condition, `${path}.${name}`)
        where[name] = withFloor(field, condition)
      }
      return where
    },
    orderBy(input, path) {
      if (input === undefined) return undefined
      if (typeof input !== 'string') throw invalid(path, 'Must be the name of a field.')
      fieldOf(input, path)
      return input
    },
    order(input, path) {
      if (input === undefined || input === 'asc' || input === 'desc') return input
      throw invalid(path, `Must be 'asc' or 'desc'.`)
    },
  }
}

/**
 * The stretch that answers a filter among the rows a policy shows; null when nothing can be in it. Without `orderBy`, newest
 * first; with it, ascending. A range on a field puts the rows in that field's order.
 */
export function plan(placement: Placement, fixed: readonly unknown[], filter: Filter): Plan | null {
  const conditions = open(placement, fixed, filter.where ?? {})
  if (conditions === null) return null
  const { equal, ranges } = conditions
  const [ranged] = ranges.keys()
  let by = filter.orderBy ?? ranged
  if (ranges.size > 1 || (ranged !== undefined && by !== ranged)) {
    throw invalid('where', 'A list has one range, on the field it is ordered by.')
  }
  const order = filter.order ?? (by === undefined ? 'desc' : 'asc')
  if (by !== undefined && (equal.has(by) || placement.prefix.includes(by))) by = undefined
  if (by === undefined && equal.size === 0) {
    return { index: placement.base, eq: fixed, order }
  }
  const index = placement.indexes.find(({ columns }) => serves(columns, equal, by))
  if (index === undefined) throw unserved(placement, [...equal.keys()], by)
  const values = index.columns.slice(0, equal.size).map((name) => equal.get(name))
  const bounds = by === undefined ? undefined : ranges.get(by)
  return { index: index.name, eq: [...fixed, ...values], order, ...bounds }
}

function serves(
  columns: readonly string[],
  equal: ReadonlyMap<string, unknown>,
  by: string | undefined,
): boolean {
  if (!columns.slice(0, equal.size).every((name) => equal.has(name))) return false
  return by === undefined ? columns.length === equal.size : columns[equal.size] === by
}

const unserved = (
  { base, indexes }: Placement,
  equal: readonly string[],
  by: string | undefined,
): Error => {
  if (base === '' && indexes.length === 0) {
    return invalid(
      'where',
      'The server itself lists every row by its time; filter in a custom query.',
    )
  }
  const columns = by === undefined ? equal : [...equal, by]
  const entry =
    columns.length === 1 ? `'${columns[0]}'` : `[${columns.map((name) => `'${name}'`).join(', ')}]`
  return invalid('where', `No index serves this; declare index: [${entry}].`)
}

interface Bounds {
  readonly lower?: Bound
  readonly upper?: Bound
}

/** Conditions without those on columns that the policy fixes; null when one of those does not hold. */
function open(
  { prefix }: Placement,
  fixed: readonly unknown[],
  where: Row,
): { readonly equal: Map<string, unknown>; readonly ranges: Map<string, Bounds> } | null {
  const equal = new Map<string, unknown>()
  const ranges = new Map<string, Bounds>()
  for (const [name, condition] of Object.entries(where)) {
    if (condition === undefined) continue
    const at = prefix.indexOf(name)
    const bounds = isObject(condition) ? boundsOf(condition) : undefined
    if (at >= 0) {
      const value = fixed[at]
      if (bounds === undefined ? value !== condition : !within(value, bounds)) return null
    } else if (bounds === undefined) equal.set(name, condition)
    else ranges.set(name, bounds)
  }
  return { equal, ranges }
}

/** The tightest bounds of a comparison. */
function boundsOf(comparison: Row): Bounds {
  let lower: Bound | undefined
  let upper: Bound | undefined
  const from = (value: unknown, inclusive: boolean): void => {
    const order = lower === undefined ? 1 : compareValues(value, lower.value)
    if (order > 0 || (order === 0 && !inclusive)) lower = { value, inclusive }
  }
  const to = (value: unknown, inclusive: boolean): void => {
    const order = upper === undefined ? -1 : compareValues(value, upper.value)
    if (order < 0 || (order === 0 && !inclusive)) upper = { value, inclusive }
  }
  const { $gt, $gte, $lt, $lte, $between } = comparison
  if ($gt !== undefined) from($gt, false)
  if ($gte !== undefined) from($gte, true)
  if ($lt !== undefined) to($lt, false)
  if ($lte !== undefined) to($lte, true)
  if ($between !== undefined) {
    const [first, last] = $between as readonly [unknown, unknown]
    from(first, true)
    to(last, true)
  }
  return { ...(lower ? { lower } : {}), ...(upper ? { upper } : {}) }
}

function within(value: unknown, { lower, upper }: Bounds): boolean {
  if (lower !== undefined) {
    const order = compareValues(value, lower.value)
    if (order < 0 || (order === 0 && !lower.inclusive)) return false
  }
  if (upper === undefined) return true
  const order = compareValues(value, upper.value)
  return order < 0 || (order === 0 && upper.inclusive)
}

function assertCondition(field: Field, condition: unknown, path: string): void {
  if (!isObject(condition)) {
    assertValue(field, condition, path)
    return
  }
  const given = Object.entries(condition).filter(([, value]) => value !== undefined)
  if (given.length === 0) throw invalid(path, 'Must be a value or a comparison.')
  for (const [name, value] of given) {
    if (!comparisons.has(name)) {
      throw invalid(path, `Unknown comparison '${name}'; there are ${[...comparisons].join(', ')}.`)
    }
    const values = name === '$between' ? pair(value, `${path}.${name}`) : [value]
    for (const each of values) assertOrdered(field, each, `${path}.${name}`)
  }
}

/** Missing and null sort before every value: a comparison that is open below must not answer them. */
function withFloor(field: Field, condition: unknown): unknown {
  if (!isObject(condition) || !(field.optional || field.nullable)) return condition
  const { $gt, $gte, $lt, $lte, $between } = condition
  if ($gt !== undefined || $gte !== undefined || $between !== undefined) return condition
  if (typeof ($lt ?? $lte) === 'string') return { ...condition, $gte: '' }
  const integer = field.type.kind === 'number' && field.type.integer
  return { ...condition, $gte: integer ? Number.MIN_SAFE_INTEGER : -Number.MAX_VALUE }
}

function pair(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value) && value.length === 2) return value
  throw invalid(path, 'Must be a list of two values.')
}

function assertOrdered(field: Field, value: unknown, path: string): void {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw invalid(path, 'Must be a text or a number.')
  }
  assertValue(field, value, path)
}

function assertValue(field: Field, value: unknown, path: string): void {
  if (!fits(field, value)) throw invalid(path, 'Is not a value that this field can hold.')
}

function fits({ type, nullable }: Field, value: unknown): boolean {
  if (value === null) return nullable
  switch (type.kind) {
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'literal':
      return type.values.includes(value as string)
    default:
      return typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
  }
}

const isObject = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
