/**
 * Reading one's own row.
 */
import { get as getOp } from '../../program/program.ts'
import { args, id, optional } from '../shared/arguments.ts'
import { denied, type Query, shared } from '../shared/operation.ts'
import type { SingletonContext } from './context.ts'

interface GetArgs {
  readonly userId?: string
}

export function get({ layout }: SingletonContext): Query<GetArgs, unknown> {
  return {
    kind: 'query',
    args: args({ userId: optional(id) }) as never,
    // oxlint-disable-next-line require-yield -- who is calling says it all
    *access(call, { userId }) {
      if (call.internal && userId !== undefined) return shared
      if (call.user === null || (userId ?? call.user._id) !== call.user._id) return denied(null)
      return { allowed: true, scope: { user: call.user._id } }
    },
    *read({ userId }, { user }) {
      return yield* getOp(layout, [user ?? userId])
    },
  }
}
