/**
 * What Convex checks of arguments and answers before and after a function runs.
 */
import type { GenericValidator } from 'convex/values'
import type { BuiltTable } from '../../factories/shared/operation.ts'
import type { AnyTable } from '../../schema/tables.ts'

export interface Signature {
  readonly args?: Readonly<Record<string, GenericValidator>>
  readonly returns?: GenericValidator
}

/** Signatures of one table's operations, by name. */
export type Signatures = Readonly<Record<string, Signature>>

export const signatureOf = (signatures: Signatures, path: string): Signature =>
  signatures[path.slice(path.indexOf('.') + 1)] ?? {}

export function signaturesOf(_table: BuiltTable, _declared: AnyTable | undefined): Signatures {
  return {}
}
