import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  asked,
  firstPage,
  type PageQuery,
  type PageResult,
  type Pages,
  rowsOf,
  withMore,
  withSplits,
} from './pages.ts'

/** Rows 1, 2, 3, … as a server with them would answer a page; pages of more than `most` rows come in part. */
function serve(rows: readonly number[], query: PageQuery, most: number, held: Held): PageResult {
  const from = query.cursor === null ? 0 : Number(query.cursor)
  const end = query.endCursor ?? held.get(query.key)
  const behind = rows.filter((row) => row > from)
  const whole =
    end === undefined ? behind.slice(0, query.numItems) : behind.filter((row) => row <= Number(end))
  const page = whole.slice(0, most)
  const isWhole = page.length === whole.length
  const last = page.at(-1) ?? from
  const continueCursor = isWhole && end !== undefined ? end : String(last)
  if (isWhole) held.set(query.key, continueCursor)
  return {
    page,
    continueCursor: isWhole ? continueCursor : String(last),
    isDone: isWhole && end === undefined && behind.length === page.length,
    splitCursor: page.length > 1 ? String(page[Math.floor((page.length - 1) / 2)]) : null,
    pageStatus: isWhole ? null : 'SplitRecommended',
  }
}

type Held = Map<number, string>

test('however pages are split, every row is there once, in order', () => {
  const growth = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 })
  fc.assert(
    fc.property(growth, fc.integer({ min: 1, max: 5 }), fc.nat(4), (added, pageSize, loads) => {
      let rows: number[] = Array.from({ length: 20 }, (_, at) => at * 3 + 1)
      const held: Held = new Map()
      const answers = (pages: Pages) => (key: number) => {
        const query = asked(pages).find((each) => each.key === key)
        return query && serve(rows, query, 100, held)
      }
      let pages = firstPage(pageSize)
      const settle = (): void => {
        for (let next = withSplits(pages, answers(pages), pageSize); next !== pages;) {
          pages = next
          next = withSplits(pages, answers(pages), pageSize)
        }
      }
      for (let n = 0; n < loads; n++) {
        const { more } = rowsOf(pages, answers(pages))
        if (more !== undefined) pages = withMore(pages, pageSize, more)
      }
      rowsOf(pages, answers(pages))
      for (const row of added) rows = [...new Set([...rows, row])].toSorted((a, b) => a - b)
      settle()
      const shown = rowsOf(pages, answers(pages)).rows as number[]
      expect(shown).toEqual(rows.filter((row) => row <= (shown.at(-1) ?? 0)))
      expect(shown.length).toBeGreaterThanOrEqual(Math.min(20, pageSize * (loads + 1)))
    }),
  )
})

test('a page that has grown too large is shown until its halves are there', () => {
  const pages = firstPage(2)
  const large: PageResult = {
    page: [1, 2, 3, 4, 5],
    continueCursor: '5',
    isDone: false,
    splitCursor: '3',
  }
  const split = withSplits(pages, () => large, 2)
  expect(asked(split)).toEqual([
    { key: 0, numItems: 2, cursor: null },
    { key: 1, numItems: 2, cursor: null, endCursor: '3' },
    { key: 2, numItems: 2, cursor: '3', endCursor: '5' },
  ])
  const onlyFirst = (key: number) => (key === 0 ? large : undefined)
  expect(withSplits(split, onlyFirst, 2)).toBe(split)
  expect(rowsOf(split, onlyFirst).rows).toEqual([1, 2, 3, 4, 5])
  const half = { page: [1], continueCursor: '3', isDone: false }
  const joined = withSplits(split, (key) => (key === 0 ? large : half), 2)
  expect(joined.shown.map(({ key }) => key)).toEqual([1, 2])
  expect(asked(joined)).toHaveLength(2)
})

test('what had to be split is not shown as if it were whole', () => {
  const part: PageResult = {
    page: [1],
    continueCursor: '1',
    isDone: false,
    pageStatus: 'SplitRequired',
  }
  expect(rowsOf(firstPage(2), () => part)).toMatchObject({ rows: [], isLoading: true })
})

test('a page that failed ends the list, and says why', () => {
  const failure = new Error('no')
  expect(rowsOf(firstPage(2), () => failure)).toMatchObject({ rows: [], error: failure })
})
