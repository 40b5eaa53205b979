/** What a view read, and so which commits may change what it answers. */
import type { Row, Table, TableChange } from './table.ts'

type RowTest = (row: Row) => boolean

/** Beyond so many parts of one table, all of it counts as read. */
const MAX_PARTS = 1000

export class ReadSet {
  readonly #parts: Map<Table, RowTest[] | 'all'> = new Map()

  /** The rows of a table that pass a test, those that are not there yet included. */
  add(table: Table, test: RowTest): void {
    const parts = this.#parts.get(table)
    if (parts === 'all') return
    if (parts === undefined) this.#parts.set(table, [test])
    else if (parts.length < MAX_PARTS) parts.push(test)
    else this.addAll(table)
  }

  addAll(table: Table): void {
    this.#parts.set(table, 'all')
  }

  isChangedBy({ table, inserts, deletes }: TableChange): boolean {
    const parts = this.#parts.get(table)
    if (parts === undefined || parts === 'all') return parts === 'all'
    const isRead = (row: Row): boolean => parts.some((test) => test(row))
    return inserts.some(isRead) || deletes.some(isRead)
  }
}
