import { expect, test } from 'vitest'
import type { ErrorCode } from './port.ts'
import { type Doing, sentenceOf } from './sentences.ts'

const codes: readonly ErrorCode[] = [
  'NOT_AUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'INVALID_KEY',
  'VALIDATION_FAILED',
  'RATE_LIMITED',
  'FETCH_FAILED',
  'NO_FETCHER',
  'TIMEOUT',
  'UNAVAILABLE',
  'INTERNAL',
]
const doings: readonly Doing[] = ['search', 'open', 'refresh', 'manage', 'switch', 'list', 'signIn']

test('every code has a sentence for everything a person may be doing, and none shows the code', () => {
  for (const code of codes) {
    for (const doing of doings) {
      const sentence = sentenceOf({ code, message: '' }, doing)
      expect(sentence).toMatch(/^[A-Z].*\.$/s)
      expect(sentence).not.toContain(code)
    }
  }
})

test('an internal error never shows its message', () => {
  const error = { code: 'INTERNAL', message: 'SQLITE_CORRUPT at page 7' } as const
  expect(sentenceOf(error, 'open')).not.toContain('SQLITE')
})

test('too much fetching says for how long to wait', () => {
  const error = { code: 'RATE_LIMITED', message: '', retryAfter: 12_300 } as const
  expect(sentenceOf(error, 'refresh')).toContain('in 13 seconds')
})
