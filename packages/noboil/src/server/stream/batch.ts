/**
 * What streams are told in one tick. Streams that are told the same share the bytes: a batch is a path in a tree of chunks, and
 * its bytes are made once, however many sockets they go to.
 */

export class Batch {
  readonly #before: Batch | undefined
  readonly #chunk: string
  readonly #after = new Map<string, Batch>()
  readonly #bytes = new Map<string, Buffer>()

  private constructor(before: Batch | undefined, chunk: string) {
    this.#before = before
    this.#chunk = chunk
  }

  /** The empty batch that a tick begins with. */
  static begin(): Batch {
    return new Batch(undefined, '')
  }

  with(chunk: string): Batch {
    let after = this.#after.get(chunk)
    if (after === undefined) this.#after.set(chunk, (after = new Batch(this, chunk)))
    return after
  }

  /** As server-sent events; the last one carries the id, which says that everything up to there has been told. */
  bytes(id: string | undefined): Buffer {
    const name = id ?? ''
    const there = this.#bytes.get(name)
    if (there !== undefined) return there
    const chunks: string[] = []
    for (let at: Batch | undefined = this.#before; at !== undefined; at = at.#before) {
      chunks.push(at.#chunk)
    }
    const before = chunks.reverse().join('')
    const bytes = Buffer.from(`${before}${id === undefined ? '' : `id: ${id}\n`}${this.#chunk}`)
    this.#bytes.set(name, bytes)
    return bytes
  }
}

/** One event. */
export const eventOf = (message: object): string => `data: ${JSON.stringify(message)}\n\n`

/** One update, named so that a plain EventSource can listen for it. */
export const updateEventOf = (update: object): string => `event: app-update\n${eventOf(update)}`

/** Bytes that say no more than that the server lives. */
export const heartbeat: Buffer = Buffer.from(':\n\n')
