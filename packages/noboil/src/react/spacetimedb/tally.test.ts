import { expect, it } from 'vitest'
import { tally } from './tally.ts'

it('counts rows by their values, also those that are called as what every object has, and no row without one', () => {
  const names = ['tea', 'constructor', '__proto__', 'tea', 'constructor']
  const counts = tally(
    names.map((name) => ({ name })),
    'name',
  )
  expect(Object.entries(counts ?? {})).toEqual([
    ['tea', 2],
    ['constructor', 2],
    ['__proto__', 1],
  ])
  expect(tally([{ name: null }, {}, { name: 'tea' }], 'name')).toEqual({ tea: 1 })
  expect(tally(undefined, 'name')).toBeUndefined()
})
