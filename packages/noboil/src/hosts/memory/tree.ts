/**
 * An ordered map that never changes: each write answers a new tree that shares all but a path with the old one. A state of the
 * database is then a handful of references, so snapshots, savepoints and rollbacks cost nothing. (Path copying over a
 * B+ tree, as in CouchDB's append-only one.)
 */
import { comparePositions, type Position } from '../../program/stretch.ts'

interface Leaf<value> {
  readonly keys: readonly Position[]
  readonly values: readonly value[]
}

interface Branch<value> {
  /** The least key below each child. */
  readonly keys: readonly Position[]
  readonly children: readonly Node<value>[]
}

type Node<value> = Leaf<value> | Branch<value>

const maxKeys = 64

export class Tree<value> {
  readonly #root: Node<value>
  readonly size: number

  private constructor(root: Node<value>, size: number) {
    this.#root = root
    this.size = size
  }

  static empty<value>(): Tree<value> {
    return new Tree<value>({ keys: [], values: [] }, 0)
  }

  get(key: Position): value | undefined {
    let node = this.#root
    while ('children' in node) node = node.children[childFor(node.keys, key)] as Node<value>
    const at = lowerBound(node.keys, key)
    const found = node.keys[at]
    return found !== undefined && comparePositions(found, key) === 0 ? node.values[at] : undefined
  }

  set(key: Position, value: value): Tree<value> {
    const grown = { by: 0 }
    const parts = insertInto(this.#root, key, value, grown)
    const [only] = parts
    const root =
      parts.length === 1 && only !== undefined
        ? only
        : { keys: parts.map((part) => part.keys[0] as Position), children: parts }
    return new Tree(root, this.size + grown.by)
  }

  delete(key: Position): Tree<value> {
    const root = deleteFrom(this.#root, key)
    if (root === this.#root) return this
    return new Tree(root ?? { keys: [], values: [] }, this.size - 1)
  }

  /**
   * Visits values in order until `visit` answers false. `start` says on which side of the first wanted entry a key lies: true
   * for keys that are passed over, and it must not change back along the order.
   */
  scan(
    order: 'asc' | 'desc',
    isBefore: (key: Position) => boolean,
    visit: (value: value, key: Position) => boolean,
  ): void {
    if (order === 'asc') ascend(this.#root, isBefore, visit, true)
    else descend(this.#root, isBefore, visit, true)
  }
}

/** The first place whose key is not below `key`. */
function lowerBound(keys: readonly Position[], key: Position): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (comparePositions(keys[middle] as Position, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The child that holds `key` or would. */
function childFor(keys: readonly Position[], key: Position): number {
  let low = 1
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (comparePositions(keys[middle] as Position, key) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}

function insertInto<value>(
  node: Node<value>,
  key: Position,
  value: value,
  grown: { by: number },
): readonly Node<value>[] {
  if (!('children' in node)) {
    const at = lowerBound(node.keys, key)
    const found = node.keys[at]
    if (found !== undefined && comparePositions(found, key) === 0) {
      return [{ keys: node.keys.with(at, key), values: node.values.with(at, value) }]
    }
    grown.by = 1
    return splitLeaf({
      keys: node.keys.toSpliced(at, 0, key),
      values: node.values.toSpliced(at, 0, value),
    })
  }
  const at = childFor(node.keys, key)
  const parts = insertInto(node.children[at] as Node<value>, key, value, grown)
  return splitBranch({
    keys: node.keys.toSpliced(at, 1, ...parts.map((part) => part.keys[0] as Position)),
    children: node.children.toSpliced(at, 1, ...parts),
  })
}

function splitLeaf<value>(leaf: Leaf<value>): readonly Leaf<value>[] {
  const { keys, values } = leaf
  if (keys.length <= maxKeys) return [leaf]
  // Rows mostly come at the end: a full left half keeps the tree dense then.
  const at = keys.length - 8
  return [
    { keys: keys.slice(0, at), values: values.slice(0, at) },
    { keys: keys.slice(at), values: values.slice(at) },
  ]
}

function splitBranch<value>(branch: Branch<value>): readonly Branch<value>[] {
  const { keys, children } = branch
  if (keys.length <= maxKeys) return [branch]
  const at = keys.length >> 1
  return [
    { keys: keys.slice(0, at), children: children.slice(0, at) },
    { keys: keys.slice(at), children: children.slice(at) },
  ]
}

/** The node without the key; undefined when nothing is left of it, the same node when the key is not there. */
function deleteFrom<value>(node: Node<value>, key: Position): Node<value> | undefined {
  if (!('children' in node)) {
    const at = lowerBound(node.keys, key)
    const found = node.keys[at]
    if (found === undefined || comparePositions(found, key) !== 0) return node
    if (node.keys.length === 1) return undefined
    return { keys: node.keys.toSpliced(at, 1), values: node.values.toSpliced(at, 1) }
  }
  const at = childFor(node.keys, key)
  const child = node.children[at] as Node<value>
  const left = deleteFrom(child, key)
  if (left === child) return node
  if (left !== undefined) {
    return {
      keys: node.keys.with(at, left.keys[0] as Position),
      children: node.children.with(at, left),
    }
  }
  if (node.children.length === 1) return undefined
  const children = node.children.toSpliced(at, 1)
  const [only] = children
  return children.length === 1 && only !== undefined
    ? only
    : { keys: node.keys.toSpliced(at, 1), children }
}

function ascend<value>(
  node: Node<value>,
  isBefore: (key: Position) => boolean,
  visit: (value: value, key: Position) => boolean,
  seek: boolean,
): boolean {
  const { keys } = node
  const from = seek ? countWhile(keys, isBefore) : 0
  if (!('children' in node)) {
    for (let i = from; i < keys.length; i++) {
      if (!visit(node.values[i] as value, keys[i] as Position)) return false
    }
    return true
  }
  // The first wanted key may lie in the last child that begins before it.
  const first = Math.max(0, from - 1)
  for (let i = first; i < keys.length; i++) {
    const child = node.children[i] as Node<value>
    if (!ascend(child, isBefore, visit, seek && i === first)) return false
  }
  return true
}

function descend<value>(
  node: Node<value>,
  isBefore: (key: Position) => boolean,
  visit: (value: value, key: Position) => boolean,
  seek: boolean,
): boolean {
  const { keys } = node
  // Going down, the keys passed over are those at the end.
  const end = seek ? countWhile(keys, (key) => !isBefore(key)) : keys.length
  if (!('children' in node)) {
    for (let i = end - 1; i >= 0; i--) {
      if (!visit(node.values[i] as value, keys[i] as Position)) return false
    }
    return true
  }
  for (let i = end - 1; i >= 0; i--) {
    const child = node.children[i] as Node<value>
    if (!descend(child, isBefore, visit, seek && i === end - 1)) return false
  }
  return true
}

/** How many keys at the beginning satisfy a test that holds up to some place and not after it. */
function countWhile(keys: readonly Position[], test: (key: Position) => boolean): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (test(keys[middle] as Position)) low = middle + 1
    else high = middle
  }
  return low
}
