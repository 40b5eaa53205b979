/**
 * The checks of publishing that bite a module's author most often. SpacetimeDB has many more; what passes here may still
 * be refused there.
 */
import type { AlgebraicType } from 'spacetimedb'
import { DefinitionError } from '../../errors/assert.ts'
import type { ModuleDefinition, TableDefinition, Typespace } from './definition.ts'

/** @throws {DefinitionError} naming the first thing that SpacetimeDB would refuse. */
export function validateDefinition(definition: ModuleDefinition): void {
  const names = new Names()
  for (const table of definition.tables) {
    checkIdentifier(table.wireName)
    if (table.wireName.startsWith('st_'))
      throw new DefinitionError(
        `The table name ${table.wireName} is reserved: st_ begins system tables.`,
      )
    names.claim(table.name, `table ${table.name}`)
    names.claim(table.wireName, `table ${table.name}`)
    for (const index of table.indexes)
      names.claim(index.name, `index ${table.name}.${index.accessor}`)
    if (table.primaryKey.length > 1)
      throw new DefinitionError(`The table ${table.name} has more than one primary key column.`)
    checkColumns(table)
    checkRecursion({ tag: 'Ref', value: table.typeRef }, table.typespace, new Set(), table.name)
  }
  const callable = new Names()
  for (const { wireName, name } of [...definition.functions, ...definition.views]) {
    checkIdentifier(wireName)
    callable.claim(wireName, name)
  }
  for (const view of definition.views) names.claim(view.wireName, `view ${view.name}`)
  for (const { table, functionName } of definition.schedules)
    if (!definition.functions.some(({ name }) => name === functionName))
      throw new DefinitionError(
        `The schedule table ${table} runs ${functionName}, which is not exported.`,
      )
}

class Names {
  readonly #taken = new Map<string, string>()

  claim(name: string, by: string): void {
    const owner = this.#taken.get(name)
    if (owner !== undefined && owner !== by)
      throw new DefinitionError(`The name ${name} is used more than once: by ${owner} and ${by}.`)
    this.#taken.set(name, by)
  }
}

function checkColumns({ name, columns }: TableDefinition): void {
  const taken = new Names()
  for (const column of columns) {
    checkIdentifier(column.wireName)
    taken.claim(column.wireName, `column ${name}.${column.name}`)
  }
}

/** `name` may be namespaced: every part is checked. */
function checkIdentifier(name: string): void {
  for (const part of name.split('.'))
    if (!/^[\p{ID_Start}_]\p{ID_Continue}*$/u.test(part))
      throw new DefinitionError(
        `'${part}' is not an identifier: begin with a letter, go on with letters and digits.`,
      )
}

function checkRecursion(
  type: AlgebraicType,
  typespace: Typespace,
  within: ReadonlySet<number>,
  table: string,
): void {
  if (type.tag === 'Array') checkRecursion(type.value, typespace, within, table)
  if (type.tag === 'Product')
    for (const { algebraicType } of type.value.elements)
      checkRecursion(algebraicType, typespace, within, table)
  if (type.tag === 'Sum')
    for (const { algebraicType } of type.value.variants)
      checkRecursion(algebraicType, typespace, within, table)
  if (type.tag !== 'Ref') return
  if (within.has(type.value))
    throw new DefinitionError(`The table ${table} has a recursive type, which cannot be stored.`)
  const next = typespace.types[type.value]
  if (next !== undefined) checkRecursion(next, typespace, new Set([...within, type.value]), table)
}
