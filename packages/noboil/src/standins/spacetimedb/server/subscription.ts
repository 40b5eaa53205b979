/** One subscribed query: what it answers, and what a commit changes in that. */
import type { Row, TableChange } from '../datastore/table.ts'
import type { Query } from '../sql/select.ts'
import { rowList, type TableUpdate } from './messages.ts'

export class Subscription {
  readonly #compile: () => Query
  #query: Query
  /** What the client has, where a commit's own rows do not tell what changes in it. */
  #rows: Map<string, Row>

  /** @throws {QueryError} */
  constructor(compile: () => Query) {
    this.#compile = compile
    this.#query = compile()
    this.#rows = new Map(this.#query.delta.kind === 'rows' ? [] : this.#query.rows())
  }

  /** The table or view, as clients know it. */
  get name(): string {
    return this.#query.relation.wireName
  }

  get rows(): Iterable<Row> {
    return this.#query.delta.kind === 'rows' ? this.#query.rows().values() : this.#rows.values()
  }

  /** What a commit changes for the client; `undefined` when nothing. */
  follow(changes: readonly TableChange[]): TableUpdate | undefined {
    const { delta, reads, relation } = this.#query
    const related = changes.filter((change) => reads.some((read) => read.isChangedBy(change)))
    if (related.length === 0) return undefined
    if (delta.kind === 'whole') return this.#again()
    if (delta.kind === 'join')
      return this.#settle(
        related.flatMap((change) => delta.touched(change)),
        (row) => delta.includes(row),
      )
    const accepts = (row: Row): boolean => delta.accepts(row)
    const inserts = related.flatMap((change) => change.inserts.filter(accepts))
    const deletes = related.flatMap((change) => change.deletes.filter(accepts))
    if (!relation.isEvent) return this.#update(inserts, deletes)
    if (inserts.length === 0) return undefined
    const events = { tag: 'EventTable', value: { events: rowList(inserts) } } as const
    return { tableName: this.name, rows: [events] }
  }

  #again(): TableUpdate | undefined {
    this.#query = this.#compile()
    const rows = this.#query.rows()
    return this.#settle([...this.#rows.values(), ...rows.values()], (row) => rows.has(row.key))
  }

  /** Brings what the client has up to date in these rows. */
  #settle(rows: readonly Row[], includes: (row: Row) => boolean): TableUpdate | undefined {
    const [inserts, deletes]: [Row[], Row[]] = [[], []]
    for (const [key, row] of new Map(rows.map((row) => [row.key, row]))) {
      const [had, has] = [this.#rows.has(key), includes(row)]
      if (had === has) continue
      if (has) this.#rows.set(key, row)
      else this.#rows.delete(key)
      ;(has ? inserts : deletes).push(row)
    }
    return this.#update(inserts, deletes)
  }

  #update(inserts: readonly Row[], deletes: readonly Row[]): TableUpdate | undefined {
    if (inserts.length === 0 && deletes.length === 0) return undefined
    const value = { inserts: rowList(inserts), deletes: rowList(deletes) }
    return { tableName: this.name, rows: [{ tag: 'PersistentTable', value }] }
  }
}
