/**
 * What every operation of one child table knows, and who may do what under a parent.
 */
import { NoboilError } from '../../errors/error.ts'
import { byId, type Op } from '../../program/program.ts'
import { column } from '../../schema/layout.ts'
import type { ChildTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import type { Call } from '../shared/call.ts'
import type { Entities, EntityRow } from '../shared/entity.ts'
import type { Placement } from '../shared/filter.ts'
import type { ParentPolicy } from '../shared/parent.ts'
import type { Fields } from '../../schema/storable.ts'

/** A stored row. */
export interface StoredChild extends EntityRow {
  readonly parent: string
}

export interface ChildContext {
  readonly table: ChildTable
  readonly entities: Entities
  /** Who reads through the table's own `pub`. */
  readonly policy: ParentPolicy
  readonly creators: 'owner' | 'readers'
  readonly declared: readonly (readonly string[])[]
  readonly placement: Placement
}

export const parentColumn: Fields = { parent: column.text }

export const parentOf = (row: EntityRow): string => (row as StoredChild).parent

export const mayRead = (policy: ParentPolicy, call: Call, parent: Row | null): parent is Row =>
  parent !== null && policy.alive(parent) && (call.internal || policy.reads(parent, call))

export const noParent = ({ policy }: ChildContext): NoboilError =>
  new NoboilError('NOT_FOUND', `There is no such ${policy.layout.name}.`)

/** The parent's part that policies look at. */
export const readParent = (policy: ParentPolicy, parent: string): Op<Row | null> =>
  byId(policy.layout, parent, policy.fields as never) as Op<Row | null>
