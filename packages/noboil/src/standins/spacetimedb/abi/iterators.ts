/** Row iterators of the ABI: a module asks for bytes into its own buffer, some rows at a time. */
import { AbiError } from '../datastore/errors.ts'
import type { Row } from '../datastore/table.ts'

interface Open {
  readonly rows: readonly Row[]
  /** The row that is next. */
  at: number
}

export class Iterators {
  readonly #open: Map<number, Open> = new Map()
  #next = 1

  /** Everything is read when the iterator is made, as SpacetimeDB does. */
  open(rows: readonly Row[]): number {
    const id = this.#next++
    this.#open.set(id, { rows, at: 0 })
    return id
  }

  /** Fills the buffer with whole rows. Bytes written; negative or zero when these were the last and the iterator is gone. */
  advance(id: number, buffer: ArrayBuffer): number {
    const open = this.#open.get(id)
    if (open === undefined) throw new AbiError('NoSuchIter')
    const target = new Uint8Array(buffer)
    let written = 0
    for (let row = open.rows[open.at]; row !== undefined; row = open.rows[++open.at]) {
      const { bytes } = row
      if (written + bytes.length > target.length) {
        // The bindings grow their buffer when they see this shape, and ask again.
        if (written === 0) throw new BufferTooSmall(bytes.length)
        return written
      }
      target.set(bytes, written)
      written += bytes.length
    }
    this.#open.delete(id)
    return -written
  }

  close(id: number): void {
    this.#open.delete(id)
  }

  closeAll(): void {
    this.#open.clear()
  }
}

class BufferTooSmall extends Error {
  override readonly name = 'BufferTooSmall'
  readonly __buffer_too_small__: number

  constructor(bytes: number) {
    super(`The buffer must hold ${bytes} bytes.`)
    this.__buffer_too_small__ = bytes
  }
}
