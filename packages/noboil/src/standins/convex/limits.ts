/**
 * Limits of Convex that convex-test does not hold: of a schema, and of what one write stores.
 */
import type { SchemaDefinition, GenericSchema } from 'convex/server'
import { getDocumentSize, type Value } from 'convex/values'
import { DefinitionError } from '../../errors/assert.ts'

/** https://docs.convex.dev/production/state/limits */
const maxIndexes = 32
const maxIndexFields = 16
const maxNameLength = 64
const maxDocumentBytes = 1024 * 1024
const maxFields = 1024
const maxDepth = 16
const maxArrayLength = 8192

interface ExportedTable {
  readonly indexes: readonly ExportedIndex[]
  readonly stagedDbIndexes?: readonly ExportedIndex[]
}

interface ExportedIndex {
  readonly indexDescriptor: string
  readonly fields: readonly string[]
}

/** Refuses a schema that a deployment would refuse. */
export function checkSchema(schema: SchemaDefinition<GenericSchema, boolean>): void {
  for (const [name, table] of Object.entries(schema.tables)) {
    checkName(`The table ${name}`, name)
    const { indexes, stagedDbIndexes = [] } = (
      table as unknown as { export(): ExportedTable }
    ).export()
    const all = [...indexes, ...stagedDbIndexes]
    if (all.length > maxIndexes) {
      refuse(`The table ${name} has ${all.length} indexes; Convex has at most ${maxIndexes}.`)
    }
    for (const { indexDescriptor, fields } of all) {
      const index = `The index ${name}.${indexDescriptor}`
      checkName(index, indexDescriptor)
      if (fields.length > maxIndexFields) {
        refuse(`${index} has ${fields.length} fields; Convex has at most ${maxIndexFields}.`)
      }
      if (indexDescriptor === 'by_id' || indexDescriptor === 'by_creation_time') {
        refuse(`${index} has a name that Convex keeps for itself.`)
      }
      if (fields.includes('_creationTime')) {
        refuse(`${index} names _creationTime, which Convex adds to every index by itself.`)
      }
    }
  }
}

function checkName(what: string, name: string): void {
  if (!/^[a-zA-Z][a-zA-Z0-9_]*$/.test(name)) {
    refuse(`${what} needs a name of letters, digits and underscores that begins with a letter.`)
  }
  if (name.length > maxNameLength) {
    refuse(`${what} has a name of ${name.length} characters; Convex has at most ${maxNameLength}.`)
  }
}

function refuse(sentence: string): never {
  throw new DefinitionError(sentence)
}

/** Refuses what Convex would not store, as one write names it. */
export function checkWritten(table: string, document: unknown): void {
  if (!isObject(document)) return
  const fields = Object.keys(document).length
  if (fields > maxFields) {
    throw new Error(`A document of ${table} has ${fields} fields; Convex stores ${maxFields}.`)
  }
  for (const [name, value] of Object.entries(document)) checkValue(`${table}.${name}`, value, 1)
  const bytes = getDocumentSize(definedFields(document))
  if (bytes > maxDocumentBytes) {
    throw new Error(`A document of ${table} has ${bytes} bytes; Convex stores ${maxDocumentBytes}.`)
  }
}

function checkValue(path: string, value: unknown, depth: number): void {
  if (depth > maxDepth) throw new Error(`${path} is nested deeper than ${maxDepth} levels.`)
  if (Array.isArray(value)) {
    if (value.length > maxArrayLength) {
      throw new Error(`${path} has ${value.length} items; Convex stores ${maxArrayLength}.`)
    }
    for (const item of value) checkValue(`${path}[]`, item, depth + 1)
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      // Convex keeps `$` and `_` for itself, and field names to printable ASCII.
      if (!/^[ -#%-^`-~][ -~]*$/.test(name)) {
        throw new Error(`${path} has a field named ${JSON.stringify(name)}, which Convex refuses.`)
      }
      checkValue(`${path}.${name}`, item, depth + 1)
    }
  }
}

const definedFields = (document: object): Record<string, Value> =>
  Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined))

const isObject = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
