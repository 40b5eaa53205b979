/**
 * Ordered indexes, kept in tables. SpacetimeDB's own have no order and no limit: whoever wants the newest twenty rows of a million
 * would be handed the million. These are B-trees whose nodes are rows, found by their number alone, so that every read and
 * write costs as many rows as the tree is high, and what it answers.
 *
 * A node that has become empty leaves its parent; nodes are not merged otherwise. (PostgreSQL's B-trees do the same.)
 */
import { InvariantError } from '../../errors/assert.ts'
import { compareValues } from '../../schema/values.ts'
import type { Order } from '../../program/request.ts'
import type { Span } from './keys.ts'
import { type Db, ownTables, unique } from './ports.ts'

/** Entries of a leaf, or children of an inner node. */
const maxEntries = 32

/** `keys` of a leaf are entries, with the primary keys of their rows beside them; of an inner node where its children begin. */
interface Node {
  readonly id: bigint
  readonly leaf: boolean
  readonly keys: string[]
  readonly rows: string[]
  readonly children: bigint[]
}

export interface Entry {
  readonly key: string
  /** The primary key of its row. */
  readonly row: string
}

/** What became of an entry, and of its node: one that is empty has gone. */
type Removal = 'missing' | 'removed' | 'emptied'

/** One ordered index by its name. */
export class OrderedIndex {
  readonly #db: Db
  readonly #name: string

  constructor(db: Db, name: string) {
    this.#db = db
    this.#name = name
  }

  insert(entry: Entry): void {
    const root = this.#root()
    if (root === undefined) {
      const leaf = this.#make({ leaf: true, keys: [entry.key], rows: [entry.row], children: [] })
      this.#setRoot(leaf)
      return
    }
    const right = this.#insertInto(root, entry)
    if (right === undefined) return
    const made = this.#make({
      leaf: false,
      keys: ['', right.key],
      rows: [],
      children: [root, right.id],
    })
    this.#setRoot(made)
  }

  /** Whether the entry was there. */
  remove(key: string): boolean {
    const root = this.#root()
    if (root === undefined) return false
    const removal = this.#removeFrom(root, key)
    if (removal === 'emptied') unique(this.#db, ownTables.roots, 'name').delete(this.#name)
    return removal !== 'missing'
  }

  /** Has all entries go, and what held them. */
  clear(): void {
    const root = this.#root()
    if (root === undefined) return
    this.#drop(root)
    unique(this.#db, ownTables.roots, 'name').delete(this.#name)
  }

  /** Entries of the span, in order. Nothing may be written while it is read. */
  *scan(span: Span, order: Order): Iterable<Entry> {
    const root = this.#root()
    if (root !== undefined && compareValues(span.from, span.to) < 0) {
      yield* this.#scan(root, span, order)
    }
  }

  /** Answers what stands to the right of the node after it had to be split. */
  #insertInto(id: bigint, entry: Entry): { readonly key: string; readonly id: bigint } | undefined {
    const node = this.#node(id)
    if (node.leaf) {
      const at = countBefore(node.keys, entry.key)
      node.keys.splice(at, 0, entry.key)
      node.rows.splice(at, 0, entry.row)
      return this.#keep(node, at === node.keys.length - 1)
    }
    const at = childAt(node.keys, entry.key)
    const right = this.#insertInto(node.children[at] as bigint, entry)
    if (right === undefined) return undefined
    node.keys.splice(at + 1, 0, right.key)
    node.children.splice(at + 1, 0, right.id)
    return this.#keep(node, at + 1 === node.keys.length - 1)
  }

  /** Writes a node. One that grew at its end is split there, since rows mostly arrive in order: its left part stays full. */
  #keep(node: Node, grewAtEnd: boolean): { readonly key: string; readonly id: bigint } | undefined {
    if (node.keys.length <= maxEntries) {
      this.#write(node)
      return undefined
    }
    const at = grewAtEnd ? node.keys.length - 1 : node.keys.length >> 1
    const right = {
      leaf: node.leaf,
      keys: node.keys.splice(at),
      rows: node.rows.splice(at),
      children: node.children.splice(at),
    }
    this.#write(node)
    return { key: right.keys[0] as string, id: this.#make(right) }
  }

  #removeFrom(id: bigint, key: string): Removal {
    const node = this.#node(id)
    const at = node.leaf ? node.keys.indexOf(key) : childAt(node.keys, key)
    if (at < 0) return 'missing'
    if (!node.leaf) {
      const removal = this.#removeFrom(node.children[at] as bigint, key)
      if (removal !== 'emptied') return removal
    }
    node.keys.splice(at, 1)
    node.rows.splice(at, 1)
    node.children.splice(at, 1)
    if (node.keys.length === 0) {
      unique(this.#db, ownTables.nodes, 'id').delete(id)
      return 'emptied'
    }
    this.#write(node)
    return 'removed'
  }

  #drop(id: bigint): void {
    for (const child of this.#node(id).children) this.#drop(child)
    unique(this.#db, ownTables.nodes, 'id').delete(id)
  }

  *#scan(id: bigint, span: Span, order: Order): Iterable<Entry> {
    const node = this.#node(id)
    const first = node.leaf ? countBefore(node.keys, span.from) : childAt(node.keys, span.from)
    const last = countBefore(node.keys, span.to) - 1
    const step = order === 'asc' ? 1 : -1
    // The first child may begin after a span that ends before all entries.
    const end = node.leaf ? last : Math.max(last, first)
    for (let at = step > 0 ? first : end; at >= first && at <= end; at += step) {
      if (node.leaf) yield { key: node.keys[at] as string, row: node.rows[at] as string }
      else yield* this.#scan(node.children[at] as bigint, span, order)
    }
  }

  #root(): bigint | undefined {
    const row = unique(this.#db, ownTables.roots, 'name').find(this.#name)
    return row === null ? undefined : (row['node'] as bigint)
  }

  #setRoot(node: bigint): void {
    const row = { name: this.#name, node }
    const roots = unique(this.#db, ownTables.roots, 'name')
    if (roots.find(this.#name) === null) this.#db[ownTables.roots]?.insert(row)
    else roots.update(row)
  }

  #node(id: bigint): Node {
    const row = unique(this.#db, ownTables.nodes, 'id').find(id)
    if (row === null) throw new InvariantError(`The index '${this.#name}' lacks a node.`)
    return row as unknown as Node
  }

  #make(node: Omit<Node, 'id'>): bigint {
    return this.#db[ownTables.nodes]?.insert({ id: 0n, ...node })['id'] as bigint
  }

  #write(node: Node): void {
    unique(this.#db, ownTables.nodes, 'id').update(node as unknown as Record<string, unknown>)
  }
}

/** How many keys sort before `key`; those before `from` are known to. */
function countBefore(keys: readonly string[], key: string, from = 0): number {
  let low = from
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareValues(keys[middle], key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The child in which `key` lies, or would. The first takes whatever comes before the second; where it begins itself says nothing, since
 * it may have become the first when one before it went, and holds earlier entries since.
 */
function childAt(keys: readonly string[], key: string): number {
  const before = countBefore(keys, key, 1)
  return keys[before] === key ? before : before - 1
}
