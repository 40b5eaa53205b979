import { expect, test } from 'vitest'
import { filmPath, searchPath, tmdbIdOf } from './routes.ts'

test('an address names a film by its number, and nothing else', () => {
  expect(tmdbIdOf('603')).toBe(603)
  expect(filmPath(603)).toBe('/m/603')
  for (const text of ['', '0', '-1', '1.5', '6e3', ' 603', '603x', '9'.repeat(13)]) {
    expect(tmdbIdOf(text), text).toBeNull()
  }
})

test('a search is part of the address, and an empty one is not', () => {
  expect(searchPath(' tati & co ')).toBe('/?q=tati%20%26%20co')
  expect(searchPath('  ')).toBe('/')
})
