import { expect, test } from 'vitest'
import { accountErrors } from './account-form.tsx'

test('signing in needs an email and a password, of any length', () => {
  expect(accountErrors('signIn', { name: '', email: '', password: '' })).toHaveProperty('email')
  expect(accountErrors('signIn', { name: '', email: 'a@b', password: 'x' })).toEqual({})
})

test('a new account needs a name and a password of eight characters', () => {
  const errors = accountErrors('signUp', { name: '', email: 'a@b', password: 'seven77' })
  expect(Object.keys(errors)).toEqual(['name', 'password'])
  expect(accountErrors('signUp', { name: 'Ada', email: 'a@b', password: 'eight888' })).toEqual({})
})
