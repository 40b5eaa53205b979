/**
 * Removing a person: their row goes at once, so that authors join as "deleted"; a flow then takes what they own, table by
 * table, within the host's transaction limits. Owned and child rows are removed as their tables remove (softly, or for good
 * with what hangs under them), singletons for good; log rows stay. With `erase` nothing is soft, and what log rows say of the
 * person is cleared. Lists of members in rows of others keep the id, which nobody has any more.
 */
import { type AnyNamedProgram, type Flow, type NamedProgram, run } from '../../program/flow.ts'
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
  readonly programs: readonly AnyNamedProgram[]
}

const flowName = 'users:remove'

/** `maxRows`: rows one transaction of the flow may touch. */
export function buildUserRemoval(
  tables: readonly BuiltTable[],
  users: Layout<UserRow>,
  maxRows: number,
): UserRemoval {
  const kept = new Map(tables.flatMap(({ name, personal }) => (personal ? [[name, personal]] : [])))
  const steps = removalSteps(kept, maxRows)
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
    flows: {
      [flowName]: (given) => removal([...kept.keys()], steps, given as unknown as Removal, maxRows),
    },
    programs: [steps.removeSome, steps.eraseSome],
  }
}

interface RemovalSteps {
  readonly removeSome: NamedProgram<
    { readonly table: string; readonly userId: string; readonly erase: boolean },
    number
  >
  readonly eraseSome: NamedProgram<
    { readonly table: string; readonly userId: string; readonly from: Place | null },
    Place | null
  >
}

function removalSteps(kept: ReadonlyMap<string, PersonalRows>, maxRows: number): RemovalSteps {
  return {
    removeSome: {
      name: 'users:removeSome',
      *run({ table, userId, erase }) {
        const rows = kept.get(table)
        return rows?.remove === undefined ? 0 : yield* rows.remove(userId, erase, maxRows)
      },
    },
    eraseSome: {
      name: 'users:eraseSome',
      *run({ table, userId, from }) {
        const rows = kept.get(table)
        return rows?.erase === undefined ? null : yield* rows.erase(userId, from, maxRows)
      },
    },
  }
}

function* removal(
  tables: readonly string[],
  { removeSome, eraseSome }: RemovalSteps,
  { userId, erase = false }: Removal,
  maxRows: number,
): Flow<void> {
  for (const table of tables) {
    while ((yield* run(removeSome, { table, userId, erase })) === maxRows);
  }
  if (!erase) return
  for (const table of tables) {
    let from: Place | null = null
    do {
      const place: Place | null = from
      from = yield* run(eraseSome, { table, userId, from: place })
    } while (from !== null)
  }
}
