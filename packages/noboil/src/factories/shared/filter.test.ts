import { describe, expect, it } from 'vitest'
import { array, boolean, enum as choice, int, number, object, string } from 'zod/v4'
import { describeFields } from '../../schema/storable.ts'
import { declaredIndexes, filterReaders, indexesOf, place, plan } from './filter.ts'

const table = {
  name: 'task',
  fields: describeFields(
    'task',
    object({
      status: choice(['open', 'done']),
      due: number().optional(),
      rank: int(),
      title: string(),
      pinned: boolean(),
      tags: array(string()),
    }),
  ),
}
const declared = declaredIndexes(table, [
  'status',
  'due',
  ['status', 'rank'],
  'title',
  'pinned',
  'rank',
])
const placement = place('by_user', ['userId'], declared)
const read = filterReaders(table, declared)
const planned = (filter: { where?: unknown; orderBy?: string; order?: 'asc' | 'desc' }) => {
  const where = read.where(filter.where, 'where')
  const { where: _, ...rest } = filter
  return plan(placement, ['ann'], where === undefined ? rest : { ...rest, where })
}

describe('a filter', () => {
  it('is a stretch of one index behind the policy’s columns', () => {
    expect(planned({})).toEqual({ index: 'by_user', eq: ['ann'], order: 'desc' })
    expect(planned({ where: { status: 'open' } })).toEqual({
      index: 'by_user__status',
      eq: ['ann', 'open'],
      order: 'desc',
    })
    expect(planned({ where: { status: 'open' }, orderBy: 'rank' })).toEqual({
      index: 'by_user__status__rank',
      eq: ['ann', 'open'],
      order: 'asc',
    })
    expect(planned({ where: { rank: 3, status: 'open' } })?.eq).toEqual(['ann', 'open', 3])
    expect(planned({ orderBy: 'title', order: 'desc' })).toEqual({
      index: 'by_user__title',
      eq: ['ann'],
      order: 'desc',
    })
  })

  it('with a range is in the order of its field', () => {
    expect(planned({ where: { rank: { $gte: 2, $lt: 5, $gt: 1 } } })).toEqual({
      index: 'by_user__rank',
      eq: ['ann'],
      order: 'asc',
      lower: { value: 2, inclusive: true },
      upper: { value: 5, inclusive: false },
    })
    expect(planned({ where: { title: { $between: ['a', 'b'], $gt: 'a' } } })).toMatchObject({
      lower: { value: 'a', inclusive: false },
      upper: { value: 'b', inclusive: true },
    })
  })

  it('that is open below leaves out rows without the field', () => {
    expect(planned({ where: { due: { $lt: 5 } } })?.lower).toEqual({
      value: -Number.MAX_VALUE,
      inclusive: true,
    })
    expect(planned({ where: { rank: { $lt: 5 } } })).not.toHaveProperty('lower')
  })

  it('that no index serves is refused, naming the index that would', () => {
    expect(() => planned({ where: { status: 'open', title: 'x' } })).toThrow(
      `index: [['status', 'title']]`,
    )
    expect(() => planned({ where: { status: 'open' }, orderBy: 'due' })).toThrow(
      `index: [['status', 'due']]`,
    )
    expect(() => planned({ where: { rank: { $gt: 1 }, due: { $gt: 1 } } })).toThrow('one range')
    expect(() => planned({ where: { rank: { $gt: 1 } }, orderBy: 'due' })).toThrow('one range')
  })

  it.each([
    [{ tags: 'x' }, 'not an indexed field'],
    [{ userId: 'bob' }, 'not an indexed field'],
    [{ status: 'shut' }, 'where.status'],
    [{ rank: '1' }, 'where.rank'],
    [{ due: null }, 'where.due'],
    [{ rank: { $gt: '1' } }, 'where.rank.$gt'],
    [{ pinned: { $gt: true } }, 'where.pinned.$gt'],
    [{ rank: { $in: [1] } }, `Unknown comparison '$in'`],
    [{ rank: {} }, 'where.rank'],
    [{ rank: { $between: [1] } }, 'two values'],
    [{ rank: Number.NaN }, 'where.rank'],
    [[], 'object of conditions'],
  ])('names only indexed fields, with values that they can hold: %j', (where, sentence) => {
    expect(() => read.where(where, 'where')).toThrow(sentence)
  })

  it('orders by an indexed field, one way or the other', () => {
    expect(() => read.orderBy('tags', 'orderBy')).toThrow('not an indexed field')
    expect(() => read.order('up', 'order')).toThrow(`'asc' or 'desc'`)
  })

  it('on a column that the policy fixes never widens it', () => {
    const open = place('by_pub', ['status'], declared)
    const where = (condition: unknown) =>
      plan(open, ['open'], { where: read.where({ status: condition }, 'where') ?? {} })
    expect(where('open')).toEqual({ index: 'by_pub', eq: ['open'], order: 'desc' })
    expect(where('done')).toBe(null)
    expect(plan(open, ['open'], { where: { rank: 1 } })?.eq).toEqual(['open', 1])
    expect(plan(open, ['open'], { where: { status: { $lt: 'done' } } })).toBe(null)
  })
})

describe('declared indexes', () => {
  it('lie behind the columns of the policy', () => {
    expect(indexesOf(placement)['by_user__status__rank']).toEqual({
      columns: ['userId', 'status', 'rank'],
    })
    expect(Object.keys(indexesOf(place('by_pub', ['status'], declared)))).toContain('by_pub__rank')
  })

  it('name plain fields that there are', () => {
    expect(() => declaredIndexes(table, ['nope'])).toThrow(
      `index names 'nope', which is not a field`,
    )
    expect(() => declaredIndexes(table, ['tags'])).toThrow('not a plain value')
    expect(() => declaredIndexes(table, [['rank', 'rank']], 'unique')).toThrow('different fields')
  })
})
