/** One subscribed query: what it answers, and what a commit changes in that. */
import type { TableChange } from '../datastore/datastore.ts'
import type { Row } from '../datastore/table.ts'
import type { Query } from '../sql/select.ts'
import { rowList, type TableUpdate } from './messages.ts'

export class Subscription {
  readonly #compile: () => Query
  #query: Query
  /** What the client has; only for queries that are answered again as a whole. */
  #rows: ReadonlyMap<string, Row>

  /** @throws {QueryError} */
  constructor(compile: () => Query) {
    this.#compile = compile
    this.#query = compile()
    this.#rows = this.#isSimple ? new Map() : this.#query.rows()
  }

  /** The table or view, as clients know it. */
  get name(): string {
    return this.#query.relation.wireName
  }

  get rows(): Iterable<Row> {
    return this.#isSimple ? this.#query.rows().values() : this.#rows.values()
  }

  /** What a commit changes for the client; `undefined` when nothing. */
  follow(changes: readonly TableChange[]): TableUpdate | undefined {
    const { accepts, relation, sources } = this.#query
    const related = changes.filter(({ table }) => sources.has(table.definition.name))
    if (related.length === 0) return undefined
    if (accepts === undefined) return this.#again()
    const inserts = related.flatMap((change) => change.inserts.filter(accepts))
    const deletes = related.flatMap((change) => change.deletes.filter(accepts))
    if (!relation.isEvent) return this.#update(inserts, deletes)
    if (inserts.length === 0) return undefined
    const events = { tag: 'EventTable', value: { events: rowList(inserts) } } as const
    return { tableName: this.name, rows: [events] }
  }

  #again(): TableUpdate | undefined {
    const before = this.#rows
    this.#query = this.#compile()
    this.#rows = this.#query.rows()
    const inserts = [...this.#rows].flatMap(([key, row]) => (before.has(key) ? [] : [row]))
    const deletes = [...before].flatMap(([key, row]) => (this.#rows.has(key) ? [] : [row]))
    return this.#update(inserts, deletes)
  }

  #update(inserts: readonly Row[], deletes: readonly Row[]): TableUpdate | undefined {
    if (inserts.length === 0 && deletes.length === 0) return undefined
    const value = { inserts: rowList(inserts), deletes: rowList(deletes) }
    return { tableName: this.name, rows: [{ tag: 'PersistentTable', value }] }
  }

  /** Whether a commit's own rows say what changed. */
  get #isSimple(): boolean {
    return this.#query.accepts !== undefined
  }
}
