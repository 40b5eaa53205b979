/** Which of the rows are shown: the first page, what comes before its end later, and as many more as were asked for. */
import { useState } from 'react'
import { useLatest } from '../latest.ts'
import type { Row } from './overlay.ts'

type Order = (a: Row, b: Row) => number

export interface Shown {
  readonly shown: readonly Row[] | undefined
  readonly hasMore: boolean
  readonly loadMore: (count?: number) => void
}

/** How far the rows of one list are shown. */
interface Reach {
  readonly list: string
  /** The last row that is shown, as it was; undefined: all are. */
  readonly until: Row | undefined
}

/** `list` says which list it is: another begins with its first page. A row that is shown goes only when it is removed. */
export function useShown(
  rows: readonly Row[] | undefined,
  order: Order,
  list: string,
  pageSize: number,
): Shown {
  const [reach, setReach] = useState<Reach>()
  const sorted = rows?.toSorted(order)
  const current = reach?.list === list ? reach : sorted && reachOf(list, sorted, pageSize)
  if (current !== undefined && current !== reach) setReach(current)
  const until = current?.until
  const shown = until === undefined ? sorted : sorted?.filter((row) => order(row, until) <= 0)
  return {
    shown,
    hasMore: (sorted?.length ?? 0) > (shown?.length ?? 0),
    loadMore: useLatest((count: number = pageSize) => {
      if (sorted !== undefined) setReach(reachOf(list, sorted, (shown?.length ?? 0) + count))
    }),
  }
}

const reachOf = (list: string, sorted: readonly Row[], count: number): Reach => ({
  list,
  until: sorted.length > count ? sorted[count - 1] : undefined,
})
