/**
 * Writing one's own row: whole the first time, in part after that.
 */
import { NoboilError } from '../../errors/error.ts'
import { batch, get, insert, now, patch, type Program, program } from '../../program/program.ts'
import type { Row } from '../../schema/values.ts'
import {
  anything,
  args,
  expectedTime,
  id,
  invalid,
  list,
  optional,
  text,
} from '../shared/arguments.ts'
import { assertSignedIn, type Call, hook } from '../shared/call.ts'
import { assertUnchanged, dropMissing, laterThan } from '../shared/edit.ts'
import type { Mutation } from '../shared/operation.ts'
import { assertFits, limitOn, readWindow, record } from '../shared/window.ts'
import type { SingletonContext } from './context.ts'
import type { StoredRow } from './rows.ts'

interface UpsertArgs {
  readonly payload: Row
  readonly expectedUpdatedAt?: number | null
  readonly unset?: readonly string[]
  readonly userId?: string
}

export function upsert(single: SingletonContext): Mutation<UpsertArgs, Row> {
  return {
    kind: 'mutation',
    args: args({
      payload: anything,
      expectedUpdatedAt: optional(expectedTime),
      unset: optional(list(text, 100)),
      userId: optional(id),
    }) as never,
    run: (call, given) => upsertOne(single, call, given),
  }
}

const upsertOne: (single: SingletonContext, call: Call, given: UpsertArgs) => Program<Row> =
  program(function* (single, call, given) {
    const { layout, hooks, settings } = single
    single.payloads.assertPatch(given.payload, given.unset, 'payload')
    assertSignedIn(call)
    const userId = ownerOf(call, given.userId)
    const limit = limitOn(single.rateLimit, call)
    const [prev, window] = yield* batch(
      get(layout, [userId]),
      limit && readWindow(limit, call.caller),
    )
    const wanted = check(single, userId, prev, given)
    if (limit) yield* assertFits(limit, call.caller, window ?? null, 1)
    assertUnchanged(given.expectedUpdatedAt, prev?.updatedAt ?? null)

    const { beforeUpsert, afterUpsert } = hooks
    const before = prev as Row | null
    let set = wanted
    if (beforeUpsert !== undefined) {
      const hooked = yield* hook(settings, call, (ctx) =>
        beforeUpsert(ctx, { payload: wanted, prev: before }),
      )
      set = before
        ? single.payloads.patchHooked(before, hooked, given.unset, 'payload')
        : single.payloads.parseHooked(hooked, userId)
    }
    const row = yield* write(single, userId, prev, set)
    if (limit) yield* record(limit, call.caller, window ?? null, 1)
    if (afterUpsert !== undefined) {
      yield* hook(settings, call, (ctx) => afterUpsert(ctx, { payload: set, prev: before, row }))
    }
    return row
  })

/** One's own; the server itself says whose. */
function ownerOf(call: Call, named: string | undefined): string {
  const own = call.user?._id
  if (call.internal) {
    const userId = named ?? own
    if (userId === undefined)
      throw invalid('userId', 'A call of the server itself must name the user.')
    return userId
  }
  if (own === undefined || (named !== undefined && named !== own)) {
    throw new NoboilError('FORBIDDEN', 'This row is somebody else’s.')
  }
  return own
}

/** The columns to write: all of them the first time, then the patch's. */
function check(
  { payloads }: SingletonContext,
  userId: string,
  prev: StoredRow | null,
  { payload, unset = [] }: UpsertArgs,
): Row {
  if (prev !== null) return payloads.patch(prev as unknown as Row, payload, unset, 'payload')
  const kept = Object.entries(payload).filter(([name]) => !unset.includes(name))
  return payloads.parse(Object.fromEntries(kept), userId)
}

const write: (
  single: SingletonContext,
  userId: string,
  prev: StoredRow | null,
  set: Row,
) => Program<Row> = program(function* ({ layout }, userId, prev, set) {
  const at = yield* now()
  if (prev !== null) {
    const changes = { ...set, updatedAt: laterThan(prev.updatedAt, at) }
    yield* patch(layout, prev, changes)
    return dropMissing({ ...prev, ...changes })
  }
  const row = { ...set, userId, _creationTime: at, updatedAt: at }
  return { ...row, _id: yield* insert(layout, row) }
})
