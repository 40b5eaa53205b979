/**
 * Removing a person: their row goes at once, so that authors join as "deleted"; a flow then takes what they own, table by
 * table, within the host's transaction limits. Owned and child rows are removed as their tables remove (softly, or for good
 * with what hangs under them), singletons for good; log rows stay. With `erase` nothing is soft, and what log rows say of the
 * person is cleared. Lists of members in rows of others keep the id, which nobody has any more.
 */
import { type Flow, run } from '../../program/flow.ts'
import { get, now, remove, schedule } from '../../program/program.ts'
import type { Layout } from '../../schema/layout.ts'
import { args, flag, id, optional } from '../shared/arguments.ts'
import type { BuiltTable, Mutation, PersonalRows, Place } from '../shared/operation.ts'
import type { UserRow } from '../shared/users.ts'

interface Removal {
  readonly userId: string
  readonly erase?: boolean
}

export interface UserRemoval {
  /** Only for the server itself. `removed` is false for a person that is not there; what they own is removed even so. */
  readonly operation: Mutation<Removal, { removed: boolean }>
  readonly flows: Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => Flow<void>>>
}

const flowName = 'users:remove'

/** `maxRows`: rows one transaction of the flow may touch. */
export function buildUserRemoval(
  tables: readonly BuiltTable[],
  users: Layout<UserRow>,
  maxRows: number,
): UserRemoval {
  const kept = tables.flatMap((table) => table.personal ?? [])
  return {
    operation: {
      kind: 'mutation',
      internal: true,
      args: args({ userId: id, erase: optional(flag) }) as never,
      *run(_call, { userId, erase = false }) {
        const user = yield* get(users, [userId])
        if (user !== null) yield* remove(users, user)
        yield* schedule(flowName, { userId, erase }, yield* now())
        return { removed: user !== null }
      },
    },
    flows: { [flowName]: (given) => removal(kept, given as unknown as Removal, maxRows) },
  }
}

function* removal(
  tables: readonly PersonalRows[],
  { userId, erase = false }: Removal,
  maxRows: number,
): Flow<void> {
  for (const table of tables) {
    const removeSome = table.remove?.bind(table)
    if (removeSome === undefined) continue
    for (;;) {
      const removed = yield* run(() => removeSome(userId, erase, maxRows))
      if (removed < maxRows) break
    }
  }
  if (!erase) return
  for (const table of tables) {
    const eraseSome = table.erase?.bind(table)
    if (eraseSome === undefined) continue
    let from: Place | null = null
    do {
      const place: Place | null = from
      from = yield* run(() => eraseSome(userId, place, maxRows))
    } while (from !== null)
  }
}
