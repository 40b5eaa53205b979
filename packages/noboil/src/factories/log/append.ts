/**
 * Appending: one row, or many in one transaction. `seq` is given by the head row of the parent, so it has no gaps and is never
 * given twice, whatever is removed.
 */
import { NoboilError } from '../../errors/error.ts'
import {
  batch,
  byId,
  get,
  increment,
  insertMany,
  now,
  type Op,
  type Program,
  program,
  range,
  remove,
} from '../../program/program.ts'
import { canonicalJson, fingerprint, type Row } from '../../schema/values.ts'
import { args, anything, id, items, optional, shortText, wholeFrom } from '../shared/arguments.ts'
import { assertSignedIn, authorOf, type Call, hook } from '../shared/call.ts'
import type { Mutation } from '../shared/operation.ts'
import { assertFits, limitOn, readWindow, record } from '../shared/window.ts'
import { count } from './counts.ts'
import { type LogContext, mayRead, noParent, shown } from './context.ts'
import {
  countsLayout,
  type CountsRow,
  type HeadRow,
  heads,
  type Marks,
  marksOf,
  type StoredRow,
} from './rows.ts'
import type { Appended } from './types.ts'

interface AppendArgs {
  readonly parent: string
  readonly payload: Row
  readonly idempotencyKey?: string
  readonly expectedSeq?: number
}

export function append(log: LogContext): Mutation<AppendArgs, Appended> {
  const { limits } = log.settings
  const read = args({
    parent: id,
    payload: anything,
    idempotencyKey: optional(shortText('maxKeyBytes', limits.maxKeyBytes)),
    expectedSeq: optional(wholeFrom(0)),
  })
  return {
    kind: 'mutation',
    args: read as never,
    run: (call, given) => appendOne(log, call, given),
  }
}

const appendOne: (log: LogContext, call: Call, given: AppendArgs) => Program<Appended> = program(
  function* (log, call, given) {
    const { parent, idempotencyKey: key } = given
    const author = authorOf(call)
    const payload = log.payloads.parse(given.payload, author)
    assertSignedIn(call)
    const limit = limitOn(log.rateLimit, call)
    const [parentRow, replays, window, counts] = yield* batch(
      readParent(log, parent),
      key === undefined
        ? undefined
        : range(log.layout, 'by_idempotency', [parent, key], { limit: 1 }),
      limit && readWindow(limit, call.caller),
      readCountsEarly(log, parent),
    )
    if (!mayRead(log, call, parentRow)) throw noParent(log)

    const print = key === undefined ? undefined : fingerprint(canonicalJson(given.payload))
    const replay = replays?.[0] && (yield* replayed(log, replays[0], author, print))
    if (replay) return replay

    if (limit) yield* assertFits(limit, call.caller, window ?? null, 1)
    if (given.expectedSeq !== undefined) yield* assertEndsAt(log, parent, given.expectedSeq)
    const written = log.hooks.beforeAppend
      ? yield* beforeAppend(log, call, parent, payload, author)
      : payload
    const late = readCountsLate(log, parent)
    const tally = (late ? yield* late : counts) ?? null
    const done = yield* write(log, parent, author, [written], tally, { key, print })
    if (limit) yield* record(limit, call.caller, window ?? null, 1)
    if (log.hooks.afterAppend) yield* afterAppend(log, call, done)
    return { seq: done.firstSeq, created: true }
  },
)

interface BulkArgs {
  readonly parent: string
  readonly items: readonly Row[]
}

export function appendBulk(
  log: LogContext,
): Mutation<BulkArgs, { count: number; firstSeq: number }> {
  const read = args({ parent: id, items: items(log.settings.limits.maxBulkItems) })
  return {
    kind: 'mutation',
    args: read as never,
    run: (call, given) => appendMany(log, call, given),
  }
}

const appendMany: (
  log: LogContext,
  call: Call,
  given: BulkArgs,
) => Program<{ count: number; firstSeq: number }> = program(function* (log, call, given) {
  const { parent } = given
  const author = authorOf(call)
  const payloads = log.payloads.parseAll(given.items, author)
  assertSignedIn(call)
  const limit = limitOn(log.rateLimit, call)
  const [parentRow, window, counts] = yield* batch(
    readParent(log, parent),
    limit && readWindow(limit, call.caller),
    readCountsEarly(log, parent),
  )
  if (!mayRead(log, call, parentRow)) throw noParent(log)
  if (payloads.length === 0) {
    const head = yield* get(heads, [log.table.name, parent])
    return { count: 0, firstSeq: (head?.seq ?? 0) + 1 }
  }
  if (limit) yield* assertFits(limit, call.caller, window ?? null, payloads.length)
  let written: readonly Row[] = payloads
  if (log.hooks.beforeAppend) {
    const hooked: Row[] = []
    for (const payload of payloads) {
      hooked.push(yield* beforeAppend(log, call, parent, payload, author))
    }
    written = hooked
  }
  const late = readCountsLate(log, parent)
  const tally = (late ? yield* late : counts) ?? null
  const done = yield* write(log, parent, author, written, tally, {})
  if (limit) yield* record(limit, call.caller, window ?? null, written.length)
  if (log.hooks.afterAppend) yield* afterAppend(log, call, done)
  return { count: written.length, firstSeq: done.firstSeq }
})

const readParent = (log: LogContext, parent: string): Op<Row | null> =>
  byId(log.policy.layout, parent) as Op<Row | null>

const readCounts = (log: LogContext, parent: string): Op<CountsRow | null> | undefined =>
  log.counted.length === 0 ? undefined : get(countsLayout, [log.table.name, parent])

/** With the other reads, where no hook can change them before they are written. */
const readCountsEarly = (log: LogContext, parent: string): Op<CountsRow | null> | undefined =>
  log.hooks.beforeAppend ? undefined : readCounts(log, parent)

/** After the before-hook, which may itself have appended here. */
const readCountsLate = (log: LogContext, parent: string): Op<CountsRow | null> | undefined =>
  log.hooks.beforeAppend && readCounts(log, parent)

/**
 * What a key that is there already means: the same author and payload get the first answer again, anything else is a
 * mistake. A row that was purged for good, and is only waiting to be swept, gives its key back.
 */
const replayed: (
  log: LogContext,
  row: StoredRow,
  author: string,
  print: string | undefined,
) => Program<Appended | undefined> = program(function* (log, row, author, print) {
  if (!log.softDelete) {
    const head = yield* get(heads, [log.table.name, row.parent])
    if (row.seq <= marksOf(head).purgedThrough) {
      yield* remove(log.layout, row)
      return undefined
    }
  }
  if (row.userId === author && row.fingerprint === print) return { seq: row.seq, created: false }
  throw new NoboilError(
    'IDEMPOTENCY_MISMATCH',
    'This idempotency key was used for something else; use a new key for each new append.',
  )
})

const assertEndsAt: (log: LogContext, parent: string, expected: number) => Program<void> = program(
  function* (log, parent, expected) {
    const head = yield* get(heads, [log.table.name, parent])
    const seq = head?.seq ?? 0
    if (seq !== expected) {
      throw new NoboilError('CONFLICT', `The log ends at ${seq}, not at ${expected}.`, { seq })
    }
  },
)

const beforeAppend: (
  log: LogContext,
  call: Call,
  parent: string,
  payload: Row,
  author: string,
) => Program<Row> = program(function* (log, call, parent, payload, author) {
  const before = log.hooks.beforeAppend
  if (before === undefined) return payload
  const hooked = yield* hook(log.settings, call, (ctx) => before(ctx, { parent, payload }))
  return log.payloads.parseHooked(hooked, author)
})

const afterAppend: (log: LogContext, call: Call, written: Written) => Program<void> = program(
  function* (log, call, { rows, ids, at, epoch }) {
    const after = log.hooks.afterAppend
    if (after === undefined) return
    for (const [index, row] of rows.entries()) {
      const stored = { ...row, _id: ids[index], _creationTime: at } as unknown as StoredRow
      const marks: Marks = { purgedThrough: 0, epoch, restoredAt: 0 }
      yield* hook(log.settings, call, (ctx) => after(ctx, { row: shown(stored, marks) }))
    }
  },
)

interface Written {
  readonly firstSeq: number
  readonly rows: readonly Row[]
  readonly ids: readonly string[]
  readonly at: number
  readonly epoch: number
}

/** Takes `seq`s from the head and writes the rows, in one piece. */
const write: (
  log: LogContext,
  parent: string,
  author: string,
  payloads: readonly Row[],
  counts: CountsRow | null,
  idempotency: { readonly key?: string | undefined; readonly print?: string | undefined },
) => Program<Written> = program(function* (log, parent, author, payloads, counts, { key, print }) {
  const size = payloads.length
  const at = yield* now()
  const head: HeadRow = yield* increment(heads, [log.table.name, parent], {
    seq: size,
    live: size,
    total: size,
  })
  const firstSeq = head.seq - size + 1
  let seq = firstSeq
  const rows = payloads.map((payload) => {
    const row: Record<string, unknown> = {
      ...payload,
      parent,
      seq: seq++,
      userId: author,
      createdAt: at,
      updatedAt: at,
    }
    if (head.epoch > 0) row['epoch'] = head.epoch
    if (key !== undefined) {
      row['idempotencyKey'] = key
      row['fingerprint'] = print
    }
    return row
  })
  const ids = yield* insertMany(log.layout, rows)
  if (log.counted.length > 0) {
    const tallies = payloads.map((payload) => ({ payload, live: 1, total: 1 }))
    yield* count(log, parent, counts, tallies)
  }
  return { firstSeq, rows, ids, at, epoch: head.epoch }
})
