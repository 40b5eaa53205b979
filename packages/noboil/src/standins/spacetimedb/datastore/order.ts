/** The order in which scans answer: none is promised, so tests can ask for another one. */
import { cell, type Index, type Row } from './table.ts'
import { compareValues } from './value.ts'

/** `undefined` keeps the order of writing. */
export type Shuffle = (() => number) | undefined

/** Random numbers in [0, 1) from a seed: mulberry32 (Tommy Ettinger, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function shuffled<item>(items: readonly item[], random: Shuffle): readonly item[] {
  if (random === undefined) return items
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item)
}

/**
 * What an index answers: the rows that the running transaction wrote first and then the committed ones, each part in the
 * order of the index and rows of one key in any. So what a module wrote a moment ago does not stand where its key says.
 */
export function indexOrder(
  index: Index,
  rows: readonly Row[],
  transaction: number,
  random: Shuffle,
): readonly Row[] {
  const own = rows.filter((row) => row.transaction === transaction)
  const committed = own.length === 0 ? rows : rows.filter((row) => row.transaction !== transaction)
  const parts = [...own, ...committed]
  if (random === undefined) return parts
  const runs: Row[][] = []
  for (const row of parts) {
    const run = runs.at(-1)
    const first = run?.[0]
    if (run !== undefined && first !== undefined && sameKey(index, first, row)) run.push(row)
    else runs.push([row])
  }
  return runs.flatMap((run) => shuffled(run, random))
}

function sameKey(index: Index, left: Row, right: Row): boolean {
  return index.definition.columns.every(
    (column) => compareValues(cell(left, column), cell(right, column)) === 0,
  )
}
