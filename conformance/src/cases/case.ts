/**
 * A case is one rule of one operation, the same on every host.
 */
import type { World } from '../world.ts'

export const kinds = [
  'happy',
  'anonymous',
  'forbidden',
  'invisible',
  'system',
  'conflicting',
  'limited',
  'malformed',
  'deleted',
  'restored',
  'bulk',
  'purged',
  'hooked',
  'stale',
  'failing',
] as const

export type Kind = (typeof kinds)[number]

export interface Case {
  /** `table.operation`: whose rule it is. */
  readonly on: string
  readonly kind: Kind
  readonly rule: string
  readonly run: (world: World) => Promise<void>
}

/** Rules by kind. */
export type Rules = {
  readonly [kind in Kind]?: Readonly<Record<string, (world: World) => Promise<void>>>
}

/** What gaps and reports call a case. */
export const nameOf = ({ on, rule }: Case): string => `${on}: ${rule}`

/** The cases of some operations, from rules by operation and kind. */
export const cases = (operations: Readonly<Record<string, Rules>>): readonly Case[] =>
  Object.entries(operations).flatMap(([on, rules]) =>
    kinds.flatMap((kind) =>
      Object.entries(rules[kind] ?? {}).map(([rule, run]) => ({ on, kind, rule, run })),
    ),
  )
