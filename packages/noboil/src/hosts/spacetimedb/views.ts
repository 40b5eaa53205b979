/**
 * One's own rows: a view per table, `my_<table>`, that shows each caller what they alone, or few others, may see. Views take no
 * arguments, so each shows the newest of everything that is the caller's, within bounds; what is older is read by the table's
 * `list_…` procedure. The rows are those that the table's own queries answer to the caller.
 */
import type { Call } from '../../factories/shared/call.ts'
import type { AnyQuery } from '../../factories/shared/operation.ts'
import { hasOwnRows, isParented, ownView, visibleFields } from '../../schema/spacetimedb/rows.ts'
import type { Fields } from '../../schema/storable.ts'
import type { AnyTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import type { App } from './app.ts'
import { viewing, visitorOf } from './calls.ts'
import { columnsOf, type Handles } from './definition.ts'
import { answerOf, type Functions, nobody } from './functions.ts'
import { encodeRow } from './public.ts'
import { type ModuleExport, type ModuleSchema, sdk, type TypeBuilder } from './sdk.ts'
import type { HostTransaction } from './transaction.ts'

/** Rows that a view shows of an owned table, and parents whose rows the views of their logs and children show: the newest. */
const maxOwnRows = 100

/** Rows that a view shows under each parent: the newest. */
const maxRowsUnder = 100

export function ownRowViews(
  app: App,
  module: ModuleSchema,
  visible: Handles,
): Record<string, ModuleExport> {
  const views: Record<string, ModuleExport> = {}
  for (const table of app.declared.filter(hasOwnRows)) {
    const fields = visibleFields(table) as Fields
    const name = ownView(table.name)
    const type = visible[table.name]?.rowType ?? rowType(table.name, fields)
    views[name] = module.view({ name, public: true }, sdk.t.array(type), (ctx) =>
      rowsOrNone(name, () => {
        const transaction = viewing(ctx)
        const call = visitorOf(ctx, transaction, app.users, app.people)
        if (call.user === null) return []
        return ownRows(app, table, transaction, call).map((row) => encodeRow(fields, row))
      }),
    )
  }
  return views
}

/** The rows of a view. One that throws would cost its reader the whole connection; it shows nothing instead, and the log says why. */
function rowsOrNone<row>(view: string, rows: () => readonly row[]): readonly row[] {
  try {
    return rows()
  } catch (error) {
    const reason = error instanceof Error ? error.stack : String(error)
    // oxlint-disable-next-line no-console -- a module's console is the log of its database
    console.error(`The view ${view} shows nothing, since reading its rows failed: ${reason}`)
    return []
  }
}

const rowType = (name: string, fields: Fields): TypeBuilder =>
  sdk.t.object(name, columnsOf(name, fields))

function ownRows(
  { functions, limits }: App,
  table: AnyTable,
  transaction: HostTransaction,
  call: Call,
): readonly Row[] {
  const { name } = table
  const most = (rows: number): number => Math.min(rows, limits.maxPageRows)
  if (table.factory === 'singleton') {
    const row = ask(functions, `${name}.get`, transaction, call, {}) as Row | null
    return row === null ? [] : [row]
  }
  if (!isParented(table)) return newest(functions, name, transaction, call, {}, most(maxOwnRows))
  const { parent } = table as AnyTable & { readonly parent: string }
  return newest(functions, parent, transaction, call, {}, most(maxOwnRows)).flatMap((row) => {
    const under = { parent: row['_id'] }
    return isShownToAll(functions, name, transaction, under)
      ? []
      : newest(functions, name, transaction, call, under, most(maxRowsUnder))
  })
}

function newest(
  functions: Functions,
  table: string,
  transaction: HostTransaction,
  call: Call,
  under: object,
  numItems: number,
): readonly Row[] {
  const args = { ...under, paginationOpts: { numItems, cursor: null } }
  const answer = ask(functions, `${table}.list`, transaction, call, args)
  return (answer as { readonly page: readonly Row[] }).page
}

/** Rows under a public parent are in the public table. */
function isShownToAll(
  functions: Functions,
  table: string,
  transaction: HostTransaction,
  under: object,
): boolean {
  const list = functions.get(`${table}.list`) as AnyQuery
  const args = list.args({ ...under, paginationOpts: { numItems: 1, cursor: null } })
  return transaction.execute(() => list.access(nobody, args as never)).allowed
}

function ask(
  functions: Functions,
  path: string,
  transaction: HostTransaction,
  call: Call,
  input: object,
): unknown {
  const query = functions.get(path) as AnyQuery
  const args = query.args(input)
  return transaction.execute(() => answerOf(query, call, args))
}
