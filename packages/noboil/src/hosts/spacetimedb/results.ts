/**
 * Answers of reducers. A reducer returns nothing to its caller; so who asks, by a text of their own, finds what the operation answered
 * in the view `my_results`, which shows nobody else's. An answer is gone after a minute, or when many or long newer ones have come.
 *
 * Answers of one caller are numbered, and live equally long, so the oldest go first: one row per caller says which there are, and no
 * other answer is looked at when one is added.
 */
import { NoboilError } from '../../errors/error.ts'
import { resultFields } from '../../schema/spacetimedb/rows.ts'
import { assertDatabase, told } from './calls.ts'
import { columnsOf } from './definition.ts'
import { type Db, indexed, ownTables, type StoredRow, unique } from './ports.ts'
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

/** And how long they are together. */
const maxAnswersLength = 4_000_000

export const maxAnswerLength = 1_000_000

const maxRequestLength = 100

/** What is kept of a caller: the answers from `first` to before `next`. Numbers begin with the time, so that none comes twice. */
interface Answered {
  readonly sender: Identity
  readonly first: number
  readonly next: number
  /** Characters of all answers there ever were, and of those that are gone. */
  readonly written: number
  readonly gone: number
}

/** @throws NoboilError `VALIDATION_FAILED` for a request whose answer could not be asked for. */
export function assertRequest(request: string | undefined): void {
  if (request === undefined || request.length <= maxRequestLength) return
  const message = `Must have at most ${maxRequestLength} characters.`
  throw new NoboilError('VALIDATION_FAILED', `_request: ${message}`, {
    issues: [{ path: '_request', message }],
  })
}

/** @throws NoboilError `LIMIT_EXCEEDED` for an answer that is too long. */
export function keepAnswer(
  ctx: CallContext,
  sender: Identity,
  request: string,
  answer: unknown,
): void {
  assertRequest(request)
  const value = JSON.stringify(answer ?? null)
  if (value.length > maxAnswerLength) throw tooLong('answer', value.length, maxAnswerLength)
  const { db } = ctx
  const began = Number(ctx.timestamp.microsSinceUnixEpoch)
  const answered = answeredOf(db, sender) ?? {
    sender,
    first: began,
    next: began,
    gone: 0,
    written: 0,
  }
  const { first, next, gone, written } = withRoom(db, answered, value.length)
  const through = written + value.length
  db[ownTables.results]?.insert({
    id: 0n,
    at: sdk.ScheduleAt.time(ctx.timestamp.microsSinceUnixEpoch + lifeMicros),
    sender,
    request,
    value,
    place: placeOf(sender, next),
    ordinal: next,
    through,
  })
  keep(db, { sender, first, next: next + 1, gone, written: through })
}

export const tooLong = (what: string, length: number, max: number): NoboilError =>
  new NoboilError(
    'LIMIT_EXCEEDED',
    `${what} has ${length} characters, and at most ${max} are taken.`,
    { limit: `${what}Length`, max, actual: length },
  )

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
      (ctx, { row }: { row: StoredRow }) =>
        told(() => {
          assertDatabase(ctx)
          expire(ctx.db, row)
        }),
    ),
  }
}

const answeredOf = (db: Db, sender: Identity): Answered | null =>
  unique(db, ownTables.answered, 'sender').find(sender) as Answered | null

function keep(db: Db, answered: Answered): void {
  const kept = unique(db, ownTables.answered, 'sender')
  const isKept = kept.find(answered.sender) !== null
  // Nothing is left: whoever never comes back leaves no row behind.
  if (answered.first === answered.next) kept.delete(answered.sender)
  else if (isKept) kept.update({ ...answered })
  else db[ownTables.answered]?.insert({ ...answered })
}

/** Lets the oldest answers go until there is room for one of this length. */
function withRoom(db: Db, answered: Answered, length: number): Answered {
  const places = unique(db, ownTables.results, 'place')
  let { first, gone } = answered
  const isFull = (): boolean =>
    answered.next - first >= maxAnswers || answered.written - gone + length > maxAnswersLength
  while (first < answered.next && isFull()) {
    const place = placeOf(answered.sender, first)
    gone = (places.find(place)?.['through'] as number | undefined) ?? gone
    places.delete(place)
    first++
  }
  return { ...answered, first, gone }
}

/** What is older than an answer that has run out has run out before. */
function expire(db: Db, row: StoredRow): void {
  const answered = answeredOf(db, row['sender'] as Identity)
  const ordinal = row['ordinal'] as number
  if (answered === null || ordinal < answered.first || ordinal >= answered.next) return
  keep(db, { ...answered, first: ordinal + 1, gone: row['through'] as number })
}

const placeOf = (sender: Identity, ordinal: number): string => `${sender.toHexString()}/${ordinal}`
