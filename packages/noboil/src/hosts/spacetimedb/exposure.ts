/** Which rows of which tables everybody may see, and what that depends on. */
import type { AssembledTables } from '../../factories/assemble.ts'
import { type PubOption, pubField } from '../../factories/shared/parent.ts'
import type { BuiltOwned } from '../../factories/owned/build.ts'
import type { AnyQuery } from '../../factories/shared/operation.ts'
import type { Wired } from '../../factories/wiring.ts'
import type { Layout } from '../../schema/layout.ts'
import { hasPublicRows, visibleFields } from '../../schema/spacetimedb/rows.ts'
import type { Fields } from '../../schema/storable.ts'
import type { AnyTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import type { Functions } from './functions.ts'

/** A table that everybody may see rows of. */
export interface Exposure {
  readonly table: AnyTable
  readonly layout: Layout
  /** The columns of the public rows. */
  readonly fields: Fields
  /** Answers the row to whoever may see it, and to nobody what nobody signed in for may see. */
  readonly read: AnyQuery
  readonly argsOf: (row: Row) => object
  /** Whether its rows name their author, and so follow what people are called. */
  readonly withAuthor: boolean
  /** What the rows hang under. */
  readonly parent?: ParentExposure
}

export interface ParentExposure {
  /** The parent's table. */
  readonly layout: Layout
  /** Columns of the parent that say whether its rows are public. */
  readonly decides: ReadonlySet<string>
  /** The index by which the rows of one parent lie together. */
  readonly index: string
}

interface Options {
  readonly pub?: unknown
  readonly softDelete?: boolean
  readonly withAuthor?: boolean
}

/** What the public rows of each table follow from, as text: other options are another text. */
export function policiesOf(
  exposures: readonly Exposure[],
  wired: Readonly<Record<string, Wired>>,
): ReadonlyMap<string, string> {
  const optionsOf = (name: string): unknown => {
    const { pub, softDelete, withAuthor } = (wired[name]?.options ?? {}) as Options
    return { pub, softDelete, withAuthor }
  }
  const tables = Object.values(wired).map(({ table }) => table)
  return new Map(
    tables.filter(hasPublicRows).map((table) => {
      const isExposed = exposures.some((exposure) => exposure.table === table)
      const own = optionsOf(table.name)
      const under = 'parent' in table ? optionsOf(table.parent) : null
      return [table.name, JSON.stringify(isExposed ? [own, under] : null)]
    }),
  )
}

export function exposuresOf(
  { tables }: AssembledTables,
  wired: Readonly<Record<string, Wired>>,
  functions: Functions,
): readonly Exposure[] {
  const optionsOf = (name: string): Options => wired[name]?.options ?? {}
  const pubOf = (name: string): unknown => optionsOf(name).pub
  return tables.flatMap((built): Exposure[] => {
    const table = wired[built.name]?.table
    const fields = table && visibleFields(table)
    if (table === undefined || fields === undefined || !hasPublicRows(table)) return []
    const isKeyed = table.factory === 'kv' || table.factory === 'base'
    const under = 'parent' in table ? table.parent : undefined
    const isPublic =
      isKeyed ||
      pubOf(table.name) !== undefined ||
      (under !== undefined && pubOf(under) !== undefined)
    if (!isPublic) return []
    const parent = tables.find(({ name }) => name === under) as BuiltOwned | undefined
    const own = pubField(pubOf(table.name) as PubOption | undefined)
    return [
      {
        table,
        layout: built.layouts[0] as Layout,
        fields,
        read: readerOf(functions, table.name, isKeyed),
        withAuthor: optionsOf(table.name).withAuthor === true,
        argsOf: isKeyed ? (row) => ({ key: row['key'] }) : (row) => ({ id: row['_id'] }),
        ...(parent === undefined
          ? {}
          : {
              parent: {
                layout: parent.layouts[0] as Layout,
                decides: new Set([...parent.policy.fields, ...(own === undefined ? [] : [own])]),
                index: table.factory === 'log' ? '' : 'by_parent',
              },
            }),
      },
    ]
  })
}

const readerOf = (functions: Functions, table: string, isKeyed: boolean): AnyQuery =>
  (isKeyed
    ? functions.get(`${table}.get`)
    : (functions.get(`${table}.pub.read`) ?? functions.get(`${table}.read`))) as AnyQuery
