/** Row iterators of the ABI: a module asks for bytes into its own buffer, some rows at a time. */
import { AbiError } from '../datastore/errors.ts'
import type { Row } from '../datastore/table.ts'

/** How much one chunk holds before the next begins. A row is never split. */
const CHUNK_BYTES = 32 * 1024

export class Iterators {
  readonly #open: Map<number, Buffer[]> = new Map()
  #next = 1

  /** Everything is read when the iterator is made, as SpacetimeDB does. */
  open(rows: readonly Row[]): number {
    const chunks: Buffer[] = []
    let [chunk, size]: [Uint8Array[], number] = [[], 0]
    for (const { bytes } of rows) {
      chunk.push(bytes)
      size += bytes.length
      if (size <= CHUNK_BYTES) continue
      chunks.push(Buffer.concat(chunk))
      chunk = []
      size = 0
    }
    if (chunk.length > 0) chunks.push(Buffer.concat(chunk))
    const id = this.#next++
    this.#open.set(id, chunks)
    return id
  }

  /** Bytes written; negative or zero when these were the last and the iterator is gone. */
  advance(id: number, buffer: ArrayBuffer): number {
    const chunks = this.#open.get(id)
    if (chunks === undefined) throw new AbiError('NoSuchIter')
    const target = new Uint8Array(buffer)
    let written = 0
    for (let [chunk] = chunks; chunk !== undefined; [chunk] = chunks) {
      if (written + chunk.length > target.length) {
        // The bindings grow their buffer when they see this shape, and ask again.
        if (written === 0) throw new BufferTooSmall(chunk.length)
        return written
      }
      target.set(chunk, written)
      written += chunk.length
      chunks.shift()
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
