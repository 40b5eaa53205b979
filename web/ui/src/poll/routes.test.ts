import { expect, test } from 'vitest'
import { pollPath } from './routes.ts'

test('an id with any characters makes one path segment', () => {
  expect(pollPath('a/b?c')).toBe('/p/a%2Fb%3Fc')
})

test('an address leaves out the table that an id begins with', () => {
  expect(pollPath('poll.01M7WN')).toBe('/p/01M7WN')
})
