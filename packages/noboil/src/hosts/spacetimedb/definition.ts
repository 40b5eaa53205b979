/** Tables of the module: those of layouts, those clients see, and this host's own. */
import type { Layout } from '../../schema/layout.ts'
import { type Shape, shapeOf } from '../../schema/spacetimedb/columns.ts'
import { hasPublicRows, isParented, visibleFields } from '../../schema/spacetimedb/rows.ts'
import type { Fields } from '../../schema/storable.ts'
import type { AnyTable } from '../../schema/tables.ts'
import { ownTables, rowsTable } from './ports.ts'
import { type Columns, sdk, type TableHandle, type TypeBuilder } from './sdk.ts'

export type Handles = Readonly<Record<string, TableHandle>>

/** Columns of these fields. Nested objects become types of the module, named after where they stand. */
export const columnsOf = (name: string, fields: Fields): Columns =>
  Object.fromEntries(
    Object.entries(fields).map(([field, each]) => [
      field,
      builderOf(`${name}_${field}`, shapeOf(each)),
    ]),
  )

function builderOf(name: string, shape: Shape): TypeBuilder {
  const { t } = sdk
  switch (shape.kind) {
    case 'text':
    case 'json':
      return t.string()
    case 'number':
      return t.f64()
    case 'flag':
      return t.bool()
    case 'list':
      return t.array(builderOf(`${name}_item`, shape.item))
    case 'option':
      return t.option(builderOf(name, shape.value))
    case 'object':
      return t.object(
        name,
        Object.fromEntries(
          Object.entries(shape.fields).map(([field, each]) => [
            field,
            builderOf(`${name}_${field}`, each),
          ]),
        ),
      )
  }
}

/** Every layout's rows, private. */
export const layoutTables = (layouts: readonly Layout[]): Handles =>
  Object.fromEntries(
    layouts.map((layout) => {
      const name = rowsTable(layout)
      const columns = { _key: sdk.t.string().primaryKey(), ...columnsOf(name, layout.columns) }
      return [name, sdk.table({}, columns)]
    }),
  )

/** The rows that clients see of each table: public, or empty and only the type of a view. */
export function visibleTables(tables: readonly AnyTable[]): Handles {
  const handles: Record<string, TableHandle> = {}
  for (const table of tables) {
    const fields = visibleFields(table)
    if (fields === undefined || !hasPublicRows(table)) continue
    const columns: Record<string, TypeBuilder> = { ...columnsOf(table.name, fields) }
    columns['_id'] = sdk.t.string().primaryKey()
    if (isParented(table)) columns['parent'] = sdk.t.string().index('btree')
    handles[table.name] = sdk.table({ public: true }, columns)
  }
  return handles
}

/** Makes the tables of this host; each use needs its own. */
export function makeOwnTables(): Handles {
  const { t, table } = sdk
  return {
    [ownTables.nodes]: table(
      {},
      {
        id: t.u64().primaryKey().autoInc(),
        leaf: t.bool(),
        keys: t.array(t.string()),
        rows: t.array(t.string()),
        children: t.array(t.u64()),
      },
    ),
    [ownTables.roots]: table({}, { name: t.string().primaryKey(), node: t.u64() }),
    [ownTables.unique]: table({}, { value: t.string().primaryKey(), row: t.string() }),
    [ownTables.meta]: table({}, { name: t.string().primaryKey(), value: t.string() }),
    ...answerTables(),
    ...queueTables(),
    [ownTables.workers]: table({}, { identity: t.string().primaryKey() }),
    [ownTables.wakes]: table({}, scheduled()),
    [ownTables.failures]: table({}, { flow: t.string().primaryKey(), count: t.f64() }),
    [ownTables.moves]: table(
      {},
      {
        ...scheduled(),
        name: t.string().unique(),
        table: t.string(),
        parent: t.string(),
        cursor: t.string(),
      },
    ),
    [ownTables.ticks]: table({}, scheduled()),
  }
}

const scheduled = (): Columns => ({
  id: sdk.t.u64().primaryKey().autoInc(),
  at: sdk.t.scheduleAt(),
})

function answerTables(): Handles {
  const { t, table } = sdk
  return {
    [ownTables.results]: table(
      {},
      {
        ...scheduled(),
        sender: t.identity().index('btree'),
        request: t.string(),
        value: t.string(),
        place: t.string().unique(),
        ordinal: t.f64(),
        through: t.f64(),
      },
    ),
    [ownTables.answered]: table(
      {},
      {
        sender: t.identity().primaryKey(),
        first: t.f64(),
        next: t.f64(),
        gone: t.f64(),
        written: t.f64(),
      },
    ),
  }
}

function queueTables(): Handles {
  const { t, table } = sdk
  return {
    [ownTables.requests]: table(
      {},
      {
        ...scheduled(),
        sender: t.identity().index('btree'),
        request: t.string(),
        path: t.string(),
        args: t.string(),
        until: t.f64(),
      },
    ),
    [ownTables.errands]: table(
      {},
      {
        ...scheduled(),
        state: t.string().index('btree'),
        sender: t.identity().index('btree'),
        request: t.string(),
        path: t.string(),
        args: t.string(),
        holder: t.string(),
        heldUntil: t.f64(),
      },
    ),
  }
}
