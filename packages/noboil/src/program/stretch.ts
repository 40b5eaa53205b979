/**
 * Positions: where a row lies in an index. The columns of an index followed by those of the primary key that it does not
 * name make every index a total order; a position is a row's values in the part of these that a stretch leaves open.
 */
import { InvariantError } from '../errors/assert.ts'
import type { Stretch } from './request.ts'
import type { Layout } from '../schema/layout.ts'
import type { Row } from '../schema/values.ts'
import { compareValues } from '../schema/values.ts'

export type Position = readonly unknown[]

/** The name under which a layout's primary key is read. */
export const primary = ''

/** The columns that order the rows of an index, ending in the whole primary key. */
export function orderColumns(layout: Layout, index: string): readonly string[] {
  if (index === primary) return layout.key
  const declared = Object.hasOwn(layout.indexes, index) ? layout.indexes[index] : undefined
  if (declared === undefined)
    throw new InvariantError(`Table '${layout.name}' has no index '${index}'.`)
  return [...declared.columns, ...layout.key.filter((name) => !declared.columns.includes(name))]
}

/** Where `row` lies in the stretch. */
export function positionOf(columns: readonly string[], from: number, row: Row): unknown[] {
  const position: unknown[] = []
  for (let i = from; i < columns.length; i++) position.push(row[columns[i] as string])
  return position
}

export function comparePositions(a: Position, b: Position): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i], b[i])
    if (order !== 0) return order
  }
  return 0
}

/** Whether a value of the column after `eq` lies between the stretch's bounds. */
export function isWithin(stretch: Stretch, value: unknown): boolean {
  const { lower, upper } = stretch
  if (lower !== undefined) {
    const order = compareValues(value, lower.value)
    if (lower.inclusive ? order < 0 : order <= 0) return false
  }
  if (upper !== undefined) {
    const order = compareValues(value, upper.value)
    if (upper.inclusive ? order > 0 : order >= 0) return false
  }
  return true
}

/** Stretches with bounds need a column for them to bound. */
export function assertStretch(stretch: Stretch, columns: readonly string[]): void {
  const bounded = stretch.lower !== undefined || stretch.upper !== undefined
  if (stretch.eq.length + (bounded ? 1 : 0) > columns.length) {
    throw new InvariantError(
      `Index '${stretch.index}' of '${stretch.table.name}' has ${columns.length} columns, fewer than the read names.`,
    )
  }
}
