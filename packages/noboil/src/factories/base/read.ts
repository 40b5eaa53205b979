/**
 * Reading what is kept, stale or not: one row by everybody, all rows by the role. Nobody is asked for anything.
 */
import { batch, get as getOp, page } from '../../program/program.ts'
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
import { type BaseContext, keyReader } from './context.ts'
import { generationOf, liveRow, purges, shown } from './rows.ts'

export function get(base: BaseContext): Query<{ readonly key: string }, unknown> {
  return {
    kind: 'query',
    args: args({ key: keyReader(base) }),
    // oxlint-disable-next-line require-yield -- everybody may
    *access() {
      return shared
    },
    *read({ key }) {
      const [stored, purge] = yield* batch(
        getOp(base.layout, [key]),
        getOp(purges, [base.table.name]),
      )
      const row = liveRow(stored, purge)
      return row && shown(row)
    },
  }
}

export function list(
  base: BaseContext,
): Query<{ readonly paginationOpts: PaginationOptions }, unknown> {
  return {
    kind: 'query',
    args: args({ paginationOpts: pagination(base.settings.limits.maxPageRows) }),
    *access(call) {
      return (yield* hasRole(base, call)) ? shared : denied(emptyPage)
    },
    *read({ paginationOpts: { numItems, cursor, endCursor } }) {
      const purge = yield* getOp(purges, [base.table.name])
      const found = yield* page(base.layout, '', [], {
        where: [{ field: 'generation', is: 'eq', value: generationOf(purge) }],
        scope: `${base.table.name}.list`,
        cursor,
        endCursor,
        limit: numItems,
      })
      return new Listing(found.rows, shown, found)
    },
  }
}
