import { expect, test } from 'vitest'
import {
  isChanged,
  messageCharsMax,
  messageError,
  overtakenBy,
  startDraft,
} from './banner-draft.ts'

const row = { active: true, message: 'Back at noon.', updatedAt: 10 }

test('a draft that says what the row says is not a change', () => {
  const draft = startDraft(row)
  expect(isChanged(draft)).toBe(false)
  expect(isChanged({ ...draft, value: { ...draft.value, active: false } })).toBe(true)
})

test('a row saved after the edit began overtakes it', () => {
  const newer = { ...row, message: 'Back at one.', updatedAt: 11 }
  expect(overtakenBy(startDraft(row), newer)).toBe(newer)
  expect(overtakenBy(startDraft(row), row)).toBeNull()
})

test('a row that appeared where there was none overtakes the draft too', () => {
  expect(overtakenBy(startDraft(null), row)).toBe(row)
  expect(overtakenBy(startDraft(null), null)).toBeNull()
})

test('clearing the banner meanwhile is told apart', () => {
  expect(overtakenBy(startDraft(row), null)).toBe('cleared')
})

test('a message must say something, within its limit', () => {
  expect(messageError('   ')).toBeDefined()
  expect(messageError('x'.repeat(messageCharsMax))).toBeUndefined()
  expect(messageError('x'.repeat(messageCharsMax + 1))).toBeDefined()
})
