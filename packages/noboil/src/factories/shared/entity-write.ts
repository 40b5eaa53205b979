/**
 * Writing rows of owned and child tables: making, changing, removing, bringing back.
 */
import {
  batch,
  byId,
  insert,
  now,
  patch,
  type Program,
  program,
  remove,
} from '../../program/program.ts'
import type { Row } from '../../schema/values.ts'
import { anything, args, flag, id, invalid, list, optional, text, wholeFrom } from './arguments.ts'
import { ask, assertSignedIn, authorOf, type Call, hook } from './call.ts'
import { assertUnchanged, dropMissing, laterThan } from './edit.ts'
import { type Entities, type EntityRow, isLive, noRow, notYours, shown } from './entity.ts'
import type { Mutation, Operation } from './operation.ts'
import { assertFits, limitOn, record, type WindowRow } from './window.ts'

/** `update updateBulk rm rmBulk restore`: the same for every such table. */
export const edits = (entities: Entities): Record<string, Operation> => ({
  update: update(entities),
  updateBulk: updateBulk(entities),
  rm: rm(entities),
  rmBulk: rmBulk(entities),
  restore: restore(entities),
})

/** Makes rows that their author may make: counts them, runs the hooks, writes. */
export const createRows: (
  entities: Entities,
  call: Call,
  fixed: Row,
  payloads: readonly Row[],
  window: WindowRow | null,
) => Program<readonly EntityRow[]> = program(function* (entities, call, fixed, payloads, window) {
  const { layout, settings } = entities
  const { beforeCreate, afterCreate } = entities.hooks
  const limit = limitOn(entities.rateLimit, call)
  const author = authorOf(call)
  if (limit) yield* assertFits(limit, call.caller, window, payloads.length)
  const written: Row[] = []
  for (const payload of payloads) {
    if (beforeCreate === undefined) written.push(payload)
    else {
      const event = { ...fixed, payload }
      const hooked = yield* hook(settings, call, (ctx) => beforeCreate(ctx, event))
      written.push(entities.payloads.parseHooked(hooked, author))
    }
  }
  const at = yield* now()
  const rows: EntityRow[] = []
  for (const payload of written) {
    const made = { ...payload, ...fixed, _creationTime: at, userId: author, updatedAt: at }
    const row = { ...made, _id: yield* insert(layout, made) }
    if (entities.kept) yield* entities.kept(null, row)
    rows.push(row)
  }
  if (limit) yield* record(limit, call.caller, window, rows.length)
  if (afterCreate !== undefined) {
    for (const row of rows) {
      yield* hook(settings, call, (ctx) => afterCreate(ctx, { row: shown(row) }))
    }
  }
  return rows
})

interface UpdateArgs {
  readonly id: string
  readonly patch: Row
  readonly unset?: readonly string[]
  readonly expectedUpdatedAt?: number
}

const updateShape = {
  id,
  patch: anything,
  unset: optional(list(text, 100)),
  expectedUpdatedAt: optional(wholeFrom(0)),
}

function update(entities: Entities): Mutation<UpdateArgs, Row> {
  return {
    kind: 'mutation',
    args: args(updateShape) as never,
    *run(call, given) {
      entities.payloads.assertPatch(given.patch, given.unset)
      assertSignedIn(call)
      const row = yield* byId(entities.layout, given.id)
      return yield* updateRow(entities, call, given, row, 'patch')
    },
  }
}

function updateBulk(
  entities: Entities,
): Mutation<{ readonly items: readonly UpdateArgs[] }, { count: number }> {
  const one = args(updateShape)
  const read = args({
    items: list((input) => one(input), entities.settings.limits.maxBulkItems),
  })
  return {
    kind: 'mutation',
    args: read as never,
    *run(call, { items }) {
      for (const [at, item] of items.entries()) {
        entities.payloads.assertPatch(item.patch, item.unset, pathOf(at))
      }
      assertSignedIn(call)
      const ids = items.map((item) => item.id)
      if (new Set(ids).size !== ids.length) {
        throw invalid('items', 'Two items name the same row; put them into one.')
      }
      const rows = yield* rowsOf(entities, ids)
      for (const [at, item] of items.entries()) {
        const row = rows === undefined ? yield* byId(entities.layout, item.id) : rows[at]
        yield* updateRow(entities, call, item, row ?? null, pathOf(at))
      }
      return { count: items.length }
    },
  }
}

const pathOf = (at: number): string => `items[${at}].patch`

const updateRow: (
  entities: Entities,
  call: Call,
  given: UpdateArgs,
  row: EntityRow | null,
  path: string,
) => Program<Row> = program(function* (entities, call, given, row, path) {
  if (row === null || !isLive(row)) throw noRow(entities.name)
  const standing = yield* entities.standing(call, row)
  if (!standing.sees) throw noRow(entities.name)
  const { payloads, hooks, settings } = entities
  const stored = row as unknown as Row
  const wanted = payloads.patch(stored, given.patch, given.unset, path)
  if (!standing.edits) throw notYours(entities)
  assertUnchanged(given.expectedUpdatedAt, row.updatedAt)
  const { id } = given
  const prev = shown(row)
  const { beforeUpdate, afterUpdate } = hooks
  let set = wanted
  if (beforeUpdate !== undefined) {
    const event = { id, patch: wanted, prev }
    const hooked = yield* hook(settings, call, (ctx) => beforeUpdate(ctx, event))
    set = payloads.patchHooked(stored, hooked, given.unset, path)
  }
  const next = yield* rewrite(entities, row, set)
  if (afterUpdate !== undefined) {
    const event = { id, patch: set, prev, row: shown(next) }
    yield* hook(settings, call, (ctx) => afterUpdate(ctx, event))
  }
  return shown(next)
})

interface RmArgs {
  readonly id: string
  readonly hard?: boolean
}

function rm(entities: Entities): Mutation<RmArgs, { deleted: boolean }> {
  return {
    kind: 'mutation',
    args: args({ id, hard: optional(flag) }) as never,
    *run(call, given) {
      assertSignedIn(call)
      const hard = given.hard === true
      const row = yield* byId(entities.layout, given.id)
      const verdict = yield* mayRemove(entities, call, row, hard)
      if (verdict === 'forbidden') throw notYours(entities)
      if (verdict === 'missing' || row === null) return { deleted: false }
      yield* removeRow(entities, call, row, hard)
      return { deleted: true }
    },
  }
}

function rmBulk(
  entities: Entities,
): Mutation<{ readonly ids: readonly string[] }, { count: number }> {
  return {
    kind: 'mutation',
    args: args({ ids: list(id, entities.settings.limits.maxBulkItems) }),
    *run(call, given) {
      assertSignedIn(call)
      const ids = [...new Set(given.ids)]
      const rows = yield* rowsOf(entities, ids)
      let count = 0
      for (const [at, each] of ids.entries()) {
        const row = (rows === undefined ? yield* byId(entities.layout, each) : rows[at]) ?? null
        const verdict = yield* mayRemove(entities, call, row, false)
        if (verdict !== 'allowed' || row === null) continue
        yield* removeRow(entities, call, row, false)
        count++
      }
      return { count }
    },
  }
}

function restore(entities: Entities): Mutation<{ readonly id: string }, Row> {
  return {
    kind: 'mutation',
    args: args({ id }),
    *run(call, given) {
      assertSignedIn(call)
      const row = yield* byId(entities.layout, given.id)
      if (row === null) throw noRow(entities.name)
      const { sees, edits: own } = yield* entities.standing(call, row)
      const permitted = own || (yield* mayModerate(entities, call))
      if (!permitted) throw isLive(row) && sees ? notYours(entities) : noRow(entities.name)
      if (isLive(row)) return shown(row)
      return shown(yield* rewrite(entities, row, { deletedAt: undefined }))
    },
  }
}

/** Removes a row that the caller may remove, with the hooks. */
export const removeRow: (
  entities: Entities,
  call: Call,
  row: EntityRow,
  hard: boolean,
) => Program<void> = program(function* (entities, call, row, hard) {
  const { beforeRm, afterRm } = entities.hooks
  const event = { id: row._id }
  if (beforeRm !== undefined) {
    const prev = shown(row)
    yield* hook(entities.settings, call, (ctx) => beforeRm(ctx, { ...event, prev }))
  }
  if (hard || !entities.softDelete) {
    yield* remove(entities.layout, row)
    if (entities.kept) yield* entities.kept(row, null)
  } else yield* rewrite(entities, row, { deletedAt: yield* now() })
  if (afterRm !== undefined) {
    yield* hook(entities.settings, call, (ctx) => afterRm(ctx, event))
  }
})

/** Whether `rm` may take a row; `missing`: the caller is not to know that it is there. `hard` also takes soft-deleted ones. */
const mayRemove: (
  entities: Entities,
  call: Call,
  row: EntityRow | null,
  hard: boolean,
) => Program<'allowed' | 'forbidden' | 'missing'> = program(function* (entities, call, row, hard) {
  if (row === null || (!isLive(row) && !hard)) return 'missing'
  const standing = yield* entities.standing(call, row)
  if (standing.edits || (yield* mayModerate(entities, call))) return 'allowed'
  return standing.sees && isLive(row) ? 'forbidden' : 'missing'
})

/** Admins and the server itself remove and restore rows of others, also rows they do not see. */
const mayModerate: (entities: Entities, call: Call) => Program<boolean> = program(
  function* (entities, call) {
    return call.internal || (yield* ask(entities.settings, call, entities.settings.admin))
  },
)

const rewrite: (entities: Entities, row: EntityRow, set: Row) => Program<EntityRow> = program(
  function* (entities, row, set) {
    const changes = { ...set, updatedAt: laterThan(row.updatedAt, yield* now()) }
    yield* patch(entities.layout, row, changes)
    const next = dropMissing({ ...row, ...changes }) as unknown as EntityRow
    if (entities.kept) yield* entities.kept(row, next)
    return next
  },
)

/** The rows of a bulk call in one round trip; undefined where a hook may change one of them in between. */
const rowsOf: (
  entities: Entities,
  ids: readonly string[],
) => Program<readonly (EntityRow | null)[] | undefined> = program(function* (entities, ids) {
  if (Object.keys(entities.hooks).length > 0 || ids.length === 0) return undefined
  return yield* batch(...ids.map((each) => byId(entities.layout, each)))
})
