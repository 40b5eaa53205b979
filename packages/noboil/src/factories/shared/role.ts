/**
 * Tables that a role writes: whether a caller has it.
 */
import { NoboilError } from '../../errors/error.ts'
import { type Program, program } from '../../program/program.ts'
import type { Predicate } from '../../schema/context.ts'
import { ask, type Call, type Settings } from './call.ts'

export interface RoleGated {
  readonly settings: Settings
  readonly table: {
    readonly name: string
    /** Absent: internal only. */
    readonly writeRole: Predicate | true | undefined
  }
}

/** Whether the caller has the table's role. The server itself always has. */
export const hasRole: (gated: RoleGated, call: Call) => Program<boolean> = program(function* (
  { table, settings },
  call,
) {
  const { writeRole } = table
  if (call.internal || writeRole === true) return true
  return writeRole !== undefined && (yield* ask(settings, call, writeRole))
})

/** Throws `NOT_AUTHENTICATED` where signing in might help, else `FORBIDDEN`. */
export const assertRole: (gated: RoleGated, call: Call) => Program<void> = program(
  function* (gated, call) {
    if (yield* hasRole(gated, call)) return
    const { name, writeRole } = gated.table
    if (writeRole === undefined) {
      throw new NoboilError('FORBIDDEN', `Only the server itself writes '${name}'.`)
    }
    if (call.user === null) throw new NoboilError('NOT_AUTHENTICATED', 'Sign in to do this.')
    throw new NoboilError('FORBIDDEN', `You may not write '${name}'.`)
  },
)
