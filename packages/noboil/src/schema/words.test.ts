import { expect, test } from 'vitest'
import { wordsOf } from './words.ts'

test('words are runs of letters and digits, lower-case', () => {
  expect(wordsOf('Hello, wörld-2x! "O\'Neil"')).toEqual(['hello', 'wörld', '2x', 'o', 'neil'])
})

test('different spellings of one character are one word', () => {
  expect(wordsOf('e\u0301te\u0301 \uFB01n \uFF21')).toEqual(wordsOf('\u00E9t\u00E9 fin a'))
})

test('marks belong to their word in scripts that need them', () => {
  expect(wordsOf('हिन्दी')).toEqual(['हिन्दी'])
})

test('a long word is cut, never inside a character', () => {
  expect(wordsOf('a'.repeat(100))).toEqual(['a'.repeat(64)])
  expect(wordsOf('𝒳'.normalize('NFD').concat('𐐀'.repeat(100)))[0]?.isWellFormed()).toBe(true)
})

test('text without words has none', () => {
  expect(wordsOf(' …!? ')).toEqual([])
})
