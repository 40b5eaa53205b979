/**
 * Doubting and forgetting what is kept. Both win over a fetch that is under way: what it brings was true before.
 */
import { type AnyNamedProgram, type Flow, type NamedProgram, run } from '../../program/flow.ts'
import { batch, get, increment, insert, now } from '../../program/program.ts'
import { patch, type Program, program, range, remove, schedule } from '../../program/program.ts'
import { args, list, optional } from '../shared/arguments.ts'
import { laterThan } from '../shared/edit.ts'
import type { Mutation } from '../shared/operation.ts'
import { assertRole } from '../shared/role.ts'
import { type BaseContext, keyReader } from './context.ts'
import {
  fetches,
  type FetchRow,
  generationOf,
  liveRow,
  type OutcomeRow,
  outcomes,
  purges,
  type StoredRow,
  totals,
} from './rows.ts'
import { removeRow } from './settle.ts'

export function invalidate(
  base: BaseContext,
): Mutation<{ readonly key: string }, { invalidated: boolean }> {
  return {
    kind: 'mutation',
    args: args({ key: keyReader(base) }),
    *run(call, { key }) {
      const known = yield* readKey(base, key)
      yield* assertRole(base, call)
      const at = yield* now()
      const forgot = yield* doubt(known, at)
      const { row } = known
      if (row !== null && row.expiresAt !== 0) {
        yield* patch(base.layout, row, {
          expiresAt: 0,
          updatedAt: laterThan(row.updatedAt, at),
        })
      }
      return { invalidated: row !== null || forgot }
    },
  }
}

export function purge(
  base: BaseContext,
): Mutation<{ readonly keys?: readonly string[] }, { deleted: number }> {
  return {
    kind: 'mutation',
    args: args({
      keys: optional(list(keyReader(base), base.settings.limits.maxBulkItems)),
    }) as never,
    *run(call, { keys }) {
      yield* assertRole(base, call)
      return { deleted: keys === undefined ? yield* purgeAll(base) : yield* purgeSome(base, keys) }
    },
  }
}

const purgeSome: (base: BaseContext, keys: readonly string[]) => Program<number> = program(
  function* (base, keys) {
    const at = yield* now()
    let deleted = 0
    for (const key of keys) {
      const known = yield* readKey(base, key)
      yield* doubt(known, at)
      if (known.row === null) continue
      yield* removeRow(base, known.row)
      deleted++
    }
    return deleted
  },
)

const purgeAll: (base: BaseContext) => Program<number> = program(function* (base) {
  const { name } = base.table
  const [before, total] = yield* batch(get(purges, [name]), get(totals, [name]))
  const deleted = total?.rows ?? 0
  const generation = generationOf(before) + 1
  // Fetches that are under way and outcomes of before carry the old generation: they count no more.
  if (before === null) yield* insert(purges, { table: name, generation })
  else yield* patch(purges, before, { generation })
  if (deleted === 0) return 0
  yield* increment(totals, [name], { rows: -deleted })
  yield* schedule(sweepFlow(base), { generation }, yield* now())
  return deleted
})

/** The name of the flow that removes what a purge has hidden; its arguments are `{ generation }`. */
export const sweepFlow = ({ table }: BaseContext): string => `sweep:${table.name}`

interface Swept {
  /** What is older goes. */
  readonly generation: number
}

export interface Sweep {
  flow(swept: Swept): Flow<void>
  readonly programs: readonly AnyNamedProgram[]
}

export function sweepOf(base: BaseContext): Sweep {
  const limit = base.settings.limits.maxSweepRows
  const some: NamedProgram<Swept, number> = {
    name: `${base.table.name}:sweep`,
    run: ({ generation }) => sweepSome(base, generation, limit),
  }
  return {
    *flow(swept) {
      while ((yield* run(some, swept)) === limit);
    },
    programs: [some],
  }
}

const sweepSome: (base: BaseContext, generation: number, limit: number) => Program<number> =
  program(function* (base, generation, limit) {
    const old = yield* range(base.layout, 'by_generation', [], {
      upper: { value: generation, inclusive: false },
      limit,
    })
    for (const row of old) yield* remove(base.layout, row)
    return old.length
  })

interface Known {
  readonly row: StoredRow | null
  readonly fetch: FetchRow | null
  readonly outcome: OutcomeRow | null
  readonly generation: number
}

const readKey: (base: BaseContext, key: string) => Program<Known> = program(function* (base, key) {
  const { name } = base.table
  const [stored, before, running, outcome] = yield* batch(
    get(base.layout, [key]),
    get(purges, [name]),
    range(fetches, 'by_key', [name, key], { limit: 1 }),
    get(outcomes, [name, key]),
  )
  const row = liveRow(stored, before)
  return { row, fetch: running[0] ?? null, outcome, generation: generationOf(before) }
})

/** Makes a fetch under way bring something stale, and forgets how the last one ended. Answers whether either
 * still meant something. */
const doubt: (known: Known, at: number) => Program<boolean> = program(function* (
  { fetch, outcome, generation },
  at,
) {
  if (fetch !== null && fetch.fencedAt === undefined) yield* patch(fetches, fetch, { fencedAt: at })
  if (outcome !== null) yield* remove(outcomes, outcome)
  return fetch !== null || (outcome?.generation === generation && outcome.until > at)
})
