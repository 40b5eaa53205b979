import { expect, test } from 'vitest'
import { isWorthRetrying } from '../base/app-error.ts'
import type { ErrorCode } from './port.ts'
import { type Doing, sentenceOf } from './sentences.ts'

const codes: readonly ErrorCode[] = [
  'NOT_AUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'INVALID_KEY',
  'VALIDATION_FAILED',
  'RATE_LIMITED',
  'LIMIT_EXCEEDED',
  'IDEMPOTENCY_MISMATCH',
  'FETCH_FAILED',
  'NO_FETCHER',
  'DUPLICATE',
  'INVALID_CURSOR',
  'UNSUPPORTED',
  'TIMEOUT',
  'UNAVAILABLE',
  'UPGRADE_REQUIRED',
  'INTERNAL',
]

const doings: readonly Doing[] = ['vote', 'create', 'comment', 'manage', 'banner', 'signIn', 'read']

test('every code has a sentence for everything a person may be doing, and none shows the code', () => {
  for (const code of codes) {
    for (const doing of doings) {
      const sentence = sentenceOf({ code, message: '' }, doing)
      expect(sentence).toMatch(/^[A-Z].*\.$/s)
      expect(sentence).not.toContain(code)
    }
  }
})

test('a message that is safe to show is shown where the code says too little', () => {
  const error = { code: 'VALIDATION_FAILED', message: 'The question is too long.' } as const
  expect(sentenceOf(error, 'create')).toBe('The question is too long.')
})

test('an internal error never shows its message', () => {
  const error = { code: 'INTERNAL', message: 'SQLITE_CORRUPT at page 7' } as const
  expect(sentenceOf(error, 'vote')).not.toContain('SQLITE')
})

test.each([
  [undefined, 'in a moment.'],
  [900, 'in a second.'],
  [11_200, 'in 12 seconds.'],
  [180_000, 'in 3 minutes.'],
])('a limit of %s ms says when: %s', (retryAfter, end) => {
  const sentence = sentenceOf({ code: 'RATE_LIMITED', message: '', retryAfter }, 'vote')
  expect(sentence.endsWith(end)).toBe(true)
})

test('only what can succeed unchanged is worth trying again', () => {
  const worth = codes.filter((code) => isWorthRetrying({ code, message: '' }))
  expect(worth).toEqual(['TIMEOUT', 'UNAVAILABLE'])
})

test.each(['signIn', 'signUp', 'guest'] as const)(
  'too many tries are told as tries: %s',
  (doing) => {
    const error = { code: 'RATE_LIMITED', message: '' } as const
    expect(sentenceOf(error, doing)).toBe('Too many attempts. Try again in a moment.')
  },
)
