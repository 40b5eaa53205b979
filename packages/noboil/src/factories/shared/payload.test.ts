import { describe, expect, it } from 'vitest'
import { array, number, object, record, string } from 'zod/v4'
import { zid } from '../../schema/fields.ts'
import { type AnyObject, describeFields } from '../../schema/storable.ts'
import { Payloads } from './payload.ts'

const payloads = (schema: AnyObject, maxBytes = 1_000): Payloads =>
  new Payloads(schema, describeFields('t', schema), maxBytes)

const plain = payloads(
  object({
    size: number(),
    note: string().optional(),
    at: object({ x: number(), y: number().optional() }).optional(),
    list: array(number()).optional(),
    by: record(string(), number()).optional(),
  }),
)

describe('a payload', () => {
  it('is as a store gives it back: −0 is 0 at every depth, undefined is not there', () => {
    const parsed = plain.parse(
      { size: -0, note: undefined, at: { x: -0, y: undefined }, list: [1, -0], by: { a: -0 } },
      'ann',
    )
    expect(Object.keys(parsed)).toEqual(['size', 'at', 'list', 'by'])
    expect(parsed['at']).not.toHaveProperty('y')
    expect(JSON.stringify(parsed)).toBe('{"size":0,"at":{"x":0},"list":[1,0],"by":{"a":0}}')
    const { size, at, list, by } = parsed as {
      size: number
      at: { x: number }
      list: number[]
      by: { a: number }
    }
    for (const zero of [size, at.x, list[1], by.a]) expect(Object.is(zero, 0)).toBe(true)
  })

  it('of a bulk call is named by its place, also where the list has a hole', () => {
    const hole: unknown[] = [{ size: 1 }]
    hole[2] = { size: 'x' }
    expect(() => plain.parseAll(hole, 'ann')).toThrow('items[1]: Must be an object.')
    expect(() => plain.parseAll([{ size: 1 }, { size: 'x' }], 'ann')).toThrow('items[1].size: ')
    expect(() => plain.parseAll([{ size: 1, more: 1 }], 'ann')).toThrow('items[0].more: ')
    expect(plain.parseAll([{ size: 1 }, { size: -0 }], 'ann')).toEqual([{ size: 1 }, { size: 0 }])
  })

  it.each([
    [{ size: 1, more: 1 }, 'payload.more'],
    [{ size: 1, at: { x: 1, z: 1 } }, 'payload.at.z'],
    [{ size: 1, note: 'a\0b' }, 'payload.note'],
    [{ size: 1, note: '\ud800' }, 'payload.note'],
    [{ size: Number.NaN }, 'payload.size'],
    [{}, 'payload.size'],
    [null, 'payload'],
    [[], 'payload'],
  ])('that cannot be stored is refused by path: %j', (input, path) => {
    expect(() => plain.parse(input, 'ann')).toThrow(path)
  })

  it('has a limit in bytes', () => {
    expect(() => plain.parse({ size: 1, note: 'ü'.repeat(500) }, 'ann')).toThrow('1000 bytes')
  })

  it('with a declared userId gets it from the server, never from the caller', () => {
    const owned = payloads(object({ userId: zid('users'), note: string() }))
    expect(owned.parse({ note: 'n' }, 'ann')).toEqual({ note: 'n', userId: 'ann' })
    expect(() => owned.parse({ note: 'n', userId: 'bob' }, 'ann')).toThrow('payload.userId')
    expect(() => owned.patch({ note: 'n', userId: 'ann' }, { userId: 'bob' })).toThrow('userId')
  })
})

describe('a patch', () => {
  const range = payloads(
    object({ low: number(), high: number(), note: string().default('none') }).refine(
      (it) => it.low <= it.high,
      'low is above high',
    ),
  )
  const stored = { low: 1, high: 5, note: 'mine' }

  it('is checked with the whole row, and writes its own fields only', () => {
    expect(range.patch(stored, { low: 2 })).toEqual({ low: 2 })
    expect(() => range.patch(stored, { low: 6 })).toThrow('low is above high')
    expect(range.patch(stored, {}, ['note'])).toEqual({ note: 'none' })
  })

  it('clears optional fields only', () => {
    expect(plain.patch({ size: 1, note: 'x' }, {}, ['note'])).toEqual({ note: undefined })
    expect(() => plain.patch({ size: 1 }, {}, ['size'])).toThrow('patch.size')
    expect(() => plain.patch({ size: 1 }, {}, ['_id'])).toThrow(`Unknown field '_id'`)
  })

  it('does not read what is not its own', () => {
    const poisoned = JSON.parse('{"__proto__": {"size": 9}}') as object
    expect(() => plain.patch({ size: 1 }, poisoned)).toThrow('__proto__')
  })
})
