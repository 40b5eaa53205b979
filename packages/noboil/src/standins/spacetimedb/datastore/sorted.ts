/** A sorted list in chunks: adding and removing moves one chunk, whatever the length. */

const CHUNK = 512

/** False for items before the place that is looked for, true from it on. */
export type FromHere<item> = (item: item) => boolean

export class SortedList<item> {
  readonly #chunks: item[][] = []
  readonly #compare: (left: item, right: item) => number

  /** `compare` is a total order: no two items of the list are equal in it. */
  constructor(compare: (left: item, right: item) => number) {
    this.#compare = compare
  }

  add(item: item): void {
    const after: FromHere<item> = (other) => this.#compare(other, item) > 0
    const at = Math.min(this.#chunkAt(after), Math.max(0, this.#chunks.length - 1))
    const chunk = this.#chunks[at]
    if (chunk === undefined) {
      this.#chunks.push([item])
      return
    }
    chunk.splice(firstIn(chunk, after), 0, item)
    if (chunk.length > CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK / 2))
  }

  remove(item: item): void {
    const from: FromHere<item> = (other) => this.#compare(other, item) >= 0
    const at = this.#chunkAt(from)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return
    const place = firstIn(chunk, from)
    if (chunk[place] !== item) return
    chunk.splice(place, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  get first(): item | undefined {
    return this.#chunks[0]?.[0]
  }

  /** The items from where `from` becomes true to where `until` does. */
  between(from: FromHere<item>, until: FromHere<item>): item[] {
    const found: item[] = []
    for (let at = this.#chunkAt(from); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] ?? []
      const end = firstIn(chunk, until)
      for (const item of chunk.slice(firstIn(chunk, from), end)) found.push(item)
      if (end < chunk.length) break
    }
    return found
  }

  /** The first chunk whose last item is at or after the place. */
  #chunkAt(from: FromHere<item>): number {
    return firstIn(this.#chunks, (chunk) => {
      const last = chunk.at(-1)
      return last !== undefined && from(last)
    })
  }
}

function firstIn<item>(items: readonly item[], from: FromHere<item>): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && from(item)) high = middle
    else low = middle + 1
  }
  return low
}
