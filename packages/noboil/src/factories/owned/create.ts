/**
 * Making rows: one, or many in one transaction. Whoever is signed in may; the row is theirs.
 */
import { batch } from '../../program/program.ts'
import type { Row } from '../../schema/values.ts'
import { anything, args, items } from '../shared/arguments.ts'
import { assertSignedIn, authorOf } from '../shared/call.ts'
import { type EntityRow, shown } from '../shared/entity.ts'
import { createRows } from '../shared/entity-write.ts'
import type { Mutation } from '../shared/operation.ts'
import { limitOn, readWindow } from '../shared/window.ts'
import type { OwnedContext } from './context.ts'

export function create({ entities }: OwnedContext): Mutation<{ readonly payload: Row }, Row> {
  return {
    kind: 'mutation',
    args: args({ payload: anything }) as never,
    *run(call, given) {
      const payload = entities.payloads.parse(given.payload, authorOf(call))
      assertSignedIn(call)
      const limit = limitOn(entities.rateLimit, call)
      const [window] = yield* batch(limit && readWindow(limit, call.caller))
      const rows = yield* createRows(entities, call, {}, [payload], window ?? null)
      return shown(rows[0] as EntityRow)
    },
  }
}

export function createBulk({
  entities,
}: OwnedContext): Mutation<{ readonly items: readonly Row[] }, { count: number; ids: string[] }> {
  return {
    kind: 'mutation',
    args: args({ items: items(entities.settings.limits.maxBulkItems) }) as never,
    *run(call, given) {
      const payloads = entities.payloads.parseAll(given.items, authorOf(call))
      assertSignedIn(call)
      if (payloads.length === 0) return { count: 0, ids: [] }
      const limit = limitOn(entities.rateLimit, call)
      const [window] = yield* batch(limit && readWindow(limit, call.caller))
      const rows = yield* createRows(entities, call, {}, payloads, window ?? null)
      return { count: rows.length, ids: rows.map((row) => row._id) }
    },
  }
}
