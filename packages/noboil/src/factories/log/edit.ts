/**
 * Editing and removing single rows. `seq` and `parent` never change; the author edits and removes, the parent's owner may
 * remove.
 */
import { NoboilError } from '../../errors/error.ts'
import { batch, get, now, patch, type Program, program, remove } from '../../program/program.ts'
import type { Row } from '../../schema/values.ts'
import { anything, args, flag, id, list, optional, text, wholeFrom } from '../shared/arguments.ts'
import { ask, assertSignedIn, authorOf, type Call, hook } from '../shared/call.ts'
import { assertUnchanged, dropMissing, laterThan } from '../shared/edit.ts'
import type { Mutation } from '../shared/operation.ts'
import { count } from './counts.ts'
import {
  locate,
  locateVisible,
  type Located,
  type LogContext,
  mayRead,
  noRow,
  shown,
} from './context.ts'
import { countsLayout, heads, isLive, type StoredRow, updatedAtOf } from './rows.ts'

interface UpdateArgs {
  readonly id: string
  readonly patch: Row
  readonly unset?: readonly string[]
  readonly expectedUpdatedAt?: number
}

export function update(log: LogContext): Mutation<UpdateArgs, Row> {
  const read = args({
    id,
    patch: anything,
    unset: optional(list(text, 100)),
    expectedUpdatedAt: optional(wholeFrom(0)),
  })
  return {
    kind: 'mutation',
    args: read as never,
    run: (call, given) => updateOne(log, call, given),
  }
}

const updateOne: (log: LogContext, call: Call, given: UpdateArgs) => Program<Row> = program(
  function* (log, call, given) {
    log.payloads.assertPatch(given.patch, given.unset)
    assertSignedIn(call)
    const found = yield* locateVisible(log, call, given.id)
    if (found === null) throw noRow(log)
    const { row, at } = found
    const wanted = log.payloads.patch(row as unknown as Row, given.patch, given.unset)
    if (!call.internal && row.userId !== call.user?._id) {
      throw new NoboilError('FORBIDDEN', `Only its author may change this ${log.table.name}.`)
    }
    const current = updatedAtOf(row, at)
    assertUnchanged(given.expectedUpdatedAt, current)
    const prev = shown(row, at)
    const { id } = given
    let set = wanted
    const { beforeUpdate, afterUpdate } = log.hooks
    if (beforeUpdate !== undefined) {
      const hooked = yield* hook(log.settings, call, (ctx) =>
        beforeUpdate(ctx, { id, patch: wanted, prev }),
      )
      set = log.payloads.patchHooked(row as unknown as Row, hooked, given.unset)
    }
    const updatedAt = laterThan(current, yield* now())
    const changes: { readonly [field in keyof StoredRow]?: StoredRow[field] | undefined } = {
      ...set,
      updatedAt,
      deletedAt: undefined,
      deletedEpoch: undefined,
      epoch: at.epoch || undefined,
    }
    yield* patch(log.layout, row, changes)
    if (log.counted.length > 0) {
      const counts = yield* get(countsLayout, [log.table.name, row.parent])
      yield* count(log, row.parent, counts, [
        { payload: row as unknown as Row, live: -1, total: -1 },
        { payload: { ...row, ...set }, live: 1, total: 1 },
      ])
    }
    const next = dropMissing(shown({ ...row, ...changes } as unknown as StoredRow, at))
    if (afterUpdate !== undefined) {
      yield* hook(log.settings, call, (ctx) =>
        afterUpdate(ctx, { id, patch: set, prev, row: next }),
      )
    }
    return next
  },
)

interface RmArgs {
  readonly id: string
  readonly hard?: boolean
}

export function rm(log: LogContext): Mutation<RmArgs, { deleted: boolean }> {
  const read = args({ id, hard: optional(flag) })
  return {
    kind: 'mutation',
    args: read as never,
    *run(call, given) {
      assertSignedIn(call)
      const found = yield* locateRemovable(log, call, given)
      if (found === null) return { deleted: false }
      if (!(yield* mayRemove(log, call, found))) {
        if (!isLive(found.row, found.at)) return { deleted: false }
        throw new NoboilError(
          'FORBIDDEN',
          `Only its author or the owner of the ${log.policy.layout.name} may remove this ${log.table.name}.`,
        )
      }
      yield* removeRow(log, call, found, given.hard === true)
      return { deleted: true }
    },
  }
}

export function rmBulk(log: LogContext): Mutation<{ ids: readonly string[] }, { count: number }> {
  const read = args({ ids: list(id, log.settings.limits.maxBulkItems) })
  return {
    kind: 'mutation',
    args: read,
    *run(call, { ids }) {
      assertSignedIn(call)
      let removed = 0
      for (const each of ids) {
        const found = yield* locateRemovable(log, call, { id: each })
        if (found === null || !(yield* mayRemove(log, call, found))) continue
        yield* removeRow(log, call, found, false)
        removed++
      }
      return { count: removed }
    },
  }
}

/** What `rm` may speak of: a row the caller sees, an admin any row; `hard` also one that is soft-deleted. */
const locateRemovable: (log: LogContext, call: Call, given: RmArgs) => Program<Located | null> =
  program(function* (log, call, given) {
    const found = yield* locate(log, given.id)
    if (found === null) return null
    const present = isLive(found.row, found.at) || (given.hard === true && log.softDelete)
    if (!present) return null
    if (mayRead(log, call, found.parent)) return found
    return call.internal || (yield* ask(log.settings, call, log.settings.admin)) ? found : null
  })

const mayRemove: (log: LogContext, call: Call, found: Located) => Program<boolean> = program(
  function* (log, call, { row, parent }) {
    if (call.internal || row.userId === authorOf(call)) return true
    if (parent !== null && log.policy.owns(parent, call)) return true
    return yield* ask(log.settings, call, log.settings.admin)
  },
)

const removeRow: (log: LogContext, call: Call, found: Located, hard: boolean) => Program<void> =
  program(function* (log, call, { row, at }, hard) {
    const { beforeRm, afterRm } = log.hooks
    const id = row._id
    if (beforeRm !== undefined) {
      const prev = shown(row, at)
      yield* hook(log.settings, call, (ctx) => beforeRm(ctx, { id, prev }))
    }
    const [head, counts] = yield* batch(
      get(heads, [log.table.name, row.parent]),
      log.counted.length === 0 ? undefined : get(countsLayout, [log.table.name, row.parent]),
    )
    const live = isLive(row, at) ? -1 : 0
    const gone = hard || !log.softDelete
    if (gone) yield* remove(log.layout, row)
    else {
      const time = yield* now()
      yield* patch(log.layout, row, {
        updatedAt: laterThan(updatedAtOf(row, at), time),
        epoch: at.epoch || undefined,
        deletedAt: time,
        deletedEpoch: at.epoch,
      })
    }
    const total = gone ? -1 : 0
    if (head !== null) {
      yield* patch(heads, head, { live: head.live + live, total: head.total + total })
    }
    yield* count(log, row.parent, counts ?? null, [{ payload: row as unknown as Row, live, total }])
    if (afterRm !== undefined) yield* hook(log.settings, call, (ctx) => afterRm(ctx, { id }))
  })
