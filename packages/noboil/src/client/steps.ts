/**
 * How a list follows its server: steps by position, applied to a copy.
 */
import type { ListStep, PageEnd } from '../wire/messages.ts'

/** The rows of an answer that steps can reach: a list, or the `page` of a page. */
export function rowsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (typeof value !== 'object' || value === null) return undefined
  const { page } = value as { readonly page?: unknown }
  return Array.isArray(page) ? page : undefined
}

/** The same answer with other rows. */
export const withRows = (value: unknown, rows: readonly unknown[], end?: PageEnd): unknown =>
  Array.isArray(value) ? rows : { ...(value as object), ...end, page: rows }

/** The answer after the steps, or undefined when a step does not fit: then the list is not the one they were made for. */
export function applySteps(
  value: unknown,
  steps: readonly ListStep[],
  end: PageEnd | undefined,
): unknown {
  const before = rowsOf(value)
  if (before === undefined) return undefined
  const rows = [...before]
  for (const [step, at, row] of steps) {
    const last = step === '+' ? rows.length : rows.length - 1
    if (!Number.isInteger(at) || at < 0 || at > last) return undefined
    if (step === '+') rows.splice(at, 0, row)
    else if (step === '=') rows[at] = row
    else rows.splice(at, 1)
  }
  return withRows(value, rows, end)
}
