/** What calls cost in reads and writes, for tests that hold reads bounded. */

export interface Cost {
  /** Point and range lookups in indexes, deletes by index and updates included. */
  readonly indexLookups: number
  /** Times a whole table was read. */
  readonly scans: number
  /** Rows that lookups and scans found; SpacetimeDB reads them all at once, whether or not the module iterates. */
  readonly rowsRead: number
  readonly rowsWritten: number
}

/** The costs of one call. */
export interface CallCost extends Cost {
  /** The reducer, procedure or view. */
  readonly name: string
  /** The same by table. */
  readonly tables: Readonly<Record<string, Cost>>
}

type Counts = { -readonly [count in keyof Cost]: Cost[count] }

export class CostMeter {
  readonly #name: string
  readonly #tables = new Map<string, Counts>()

  /** `name`: of the call that is measured. */
  constructor(name: string) {
    this.#name = name
  }

  lookup(table: string, rows: number): void {
    const counts = this.#of(table)
    counts.indexLookups++
    counts.rowsRead += rows
  }

  scan(table: string, rows: number): void {
    const counts = this.#of(table)
    counts.scans++
    counts.rowsRead += rows
  }

  wrote(table: string, rows: number): void {
    this.#of(table).rowsWritten += rows
  }

  /** The costs so far. */
  read(): CallCost {
    const total = none()
    for (const counts of this.#tables.values()) {
      total.indexLookups += counts.indexLookups
      total.scans += counts.scans
      total.rowsRead += counts.rowsRead
      total.rowsWritten += counts.rowsWritten
    }
    const tables = [...this.#tables].map(([name, counts]) => [name, { ...counts }])
    return { name: this.#name, ...total, tables: Object.fromEntries(tables) }
  }

  #of(table: string): Counts {
    const known = this.#tables.get(table)
    if (known !== undefined) return known
    const counts = none()
    this.#tables.set(table, counts)
    return counts
  }
}

const none = (): Counts => ({ indexLookups: 0, scans: 0, rowsRead: 0, rowsWritten: 0 })
