/**
 * Answers of reducers. A reducer returns nothing to its caller; so who asks, by a text of their own, finds what the operation answered
 * in the view `my_results`, which shows nobody else's. An answer is gone after a minute, or when many newer ones have come.
 */
import { resultFields } from '../../schema/spacetimedb/rows.ts'
import { columnsOf } from './definition.ts'
import { type Db, indexed, ownTables, unique } from './ports.ts'
import {
  type CallContext,
  type Identity,
  type ModuleExport,
  type ModuleSchema,
  sdk,
} from './sdk.ts'

const lifeMicros = 60_000_000n

/** Answers kept for one caller; a caller that asks reads the newest. */
const maxAnswers = 200

/** Longer texts would only fill the table. */
const maxRequestLength = 100

export function keepAnswer(
  ctx: CallContext,
  sender: Identity,
  request: string,
  answer: unknown,
): void {
  makeRoom(ctx.db, sender)
  ctx.db[ownTables.results]?.insert({
    id: 0n,
    at: sdk.ScheduleAt.time(ctx.timestamp.microsSinceUnixEpoch + lifeMicros),
    sender,
    request: request.slice(0, maxRequestLength),
    value: JSON.stringify(answer ?? null),
  })
}

/** The view, and what lets rows go: SpacetimeDB removes the row of a schedule that has run. */
export function resultFunctions(
  module: ModuleSchema,
  table: { readonly rowType: object },
): Readonly<Record<string, ModuleExport>> {
  const { t } = sdk
  return {
    my_results: module.view(
      { name: 'my_results', public: true },
      t.array(t.object('Result', columnsOf('result', resultFields))),
      ({ db, sender }) =>
        Array.from(indexed(db, ownTables.results, 'sender').filter(sender), (row) => ({
          request: row['request'],
          value: row['value'],
        })),
    ),
    expire_result: module.reducer(
      { onSchedule: table },
      { row: table.rowType as never },
      () => undefined,
    ),
  }
}

function makeRoom(db: Db, sender: unknown): void {
  const kept = Array.from(
    indexed(db, ownTables.results, 'sender').filter(sender),
    (row) => row['id'] as bigint,
  )
  if (kept.length < maxAnswers) return
  const oldest = kept.reduce((a, b) => (a < b ? a : b))
  unique(db, ownTables.results, 'id').delete(oldest)
}
