/**
 * Keeps the public tables in step. A public row is what its table's own `read` answers to somebody who has not signed in: there is
 * no second policy here, only the question. A row that changed is asked for at once, in its own transaction. What changes many rows
 * at once (a parent's `pub`, a purge, a restore) moves them some at a time: the first in the same transaction, the others by a
 * schedule that runs at once and goes on until it is done.
 *
 * What a table shows also follows from its options. A module that is published with others finds rows that were shown under the old
 * ones: they all leave first, and what may be shown is shown anew.
 */
import type { Change } from '../../changes/change.ts'
import { page } from '../../program/program.ts'
import { tableOfId } from '../../schema/layout.ts'
import { encodeAll } from '../../schema/spacetimedb/columns.ts'
import type { Fields } from '../../schema/storable.ts'
import type { Row } from '../../schema/values.ts'
import type { App } from './app.ts'
import { assertDatabase, atOnce, told, within } from './calls.ts'
import type { Handles } from './definition.ts'
import type { Exposure } from './exposure.ts'
import { answerOf, nobody } from './functions.ts'
import { keyText, spanOf } from './keys.ts'
import { type Entry, OrderedIndex } from './ordered.ts'
import { type Db, ownTables, rowsOf, type StoredRow, unique } from './ports.ts'
import { type CallContext, type ModuleExport, type ModuleSchema, type TableHandle } from './sdk.ts'
import type { HostTransaction } from './transaction.ts'

/** Rows that are moved in one transaction. */
const maxMovedRows = 200

/** Changes of these columns of a log's head hide or show all of its rows. */
const headMarks = ['purgedThrough', 'epoch']

/** In place of a parent: all rows of the table. */
const everything = ''

/** In place of a cursor: the public rows leave first. */
const clearing = 'clear'

/** Modules whose policies have been looked at since they were loaded. */
const looked = new WeakSet<App>()

/** Brings the public tables in step with what a transaction has changed. */
export function publish(app: App, ctx: CallContext, transaction: HostTransaction): void {
  if (!looked.has(app)) {
    keepPolicies(app, ctx)
    looked.add(app)
  }
  const { changes } = transaction
  if (changes.length === 0) return
  for (const exposure of app.exposures) {
    const changed = new Map<string, Row>()
    const parents = new Set<string>()
    const authors = new Set<string>()
    for (const change of changes) {
      if (change.table === exposure.layout) {
        const row = (change.after ?? change.before) as Row
        changed.set(row['_id'] as string, row)
      } else if (change.table === app.users) {
        const person = change.after ?? change.before
        if (exposure.withAuthor && renames(change)) authors.add(person?.['_id'] as string)
      } else {
        const parent = movedBy(exposure, change)
        if (parent !== undefined) parents.add(parent)
      }
    }
    for (const [id, row] of changed) show(exposure, ctx.db, transaction, id, row)
    for (const parent of parents) move(exposure, ctx, transaction, parent, '')
    for (const author of authors) renew(exposure, ctx, transaction, author, '')
  }
}

/**
 * Begins to show anew the tables whose options are others than when the module was published before. Nothing tells a module that this
 * has happened: it looks with the first call that writes, and once a minute.
 */
export function keepPolicies(app: App, ctx: CallContext): void {
  for (const table of changedPolicies(app, ctx.db)) goOn(ctx, table, everything, clearing)
}

/** The tables whose policies are others than those that were noted, and notes them. */
export function changedPolicies({ policies }: App, db: Db): readonly string[] {
  const noted = unique(db, ownTables.meta, 'name')
  const changed: string[] = []
  for (const [table, value] of policies) {
    const name = `policy/${table}`
    const before = noted.find(name)
    if (before?.['value'] === value) continue
    if (before === null) db[ownTables.meta]?.insert({ name, value })
    else noted.update({ name, value })
    changed.push(table)
  }
  return changed
}

/** The reducer that goes on with a move. */
export function moveFunctions(
  app: App,
  module: ModuleSchema,
  own: Handles,
): Readonly<Record<string, ModuleExport>> {
  const moves = own[ownTables.moves] as TableHandle
  return {
    move_rows: module.reducer(
      { onSchedule: moves },
      { row: moves.rowType },
      (ctx, { row }: { row: StoredRow }) =>
        told(() => {
          assertDatabase(ctx)
          const exposure = app.exposures.find(({ table }) => table.name === row['table'])
          const latest = unique(ctx.db, ownTables.moves, 'name').find(row['name'])
          // A move that has begun anew meanwhile is another row.
          if (latest !== null && latest['id'] !== row['id']) return
          if (row['cursor'] === clearing) clear(ctx, row['table'] as string, exposure)
          if (exposure === undefined || row['cursor'] === clearing) return
          const parent = row['parent'] as string
          const goOnWith = tableOfId(parent) === app.users.name ? renew : move
          within(app, ctx, (transaction) =>
            goOnWith(exposure, ctx, transaction, parent, row['cursor'] as string),
          )
        }),
    ),
  }
}

/** The parent whose rows a change hides or shows; `''`: all rows of the table. */
function movedBy(exposure: Exposure, { table, before, after, fields }: Change): string | undefined {
  const row = (after ?? before) as Row
  const { parent, table: own } = exposure
  if (own.factory === 'base') {
    return table.name === '_basePurges' && row['table'] === own.name ? '' : undefined
  }
  if (table === parent?.layout) {
    const decides = before !== null && (fields?.some((name) => parent.decides.has(name)) ?? true)
    return decides ? (row['_id'] as string) : undefined
  }
  const isHead = table.name === '_logCounters' && row['table'] === own.name && fields !== undefined
  return isHead && headMarks.some((mark) => fields.includes(mark))
    ? (row['parent'] as string)
    : undefined
}

/** Whether rows name their author otherwise than before. */
const renames = ({ before, after, fields }: Change): boolean =>
  before === null ||
  after === null ||
  (fields?.some((name) => name === 'name' || name === 'image') ?? true)

/** Has some public rows go, whichever they are; after the last of them what may be shown is shown. */
function clear(ctx: CallContext, table: string, exposure: Exposure | undefined): void {
  const some: StoredRow[] = []
  for (const row of rowsOf(ctx.db, table)) if (some.push(row) === maxMovedRows) break
  for (const row of some) {
    unique(ctx.db, table, '_id').delete(row['_id'])
    byAuthor(table, ctx.db).remove(authorEntry(row).key)
  }
  if (some.length === maxMovedRows) goOn(ctx, table, everything, clearing)
  else goOn(ctx, table, everything, exposure && '')
}

/** Asks for some rows of a parent, newest first, and leaves the rest to a schedule. */
function move(
  exposure: Exposure,
  ctx: CallContext,
  transaction: HostTransaction,
  parent: string,
  cursor: string,
): void {
  const { layout, table } = exposure
  const [index, under] =
    exposure.parent === undefined || parent === everything
      ? ['', []]
      : [exposure.parent.index, [parent]]
  const found = transaction.execute(function* () {
    return yield* page(layout, index, under, {
      scope: 'move',
      order: 'desc',
      cursor: cursor === '' ? null : cursor,
      limit: maxMovedRows,
    })
  })
  for (const row of found.rows as readonly Row[]) {
    show(exposure, ctx.db, transaction, row['_id'] as string, row)
  }
  goOn(ctx, table.name, parent, found.isDone ? undefined : found.continueCursor)
}

/** Writes into some rows of an author what they are called now, and leaves the rest to a schedule. */
function renew(
  exposure: Exposure,
  ctx: CallContext,
  transaction: HostTransaction,
  author: string,
  cursor: string,
): void {
  const { from, to } = spanOf([author])
  const span = { from: cursor === '' ? from : cursor, to }
  const found: Entry[] = []
  for (const entry of byAuthor(exposure.table.name, ctx.db).scan(span, 'asc')) {
    if (found.push(entry) > maxMovedRows) break
  }
  for (const { row } of found.slice(0, maxMovedRows)) {
    show(exposure, ctx.db, transaction, row, { _id: row })
  }
  goOn(ctx, exposure.table.name, author, found[maxMovedRows]?.key)
}

/** The public rows of a table by their author. */
const byAuthor = (table: string, db: Db): OrderedIndex =>
  new OrderedIndex(db, `public/${table}/author`)

const authorEntry = (row: StoredRow | Row): Entry => {
  const id = row['_id'] as string
  return { key: keyText([row['userId'], id]), row: id }
}

/** Has the rest moved by a schedule that is due at once; no cursor: there is none. */
function goOn(ctx: CallContext, table: string, parent: string, cursor: string | undefined): void {
  const name = `${table}/${parent}`
  unique(ctx.db, ownTables.moves, 'name').delete(name)
  if (cursor === undefined) return
  ctx.db[ownTables.moves]?.insert({ id: 0n, at: atOnce(ctx), name, table, parent, cursor })
}

/** Makes the public row what `read` answers to nobody. */
function show(
  exposure: Exposure,
  db: Db,
  transaction: HostTransaction,
  id: string,
  row: Row,
): void {
  const { read, table, fields } = exposure
  const args = read.args(exposure.argsOf(row))
  const answer = transaction.execute(() => answerOf(read, nobody, args)) as Row | null
  const shown = unique(db, table.name, '_id')
  const before = shown.find(id)
  if (exposure.withAuthor) follow(byAuthor(table.name, db), before, answer)
  if (answer === null) {
    if (before !== null) shown.delete(id)
    return
  }
  const encoded = encodeRow(fields, answer)
  if (before !== null) shown.update(encoded)
  else db[table.name]?.insert(encoded)
}

/** Keeps the rows by their author in step with a public row that becomes another. */
function follow(index: OrderedIndex, before: Row | null, after: Row | null): void {
  if (before?.['userId'] === after?.['userId']) return
  if (before !== null) index.remove(authorEntry(before).key)
  if (after !== null) index.insert(authorEntry(after))
}

/** A row that reads answer, as its columns hold it. */
export function encodeRow(fields: Fields, row: Row): StoredRow {
  const known = Object.entries(row).filter(([name]) => Object.hasOwn(fields, name))
  return encodeAll(fields, Object.fromEntries(known), '')
}
