/**
 * Reading, asked three ways: what is mine or shared with me (flat), what is mine (`auth`), what is public (`pub`). The server
 * itself reads every row.
 */
import { byId } from '../../program/program.ts'
import { args, id, pagination } from '../shared/arguments.ts'
import type { Call } from '../shared/call.ts'
import type { EntityRow } from '../shared/entity.ts'
import { type ListArgs, listOf, rowOf, searchOf, type Source } from '../shared/entity-read.ts'
import { filterReaders, type Placement } from '../shared/filter.ts'
import {
  type Access,
  denied,
  emptyPage,
  type Operation,
  type Query,
  type Scope,
  shared,
} from '../shared/operation.ts'
import { searchText } from '../shared/search.ts'
import type { Row } from '../../schema/values.ts'
import type { OwnedContext } from './context.ts'

/** Which rows a set of reads is for. */
export type Audience = 'readers' | 'owner' | 'public'

/** `list read search` for one audience. */
export const reads = (owned: OwnedContext, audience: Audience): Record<string, Operation> => ({
  list: list(owned, audience),
  read: read(owned, audience),
  search: search(owned, audience),
})

/** Public rows are the same for all, the server's view too; the rest is each caller's own. */
function accessOf<result>(audience: Audience, call: Call, empty: result): Access<result> {
  if (audience === 'public' || call.internal) return shared
  return call.user === null ? denied(empty) : { allowed: true, scope: { user: call.user._id } }
}

/** What the server itself lists: every row by its time. */
const everyRow: Placement = { base: '', prefix: [], indexes: [] }

function sourceOf(owned: OwnedContext, audience: Audience, { user }: Scope): Source {
  if (audience === 'public' && owned.publicPlacement !== undefined) {
    const { publicPlacement: placement, pub } = owned
    return { placement, fixed: placement.prefix.map((name) => pub?.[name]) }
  }
  if (user === null) return { placement: everyRow, fixed: [] }
  if (audience === 'readers' && owned.members !== undefined) {
    const { placement, layout: via } = owned.members
    return { placement, fixed: [user], via }
  }
  return { placement: owned.ownPlacement, fixed: [user] }
}

function list(owned: OwnedContext, audience: Audience): Query<ListArgs, unknown> {
  const { entities, table, declared } = owned
  return {
    kind: 'query',
    args: args({
      paginationOpts: pagination(entities.settings.limits.maxPageRows),
      ...filterReaders(table, declared),
    }) as never,
    // oxlint-disable-next-line require-yield -- who is calling says it all
    *access(call) {
      return accessOf(audience, call, emptyPage)
    },
    *read(given, scope) {
      return yield* listOf(entities, sourceOf(owned, audience, scope), given)
    },
  }
}

function search(
  owned: OwnedContext,
  audience: Audience,
): Query<{ readonly query: string }, unknown> {
  return {
    kind: 'query',
    args: args({ query: searchText }),
    // oxlint-disable-next-line require-yield -- who is calling says it all
    *access(call) {
      return accessOf(audience, call, [])
    },
    *read({ query }, scope) {
      return yield* searchOf(owned.entities, sourceOf(owned, audience, scope), query)
    },
  }
}

function read(owned: OwnedContext, audience: Audience): Query<{ readonly id: string }, unknown> {
  const { entities, policy } = owned
  return {
    kind: 'query',
    args: args({ id }),
    *access(call, given) {
      const row = yield* byId(entities.layout, given.id, policy.fields as (keyof EntityRow)[])
      return row !== null && admits(owned, audience, call, row) ? shared : denied(null)
    },
    *read(given) {
      return yield* rowOf(entities, given.id)
    },
  }
}

function admits(
  { policy }: OwnedContext,
  audience: Audience,
  call: Call,
  found: EntityRow,
): boolean {
  const row = found as unknown as Row
  if (!policy.alive(row)) return false
  if (audience === 'public') return policy.isPublic(row)
  if (call.internal) return true
  return audience === 'readers' ? policy.reads(row, call) : policy.owns(row, call)
}
