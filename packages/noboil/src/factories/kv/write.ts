/**
 * Writing: a key is set as a whole, removed, and brought back.
 */
import {
  batch,
  get,
  insert,
  now,
  patch,
  type Program,
  program,
  remove,
} from '../../program/program.ts'
import type { Row } from '../../schema/values.ts'
import { anything, args, expectedTime, optional } from '../shared/arguments.ts'
import { authorOf, type Call, hook } from '../shared/call.ts'
import { assertUnchanged, dropMissing, laterThan } from '../shared/edit.ts'
import type { Mutation } from '../shared/operation.ts'
import { assertRole } from '../shared/role.ts'
import { assertFits, limitOn, readWindow, record, type WindowRow } from '../shared/window.ts'
import { type KvContext, keyReader, noKey } from './context.ts'
import { isLive, shown, type StoredRow, type TombstoneRow, tombstones } from './rows.ts'

interface SetArgs {
  readonly key: string
  readonly payload: Row
  readonly expectedUpdatedAt?: number | null
}

export function set(kv: KvContext): Mutation<SetArgs, Row> {
  return {
    kind: 'mutation',
    args: args({
      key: keyReader(kv),
      payload: anything,
      expectedUpdatedAt: optional(expectedTime),
    }) as never,
    run: (call, given) => setOne(kv, call, given),
  }
}

const setOne: (kv: KvContext, call: Call, given: SetArgs) => Program<Row> = program(
  function* (kv, call, given) {
    const { key } = given
    const author = authorOf(call)
    const parsed = kv.payloads.parse(given.payload, author)
    const found = yield* readKey(kv, call, key)
    yield* assertRole(kv, call)
    const stored = found.row
    const prev = isLive(stored) ? shown(stored) : null
    yield* assertWithin(kv, call, found.window)
    assertUnchanged(given.expectedUpdatedAt, isLive(stored) ? stored.updatedAt : null)

    const { beforeUpdate, afterUpdate } = kv.hooks
    let payload = parsed
    if (beforeUpdate !== undefined) {
      const hooked = yield* hook(kv.settings, call, (ctx) =>
        beforeUpdate(ctx, { key, payload: parsed, prev }),
      )
      payload = kv.payloads.parseHooked(hooked, author)
    }
    const row = yield* write(kv, key, found, payload)
    yield* counted(kv, call, found.window)
    if (afterUpdate !== undefined) {
      yield* hook(kv.settings, call, (ctx) => afterUpdate(ctx, { key, payload, prev, row }))
    }
    return row
  },
)

export function rm(kv: KvContext): Mutation<{ readonly key: string }, { deleted: boolean }> {
  return {
    kind: 'mutation',
    args: args({ key: keyReader(kv) }),
    *run(call, { key }) {
      const { row, window } = yield* readKey(kv, call, key)
      yield* assertRole(kv, call)
      if (!isLive(row)) return { deleted: false }
      yield* assertWithin(kv, call, window)
      const { beforeRm, afterRm } = kv.hooks
      if (beforeRm !== undefined) {
        yield* hook(kv.settings, call, (ctx) => beforeRm(ctx, { key, prev: shown(row) }))
      }
      const at = yield* now()
      const updatedAt = laterThan(row.updatedAt, at)
      if (kv.softDelete) yield* patch(kv.layout, row, { updatedAt, deletedAt: at })
      else {
        yield* remove(kv.layout, row)
        yield* insert(tombstones, { table: kv.table.name, key, updatedAt })
      }
      yield* counted(kv, call, window)
      if (afterRm !== undefined) yield* hook(kv.settings, call, (ctx) => afterRm(ctx, { key }))
      return { deleted: true }
    },
  }
}

export function restore(kv: KvContext): Mutation<{ readonly key: string }, Row> {
  return {
    kind: 'mutation',
    args: args({ key: keyReader(kv) }),
    *run(call, { key }) {
      const { row, window } = yield* readKey(kv, call, key)
      yield* assertRole(kv, call)
      if (row === null) throw noKey(kv, key)
      if (isLive(row)) return shown(row)
      yield* assertWithin(kv, call, window)
      const updatedAt = laterThan(row.updatedAt, yield* now())
      yield* patch(kv.layout, row, { updatedAt, deletedAt: undefined })
      yield* counted(kv, call, window)
      return shown({ ...row, updatedAt })
    },
  }
}

/** What is at a key, and what the caller has written lately. */
interface Found {
  readonly row: StoredRow | null
  readonly tombstone: TombstoneRow | null
  readonly window: WindowRow | null
}

const readKey: (kv: KvContext, call: Call, key: string) => Program<Found> = program(
  function* (kv, call, key) {
    const limit = limitOn(kv.rateLimit, call)
    const [row, tombstone, window] = yield* batch(
      get(kv.layout, [key]),
      get(tombstones, [kv.table.name, key]),
      limit && readWindow(limit, call.caller),
    )
    return { row, tombstone, window: window ?? null }
  },
)

const assertWithin: (kv: KvContext, call: Call, window: WindowRow | null) => Program<void> =
  program(function* (kv, call, window) {
    const limit = limitOn(kv.rateLimit, call)
    if (limit) yield* assertFits(limit, call.caller, window, 1)
  })

const counted: (kv: KvContext, call: Call, window: WindowRow | null) => Program<void> = program(
  function* (kv, call, window) {
    const limit = limitOn(kv.rateLimit, call)
    if (limit) yield* record(limit, call.caller, window, 1)
  },
)

/** Writes a whole payload over what is at the key: a row, a removed row, a tombstone, nothing. */
const write: (kv: KvContext, key: string, found: Found, payload: Row) => Program<Row> = program(
  function* (kv, key, { row, tombstone }, payload) {
    const at = yield* now()
    if (row !== null) {
      const changes: Record<string, unknown> = { deletedAt: undefined }
      for (const name of kv.payloads.names) changes[name] = payload[name]
      changes['updatedAt'] = laterThan(row.updatedAt, at)
      yield* patch(kv.layout, row, changes)
      return dropMissing({ ...row, ...changes })
    }
    const updatedAt = tombstone === null ? at : laterThan(tombstone.updatedAt, at)
    const made = { ...payload, key, _creationTime: at, updatedAt }
    const _id = yield* insert(kv.layout, made)
    if (tombstone !== null) yield* remove(tombstones, tombstone)
    return { ...made, _id }
  },
)
