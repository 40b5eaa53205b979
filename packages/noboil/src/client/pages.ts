/**
 * A list that grows page by page and stays live in all of them.
 *
 * The last page is a window: so many rows after a cursor. When more is asked for, the window is pinned to the rows it shows (by the
 * cursor it ends at) and a new window begins there. What is shown changes over only when both are known. Pages are bounded by
 * keys, not by counts, so rows that come and go in one of them move nothing across a border: nothing is missed, nothing
 * doubled. (The scheme of Convex's paginated queries.)
 */
import type { PaginatedResult, PaginationOptions } from '../factories/shared/operation.ts'
import { NoboilError } from '../errors/error.ts'
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
}

export class Pager<row> implements Live<ListState<row>> {
  readonly #watch: WatchPage<row>
  readonly #pageSize: number
  readonly #listeners = new Set<() => void>()
  #pages: Page<row>[] = []
  /** The pinned window and the window after it, while they load. */
  #next: readonly [pinned: Page<row>, tail: Page<row>] | undefined
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
    for (const page of [...this.#pages, ...(this.#next ?? [])]) page.stop()
    this.#pages = []
    this.#next = undefined
    this.#moreError = null
    this.#seen = []
    this.#state = { data: undefined, error: null }
  }

  #page(options: PaginationOptions): Page<row> {
    return { options, live: this.#watch(options), stop: () => {} }
  }

  #follow(page: Page<row>): void {
    page.stop = page.live.subscribe(() => this.#changed())
  }

  #changed(): void {
    this.#turn()
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
