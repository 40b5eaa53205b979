import { expect, test } from 'vitest'
import { ageText, freshnessOf, outlookOf, shareLeft, spanText, tookText } from './copy.ts'

const copy = { fetchedAt: 10_000, expiresAt: 70_000 }

test('a copy is fresh until the moment it expires, and marked once somebody has said so', () => {
  expect(freshnessOf(copy, 69_999)).toBe('fresh')
  expect(freshnessOf(copy, 70_000)).toBe('stale')
  expect(freshnessOf({ fetchedAt: 10_000, expiresAt: 0 }, 10_001)).toBe('marked')
  expect(freshnessOf({ fetchedAt: 10_000 }, 9e12)).toBe('fresh')
})

test('the ring empties from full to nothing, and never beyond', () => {
  expect(shareLeft(copy, 5_000)).toBe(1)
  expect(shareLeft(copy, 40_000)).toBe(0.5)
  expect(shareLeft(copy, 90_000)).toBe(0)
  expect(shareLeft({ fetchedAt: 10_000, expiresAt: 0 }, 10_000)).toBe(0)
  expect(shareLeft({ fetchedAt: 10_000 }, 9e12)).toBe(1)
})

test('what happens next is a sentence for every state', () => {
  expect(outlookOf(copy, 28_000)).toContain('Fresh for 42 s more.')
  expect(outlookOf({ fetchedAt: 10_000 }, 28_000)).toBe('Fresh until somebody marks it as stale.')
  expect(outlookOf(copy, 80_000)).toMatch(/^Stale\./)
  const marked = { ...copy, expiresAt: 0 }
  expect(outlookOf(marked, 80_000)).toMatch(/^Marked as stale by an admin/)
  expect(outlookOf(marked, 80_000, true)).toMatch(/^Marked as stale at the word of another/)
})

test('a span that is left never says 0 before its end, and an age not 1 before its time', () => {
  expect(spanText(1)).toBe('1 s')
  expect(spanText(-5)).toBe('0 s')
  expect(ageText(999)).toBe('0 s')
  expect(ageText(61_500)).toBe('61 s')
})

test('long spans are told in larger units', () => {
  expect([100_000, 5_400_000, 86_400_000, 345_600_000].map(spanText)).toEqual([
    '2 min',
    '90 min',
    '24 h',
    '4 days',
  ])
})

test('how long an answer took is told in milliseconds up to a second', () => {
  expect([0.2, 12.4, 953, 1_249].map(tookText)).toEqual(['1 ms', '12 ms', '953 ms', '1.2 s'])
})
