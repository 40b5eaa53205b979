import { expect, test } from 'vitest'
import { nextPath, signInPath } from './paths.ts'

test('signing in leads back to where one came from', () => {
  expect(nextPath(signInPath('/p/1').split('?')[1] ?? '')).toBe('/p/1')
  expect(signInPath('/')).toBe('/sign-in')
  // Back to itself would leave somebody who has signed in on the form.
  expect(signInPath('/sign-in')).toBe('/sign-in')
})

test.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', ''])(
  'signing in never leads to another site: %j',
  (next) => {
    expect(nextPath(`next=${encodeURIComponent(next)}`)).toBe('/')
  },
)
