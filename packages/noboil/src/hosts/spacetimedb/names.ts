/** What is refused because of names or types before anything is made: a module that loads is one whose every table and call is there. */
import { DefinitionError } from '../../errors/assert.ts'
import type { Layout } from '../../schema/layout.ts'
import { procedureName } from '../../schema/spacetimedb/calls.ts'
import { type Shape, shapeOf } from '../../schema/spacetimedb/columns.ts'
import { parametersOf, reducersOf } from '../../schema/spacetimedb/reducers.ts'
import {
  errandsView,
  hasOwnRows,
  ownView,
  resultsView,
  userView,
  visibleFields,
} from '../../schema/spacetimedb/rows.ts'
import type { Field, Fields } from '../../schema/storable.ts'
import type { AnyTable } from '../../schema/tables.ts'
import type { Functions } from './functions.ts'
import type { ModuleExport } from './sdk.ts'

/**
 * Tables, views and functions of a module share one space of names, and its clients know functions by their names in camel case.
 *
 * @throws DefinitionError naming the two that would have one name.
 */
export function assertNames(tables: readonly AnyTable[], functions: Functions): void {
  const taken = new Map<string, string>()
  const called = new Map<string, string>()
  const take = (name: string, what: string, names = taken): void => {
    const other = names.get(name)
    if (other === undefined) names.set(name, what)
    else
      throw new DefinitionError(
        `${what} and ${other[0]?.toLowerCase()}${other.slice(1)} would both be called '${name}'; rename a table.`,
      )
  }
  const takeCall = (name: string, what: string): void => {
    take(name, what)
    take(accessorOf(name), what, called)
  }
  for (const view of [errandsView, resultsView, userView]) take(view, `A view of every module`)
  for (const table of tables) take(table.name, `Table '${table.name}'`)
  for (const table of tables) {
    if (hasOwnRows(table))
      take(ownView(table.name), `The view of one's own rows of '${table.name}'`)
    for (const { name } of reducersOf(table)) takeCall(name, `A reducer of '${table.name}'`)
  }
  for (const [path, { kind }] of functions) {
    if (kind === 'query') takeCall(procedureName(path), `The procedure of '${path}'`)
  }
}

/** What SpacetimeDB's client library makes of the name of a function: of `set_siteConfig` `setSiteConfig`. */
const accessorOf = (name: string): string =>
  name.replaceAll(/_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/**
 * Functions of a module, from what makes them.
 *
 * @throws DefinitionError when two have one name.
 */
export function merged(
  ...groups: readonly Readonly<Record<string, ModuleExport>>[]
): Readonly<Record<string, ModuleExport>> {
  const all: Record<string, ModuleExport> = {}
  for (const [name, made] of groups.flatMap(Object.entries<ModuleExport>)) {
    if (Object.hasOwn(all, name)) {
      throw new DefinitionError(
        `A table's function would be called '${name}', as one that every module has; rename the table.`,
      )
    }
    all[name] = made
  }
  return all
}

/**
 * Nested objects become types of the module, named after where they stand.
 *
 * @throws DefinitionError when two of different shapes would have one name.
 */
export function assertTypes(tables: readonly AnyTable[], layouts: readonly Layout[]): void {
  const types = new Map<string, string>()
  const visit = (name: string, shape: Shape): void => {
    if (shape.kind === 'list') visit(`${name}_item`, shape.item)
    if (shape.kind === 'option') visit(name, shape.value)
    if (shape.kind !== 'object') return
    const text = JSON.stringify(shape)
    if ((types.get(name) ?? text) !== text) {
      throw new DefinitionError(
        `Two nested objects of different shapes would be types called '${name}'; rename a table or a field.`,
      )
    }
    types.set(name, text)
    for (const [field, each] of Object.entries(shape.fields)) visit(`${name}_${field}`, each)
  }
  const visitAll = (name: string, fields: Fields): void => {
    for (const [field, each] of Object.entries(fields)) visit(`${name}_${field}`, shapeOf(each))
  }
  for (const { name, columns } of layouts) visitAll(name, columns)
  for (const table of tables) {
    visitAll(table.name, visibleFields(table) ?? {})
    for (const shape of reducersOf(table)) visitAll(shape.name, parametersOf(shape))
  }
}

/** SpacetimeDB keeps no files. */
export function assertWithoutFiles(table: AnyTable): void {
  if (!('fields' in table)) return
  for (const [name, field] of Object.entries(table.fields)) {
    if (!holdsFile(field)) continue
    throw new DefinitionError(
      `Table '${table.name}': field '${name}' holds files, which SpacetimeDB does not keep; keep a URL as a string().`,
    )
  }
}

function holdsFile({ type }: Field): boolean {
  switch (type.kind) {
    case 'array':
      return holdsFile(type.item)
    case 'object':
      return Object.values(type.fields).some(holdsFile)
    case 'record':
      return holdsFile(type.value)
    case 'union':
      return type.options.some(holdsFile)
    default:
      return type.kind === 'file' || type.kind === 'files'
  }
}
