/** The newest messages of a group, kept for clients that were away for a moment. */
import type { Chunk } from './ports.ts'

export interface RingLimits {
  readonly maxRingMessages: number
  readonly maxRingLength: number
  readonly maxRingTotalLength: number
}

/** Shared by all rings. */
export interface RingTotal {
  length: number
}

interface Entry<chunk> {
  readonly revision: number
  readonly chunk: chunk
}

export class Ring<chunk extends Chunk> {
  readonly #limits: RingLimits
  readonly #total: RingTotal
  #entries: Entry<chunk>[] = []
  #length = 0
  /** Whoever has everything up to here can be brought up to date. */
  #start: number

  constructor(start: number, limits: RingLimits, total: RingTotal) {
    this.#start = start
    this.#limits = limits
    this.#total = total
  }

  push(revision: number, chunk: chunk): void {
    this.#entries.push({ revision, chunk })
    this.#add(chunk.length)
    const { maxRingMessages, maxRingLength, maxRingTotalLength } = this.#limits
    if (this.#total.length > maxRingTotalLength) this.clear()
    while (this.#entries.length > maxRingMessages || this.#length > maxRingLength) {
      const oldest = this.#entries.shift() as Entry<chunk>
      this.#start = oldest.revision
      this.#add(-oldest.chunk.length)
    }
  }

  /** The messages after a revision, or undefined when some of them are gone. */
  after(revision: number): readonly chunk[] | undefined {
    if (revision < this.#start) return undefined
    return this.#entries.filter((entry) => entry.revision > revision).map(({ chunk }) => chunk)
  }

  clear(): void {
    this.#start = this.#entries.at(-1)?.revision ?? this.#start
    this.#entries = []
    this.#add(-this.#length)
  }

  #add(length: number): void {
    this.#length += length
    this.#total.length += length
  }
}
