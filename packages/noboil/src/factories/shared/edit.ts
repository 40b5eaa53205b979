/**
 * What edits of every table have in common: the conflict check and the row's clock.
 */
import { NoboilError } from '../../errors/error.ts'
import type { Row } from '../../schema/values.ts'

/**
 * An exact compare-and-set: `expected` is the `updatedAt` that the caller saw, null when there was no row. Throws `CONFLICT`
 * with what is there now.
 */
export function assertUnchanged(expected: number | null | undefined, current: number | null): void {
  if (expected === undefined || expected === current) return
  throw new NoboilError('CONFLICT', conflict(expected, current), { updatedAt: current })
}

/** The time of a write over a row last written at `previous`: strictly later, whatever the clock does. */
export const laterThan = (previous: number, now: number): number => Math.max(now, previous + 1)

/** A row without the fields that a patch has cleared. */
export const dropMissing = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))

function conflict(expected: number | null, current: number | null): string {
  if (expected === null) return 'Somebody else made this meanwhile.'
  return current === null
    ? 'Somebody else removed this meanwhile.'
    : 'Somebody else changed this meanwhile.'
}
