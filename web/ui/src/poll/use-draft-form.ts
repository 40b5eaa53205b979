/** State of the form in which a poll is written. */
import { type FormEvent, type RefObject, useContext, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { ClockContext } from '../base/time-ago.tsx'
import { useAttempt, useBackend } from './backend.tsx'
import {
  checkDraft,
  type Closing,
  type Draft,
  type DraftErrors,
  emptyDraft,
  withOption,
  withOptionText,
  withoutOption,
} from './draft.ts'
import { useWithUser } from './join.tsx'
import type { PollValue } from './port.ts'
import { pollPath } from './routes.ts'

export interface DraftForm {
  readonly draft: Draft
  /** Undefined until the first try to publish; then kept current while typing. */
  readonly errors: DraftErrors | undefined
  readonly busy: boolean
  readonly setQuestion: (question: string) => void
  readonly setOption: (key: number, text: string) => void
  readonly addOption: () => void
  readonly removeOption: (key: number) => void
  readonly setPublic: (isPublic: boolean) => void
  readonly setClosing: (closing: Closing) => void
  readonly submit: (event: FormEvent) => void
}

export function useDraftForm(formRef: RefObject<HTMLFormElement | null>): DraftForm {
  const clock = useContext(ClockContext)
  const withUser = useWithUser()
  const [draft, setDraft] = useState(emptyDraft)
  const [tried, setTried] = useState(false)
  const { busy, publish } = usePublish()
  const checked = checkDraft(draft, clock())
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setTried(true)
    if (!checked.ok) {
      focusFirstError(formRef.current, draft, checked.errors)
      return
    }
    if (!busy) withUser('Who is asking?', () => void publish(checked.value))
  }
  return {
    draft,
    errors: tried && !checked.ok ? checked.errors : undefined,
    busy,
    setQuestion: (question) => setDraft((known) => ({ ...known, question })),
    setOption: (key, text) => setDraft((known) => withOptionText(known, key, text)),
    addOption: () => setDraft(withOption),
    removeOption: (key) => setDraft((known) => withoutOption(known, key)),
    setPublic: (isPublic) => setDraft((known) => ({ ...known, isPublic })),
    setClosing: (closing) => setDraft((known) => ({ ...known, closing })),
    submit,
  }
}

function usePublish(): { busy: boolean; publish: (value: PollValue) => Promise<void> } {
  const actions = useBackend().useActions()
  const attempt = useAttempt()
  const [, navigate] = useLocation()
  const [busy, setBusy] = useState(false)
  const latest = useRef(actions)
  useEffect(() => {
    latest.current = actions
  })
  const publish = async (value: PollValue): Promise<void> => {
    setBusy(true)
    await attempt({
      doing: 'create',
      run: async () => navigate(pollPath((await latest.current.createPoll(value))._id)),
    })
    setBusy(false)
  }
  return { busy, publish }
}

function focusFirstError(form: HTMLFormElement | null, draft: Draft, errors: DraftErrors): void {
  if (!form) return
  if (errors.question) {
    form.querySelector<HTMLElement>('[name=question]')?.focus()
    return
  }
  const broken = draft.options.findIndex((option) => errors.byOption.has(option.key))
  const blank = draft.options.findIndex((option) => option.text.trim() === '')
  const index = broken >= 0 ? broken : blank
  form.querySelectorAll<HTMLElement>('[name=option]')[index]?.focus()
}
