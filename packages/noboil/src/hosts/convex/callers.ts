/**
 * Who is calling. The caller's row is read only when code of the app is about to look at it: most calls need the id alone.
 */
import type { Auth } from 'convex/server'
import type { Call } from '../../factories/shared/call.ts'
import type { User } from '../../schema/register.ts'
import { type AnyCtx, portsOf } from './ports.ts'

/** Answers the `_id` of the caller's row in `users`, or null; `getAuthUserId` of Convex Auth is one. */
// oxlint-disable-next-line typescript/no-explicit-any -- Convex Auth and others name their own contexts
export type GetAuthUserId = (ctx: any) => Promise<string | null>

export interface Calling {
  readonly call: Call
  /** Completes `call.user` from its row. */
  prepare(): Promise<void>
}

export async function callingOf(ctx: AnyCtx, getAuthUserId: GetAuthUserId): Promise<Calling> {
  const userId = await getAuthUserId(ctx)
  if (userId === null) {
    const identity = await (ctx.auth as Auth | undefined)?.getUserIdentity()
    const caller = identity?.tokenIdentifier ?? 'shared'
    return { call: { user: null, internal: false, caller }, prepare: async () => {} }
  }
  const user = { _id: userId, name: 'deleted' } as User
  let read: Promise<void> | undefined
  return {
    call: { user, internal: false, caller: userId },
    prepare: () => (read ??= complete(ctx, user)),
  }
}

async function complete(ctx: AnyCtx, user: User): Promise<void> {
  Object.assign(user, await portsOf(ctx).db.get(user._id))
}
