/**
 * Purging and restoring all rows of a parent: one write to its head, which readers respect at once. What a hard purge leaves
 * behind is swept afterwards, within the host's transaction limits.
 */
import {
  batch,
  byId,
  get,
  now,
  type Op,
  patch,
  program,
  type Program,
  range,
  remove,
  schedule,
} from '../../program/program.ts'
import { type AnyNamedProgram, type Flow, type NamedProgram, run } from '../../program/flow.ts'
import type { Row } from '../../schema/values.ts'
import { args, id } from '../shared/arguments.ts'
import { assertSignedIn } from '../shared/call.ts'
import type { Mutation } from '../shared/operation.ts'
import { everything, sweepFlowName } from '../shared/parent.ts'
import { recount } from './counts.ts'
import { assertMayModerate, type LogContext } from './context.ts'
import { countsLayout, heads } from './rows.ts'

export const sweepFlow = (log: LogContext): string => sweepFlowName(log.table.name)

export function purgeByParent(log: LogContext): Mutation<{ parent: string }, { deleted: number }> {
  return {
    kind: 'mutation',
    args: args({ parent: id }),
    *run(call, { parent }) {
      assertSignedIn(call)
      const [parentRow, head, counts] = yield* readAll(log, parent)
      yield* assertMayModerate(log, call, parentRow)
      if (head === null || head.live === 0) return { deleted: 0 }
      yield* recount(counts ?? null, log.softDelete ? 'none' : 'gone')
      if (log.softDelete) {
        yield* patch(heads, head, { purgedThrough: head.seq, live: 0 })
      } else {
        yield* patch(heads, head, { purgedThrough: head.seq, live: 0, total: 0 })
        yield* schedule(sweepFlow(log), { parent, through: head.seq }, yield* now())
      }
      return { deleted: head.live }
    },
  }
}

export function restoreByParent(
  log: LogContext,
): Mutation<{ parent: string }, { restored: number }> {
  return {
    kind: 'mutation',
    args: args({ parent: id }),
    *run(call, { parent }) {
      assertSignedIn(call)
      const [parentRow, head, counts] = yield* readAll(log, parent)
      yield* assertMayModerate(log, call, parentRow)
      const restored = head === null || !log.softDelete ? 0 : head.total - head.live
      if (head === null || restored === 0) return { restored: 0 }
      yield* recount(counts ?? null, 'total')
      yield* patch(heads, head, {
        purgedThrough: 0,
        epoch: head.epoch + 1,
        restoredAt: Math.max(yield* now(), head.restoredAt + 1),
        live: head.total,
      })
      return { restored }
    },
  }
}

/** What a sweep removes: the rows of `parent` up to `through`. */
export interface Swept {
  readonly parent: string
  readonly through: number
}

export interface Sweep {
  /** Removes rows that a hard purge, or the removal of their parent, has hidden already; some at a time. */
  flow(swept: Swept): Flow<void>
  readonly programs: readonly AnyNamedProgram[]
}

export function sweepOf(log: LogContext): Sweep {
  const { name } = log.table
  const rows = log.settings.limits.maxSweepRows
  const some: NamedProgram<Swept, number> = {
    name: `${name}:sweep`,
    run: ({ parent, through }) => sweepSome(log, parent, through, rows),
  }
  const forget: NamedProgram<string, void> = {
    name: `${name}:forget`,
    run: (parent) => forgetParent(log, parent),
  }
  return {
    *flow(swept) {
      while ((yield* run(some, swept)) === rows);
      if (swept.through === everything) yield* run(forget, swept.parent)
    },
    programs: [some, forget],
  }
}

const sweepSome: (
  log: LogContext,
  parent: string,
  through: number,
  rows: number,
) => Program<number> = program(function* (log, parent, through, rows) {
  const old = yield* range(log.layout, '', [parent], {
    upper: { value: through, inclusive: true },
    limit: rows,
  })
  for (const row of old) yield* remove(log.layout, row)
  return old.length
})

/** After the last row of a parent that is gone: its head and its counts. */
const forgetParent: (log: LogContext, parent: string) => Program<void> = program(
  function* (log, parent) {
    const [head, counts] = yield* batch(
      get(heads, [log.table.name, parent]),
      log.counted.length === 0 ? undefined : get(countsLayout, [log.table.name, parent]),
    )
    if (head !== null) yield* remove(heads, head)
    if (counts) yield* remove(countsLayout, counts)
  },
)

const readAll = (log: LogContext, parent: string) =>
  batch(
    byId(log.policy.layout, parent) as Op<Row | null>,
    get(heads, [log.table.name, parent]),
    log.counted.length === 0 ? undefined : get(countsLayout, [log.table.name, parent]),
  )
