import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { expect, test } from 'vitest'
import { checkSchema, checkWritten } from './limits.ts'

const field = { a: v.string() }

function indexed(count: number): ReturnType<typeof defineSchema> {
  let table = defineTable(field)
  for (let n = 0; n < count; n++) table = table.index(`by_a_${n}`, ['a'])
  return defineSchema({ t: table })
}

test('a schema may have as many indexes as Convex has, and none more', () => {
  expect(() => checkSchema(indexed(32))).not.toThrow()
  expect(() => checkSchema(indexed(33))).toThrow(/33 indexes; Convex has at most 32/)
})

test.each([
  ['_hidden', /needs a name/],
  ['täble', /needs a name/],
  ['t'.repeat(65), /65 characters/],
])('a table that Convex would refuse is refused: %s', (name, sentence) => {
  expect(() => checkSchema(defineSchema({ [name]: defineTable(field) }))).toThrow(sentence)
})

test.each(['_hidden', '$kept', 'prénom'])(
  'a field that Convex would refuse is refused: %s',
  (name) => {
    const schema = defineSchema({ t: defineTable({ [name]: v.string() }) })
    expect(() => checkSchema(schema)).toThrow(/Convex takes printable ASCII/)
  },
)

const nested = (depth: number): unknown => (depth === 0 ? 1 : { n: nested(depth - 1) })

test.each<[string, object, RegExp]>([
  ['nesting', { a: nested(17) }, /deeper than 16/],
  ['long arrays', { a: Array.from({ length: 8193 }, () => 1) }, /8193 items/],
  ['a reserved name inside', { a: { $b: 1 } }, /"\$b", which Convex refuses/],
  ['a name beyond ASCII inside', { a: { é: 1 } }, /"é", which Convex refuses/],
  [
    'too many fields',
    Object.fromEntries(Array.from({ length: 1025 }, (_, n) => [`f${n}`, n])),
    /1025 fields/,
  ],
  ['too many bytes', { a: 'x'.repeat(1024 * 1024) }, /bytes/],
])('what Convex would not store is refused: %s', (_, document, sentence) => {
  expect(() => checkWritten('t', document)).toThrow(sentence)
})

test('what Convex stores is not', () => {
  expect(() => checkWritten('t', { a: nested(15), b: undefined, c: [{ d: null }] })).not.toThrow()
})
