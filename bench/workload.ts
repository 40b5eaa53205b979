/**
 * What every contestant is asked to do: ballots for 1,000 polls, the same ballots in the same order.
 * Texts are made before the clock starts, so that a contestant is not charged for them.
 */
import { seeded } from './lib/random.ts'

export interface Ballot {
  readonly parentIndex: number
  readonly optionIdx: number
  readonly voter: string
  readonly idempotencyKey: string
}

export const PARENTS = 1_000
export const OPTIONS = 4
export const GROUP = 64
export const BULK = 1_000
export const TAIL = 500

/** Ids as noboil makes them: the table's name, a dot and 26 characters of time and chance. */
export function makeIds(table: string, count: number): readonly string[] {
  const random = seeded(table.length * 7_919)
  return Array.from({ length: count }, () => flat(`${table}.01JD4W8Z9K${random.base32(16)}`))
}

export function makeBallots(count: number): readonly Ballot[] {
  const random = seeded(20_261_120)
  const voters = makeIds('users', 5_000)
  return Array.from({ length: count }, () => ({
    parentIndex: random.int(PARENTS),
    optionIdx: random.int(OPTIONS),
    voter: voters[random.int(voters.length)] ?? '',
    idempotencyKey: random.uuid(),
  }))
}

/** Parents of a log of this size, of equal length and each long enough for a full tail read. */
export function tailParents(rows: number): number {
  return Math.max(1, Math.min(PARENTS, rows / 1_000))
}

function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
