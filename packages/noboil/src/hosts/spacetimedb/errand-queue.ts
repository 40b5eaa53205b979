/** The queue of what workers are asked to do. */
import type { App } from './app.ts'
import { ownTables } from './ports.ts'
import { assertPlace } from './queues.ts'
import { type CallContext, type Identity, sdk } from './sdk.ts'

/** An errand that nobody takes fails after this: shortly before its caller gives up. */
export const patienceMs = 50_000

/** Every errand has it: views find rows by an index alone. */
export const open = 'open'

interface Errand {
  readonly sender: Identity
  /** The text under which an answer is asked for; empty: nobody asks. */
  readonly request: string
  /** A flow, an action of a table, or one of the app's own. */
  readonly path: string
  /** JSON. */
  readonly args: string
}

/** Leaves a flow that is due to a worker. */
export const sendFlow = (ctx: CallContext, flow: string, args: object): void =>
  send(ctx, {
    sender: ctx.databaseIdentity,
    request: '',
    path: flow,
    args: JSON.stringify(args),
  })

/** Whether a flow, or the program of one, is of a table that a worker fetches for. */
export const isWorkersFlow = (app: App, flow: string): boolean =>
  flow.startsWith('refresh:') && app.fetchedByWorker.has(flow.slice('refresh:'.length))

/** @throws NoboilError `UNAVAILABLE` when there is no place for it. */
export function send(ctx: CallContext, errand: Errand): void {
  assertPlace(
    ctx,
    ownTables.errands,
    errand.sender,
    'The worker of this database is behind; ask again later.',
  )
  ctx.db[ownTables.errands]?.insert({
    ...errand,
    id: 0n,
    at: sdk.ScheduleAt.time(ctx.timestamp.microsSinceUnixEpoch + BigInt(patienceMs) * 1000n),
    state: open,
    holder: '',
    heldUntil: 0,
  })
}
