import fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparePositions } from '../../program/stretch.ts'
import { Tree } from './tree.ts'

const key = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }))
const step = fc.record({ key, isRemoval: fc.boolean() })

const listed = (tree: Tree<string>, order: 'asc' | 'desc' = 'asc'): string[] => {
  const found: string[] = []
  tree.scan(
    order,
    () => false,
    (value) => found.push(value) > 0,
  )
  return found
}

test('a tree holds what a sorted map would, and its older states stay as they were', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 500 }), (steps) => {
      const model = new Map<string, readonly [number, number]>()
      let tree = Tree.empty<string>()
      const states: (readonly [Tree<string>, string[]])[] = []
      for (const { key, isRemoval } of steps) {
        if (isRemoval) model.delete(key.join())
        else model.set(key.join(), key)
        tree = isRemoval ? tree.delete(key) : tree.set(key, key.join())
        const expected = [...model.values()].sort(comparePositions).map((each) => each.join())
        expect(tree.size).toBe(expected.length)
        if (states.length < 5) states.push([tree, expected])
      }
      const expected = [...model.values()].sort(comparePositions).map((each) => each.join())
      expect(listed(tree)).toEqual(expected)
      expect(listed(tree, 'desc')).toEqual(expected.toReversed())
      for (const [state, then] of states) expect(listed(state)).toEqual(then)
    }),
  )
})

test('a scan begins where it is told, in either order', () => {
  let tree = Tree.empty<number>()
  for (let i = 0; i < 2_000; i++) tree = tree.set([(i * 7_919) % 2_000], (i * 7_919) % 2_000)
  for (const from of [-1, 0, 1, 63, 64, 65, 1_234, 1_999, 2_000]) {
    const up: number[] = []
    tree.scan(
      'asc',
      ([at]) => (at as number) < from,
      (value) => up.push(value) < 3,
    )
    const low = Math.max(from, 0)
    expect(up).toEqual([low, low + 1, low + 2].filter((at) => at < 2_000))
    const down: number[] = []
    tree.scan(
      'desc',
      ([at]) => (at as number) > from,
      (value) => down.push(value) < 3,
    )
    const top = Math.min(from, 1_999)
    expect(down).toEqual([top, top - 1, top - 2].filter((at) => at >= 0))
  }
})

test('a removal of what is not there changes nothing', () => {
  const tree = Tree.empty<string>().set([1], 'a')
  expect(tree.delete([2])).toBe(tree)
  expect(tree.get([2])).toBeUndefined()
  expect(tree.get([1])).toBe('a')
})
