/**
 * What the factories' own calls will change, for hooks that show it before the server has answered. Each edit finds its row by id
 * or key, so that applying it over an answer that has the change already does no harm.
 */
import type { ArgsObject, Edit } from '../client/entry.ts'
import { rowsOf, withRows } from '../client/steps.ts'

/**
 * A row as shown while a call that changes it is under way. Of a row that is new, what the server says (`_id`, times, who) is a
 * guess until then.
 */
export type Pending<row> = row & {
  /** The server has not confirmed what is shown here. */
  readonly isPending?: true
}

type Row = Readonly<Record<string, unknown>>

/** Where the answers of a log are: `vote.list`, `vote.auth.list`, `vote.pub.list`, and so on. */
const audiences = ['', 'auth.', 'pub.']
const reads = (table: string, name: string): string[] =>
  audiences.map((audience) => `${table}.${audience}${name}`)

export interface NewLogRow {
  readonly payload: Row
  readonly key: string
  readonly now: number
  readonly author: Author | undefined
}

/** Who a provisional row is shown to be by. */
export interface Author {
  readonly _id: string
  readonly name: string
  readonly image?: string | null
}

export function appendEdits(table: string, parent: string, given: NewLogRow): Edit[] {
  const under = (args: ArgsObject): boolean => args['parent'] === parent
  const isThere = (row: unknown): boolean => (row as Row)['idempotencyKey'] === given.key
  const rowAfter = (last: unknown): Row => provisionalRow(parent, given, seqOf(last))
  const lists = reads(table, 'list').map((path): Edit => ({
    path,
    matches: (args) => under(args) && pageOf(args).cursor === null,
    apply(value, args) {
      const rows = rowsOf(value)
      if (rows === undefined || rows.some(isThere)) return value
      const { numItems, endCursor } = pageOf(args)
      const grown = [rowAfter(rows[0]), ...rows]
      // A window shows so many rows; a pinned page shows all up to its end.
      if (typeof endCursor === 'string' || grown.length <= numItems) return withRows(value, grown)
      return { ...(value as object), page: grown.slice(0, numItems), isDone: false }
    },
  }))
  const tails = reads(table, 'listAfter').map((path): Edit => ({
    path,
    matches: under,
    apply(value, args) {
      const rows = rowsOf(value)
      const limit = typeof args['limit'] === 'number' ? args['limit'] : 500
      if (rows === undefined || rows.some(isThere) || rows.length >= limit) return value
      return [...rows, rowAfter(rows.at(-1) ?? { seq: args['seq'] })]
    },
  }))
  return [...lists, ...tails, ...countEdits(table, parent, undefined, given.payload)]
}

export interface RowPatch {
  readonly patch: Row
  readonly unset: readonly string[]
}

/** `before`: the row as it is shown now, where it is; totals follow only what is known. */
export function updateEdits(
  table: string,
  parent: string,
  id: string,
  change: RowPatch,
  before: Row | undefined,
): Edit[] {
  const become = (row: unknown): unknown =>
    (row as Row)['_id'] === id ? patched(row as Row, change) : row
  return [
    ...eachRow(table, parent, (rows) => rows.map(become)),
    ...reads(table, 'read').map((path): Edit => ({
      path,
      matches: (args) => args['id'] === id,
      apply: (value) => (value === null ? null : become(value)),
    })),
    ...(before ? countEdits(table, parent, before, { ...before, ...change.patch }) : []),
  ]
}

export function removeEdits(
  table: string,
  parent: string,
  ids: ReadonlySet<unknown>,
  before: readonly Row[],
): Edit[] {
  return [
    ...eachRow(table, parent, (rows) => rows.filter((row) => !ids.has((row as Row)['_id']))),
    ...reads(table, 'read').map((path): Edit => ({
      path,
      matches: (args) => ids.has(args['id']),
      apply: () => null,
    })),
    ...before.flatMap((row) => countEdits(table, parent, row, undefined)),
  ]
}

/** The rows of a log that are shown now, by id. */
export function shownRows(
  shown: (path: string) => readonly unknown[],
  table: string,
  ids: ReadonlySet<unknown>,
): Row[] {
  const found = new Map<unknown, Row>()
  for (const path of [...reads(table, 'list'), ...reads(table, 'listAfter')]) {
    for (const value of shown(path)) {
      for (const row of (rowsOf(value) ?? []) as Row[])
        if (ids.has(row['_id'])) found.set(row['_id'], row)
    }
  }
  return [...found.values()]
}

/** A kv row replaced, or gone (`payload` null), where it is asked for by key and in lists. */
export function kvEdits(table: string, key: string, payload: Row | null, now: number): Edit[] {
  const isIt = (row: unknown): boolean => (row as Row)['key'] === key
  const first = { _id: `${table}.${key}`, _creationTime: now, key, updatedAt: now }
  const become = (row: unknown): unknown =>
    payload === null ? null : kvRow((row ?? first) as Row, key, payload)
  return [
    { path: `${table}.get`, matches: (args) => args['key'] === key, apply: become },
    {
      path: `${table}.list`,
      matches: () => true,
      apply(value) {
        const rows = rowsOf(value)
        if (rows === undefined) return value
        const after =
          payload === null
            ? rows.filter((row) => !isIt(row))
            : rows.map((row) => (isIt(row) ? become(row) : row))
        return withRows(value, after)
      },
    },
  ]
}

/** The caller's own row, patched or begun. */
export const singletonEdits = (table: string, change: RowPatch, now: number): Edit[] => [
  {
    path: `${table}.get`,
    matches: (args) => args['userId'] === undefined,
    apply: (value) => patched((value ?? firstSingleton(table, now)) as Row, change),
  },
]

/** What a first row is shown with until the server says: every field its type promises. */
const firstSingleton = (table: string, now: number): Row => ({
  _id: `${table}.`,
  _creationTime: now,
  userId: '',
  updatedAt: now,
})

interface Page {
  readonly cursor: string | null
  readonly numItems: number
  readonly endCursor?: string | null
}

const pageOf = (args: ArgsObject): Page => args['paginationOpts'] as Page

const seqOf = (row: unknown): number => {
  const seq = (row as Row | undefined)?.['seq']
  return typeof seq === 'number' ? seq : 0
}

function provisionalRow(parent: string, given: NewLogRow, lastSeq: number): Row {
  const { payload, key, now, author } = given
  return {
    ...payload,
    _id: `pending:${key}`,
    _creationTime: now,
    parent,
    seq: lastSeq + 1,
    userId: author?._id ?? '',
    idempotencyKey: key,
    createdAt: now,
    updatedAt: now,
    ...(author ? { author: { ...author, image: author.image ?? null } } : {}),
    isPending: true,
  }
}

/** `updatedAt` stays what the server said: it is what a compare-and-set is made with. */
function patched(row: Row, { patch, unset }: RowPatch): Row {
  const gone = new Set(unset)
  const kept = Object.entries({ ...row, ...patch }).filter(([name]) => !gone.has(name))
  return { ...Object.fromEntries(kept), isPending: true }
}

function kvRow(row: Row, key: string, payload: Row): Row {
  const { _id, _creationTime, updatedAt } = row
  return { ...payload, key, _id, _creationTime, updatedAt, isPending: true }
}

const eachRow = (
  table: string,
  parent: string,
  change: (rows: readonly unknown[]) => readonly unknown[],
): Edit[] =>
  ['list', 'listAfter', 'search']
    .flatMap((name) => reads(table, name))
    .map((path) => ({
      path,
      matches: (args) => args['parent'] === parent,
      apply(value) {
        const rows = rowsOf(value)
        return rows === undefined ? value : withRows(value, change(rows))
      },
    }))

/** Totals by value, as one row goes from what it was to what it will be. */
const countEdits = (
  table: string,
  parent: string,
  before: Row | undefined,
  after: Row | undefined,
): Edit[] =>
  reads(table, 'counts').map((path) => ({
    path,
    matches: (args) => args['parent'] === parent,
    apply(value, args) {
      const field = args['field'] as string
      const from = before?.[field] ?? undefined
      const to = after?.[field] ?? undefined
      if (from === to) return value
      const totals = { ...(value as Record<string, number>) }
      if (from !== undefined) add(totals, String(from), -1)
      if (to !== undefined) add(totals, String(to), 1)
      return totals
    },
  }))

function add(totals: Record<string, number>, name: string, by: number): void {
  const total = (Object.hasOwn(totals, name) ? (totals[name] as number) : 0) + by
  // Defined, not assigned: a value may be called `__proto__`.
  if (total > 0) {
    Object.defineProperty(totals, name, {
      value: total,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  } else delete totals[name]
}
