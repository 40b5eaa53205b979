/**
 * What every operation of one owned table knows.
 */
import type { OwnedTable } from '../../schema/tables.ts'
import type { Entities } from '../shared/entity.ts'
import type { Placement } from '../shared/filter.ts'
import type { ParentPolicy } from '../shared/parent.ts'
import type { Members } from './members.ts'
import type { PublicWhere } from './policy.ts'

export interface OwnedContext {
  readonly table: OwnedTable
  readonly entities: Entities
  readonly policy: ParentPolicy
  /** Declared indexes, as columns. */
  readonly declared: readonly (readonly string[])[]
  readonly pub: PublicWhere | undefined
  readonly members: Members | undefined
  readonly ownPlacement: Placement
  readonly publicPlacement: Placement | undefined
}
