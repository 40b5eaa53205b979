/**
 * Reading: one key by everybody, all keys by the role.
 */
import { get as getOp, page } from '../../program/program.ts'
import { args, pagination } from '../shared/arguments.ts'
import {
  denied,
  emptyPage,
  Listing,
  type PaginationOptions,
  type Query,
  shared,
} from '../shared/operation.ts'
import { hasRole } from '../shared/role.ts'
import { type KvContext, keyReader } from './context.ts'
import { isLive, shown } from './rows.ts'

export function get(kv: KvContext): Query<{ readonly key: string }, unknown> {
  return {
    kind: 'query',
    args: args({ key: keyReader(kv) }),
    // oxlint-disable-next-line require-yield -- everybody may
    *access() {
      return shared
    },
    *read({ key }) {
      const row = yield* getOp(kv.layout, [key])
      return isLive(row) ? shown(row) : null
    },
  }
}

export function list(
  kv: KvContext,
): Query<{ readonly paginationOpts: PaginationOptions }, unknown> {
  return {
    kind: 'query',
    args: args({ paginationOpts: pagination(kv.settings.limits.maxPageRows) }),
    *access(call) {
      return (yield* hasRole(kv, call)) ? shared : denied(emptyPage)
    },
    *read({ paginationOpts: { numItems, cursor, endCursor } }) {
      const found = yield* page(kv.layout, '', [], {
        where: [{ field: 'deletedAt', is: 'eq', value: undefined }],
        scope: `${kv.table.name}.list`,
        cursor,
        endCursor,
        limit: numItems,
      })
      return new Listing(found.rows, shown, found)
    },
  }
}
