/**
 * A list that grows page by page and stays live in all of them.
 *
 * The last page is a window: so many rows after a cursor. When more is asked for, the window is pinned to the rows it shows (by the
 * cursor it ends at) and a new window begins there. What is shown changes over only when both are known. Pages are bounded by
 * keys, not by counts, so rows that come and go in one of them move nothing across a border: nothing is missed, nothing
 * doubled. A pinned page into which so many rows have come that it is twice its size is split in two, by the cursor that a
 * window over its first rows ends at; so no page stays larger than that. (The scheme of Convex's paginated queries.)
 */
import type { PaginatedResult, PaginationOptions } from '../factories/shared/operation.ts'
import { NoboilError } from '../errors/error.ts'
import { canonical } from './canonical.ts'
import type { LiveState } from './entry.ts'
import type { Live } from './store.ts'

export interface ListState<row> {
  readonly rows: readonly row[]
  readonly hasMore: boolean
  readonly isLoadingMore: boolean
}

type WatchPage<row> = (options: PaginationOptions) => Live<PaginatedResult<row>>

interface Page<row> {
  readonly options: PaginationOptions
  readonly live: Live<PaginatedResult<row>>
  stop: () => void
  /** More rows than these are too many for one page. */
  maxRows: number
}

/** A page that is being split. */
interface Split<row> {
  readonly whole: Page<row>
  /** Ends where the page is to be cut. */
  readonly window: Page<row>
  halves: readonly [Page<row>, Page<row>] | undefined
}

export class Pager<row> implements Live<ListState<row>> {
  readonly #watch: WatchPage<row>
  readonly #pageSize: number
  readonly #listeners = new Set<() => void>()
  #pages: Page<row>[] = []
  /** The pinned window and the window after it, while they load. */
  #next: readonly [pinned: Page<row>, tail: Page<row>] | undefined
  #split: Split<row> | undefined
  /** Why the last {@link loadMore} brought nothing. */
  #moreError: NoboilError | null = null
  #state: LiveState<ListState<row>> = { data: undefined, error: null }
  #seen: readonly unknown[] = []

  constructor(watch: WatchPage<row>, pageSize: number) {
    if (!Number.isInteger(pageSize) || pageSize < 1) {
      throw new NoboilError('VALIDATION_FAILED', 'pageSize is a whole number from 1.', {
        issues: [{ path: 'pageSize', message: `${pageSize} is not.` }],
      })
    }
    this.#watch = watch
    this.#pageSize = pageSize
  }

  get(): LiveState<ListState<row>> {
    return this.#state
  }

  subscribe(listener: () => void): () => void {
    const own = (): void => listener()
    if (this.#listeners.size === 0) this.#start()
    this.#listeners.add(own)
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#stop()
    }
  }

  /** Shows up to `count` rows more. Does nothing while it is loading, or when there are no more. */
  loadMore(count: number = this.#pageSize): void {
    const last = this.#pages.at(-1)
    const data = last?.live.get().data
    if (last === undefined || data === undefined || data.isDone || this.#next) return
    if (!Number.isInteger(count) || count < 1) return
    const { cursor, numItems } = last.options
    const pinned = this.#page({ cursor, numItems, endCursor: data.continueCursor })
    const tail = this.#page({ cursor: data.continueCursor, numItems: count })
    this.#moreError = null
    this.#next = [pinned, tail]
    for (const page of this.#next) this.#follow(page)
    this.#changed()
  }

  #start(): void {
    const page = this.#page({ cursor: null, numItems: this.#pageSize })
    this.#pages = [page]
    this.#follow(page)
    this.#changed()
  }

  #stop(): void {
    this.#endSplit()
    for (const page of [...this.#pages, ...(this.#next ?? [])]) page.stop()
    this.#pages = []
    this.#next = undefined
    this.#moreError = null
    this.#seen = []
    this.#state = { data: undefined, error: null }
  }

  #page(options: PaginationOptions): Page<row> {
    const maxRows = 2 * options.numItems
    return { options, live: this.#watch(options), stop: () => {}, maxRows }
  }

  #follow(page: Page<row>): void {
    page.stop = page.live.subscribe(() => this.#changed())
  }

  #changed(): void {
    this.#turn()
    this.#turnSplit()
    const { data, error } = this.#look()
    const seen = [
      error,
      this.#next !== undefined,
      ...this.#pages.map(({ live }) => live.get().data),
    ]
    if (seen.length === this.#seen.length && seen.every((value, at) => value === this.#seen[at]))
      return
    this.#seen = seen
    this.#state = { data, error }
    for (const listener of [...this.#listeners]) listener()
  }

  /** Goes over to the next pages when they are known, back to the first when cursors have lost their meaning. */
  #turn(): void {
    const all = [...this.#pages, ...(this.#next ?? [])]
    if (all.some(({ live }) => live.get().error?.code === 'INVALID_CURSOR') && all.length > 1) {
      this.#stop()
      const page = this.#page({ cursor: null, numItems: this.#pageSize })
      this.#pages = [page]
      this.#follow(page)
      return
    }
    if (this.#next === undefined) return
    const failed = this.#next.map(({ live }) => live.get().error).find((error) => error !== null)
    if (failed !== undefined && !failed.retry) {
      for (const page of this.#next) page.stop()
      this.#next = undefined
      this.#moreError = failed
      return
    }
    if (this.#next.every(({ live }) => live.get().data !== undefined)) {
      const window = this.#pages.pop()
      this.#pages.push(...this.#next)
      this.#next = undefined
      window?.stop()
    }
  }

  /** Begins to split a page that has grown, and goes over to its halves when they show what it shows. */
  #turnSplit(): void {
    const split = this.#split
    if (split === undefined) {
      const whole = this.#pages.find(isTooLarge)
      if (whole !== undefined) this.#beginSplit(whole)
      return
    }
    const { whole, window, halves } = split
    const shown = whole.live.get().data
    const failed = [window, ...(halves ?? [])].some(({ live }) => live.get().error !== null)
    if (failed || shown === undefined || !this.#pages.includes(whole)) {
      this.#giveUp(split)
      return
    }
    const cut = window.live.get().data
    if (halves === undefined) {
      if (cut !== undefined) this.#halve(split, cut.continueCursor)
      return
    }
    const [first, second] = halves.map(({ live }) => live.get().data?.page)
    if (first === undefined || second === undefined) return
    // With rows that the server does not know yet, the window may have ended behind the page.
    if (second.length === 0) this.#giveUp(split)
    else if (canonical([...first, ...second]) === canonical(shown.page)) {
      this.#pages.splice(this.#pages.indexOf(whole), 1, ...halves)
      for (const page of [whole, window]) page.stop()
      this.#split = undefined
      this.#turnSplit()
    }
  }

  #beginSplit(whole: Page<row>): void {
    const { cursor, numItems } = whole.options
    const window = this.#page({ cursor, numItems })
    this.#split = { whole, window, halves: undefined }
    this.#follow(window)
    // Somebody else may follow it already, and then nothing is told.
    this.#turnSplit()
  }

  #halve(split: Split<row>, cut: string): void {
    const { cursor, numItems, endCursor = null } = split.whole.options
    const first = this.#page({ cursor, numItems, endCursor: cut })
    const second = this.#page({ cursor: cut, numItems, endCursor })
    split.halves = [first, second]
    for (const page of split.halves) this.#follow(page)
    this.#turnSplit()
  }

  /** The page stays whole, until it has grown some more. */
  #giveUp({ whole }: Split<row>): void {
    whole.maxRows = (whole.live.get().data?.page.length ?? 0) + whole.options.numItems
    this.#endSplit()
  }

  #endSplit(): void {
    const { window, halves = [] } = this.#split ?? {}
    for (const page of [window, ...halves]) page?.stop()
    this.#split = undefined
  }

  #look(): LiveState<ListState<row>> {
    const states = this.#pages.map(({ live }) => live.get())
    const next = this.#next?.map(({ live }) => live.get()) ?? []
    const error =
      [...states, ...next].find((state) => state.error !== null)?.error ?? this.#moreError
    const pages = states.map(({ data }) => data)
    if (!pages.every((page) => page !== undefined)) return { data: undefined, error }
    return {
      data: {
        rows: pages.flatMap(({ page }) => page),
        hasMore: pages.at(-1)?.isDone === false,
        isLoadingMore: this.#next !== undefined,
      },
      error,
    }
  }
}

/** Windows hold so many rows as they were asked for; pinned pages all that come between their ends. */
function isTooLarge<row>({ options, live, maxRows }: Page<row>): boolean {
  const { endCursor = null } = options
  return endCursor !== null && (live.get().data?.page.length ?? 0) > maxRows
}
