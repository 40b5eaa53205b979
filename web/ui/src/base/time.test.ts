import { describe, expect, test } from 'vitest'
import { agoText, secondsLeft, untilText } from './time.ts'

const now = Date.UTC(2030, 5, 15, 12)
const min = 60_000
const hour = 60 * min
const day = 24 * hour

describe('agoText', () => {
  test.each([
    [0, 'just now'],
    [min - 1, 'just now'],
    [min, '1 min ago'],
    [hour - 1, '59 min ago'],
    [hour, '1 h ago'],
    [day, 'yesterday'],
    [2 * day, '2 days ago'],
    [7 * day, 'Jun 8'],
  ])('%i ms ago reads "%s"', (elapsed, text) => {
    expect(agoText(now - elapsed, now)).toBe(text)
  })

  test('a clock that runs behind the server never shows a time in the future', () => {
    expect(agoText(now + 5_000, now)).toBe('just now')
  })

  test('another year is named', () => {
    expect(agoText(Date.UTC(2029, 0, 2, 12), now)).toBe('Jan 2, 2029')
  })
})

describe('untilText', () => {
  test.each([
    [-1, 'now'],
    [30_000, 'in less than a minute'],
    [4 * min, 'in 4 min'],
    [3 * hour, 'in 3 h'],
    [day, 'tomorrow'],
    [3 * day, 'in 3 days'],
    [10 * day, 'on Jun 25'],
  ])('%i ms ahead reads "%s"', (left, text) => {
    expect(untilText(now + left, now)).toBe(text)
  })
})

describe('secondsLeft', () => {
  test.each([
    [-5, 0],
    [0, 0],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
  ])('a wait of %i ms shows as %i s: 0 only when it is over', (wait, seconds) => {
    expect(secondsLeft(wait)).toBe(seconds)
  })
})
