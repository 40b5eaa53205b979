/**
 * A list as pages that are asked for one by one. A page on Convex ends where it ended first, and grows with what is put into it:
 * one that has grown too large is split in two, and is shown until both halves are there.
 */

/** One page as it is asked for. */
export interface PageQuery {
  readonly key: number
  readonly numItems: number
  readonly cursor: string | null
  readonly endCursor?: string
}

export interface Pages {
  /** Tells this list from others of the same arguments: each has pages of its own. */
  readonly id: number
  readonly shown: readonly PageQuery[]
  /** Pages that are being split, by their key. */
  readonly halves: ReadonlyMap<number, readonly [PageQuery, PageQuery]>
}

/** One page as Convex answers it. */
export interface PageResult {
  readonly page: readonly unknown[]
  readonly continueCursor: string
  readonly isDone: boolean
  readonly splitCursor?: string | null
  readonly pageStatus?: 'SplitRecommended' | 'SplitRequired' | null
}

/** What is known of each page by its key; an error is one that failed. */
export type Answers = (key: number) => PageResult | Error | undefined

/** Below zero, where the ids of Convex's own hooks are not. */
let lists = 0

export const firstPage = (numItems: number): Pages => ({
  id: --lists,
  shown: [{ key: 0, numItems, cursor: null }],
  halves: new Map(),
})

/** Every page to ask for. */
export const asked = ({ shown, halves }: Pages): readonly PageQuery[] => [
  ...shown,
  ...[...halves.values()].flat(),
]

export function withMore(pages: Pages, numItems: number, cursor: string): Pages {
  const page = { key: nextKey(pages), numItems, cursor }
  return { ...pages, shown: [...pages.shown, page] }
}

/** Begins the splits that are due and ends those whose halves are there; the same pages when there are none. */
export function withSplits(pages: Pages, answers: Answers, pageSize: number): Pages {
  let next = pages
  for (const page of pages.shown) {
    const answer = answers(page.key)
    const halves = next.halves.get(page.key)
    if (halves !== undefined) {
      if (halves.every(({ key }) => answers(key) !== undefined)) next = joined(next, page, halves)
    } else if (answer !== undefined && !(answer instanceof Error) && isDue(answer, pageSize)) {
      const [key, splitCursor] = [nextKey(next), answer.splitCursor as string]
      const first = { ...page, key, endCursor: splitCursor }
      const second = {
        ...page,
        key: key + 1,
        cursor: splitCursor,
        endCursor: answer.continueCursor,
      }
      next = { ...next, halves: new Map([...next.halves, [page.key, [first, second]]]) }
    }
  }
  return next
}

export interface Rows {
  readonly rows: readonly unknown[]
  /** Where the next page begins; undefined while there is more to come, or nothing left. */
  readonly more: string | undefined
  /** Some page is not there yet. */
  readonly isLoading: boolean
  readonly error: Error | undefined
}

/** The pages one after another, up to the first that is not there. */
export function rowsOf({ shown }: Pages, answers: Answers): Rows {
  const rows: unknown[] = []
  let last: PageResult | undefined
  for (const { key } of shown) {
    const answer = answers(key)
    if (answer instanceof Error) return { rows, more: undefined, isLoading: false, error: answer }
    // What had to be split is not whole.
    if (answer === undefined || answer.pageStatus === 'SplitRequired') {
      return { rows, more: undefined, isLoading: true, error: undefined }
    }
    rows.push(...answer.page)
    last = answer
  }
  const more = last === undefined || last.isDone ? undefined : last.continueCursor
  return { rows, more, isLoading: false, error: undefined }
}

const isDue = ({ splitCursor, pageStatus, page }: PageResult, pageSize: number): boolean =>
  typeof splitCursor === 'string' && (Boolean(pageStatus) || page.length > pageSize * 2)

function joined(pages: Pages, page: PageQuery, split: readonly PageQuery[]): Pages {
  const halves = new Map(pages.halves)
  halves.delete(page.key)
  return {
    ...pages,
    halves,
    shown: pages.shown.flatMap((each) => (each === page ? split : [each])),
  }
}

const nextKey = (pages: Pages): number => 1 + Math.max(...asked(pages).map(({ key }) => key))
