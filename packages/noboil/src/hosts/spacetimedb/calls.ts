/**
 * Calls into the module: who is calling, in which transaction, and how what goes wrong is told.
 */
import { isNoboilError, NoboilError, toErrorData } from '../../errors/error.ts'
import type { ErrorData } from '../../errors/table.ts'
import { type Call, systemCall } from '../../factories/shared/call.ts'
import type { UserRow } from '../../factories/shared/users.ts'
import { get } from '../../program/program.ts'
import type { Layout } from '../../schema/layout.ts'
import type { User } from '../../schema/register.ts'
import { Ids } from '../shared/ids.ts'
import { TextCursors } from './cursors.ts'
import { type Db, ownTables, unique } from './ports.ts'
import { type Built, keepBuilt } from './rebuild.ts'
import { type CallContext, type Identity, sdk, type ViewContext } from './sdk.ts'
import { Store } from './store.ts'
import { HostTransaction } from './transaction.ts'

/** Which identities are users: all, or those that have a row among the users. */
export type People = 'everyone' | 'known'

/** The time and the chance of the call that is running; ids are drawn from them. */
let running: CallContext | undefined

/** Later ids sort after earlier ones as long as the module stays loaded; nothing but the order of lists depends on it. */
const ids = new Ids({
  clock: { now: () => millisOf(running as CallContext), setTimer: () => () => {} },
  random: { bytes: (count) => chance(running as CallContext, count) },
})

/** Microseconds of SpacetimeDB as the milliseconds that programs know. */
export const millisOf = ({ timestamp }: Pick<CallContext, 'timestamp'>): number =>
  Number(timestamp.microsSinceUnixEpoch / 1000n)

/** When a schedule is to run that is due at once. */
export const atOnce = (ctx: Pick<CallContext, 'timestamp'>): unknown => dueAt(millisOf(ctx))

export const dueAt = (ms: number): unknown => sdk.ScheduleAt.time(BigInt(ms) * 1000n)

/** Bytes that the database draws. */
export const chance = ({ random }: CallContext, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, () => random.integerInRange(0, 255))

/** Runs work in the transaction of a call, once everything is as the app declares it. */
export function within<result>(
  app: Built,
  ctx: CallContext,
  work: (transaction: HostTransaction) => result,
): result {
  const outer = running
  running = ctx
  const now = millisOf(ctx)
  const begin = (store: Store): HostTransaction =>
    new HostTransaction({
      store,
      ids,
      cursors: cursorsOf(ctx.db),
      writable: true,
      now: () => now,
    })
  try {
    keepBuilt(app, ctx.db, begin)
    return work(begin(new Store(ctx.db)))
  } finally {
    running = outer
  }
}

/** The transaction of a view: it reads, and has no clock. */
export const viewing = ({ db }: ViewContext): HostTransaction =>
  new HostTransaction({
    store: new Store(db),
    ids,
    cursors: cursorsOf(db),
    writable: false,
    now() {
      throw new NoboilError(
        'UNSUPPORTED',
        'Views have no clock: what they show may not depend on ctx.now. Read such rows by a query.',
      )
    },
  })

const cursorsOf = (db: Db): TextCursors => new TextCursors(() => metaOf(db, 'secret') ?? '')

export const metaOf = (db: Db, name: string): string | undefined =>
  unique(db, ownTables.meta, 'name').find(name)?.['value'] as string | undefined

/** The id of the user that an identity is. */
export const userIdOf = (identity: Identity): string => `users.${identity.toHexString()}`

/** Who calls: the database itself and its owner pass as the server, anybody else is the user of their identity. */
export function callerOf(
  ctx: CallContext,
  transaction: HostTransaction,
  users: Layout<UserRow>,
  people: People,
): Call {
  return isServer(ctx, ctx.sender) ? systemCall : visitorOf(ctx, transaction, users, people)
}

/** The database itself, and who published the module. */
export const isServer = (ctx: CallContext, who: Identity): boolean =>
  who.isEqual(ctx.databaseIdentity) || who.toHexString() === metaOf(ctx.db, 'owner')

/** Who looks, where nobody is the server itself: in views. */
export function visitorOf(
  { sender }: ViewContext,
  transaction: HostTransaction,
  users: Layout<UserRow>,
  people: People,
): Call {
  const id = userIdOf(sender)
  const row = transaction.execute(function* () {
    return yield* get(users, [id])
  })
  const user = (row ??
    (people === 'everyone' ? { _id: id, name: guestName(sender) } : null)) as User | null
  return { user, internal: false, caller: id }
}

const guestName = (identity: Identity): string => `guest ${identity.toHexString().slice(-6)}`

/** Functions of schedules can be called by anybody; only the database may. */
export function assertDatabase(ctx: Pick<CallContext, 'sender' | 'databaseIdentity'>): void {
  if (ctx.sender.isEqual(ctx.databaseIdentity)) return
  throw new NoboilError('FORBIDDEN', 'Only the database itself may call this.')
}

/** What callers are told of a failure. What is no refusal is a defect: the module's log has it, callers do not. */
export function failure(error: unknown): ErrorData {
  // oxlint-disable-next-line no-console -- a module's console is the log of its database
  if (!isNoboilError(error)) console.error(error instanceof Error ? error.stack : String(error))
  return toErrorData(error)
}

/** The error that callers are shown: `CODE: message {data}`, which `errorCode` and `matchError` read. */
export function senderError(error: unknown): Error {
  const { code, message, data } = failure(error)
  return new sdk.SenderError(
    `${code}: ${message}${data === undefined ? '' : ` ${JSON.stringify(data)}`}`,
  )
}

/** Arguments that come as JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NoboilError('VALIDATION_FAILED', 'args: Must be JSON.', {
      issues: [{ path: 'args', message: 'Must be JSON.' }],
    })
  }
}

/** Runs a function of the module; whatever it throws reaches the caller as a {@link senderError}. */
export function told<result>(work: () => result): result {
  try {
    return work()
  } catch (error) {
    throw senderError(error)
  }
}
