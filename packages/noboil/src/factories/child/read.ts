/**
 * Reading, scoped by the parent and asked three ways: by whoever may read the parent, by its owner (`auth`), by anybody of
 * what is public (`pub`).
 */
import { byId, type Program } from '../../program/program.ts'
import type { Row } from '../../schema/values.ts'
import { args, id, pagination } from '../shared/arguments.ts'
import type { Call } from '../shared/call.ts'
import { type ListArgs, listOf, rowOf, searchOf, type Source } from '../shared/entity-read.ts'
import { filterReaders } from '../shared/filter.ts'
import {
  type Access,
  denied,
  emptyPage,
  type Operation,
  type Query,
  shared,
} from '../shared/operation.ts'
import { searchText } from '../shared/search.ts'
import { type ChildContext, mayRead, parentOf, readParent } from './context.ts'

/** Which callers a set of reads is for. */
export type Audience = 'readers' | 'owner' | 'public'

/** `list read search` for one audience. */
export const reads = (child: ChildContext, audience: Audience): Record<string, Operation> => ({
  list: list(child, audience),
  read: read(child, audience),
  search: search(child, audience),
})

const sourceOf = ({ placement }: ChildContext, parent: string): Source => ({
  placement,
  fixed: [parent],
})

interface ChildListArgs extends ListArgs {
  readonly parent: string
}

function list(child: ChildContext, audience: Audience): Query<ChildListArgs, unknown> {
  const { entities, table, declared } = child
  return {
    kind: 'query',
    args: args({
      parent: id,
      paginationOpts: pagination(entities.settings.limits.maxPageRows),
      ...filterReaders(table, declared),
    }) as never,
    access: (call, { parent }) => underParent(child, audience, call, parent, emptyPage),
    *read(given) {
      return yield* listOf(entities, sourceOf(child, given.parent), given)
    },
  }
}

interface SearchArgs {
  readonly parent: string
  readonly query: string
}

function search(child: ChildContext, audience: Audience): Query<SearchArgs, unknown> {
  return {
    kind: 'query',
    args: args({ parent: id, query: searchText }),
    access: (call, { parent }) => underParent(child, audience, call, parent, []),
    *read({ parent, query }) {
      return yield* searchOf(child.entities, sourceOf(child, parent), query)
    },
  }
}

function read(child: ChildContext, audience: Audience): Query<{ readonly id: string }, unknown> {
  const { entities } = child
  return {
    kind: 'query',
    args: args({ id }),
    *access(call, given) {
      const row = yield* byId(entities.layout, given.id, ['parent' as '_id'])
      if (row === null) return denied(null)
      return yield* underParent(child, audience, call, parentOf(row), null)
    },
    *read(given) {
      return yield* rowOf(entities, given.id)
    },
  }
}

function* underParent<result>(
  { policy }: ChildContext,
  audience: Audience,
  call: Call,
  parent: string,
  empty: result,
): Program<Access<result>> {
  const row: Row | null = yield* readParent(policy, parent)
  if (!mayRead(policy, call, row)) return denied(empty)
  const admitted =
    audience === 'readers' ||
    (audience === 'public' ? policy.isPublic(row) : call.internal || policy.owns(row, call))
  return admitted ? shared : denied(empty)
}
