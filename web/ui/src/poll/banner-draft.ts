/** Editing a value that others may save meanwhile: knows what the edit started from. */
import type { BannerRow, BannerValue } from './port.ts'

export interface BannerDraft {
  readonly value: BannerValue
  /** The row the edit started from; null: there was none. */
  readonly base: BannerRow | null
}

export const messageCharsMax = 200

export function startDraft(row: BannerRow | null): BannerDraft {
  return { value: { active: row?.active ?? true, message: row?.message ?? '' }, base: row }
}

export function isChanged({ value, base }: BannerDraft): boolean {
  const start = startDraft(base).value
  return value.active !== start.active || value.message !== start.message
}

/** What others did to the row after the edit began: a newer row, `'cleared'`, or null for nothing. */
export function overtakenBy(
  { base }: BannerDraft,
  current: BannerRow | null,
): BannerRow | 'cleared' | null {
  if (!current) return base ? 'cleared' : null
  // The row that was on its way is our own; now it has arrived.
  if (base && base.updatedAt === undefined) return null
  return current.updatedAt === base?.updatedAt ? null : current
}

export function messageError(message: string): string | undefined {
  const text = message.trim()
  if (text === '') return 'Write the message, or clear the banner to remove it.'
  return text.length > messageCharsMax ? `Keep it to ${messageCharsMax} characters.` : undefined
}
