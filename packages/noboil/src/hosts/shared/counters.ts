import { InvariantError } from '../../errors/assert.ts'
import type { Layout } from '../../schema/layout.ts'

/** Increments are for integers that are always there: only so can a row's past be told from its present. */
export function assertCounters(layout: Layout, names: readonly string[]): void {
  for (const name of names) {
    const field = layout.columns[name]
    const isInteger = field?.type.kind === 'number' && field.type.integer
    if (isInteger && !field.optional && !field.nullable) continue
    throw new InvariantError(
      `Table '${layout.name}': '${name}' is no integer that every row has, and cannot be incremented.`,
    )
  }
}

/** The row that an increment makes where there is none: zeros beside its key and what is added. */
export function firstRow(
  layout: Layout,
  key: readonly unknown[],
  by: Readonly<Record<string, number>>,
): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(layout.columns)) {
    if (field.type.kind === 'number' && !field.optional) row[name] = field.nullable ? null : 0
  }
  for (const [at, name] of layout.key.entries()) row[name] = key[at]
  return { ...row, ...by }
}
