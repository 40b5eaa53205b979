/** Ordered indexes beside a sorted list: whatever comes and goes, in whichever order. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareValues } from '../../schema/values.ts'
import { OrderedIndex } from './ordered.ts'
import { type Db, ownTables, type StoredRow, type TableAccess } from './ports.ts'

/** A table with one unique column, as far as an index needs one. */
function tableOf(column: string, isNumbered: boolean): TableAccess & { readonly size: number } {
  const rows = new Map<unknown, StoredRow>()
  let last = 0n
  return {
    insert(given) {
      const row = structuredClone(isNumbered ? { ...given, [column]: ++last } : given)
      rows.set(row[column], row)
      return row
    },
    [column]: {
      find: (value: unknown) => structuredClone(rows.get(value) ?? null),
      delete: (value: unknown) => rows.delete(value),
      update: (row: StoredRow) => rows.set(row[column], structuredClone(row)),
    },
    get size() {
      return rows.size
    },
  }
}

function openIndex() {
  const nodes = tableOf('id', true)
  const roots = tableOf('name', false)
  const db: Db = { [ownTables.nodes]: nodes, [ownTables.roots]: roots }
  const index = new OrderedIndex(db, 'numbers')
  const held: string[] = []
  return {
    nodes,
    held,
    add(key: string): void {
      if (held.includes(key)) return
      index.insert({ key, row: `row ${key}` })
      held.push(key)
      held.sort(compareValues)
    },
    remove(key: string): void {
      if (!held.includes(key)) return
      index.remove(key)
      held.splice(held.indexOf(key), 1)
    },
    scan: (from: string, to: string, order: 'asc' | 'desc') =>
      Array.from(index.scan({ from, to }, order), ({ key }) => key),
  }
}

const keyOf = (at: number): string => `${at}`.padStart(5, '0')

/** A stretch of keys that comes or goes, one after another: upwards, downwards, or in no order. */
const run = fc.record({
  adds: fc.boolean(),
  from: fc.nat(3_000),
  length: fc.integer({ min: 1, max: 1_500 }),
  step: fc.constantFrom(1, -1, 1_777),
})

it('holds what a sorted list would, whatever has come and gone in whichever order', () => {
  fc.assert(
    fc.property(fc.array(run, { minLength: 2, maxLength: 8 }), (runs) => {
      const index = openIndex()
      for (const { adds, from, length, step } of runs) {
        for (let at = 0; at < length; at++) {
          const key = keyOf((((from + at * step) % 4_000) + 4_000) % 4_000)
          if (adds) index.add(key)
          else index.remove(key)
        }
        const all = index.scan('', '6', 'asc')
        expect(all).toEqual(index.held)
        expect(index.scan('', '6', 'desc')).toEqual(all.toReversed())
        const [low, high] = [keyOf(from), keyOf(from + length)]
        expect(index.scan(low, high, 'asc')).toEqual(
          index.held.filter((key) => key >= low && key < high),
        )
      }
      for (const key of index.held.toReversed()) index.remove(key)
      expect(index.nodes.size).toBe(0)
    }),
    { numRuns: Number(process.env['NOBOIL_RUNS'] ?? 20) },
  )
})

it('finds what comes before a first part that has gone, also when that part then grows', () => {
  const index = openIndex()
  for (let at = 0; at < 2_000; at++) index.add(keyOf(at))
  for (let at = 0; at < 500; at++) index.remove(keyOf(at))
  for (let at = 499; at >= 0; at--) index.add(keyOf(at))
  expect(index.scan('', '6', 'asc')).toEqual(index.held)
  for (const key of index.held.toReversed()) index.remove(key)
  expect(index.nodes.size).toBe(0)
})
