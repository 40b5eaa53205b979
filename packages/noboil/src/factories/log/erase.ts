/**
 * Erasing what a log says of a person. The row keeps its place (`seq` has no gaps) wherever its schema lets it: optional fields
 * go, texts and lists become empty, and what is neither (numbers, choices, ids) stays, so that tallies still hold. A row whose
 * schema does not take that is removed. Keys and fingerprints of idempotent appends go too.
 */
import {
  batch,
  get,
  now,
  patch,
  type Program,
  program,
  range,
  remove,
} from '../../program/program.ts'
import type { Field, Fields } from '../../schema/storable.ts'
import type { Row } from '../../schema/values.ts'
import { laterThan } from '../shared/edit.ts'
import type { Place } from '../shared/operation.ts'
import type { LogContext } from './context.ts'
import { count } from './counts.ts'
import { countsLayout, heads, isLive, marksOf, type StoredRow, updatedAtOf } from './rows.ts'

/** Walks the whole log, parent by parent, some rows at a time; answers where to go on, null at the end. */
export const eraseSome: (
  log: LogContext,
  userId: string,
  from: Place | null,
  limit: number,
) => Program<Place | null> = program(function* (log, userId, from, limit) {
  const parent = from === null ? yield* nextParent(log, '') : (from['parent'] as string)
  if (parent === undefined) return null
  const rows = yield* range(log.layout, '', [parent], {
    lower: { value: from?.['seq'] ?? 0, inclusive: false },
    limit,
  })
  for (const row of rows) if (row.userId === userId) yield* eraseRow(log, row)
  const last = rows.at(-1)
  if (last !== undefined && rows.length === limit) return { parent, seq: last.seq }
  const next = yield* nextParent(log, parent)
  return next === undefined ? null : { parent: next, seq: 0 }
})

const nextParent: (log: LogContext, after: string) => Program<string | undefined> = program(
  function* (log, after) {
    const [head] = yield* range(heads, '', [log.table.name], {
      lower: { value: after, inclusive: false },
      limit: 1,
    })
    return head?.parent
  },
)

const eraseRow: (log: LogContext, row: StoredRow) => Program<void> = program(function* (log, row) {
  const stored = row as unknown as Row
  const payload = clearedFields(log.table.fields, log.payloads.pick(stored))
  const kept = log.table.schema.safeParse(payload).success
  const [head, counts] = yield* batch(
    get(heads, [log.table.name, row.parent]),
    log.counted.length === 0 ? undefined : get(countsLayout, [log.table.name, row.parent]),
  )
  const at = marksOf(head)
  if (!log.softDelete && row.seq <= at.purgedThrough) {
    yield* remove(log.layout, row)
    return
  }
  const live = isLive(row, at) ? 1 : 0
  if (kept) {
    const changes: Record<string, unknown> = {
      idempotencyKey: undefined,
      fingerprint: undefined,
      epoch: at.epoch || undefined,
      updatedAt: laterThan(updatedAtOf(row, at), yield* now()),
    }
    for (const name of log.payloads.names) changes[name] = payload[name]
    yield* patch(log.layout, row, changes)
  } else {
    yield* remove(log.layout, row)
    if (head !== null) yield* patch(heads, head, { live: head.live - live, total: head.total - 1 })
  }
  yield* count(log, row.parent, counts ?? null, [
    { payload: stored, live: -live, total: -1 },
    ...(kept ? [{ payload, live, total: 1 }] : []),
  ])
})

function clearedFields(fields: Fields, payload: Row): Row {
  const cleared: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (!field.optional && payload[name] !== undefined) {
      cleared[name] = clearedValue(field, payload[name])
    }
  }
  return cleared
}

function clearedValue({ type, nullable }: Field, value: unknown): unknown {
  if (nullable || value === null) return null
  switch (type.kind) {
    case 'string':
      return ''
    case 'array':
    case 'files':
      return []
    case 'record':
      return {}
    case 'object':
      return clearedFields(type.fields, value as Row)
    default:
      return value
  }
}
