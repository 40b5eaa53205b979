/**
 * Reading: everything is scoped by the parent, and looks at the head's marks first. One set of reads, asked three ways: by
 * whoever may read the parent, by its owner (`auth`), by anybody of what is public (`pub`).
 */
import { NoboilError } from '../../errors/error.ts'
import {
  byId,
  get,
  type Op,
  page,
  type Program,
  program,
  range,
  search as searchOp,
} from '../../program/program.ts'
import type { Row } from '../../schema/values.ts'
import { wordsOf } from '../../schema/words.ts'
import {
  args,
  id,
  invalid,
  optional,
  pagination,
  rowCount,
  text,
  wholeFrom,
} from '../shared/arguments.ts'
import type { Call } from '../shared/call.ts'
import {
  type Access,
  type Answer,
  denied,
  emptyPage,
  Listing,
  type Operation,
  type PaginationOptions,
  type Query,
  shared,
} from '../shared/operation.ts'
import { noSearch, searchText } from '../shared/search.ts'
import { withAuthors } from '../shared/users.ts'
import { countsOf } from './counts.ts'
import { type LogContext, mayRead } from './context.ts'
import {
  countsLayout,
  heads,
  isLive,
  liveRows,
  marks,
  type Marks,
  marksOf,
  publicRow,
  type StoredRow,
} from './rows.ts'

/** Which callers a set of reads is for. */
export type Audience = 'readers' | 'owner' | 'public'

const defaultTailRows = 500

/** `list listAfter read search counts` for one audience. */
export const reads = (log: LogContext, audience: Audience): Record<string, Operation> => ({
  list: list(log, audience),
  listAfter: listAfter(log, audience),
  read: read(log, audience),
  search: search(log, audience),
  counts: counts(log, audience),
})

const admits = (log: LogContext, audience: Audience, call: Call, parent: Row | null): boolean => {
  if (!mayRead(log, call, parent)) return false
  if (audience === 'public') return log.policy.isPublic(parent)
  return audience === 'readers' || call.internal || log.policy.owns(parent, call)
}

const readParent = (log: LogContext, parent: string): Op<Row | null> =>
  byId(log.policy.layout, parent, log.policy.fields as never) as Op<Row | null>

function underParent<args extends { readonly parent: string }, result>(
  log: LogContext,
  audience: Audience,
  empty: result,
): (call: Call, given: args) => Program<Access<result>> {
  return function* (call, { parent }) {
    const row = yield* readParent(log, parent)
    return admits(log, audience, call, row) ? shared : denied(empty)
  }
}

const readMarks: (log: LogContext, parent: string) => Program<Marks> = program(
  function* (log, parent) {
    return marksOf(yield* get(heads, [log.table.name, parent], marks))
  },
)

/** How rows are answered, with their authors where the table asks for them. */
const mapper: (
  log: LogContext,
  at: Marks,
  rows: readonly StoredRow[],
) => Program<(row: StoredRow) => Row | undefined> = program(function* (log, at, rows) {
  if (!log.withAuthor) return (row) => publicRow(row, at)
  const joined = yield* withAuthors(log.users, rows)
  return (row) => {
    const answered = joined(row)
    return answered && publicRow(answered, at)
  }
})

interface ListArgs {
  readonly parent: string
  readonly paginationOpts: PaginationOptions
}

function list(log: LogContext, audience: Audience): Query<ListArgs, unknown> {
  return {
    kind: 'query',
    args: args({ parent: id, paginationOpts: pagination(log.settings.limits.maxPageRows) }),
    access: underParent(log, audience, emptyPage),
    *read({ parent, paginationOpts: { numItems, cursor, endCursor } }): Program<Answer<unknown>> {
      const at = yield* readMarks(log, parent)
      const found = yield* page(log.layout, '', [parent], {
        lower: { value: at.purgedThrough, inclusive: false },
        order: 'desc',
        where: log.softDelete ? liveRows(at) : [],
        scope: `${log.table.name}.list:${parent}`,
        cursor,
        endCursor,
        limit: numItems,
      })
      return new Listing(found.rows, yield* mapper(log, at, found.rows), found)
    },
  }
}

interface ListAfterArgs {
  readonly parent: string
  readonly seq: number
  readonly limit?: number
}

function listAfter(log: LogContext, audience: Audience): Query<ListAfterArgs, unknown> {
  return {
    kind: 'query',
    args: args({
      parent: id,
      seq: wholeFrom(0),
      limit: optional(rowCount(log.settings.limits.maxPageRows)),
    }) as never,
    access: underParent(log, audience, []),
    *read({ parent, seq, limit }): Program<Answer<unknown>> {
      const at = yield* readMarks(log, parent)
      const rows = yield* range(log.layout, '', [parent], {
        lower: { value: Math.max(seq, at.purgedThrough), inclusive: false },
        where: log.softDelete ? liveRows(at) : [],
        limit: limit ?? Math.min(defaultTailRows, log.settings.limits.maxPageRows),
      })
      return new Listing(rows, yield* mapper(log, at, rows))
    },
  }
}

function read(log: LogContext, audience: Audience): Query<{ readonly id: string }, unknown> {
  return {
    kind: 'query',
    args: args({ id }),
    *access(call, given) {
      const row = yield* byId(log.layout, given.id, ['parent'])
      if (row === null) return denied(null)
      const parent = yield* readParent(log, row.parent)
      return admits(log, audience, call, parent) ? shared : denied(null)
    },
    *read(given): Program<Answer<unknown>> {
      const row = yield* byId(log.layout, given.id)
      if (row === null) return null
      const at = yield* readMarks(log, row.parent)
      if (!isLive(row, at)) return null
      return (yield* mapper(log, at, [row]))(row) ?? null
    },
  }
}

interface SearchArgs {
  readonly parent: string
  readonly query: string
}

function search(log: LogContext, audience: Audience): Query<SearchArgs, unknown> {
  return {
    kind: 'query',
    args: args({ parent: id, query: searchText }),
    access: underParent(log, audience, []),
    *read({ parent, query }): Program<Answer<unknown>> {
      if (log.searched.length === 0) throw noSearch(log.table.name)
      const words = wordsOf(query)
      if (words.length === 0) return []
      const at = yield* readMarks(log, parent)
      const rows = yield* searchOp(log.layout, words, {
        scope: parent,
        where: [
          { field: 'seq', is: 'gt', value: at.purgedThrough },
          ...(log.softDelete ? liveRows(at) : []),
        ],
        limit: log.settings.limits.maxSearchRows,
      })
      const map = yield* mapper(log, at, rows)
      return rows.map(map)
    },
  }
}

interface CountsArgs {
  readonly parent: string
  readonly field: string
}

function counts(log: LogContext, audience: Audience): Query<CountsArgs, unknown> {
  return {
    kind: 'query',
    args: (input) => {
      const given = args({ parent: id, field: text })(input)
      if (!log.counted.includes(given.field)) {
        throw invalid(
          'field',
          `'${given.field}' is not counted; name it in the counts option of '${log.table.name}'.`,
        )
      }
      return given
    },
    access: underParent(log, audience, {}),
    *read({ parent, field }) {
      return countsOf(yield* get(countsLayout, [log.table.name, parent]), field)
    },
  }
}

interface IndexedArgs {
  readonly parent: string
  readonly indexBy: string
}

/** Rows by the value of a field: for small logs; a large one is counted with `counts`. */
export function indexed(log: LogContext, audience: Audience): Query<IndexedArgs, unknown> {
  const { maxIndexedRows } = log.settings.limits
  return {
    kind: 'query',
    args: (input) => {
      const given = args({ parent: id, indexBy: text })(input)
      if (!log.payloads.names.includes(given.indexBy)) {
        throw invalid('indexBy', `'${given.indexBy}' is not a field of '${log.table.name}'.`)
      }
      return given
    },
    *access(call, { parent }) {
      const row = yield* readParent(log, parent)
      return admits(log, audience, call, row) ? shared : denied({})
    },
    *read({ parent, indexBy }) {
      const at = yield* readMarks(log, parent)
      const rows = yield* range(log.layout, '', [parent], {
        lower: { value: at.purgedThrough, inclusive: false },
        where: log.softDelete ? liveRows(at) : [],
        limit: maxIndexedRows + 1,
      })
      if (rows.length > maxIndexedRows) {
        throw new NoboilError(
          'LIMIT_EXCEEDED',
          `More than ${maxIndexedRows} rows; count them with the counts option instead.`,
          { limit: 'maxIndexedRows', max: maxIndexedRows },
        )
      }
      const map = yield* mapper(log, at, rows)
      const groups = new Map<string, (Row | undefined)[]>()
      for (const row of rows) {
        const value = String((row as unknown as Row)[indexBy])
        const group = groups.get(value)
        if (group) group.push(map(row))
        else groups.set(value, [map(row)])
      }
      return Object.fromEntries(groups)
    },
  }
}
