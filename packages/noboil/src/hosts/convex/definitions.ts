/**
 * Layouts as Convex table definitions: what `convex/schema.ts` is made of.
 */
import { defineTable, type TableDefinition } from 'convex/server'
import { type GenericValidator, v } from 'convex/values'
import { DefinitionError } from '../../errors/assert.ts'
import { column, type Layout } from '../../schema/layout.ts'
import type { Fields } from '../../schema/storable.ts'
import {
  arrivalColumns,
  arrivalIndex,
  createdAt,
  indexName,
  keyIndex,
  namedAt,
  namedColumn,
  searchIndex,
  searchText,
  tableName,
} from './names.ts'
import { assertConvexFields, fieldValidators } from './validators.ts'

const maxIndexes = 32
/** Of 1,024, less what noboil and Convex add. */
const maxFields = 1_000
const maxIndexFields = 16
const native: ReadonlySet<string> = new Set(['_id', '_creationTime'])

/** One definition per layout, under its name on Convex. Throws {@link DefinitionError} for what Convex cannot keep. */
export function defineLayouts(layouts: readonly Layout[]): Record<string, TableDefinition> {
  const made: Record<string, TableDefinition> = {}
  for (const layout of layouts) {
    const name = tableName(layout)
    if (made[name] !== undefined) {
      throw new DefinitionError(`Two tables would be called '${name}' on Convex; rename one.`)
    }
    made[name] = defineLayout(layout)
  }
  return made
}

/** What `defineSchema()` answers, as far as it is looked at. */
export interface AppSchema {
  readonly tables: Readonly<Record<string, { ' indexes'(): readonly NamedIndex[] }>>
}

interface NamedIndex {
  readonly indexDescriptor: string
}

/**
 * Throws {@link DefinitionError} naming the first table or index that functions would look for in vain. Fields are left to the types,
 * and to Convex itself, which checks every document.
 */
export function assertDefined(schema: AppSchema, layouts: readonly Layout[]): void {
  for (const layout of layouts) {
    const name = tableName(layout)
    const table = schema.tables[name]
    if (table === undefined)
      throw new DefinitionError(`convex/schema.ts has no table '${name}'${remedy}`)
    const has = indexNames(table)
    const wanted = [...indexesOf(layout).keys(), ...(layout.search ? [searchIndex] : [])]
    const missing = wanted.find((index) => !has.has(index))
    if (missing !== undefined) {
      throw new DefinitionError(
        `In convex/schema.ts table '${name}' has no index '${missing}'${remedy}`,
      )
    }
  }
}

const remedy =
  ': put ...defineTables(tables, { base: […] }) into defineSchema(), with the same tables, and those of cacheCrud() in base.'

function indexNames(table: AppSchema['tables'][string]): ReadonlySet<string> {
  // Convex keeps these to itself; where it hides them, none can be missed.
  const { searchIndexes = [{ indexDescriptor: searchIndex }] } = table as {
    readonly searchIndexes?: readonly NamedIndex[]
  }
  return new Set([...table[' indexes'](), ...searchIndexes].map((index) => index.indexDescriptor))
}

/** The columns of a layout that are fields of its documents. Records of bookkeeping are text: their keys may be anything. */
export function storedColumns(layout: Layout): Fields {
  const stored = Object.entries(layout.columns).filter(([name]) => !native.has(name))
  if (layout.internal !== true) return Object.fromEntries(stored)
  return Object.fromEntries(
    stored.map(([name, field]) => [name, field.type.kind === 'record' ? column.text : field]),
  )
}

interface Indexes {
  index(name: string, fields: readonly string[]): Indexes
  searchIndex(
    name: string,
    config: { readonly searchField: string; readonly filterFields?: readonly string[] },
  ): Indexes
}

function defineLayout(layout: Layout): TableDefinition {
  const columns = storedColumns(layout)
  assertOwnColumns(layout.name, columns)
  assertConvexFields(layout.name, columns)
  const fields: Record<string, GenericValidator> = fieldValidators(columns)
  if (layout.creationTime === '_creationTime') fields[createdAt] = v.optional(v.number())
  if (layout.search) fields[searchText] = v.optional(v.string())
  if (namedColumn(layout)) fields[namedAt] = v.number()
  const indexes = indexesOf(layout)
  assertIndexes(layout.name, indexes)
  let table = defineTable(fields as never) as unknown as Indexes
  for (const [name, columnsOfIndex] of indexes) table = table.index(name, columnsOfIndex)
  if (layout.search) {
    const { scope } = layout.search
    table = table.searchIndex(searchIndex, {
      searchField: searchText,
      ...(scope === undefined ? {} : { filterFields: [scope] }),
    })
  }
  return table as unknown as TableDefinition
}

function indexesOf(layout: Layout): ReadonlyMap<string, readonly string[]> {
  const indexes = new Map<string, readonly string[]>()
  const key = keyIndex(layout)
  if (key !== undefined) indexes.set(key, layout.key)
  const arrival = arrivalColumns(layout)
  const order = arrival === undefined ? [] : [namedAt]
  if (arrival !== undefined) indexes.set(arrivalIndex(arrival), [...arrival, ...order])
  for (const [name, { columns }] of Object.entries(layout.indexes)) {
    indexes.set(indexName(name), [...columns, ...order])
  }
  return indexes
}

function assertOwnColumns(table: string, columns: Fields): void {
  const count = Object.keys(columns).length
  if (count > maxFields) {
    throw new DefinitionError(
      `Table '${table}' has ${count} fields; Convex keeps at most ${maxFields} in a document: group them in objects.`,
    )
  }
  for (const name of [searchText, namedAt]) {
    if (Object.hasOwn(columns, name)) {
      throw new DefinitionError(
        `Table '${table}': field '${name}' is a name that noboil gives to rows on Convex; choose another.`,
      )
    }
  }
}

function assertIndexes(table: string, indexes: ReadonlyMap<string, readonly string[]>): void {
  if (indexes.size > maxIndexes) {
    throw new DefinitionError(
      `Table '${table}' needs ${indexes.size} indexes; Convex keeps at most ${maxIndexes} per table.`,
    )
  }
  for (const [name, columns] of indexes) {
    if (columns.length > maxIndexFields) {
      throw new DefinitionError(
        `Table '${table}': index '${name}' has ${columns.length} fields; Convex takes at most ${maxIndexFields}.`,
      )
    }
  }
}
