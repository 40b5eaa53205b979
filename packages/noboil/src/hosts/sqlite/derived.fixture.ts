/**
 * Sums per group of a table of numbers: rows that follow from others, for the tests of `derived`. As a script it opens the
 * database it is told and is killed in the middle of making them.
 */
import { get, increment, type Program, program, range } from '../../program/program.ts'
import type { Derived, Place, Rebuilt } from '../../factories/shared/operation.ts'
import { column, type Layout } from '../../schema/layout.ts'
import { openSqliteHost } from './host.ts'

export interface NumberRow {
  readonly id: number
  readonly group: string
}

interface SumRow {
  readonly group: string
  readonly rows: number
  readonly sum: number
}

export const numbers: Layout<NumberRow> = {
  name: 'number',
  columns: { id: column.integer, group: column.text },
  key: ['id'],
  id: 'none',
  indexes: {},
}

export const sums: Layout<SumRow> = {
  name: '_sums',
  columns: { group: column.text, rows: column.integer, sum: column.integer },
  key: ['group'],
  id: 'none',
  indexes: {},
  internal: true,
}

/** Adds `factor` times each number to its group. `onStep` is called in each transaction. */
export const sumsBy = (
  factor: number,
  onStep: () => void = () => {},
  layout: Layout<SumRow> = sums,
): Derived => ({
  table: 'number',
  name: 'sums',
  layout,
  within: [],
  config: { factor },
  rebuild: (from, limit) => sumSome(layout, factor, onStep, from, limit),
})

const sumSome: (
  layout: Layout<SumRow>,
  factor: number,
  onStep: () => void,
  from: Place | null,
  limit: number,
) => Program<Rebuilt> = program(function* (layout, factor, onStep, from, limit) {
  const rows = yield* range(numbers, '', [], {
    ...(from ? { lower: { value: from['id'], inclusive: false } } : {}),
    limit,
  })
  for (const { id, group } of rows) {
    yield* increment(layout, [group], { rows: 1, sum: id * factor })
  }
  onStep()
  const last = rows.at(-1)
  return {
    rows: rows.length,
    next: last === undefined || rows.length < limit ? null : { id: last.id },
  }
})

export const sumOf: (group: string) => Program<readonly [rows: number, sum: number] | null> =
  program(function* (group) {
    const row = yield* get(sums, [group])
    return row && [row.rows, row.sum]
  })

if (process.argv[1] === import.meta.filename) {
  let steps = 0
  const derived = sumsBy(2, () => {
    if (++steps === 3) process.kill(process.pid, 'SIGKILL')
  })
  const file = process.argv[2] as string
  await openSqliteHost({ file, layouts: [numbers, sums], derived: [derived] })
}
