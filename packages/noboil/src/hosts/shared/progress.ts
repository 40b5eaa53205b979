/** Lines about work that takes long, now and then. */

/** How many rows go by between two lines. */
const rowsPerLine = 100_000

export class Progress {
  readonly #what: string
  readonly #log: (line: string) => void
  #rows = 0

  /** `what`: what has been done, as in `vote: search built over`. */
  constructor(what: string, log: (line: string) => void) {
    this.#what = what
    this.#log = log
  }

  add(rows: number): void {
    const lines = Math.floor(this.#rows / rowsPerLine)
    this.#rows += rows
    if (Math.floor(this.#rows / rowsPerLine) > lines) this.#log(`${this.#what} ${this.#rows} rows`)
  }

  end(): void {
    if (this.#rows > 0) this.#log(`${this.#what} ${this.#rows} rows, done`)
  }
}
