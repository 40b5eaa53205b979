/** State of the banner's form: follows the live row until somebody types, then holds on to what they type. */
import { useState } from 'react'
import { useAttempt, useBackend } from './backend.tsx'
import {
  type BannerDraft,
  isChanged,
  messageError,
  overtakenBy,
  startDraft,
} from './banner-draft.ts'
import type { BannerRow, BannerValue } from './port.ts'

export interface BannerForm {
  readonly value: BannerValue
  readonly error: string | undefined
  /** What was written is being saved; until then nothing else can be written. */
  readonly busy: boolean
  /** What others did meanwhile, while there is something of ours to lose. */
  readonly overtaken: BannerRow | 'cleared' | null
  readonly setMessage: (message: string) => void
  readonly setActive: (active: boolean) => void
  readonly save: () => void
  readonly takeTheirs: () => void
  readonly keepMine: () => void
}

export function useBannerForm(row: BannerRow | null): BannerForm {
  const banner = useBackend().useBanner()
  const attempt = useAttempt()
  const [edited, setEdited] = useState<BannerDraft>()
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const draft = edited ?? startDraft(row)
  const change = (value: Partial<BannerValue>): void => {
    if (busy) return
    const next = { ...draft, value: { ...draft.value, ...value } }
    setEdited(isChanged(next) ? next : undefined)
    setError(undefined)
  }
  const save = async (): Promise<void> => {
    const wrong = messageError(draft.value.message)
    setError(wrong)
    if (wrong || busy) return
    const value = { active: draft.value.active, message: draft.value.message.trim() }
    const expected = draft.base ? { expectedUpdatedAt: draft.base.updatedAt } : undefined
    setBusy(true)
    const run = (): Promise<unknown> => banner.update(value, expected)
    // A conflict needs no toast when the newer row has already arrived and is shown beside the form.
    const onError = ({ code }: { code: string }): boolean =>
      code === 'CONFLICT' && overtakenBy(draft, row) !== null
    if (await attempt({ doing: 'banner', run, done: 'The banner is saved.', onError })) {
      setEdited(undefined)
    }
    setBusy(false)
  }
  return {
    value: draft.value,
    error,
    busy,
    overtaken: edited && !busy ? overtakenBy(edited, row) : null,
    setMessage: (message) => change({ message }),
    setActive: (active) => change({ active }),
    save: () => void save(),
    takeTheirs: () => {
      setEdited(undefined)
      setError(undefined)
    },
    keepMine: () => setEdited({ value: draft.value, base: row }),
  }
}
