/**
 * What every operation of one log knows: its table, its limits, and who may do what under a parent.
 */
import { NoboilError } from '../../errors/error.ts'
import { ask, type Call, type Settings } from '../shared/call.ts'
import type { ParentPolicy } from '../shared/parent.ts'
import type { Payloads } from '../shared/payload.ts'
import type { Limit } from '../shared/window.ts'
import type { UserRow } from '../shared/users.ts'
import { batch, byId, get, type Program, program } from '../../program/program.ts'
import type { Layout } from '../../schema/layout.ts'
import type { LogTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import {
  type HeadRow,
  heads,
  isLive,
  marksOf,
  type Marks,
  publicRow,
  type StoredRow,
} from './rows.ts'
import type { LogHooks } from './types.ts'

export interface LogContext {
  readonly table: LogTable
  readonly layout: Layout<StoredRow>
  /** Who reads through the log's own `pub`. */
  readonly policy: ParentPolicy
  readonly payloads: Payloads
  readonly settings: Settings
  readonly softDelete: boolean
  readonly rateLimit: Limit | undefined
  readonly hooks: LogHooks<Row, Row>
  readonly counted: readonly string[]
  readonly searched: readonly string[]
  readonly users: Layout<UserRow>
  readonly withAuthor: boolean
}

/** A row that is there, with what it hangs under. */
export interface Located {
  readonly row: StoredRow
  readonly parent: Row | null
  readonly head: HeadRow
  readonly at: Marks
}

export const noParent = (log: LogContext): NoboilError =>
  new NoboilError('NOT_FOUND', `There is no such ${log.policy.layout.name}.`)

export const noRow = (log: LogContext): NoboilError =>
  new NoboilError('NOT_FOUND', `There is no such ${log.table.name}.`)

export const mayRead = (log: LogContext, call: Call, parent: Row | null): parent is Row =>
  parent !== null && log.policy.alive(parent) && (call.internal || log.policy.reads(parent, call))

/** The row behind an id with its parent and head; null when nothing is stored there. */
export const locate: (log: LogContext, id: string) => Program<Located | null> = program(
  function* (log, id) {
    const row = yield* byId(log.layout, id)
    if (row === null) return null
    const [parent, head] = yield* batch(
      byId(log.policy.layout, row.parent) as ReturnType<typeof byId<Row>>,
      get(heads, [log.table.name, row.parent]),
    )
    return head === null ? null : { row, parent, head, at: marksOf(head) }
  },
)

/** The row behind an id as this caller sees it, or null. */
export const locateVisible: (log: LogContext, call: Call, id: string) => Program<Located | null> =
  program(function* (log, call, id) {
    const found = yield* locate(log, id)
    return found && isLive(found.row, found.at) && mayRead(log, call, found.parent) ? found : null
  })

/** Owner of the parent, admin, or the server: who may purge and restore. `NOT_FOUND` for a parent the caller may not see. */
export const assertMayModerate: (log: LogContext, call: Call, parent: Row | null) => Program<void> =
  program(function* (log, call, parent) {
    if (parent === null || !log.policy.alive(parent)) throw noParent(log)
    if (call.internal || log.policy.owns(parent, call)) return
    if (yield* ask(log.settings, call, log.settings.admin)) return
    if (!log.policy.reads(parent, call)) throw noParent(log)
    throw new NoboilError(
      'FORBIDDEN',
      `Only the owner of this ${log.policy.layout.name} may do this.`,
    )
  })

/** A row as hooks and answers show it. */
export const shown = (row: StoredRow, at: Marks): Row => publicRow(row, at)
