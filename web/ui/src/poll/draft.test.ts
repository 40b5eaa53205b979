import { describe, expect, test } from 'vitest'
import {
  checkDraft,
  type Draft,
  draftLimits,
  emptyDraft,
  withOption,
  withOptionText,
  withoutOption,
} from './draft.ts'

const nowMs = 1_000_000

function draftOf(question: string, ...options: string[]): Draft {
  return { ...emptyDraft, question, options: options.map((text, at) => ({ key: at + 1, text })) }
}

describe('checkDraft', () => {
  test('what is sent is trimmed, and blank options are left out', () => {
    expect(checkDraft(draftOf(' Where? ', ' Here ', '', 'There'), nowMs)).toEqual({
      ok: true,
      value: { question: 'Where?', options: ['Here', 'There'], isPublic: true },
    })
  })

  test('an empty draft is told both of its faults', () => {
    const checked = checkDraft(emptyDraft, nowMs)
    expect(checked.ok ? {} : checked.errors).toMatchObject({
      question: 'Write the question you want answered.',
      options: 'Give people at least two options.',
    })
  })

  test('the question is accepted at its limit and refused one character above', () => {
    const ofLength = (length: number): boolean =>
      checkDraft(draftOf('q'.repeat(length), 'a', 'b'), nowMs).ok
    expect(ofLength(draftLimits.questionChars)).toBe(true)
    expect(ofLength(draftLimits.questionChars + 1)).toBe(false)
  })

  test('an option that differs only in case or spaces is a repeat, and the later one is told', () => {
    const checked = checkDraft(draftOf('Where?', 'Here', 'There', ' here '), nowMs)
    expect(checked.ok ? [] : [...checked.errors.byOption.keys()]).toEqual([3])
  })

  test('an option over its limit is refused', () => {
    const long = 'x'.repeat(draftLimits.optionChars + 1)
    const checked = checkDraft(draftOf('Where?', 'Here', long), nowMs)
    expect(checked.ok ? [] : [...checked.errors.byOption.keys()]).toEqual([2])
  })

  test('a closing time counts from now', () => {
    const checked = checkDraft({ ...draftOf('Where?', 'a', 'b'), closing: 'hour' }, nowMs)
    expect(checked.ok && checked.value.closesAt).toBe(nowMs + 3_600_000)
  })
})

describe('options', () => {
  test('there are never more than the limit', () => {
    let draft = emptyDraft
    for (let turn = 0; turn < 20; turn += 1) draft = withOption(draft)
    expect(draft.options).toHaveLength(draftLimits.optionsMax)
  })

  test('there are never fewer than two', () => {
    expect(withoutOption(emptyDraft, 1)).toBe(emptyDraft)
  })

  test('a new option never takes the key of another', () => {
    const draft = withOption(withoutOption(withOption(emptyDraft), 2))
    const keys = draft.options.map((option) => option.key)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('typing changes one option and leaves the others', () => {
    const draft = withOptionText(emptyDraft, 2, 'There')
    expect(draft.options.map((option) => option.text)).toEqual(['', 'There'])
  })
})
