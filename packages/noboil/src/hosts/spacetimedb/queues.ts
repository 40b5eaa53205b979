/** Queues of what callers asked for: bounded as a whole, and for each caller, so that nobody takes all places. */
import { NoboilError } from '../../errors/error.ts'
import { isServer } from './calls.ts'
import { indexed, type ownTables } from './ports.ts'
import type { CallContext, Identity } from './sdk.ts'

/** Rows that may be open at a time in a queue. */
const maxOpen = 1_000

/** And of one caller. */
const maxOpenPerCaller = 100

/**
 * Refuses what a queue has no place for. What the database and its owner ask for counts for the whole alone.
 *
 * @throws NoboilError `UNAVAILABLE`: there is a place when earlier ones have been answered.
 */
export function assertPlace(
  ctx: CallContext,
  queue: typeof ownTables.requests | typeof ownTables.errands,
  sender: Identity,
  whenFull: string,
): void {
  const rows = ctx.db[queue] as unknown as { count(): bigint }
  if (Number(rows.count()) >= maxOpen) throw new NoboilError('UNAVAILABLE', whenFull)
  if (isServer(ctx, sender)) return
  let opened = 0
  for (const _ of indexed(ctx.db, queue, 'sender').filter(sender)) {
    if (++opened < maxOpenPerCaller) continue
    throw new NoboilError(
      'UNAVAILABLE',
      `You wait for ${maxOpenPerCaller} answers; ask again when some of them have come.`,
    )
  }
}
