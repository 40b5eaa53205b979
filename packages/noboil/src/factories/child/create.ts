/**
 * Making rows under a parent: one, or many in one transaction.
 */
import { NoboilError } from '../../errors/error.ts'
import { batch, type Program, program } from '../../program/program.ts'
import type { Row } from '../../schema/values.ts'
import { anything, args, id, items } from '../shared/arguments.ts'
import { assertSignedIn, authorOf, type Call } from '../shared/call.ts'
import { type EntityRow, shown } from '../shared/entity.ts'
import { createRows } from '../shared/entity-write.ts'
import type { Mutation } from '../shared/operation.ts'
import { limitOn, readWindow } from '../shared/window.ts'
import { type ChildContext, mayRead, noParent, readParent } from './context.ts'

interface CreateArgs {
  readonly parent: string
  readonly payload: Row
}

export function create(child: ChildContext): Mutation<CreateArgs, Row> {
  return {
    kind: 'mutation',
    args: args({ parent: id, payload: anything }) as never,
    *run(call, given) {
      const payload = child.entities.payloads.parse(given.payload, authorOf(call))
      assertSignedIn(call)
      const rows = yield* createUnder(child, call, given.parent, [payload])
      return shown(rows[0] as EntityRow)
    },
  }
}

interface BulkArgs {
  readonly parent: string
  readonly items: readonly Row[]
}

export function createBulk(
  child: ChildContext,
): Mutation<BulkArgs, { count: number; ids: string[] }> {
  const { payloads, settings } = child.entities
  return {
    kind: 'mutation',
    args: args({ parent: id, items: items(settings.limits.maxBulkItems) }) as never,
    *run(call, given) {
      const parsed = payloads.parseAll(given.items, authorOf(call))
      assertSignedIn(call)
      const rows = yield* createUnder(child, call, given.parent, parsed)
      return { count: rows.length, ids: rows.map((row) => row._id) }
    },
  }
}

const createUnder: (
  child: ChildContext,
  call: Call,
  parent: string,
  payloads: readonly Row[],
) => Program<readonly EntityRow[]> = program(function* (child, call, parent, payloads) {
  const { entities, policy } = child
  const limit = limitOn(entities.rateLimit, call)
  const [parentRow, window] = yield* batch(
    readParent(policy, parent),
    limit && readWindow(limit, call.caller),
  )
  if (!mayRead(policy, call, parentRow)) throw noParent(child)
  const allowed = call.internal || child.creators === 'readers' || policy.belongs(parentRow, call)
  if (!allowed) {
    throw new NoboilError(
      'FORBIDDEN',
      `Only the owner and the members of the ${policy.layout.name} may add a ${entities.name}.`,
    )
  }
  if (payloads.length === 0) return []
  return yield* createRows(entities, call, { parent }, payloads, window ?? null)
})
