/**
 * `defineTables()`: what `convex/schema.ts` is made of, from the same tables and options as the functions.
 */
import type { TableDefinition } from 'convex/server'
import type { Validator, VObject } from 'convex/values'
import { assembleTables } from '../../factories/assemble.ts'
import { buildBase } from '../../factories/base/build.ts'
import { defaultFactoryLimits, type Settings } from '../../factories/shared/call.ts'
import { usersLayout } from '../../factories/shared/users.ts'
import { wiredBy } from '../../factories/tables.ts'
import type { Wired, WireTable } from '../../factories/wiring.ts'
import { InvariantError } from '../../errors/assert.ts'
import type { Layout } from '../../schema/layout.ts'
import type { AnyObject } from '../../schema/storable.ts'
import type { AnyTable, BaseTable, Payload } from '../../schema/tables.ts'
import { defineLayouts } from './definitions.ts'

/** What every stored row has; the rest of its bookkeeping is noboil's. */
interface StoredFields {
  readonly updatedAt: number
  readonly deletedAt?: number
}

interface FieldsOf {
  readonly owned: { readonly userId: string }
  readonly child: { readonly userId: string; readonly parent: string }
  readonly singleton: { readonly userId: string }
  readonly kv: { readonly key: string }
  readonly log: { readonly userId: string; readonly parent: string; readonly seq: number }
  readonly base: { readonly key: string; readonly fetchedAt: number }
}

type StoredRow<table> = table extends {
  readonly factory: infer factory
  readonly schema: AnyObject
}
  ? factory extends keyof FieldsOf
    ? Payload<table> & StoredFields & FieldsOf[factory]
    : never
  : never

type RowFields = Record<string, Validator<unknown, 'optional' | 'required', string>>

/** Index names are plain text here: which ones there are follows from options, not from types. */
type Definition<row> = TableDefinition<
  VObject<{ [name in keyof row]: row[name] }, RowFields>,
  Record<string, string[]>
>

type WithRows<wired> = {
  [
    name in keyof wired as wired[name] extends Wired<infer table>
      ? table['factory'] extends 'quota'
        ? never
        : name
      : never
  ]: wired[name]
}

/** Definitions under the tables' names. Bookkeeping tables are there, and have no types: nothing but noboil reads them. */
export type ConvexTables<wired, base extends BaseTable = never> = {
  readonly [name in keyof WithRows<wired>]: wired[name] extends Wired<infer table>
    ? Definition<StoredRow<table>>
    : never
} & { readonly [table in base as table['name']]: Definition<StoredRow<table>> } & {
  readonly users: Definition<{
    readonly name: string
    readonly image?: string | null
    readonly role?: string | null
  }>
}

export interface DefineOptions<base extends BaseTable> {
  /** Tables that `cacheCrud()` wires. */
  readonly base?: readonly base[]
  /** Fields that users have beside `name`, `image` and `role`. */
  readonly users?: AnyObject
}

/**
 * Table definitions for `defineSchema({ ...defineTables(tables) })`, with every index that an option needs. An app with a `users`
 * table of its own (Convex Auth's) names it after these; it needs `name`, and `image` and `role` where they are used.
 *
 * @throws DefinitionError naming what does not fit together, or what Convex cannot keep.
 */
export function defineTables<
  const wired extends Readonly<Record<string, Wired>>,
  const base extends BaseTable = never,
>(
  tables: (build: { readonly table: WireTable }) => wired,
  options: DefineOptions<base> = {},
): ConvexTables<wired, base> {
  const users = usersLayout(options.users)
  const { layouts } = assembleTables(wiredBy(tables), settings, users)
  const based = (options.base ?? []).flatMap((table: AnyTable) => layoutsOfBase(table as BaseTable))
  return defineLayouts([...new Set([...layouts, ...based])]) as never
}

/** Its layouts do not follow from its options: any field can be the key of a row. */
function layoutsOfBase(table: BaseTable): readonly Layout[] {
  const [key = ''] = Object.keys(table.fields).filter((name) =>
    ['string', 'number'].includes(table.fields[name]?.type.kind ?? ''),
  )
  return buildBase(table, { key }, settings).layouts
}

/** Definitions run nothing of the app. */
const settings: Settings = {
  admin: () => false,
  limits: defaultFactoryLimits,
  keepsFiles: true,
  hookContext: () => notHere(),
  predicateContext: () => notHere(),
}

function notHere(): never {
  throw new InvariantError('A table definition ran code of the app.')
}
