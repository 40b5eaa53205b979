import { expect, test } from 'vitest'
import { announceInMs } from './announce.ts'

test('the first announcement waits only for things to settle', () => {
  expect(announceInMs(10_000, undefined, 4_000)).toBe(300)
})

test('the next waits until the interval since the last has passed', () => {
  expect(announceInMs(10_000, 9_000, 4_000)).toBe(3_000)
})

test('after a quiet time it waits only for things to settle', () => {
  expect(announceInMs(60_000, 9_000, 4_000)).toBe(300)
})
