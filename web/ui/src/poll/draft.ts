/** A poll being written, and the rules it must meet before it is sent. */
import type { PollValue } from './port.ts'

export const draftLimits = {
  questionChars: 200,
  optionChars: 80,
  optionsMin: 2,
  optionsMax: 8,
} as const

export interface DraftOption {
  /** Stays with the option while others come and go. */
  readonly key: number
  readonly text: string
}

export type Closing = 'never' | 'hour' | 'day' | 'week'

export interface Draft {
  readonly question: string
  readonly options: readonly DraftOption[]
  readonly isPublic: boolean
  readonly closing: Closing
}

export interface DraftErrors {
  readonly question?: string
  /** About the options together. */
  readonly options?: string
  /** By option key. */
  readonly byOption: ReadonlyMap<number, string>
}

export type Checked =
  | { readonly ok: true; readonly value: PollValue }
  | { readonly ok: false; readonly errors: DraftErrors }

export const emptyDraft: Draft = {
  question: '',
  options: [
    { key: 1, text: '' },
    { key: 2, text: '' },
  ],
  isPublic: true,
  closing: 'never',
}

/** Empty options beyond the second are taken as not meant. `nowMs` is since the Unix epoch. */
export function checkDraft(draft: Draft, nowMs: number): Checked {
  const byOption = optionErrors(draft.options)
  const filled = draft.options.map((option) => option.text.trim()).filter((text) => text !== '')
  const question = questionError(draft.question.trim())
  const options =
    filled.length < draftLimits.optionsMin ? 'Give people at least two options.' : undefined
  if (question || options || byOption.size > 0) {
    return {
      ok: false,
      errors: { ...(question && { question }), ...(options && { options }), byOption },
    }
  }
  const waitMs = closingMs[draft.closing]
  return {
    ok: true,
    value: {
      question: draft.question.trim(),
      options: filled,
      isPublic: draft.isPublic,
      ...(waitMs !== undefined && { closesAt: nowMs + waitMs }),
    },
  }
}

export function withOption(draft: Draft): Draft {
  if (draft.options.length >= draftLimits.optionsMax) return draft
  const key = 1 + Math.max(0, ...draft.options.map((option) => option.key))
  return { ...draft, options: [...draft.options, { key, text: '' }] }
}

export function withoutOption(draft: Draft, key: number): Draft {
  if (draft.options.length <= draftLimits.optionsMin) return draft
  return { ...draft, options: draft.options.filter((option) => option.key !== key) }
}

export function withOptionText(draft: Draft, key: number, text: string): Draft {
  return {
    ...draft,
    options: draft.options.map((option) => (option.key === key ? { key, text } : option)),
  }
}

const closingMs: Readonly<Record<Closing, number | undefined>> = {
  never: undefined,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}

function questionError(question: string): string | undefined {
  if (question === '') return 'Write the question you want answered.'
  if (question.length > draftLimits.questionChars) {
    return `Keep the question to ${draftLimits.questionChars} characters; this one has ${question.length}.`
  }
  return undefined
}

function optionErrors(options: readonly DraftOption[]): ReadonlyMap<number, string> {
  const errors = new Map<number, string>()
  const seen = new Set<string>()
  for (const option of options) {
    const text = option.text.trim()
    if (text === '') continue
    const same = text.toLocaleLowerCase('en')
    if (text.length > draftLimits.optionChars) {
      errors.set(option.key, `Keep each option to ${draftLimits.optionChars} characters.`)
    } else if (seen.has(same)) {
      errors.set(option.key, 'This option is already there.')
    }
    seen.add(same)
  }
  return errors
}
