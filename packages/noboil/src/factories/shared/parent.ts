/**
 * What logs and children ask of the owned table they hang under: who may see a row, and whose it is.
 */
import type { Layout } from '../../schema/layout.ts'
import type { Row } from '../../schema/values.ts'
import type { Call } from './call.ts'

export interface ParentPolicy {
  readonly layout: Layout
  /** The columns that the answers below depend on. */
  readonly fields: readonly string[]
  /** Not soft-deleted. */
  alive(row: Row): boolean
  owns(row: Row, call: Call): boolean
  /** Owner or member: who may add to the row without its being open to all. */
  belongs(row: Row, call: Call): boolean
  /** Owner, member, or everybody where the table's own `pub` says so. */
  reads(row: Row, call: Call): boolean
  /** Everybody, also without signing in. */
  isPublic(row: Row): boolean
}

/** A log's or child's own `pub` option: a boolean field of the parent that opens its rows to everybody. */
export type PubOption = string | { readonly parentField: string }

export const pubField = (pub: PubOption | undefined): string | undefined =>
  typeof pub === 'object' ? pub.parentField : pub

/** {@link ParentPolicy} as seen through a log's or child's own `pub`. */
export function throughPub(parent: ParentPolicy, pub: PubOption | undefined): ParentPolicy {
  const field = pubField(pub)
  if (field === undefined) return parent
  const isPublic = (row: Row): boolean => row[field] === true
  return {
    ...parent,
    fields: [...new Set([...parent.fields, field])],
    reads: (row, call) => isPublic(row) || parent.reads(row, call),
    isPublic,
  }
}

/** The flow that sweeps a table's rows under a parent that is gone; its arguments are `{ parent, through }`. */
export const sweepFlowName = (table: string): string => `sweep:${table}`

/** `through` of a sweep after the removal of the parent itself: nothing under it stays. */
export const everything: number = Number.MAX_SAFE_INTEGER
