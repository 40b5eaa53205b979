/** Conditions on rows: what they mean, for whoever has no better way to test them. */
import { InvariantError } from '../errors/assert.ts'
import type { Condition } from './request.ts'
import type { Layout } from '../schema/layout.ts'
import { canonicalJson, compareValues, type Row } from '../schema/values.ts'

export function holdsAll(row: Row, conditions: readonly Condition[]): boolean {
  for (const condition of conditions) if (!holds(row, condition)) return false
  return true
}

/** Conditions name fields of the table, never what is derived from them. */
export function assertFields(layout: Layout, conditions: readonly Condition[]): void {
  for (const { field } of conditions) {
    if (!Object.hasOwn(layout.columns, field)) {
      throw new InvariantError(`Table '${layout.name}' has no field '${field}' to test.`)
    }
  }
}

/** `eq` and `ne` compare nested values as a whole; the others need scalars. */
export function holds(row: Row, condition: Condition): boolean {
  const value = row[condition.field]
  switch (condition.is) {
    case 'eq':
      return sameValue(value, condition.value)
    case 'ne':
      return !sameValue(value, condition.value)
    case 'lt':
      return order(value, condition) < 0
    case 'lte':
      return order(value, condition) <= 0
    case 'gt':
      return order(value, condition) > 0
    case 'gte':
      return order(value, condition) >= 0
  }
}

/** Equality of stored values, nested ones included. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  return canonicalJson(a) === canonicalJson(b)
}

function order(value: unknown, condition: Condition): number {
  if (isNested(value) || isNested(condition.value)) {
    throw new InvariantError(`Field '${condition.field}' holds nested values, which have no order.`)
  }
  return compareValues(value, condition.value)
}

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null
