/**
 * Limits of Convex that convex-test does not hold: of a schema, of what one write stores, and of what functions are given and answer.
 */
import type { SchemaDefinition, GenericSchema } from 'convex/server'
import { getConvexSize, getDocumentSize, type Value } from 'convex/values'
import { DefinitionError } from '../../errors/assert.ts'
import type { ValidatorJson } from './validator.ts'

/** https://docs.convex.dev/production/state/limits */
const maxIndexes = 32
const maxIndexFields = 16
const maxNameLength = 64
const maxDocumentBytes = 1024 * 1024
const maxFields = 1024
const maxDepth = 16
const maxArrayLength = 8192
const maxPassedDepth = 64
const maxPassedBytes = 16 * 1024 * 1024

interface ExportedTable {
  readonly documentType: ValidatorJson
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
    const {
      documentType,
      indexes,
      stagedDbIndexes = [],
    } = (table as unknown as { export(): ExportedTable }).export()
    for (const field of fieldsOf(documentType)) {
      if (!storedName.test(field)) {
        refuse(
          `The table ${name} has a field ${JSON.stringify(field)}; Convex takes printable ASCII that begins with neither $ nor _.`,
        )
      }
    }
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

function fieldsOf(type: ValidatorJson): readonly string[] {
  if (type.type === 'union') return type.value.flatMap(fieldsOf)
  return type.type === 'object' ? Object.keys(type.value) : []
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
  checkFields(`A document of ${table}`, document)
  for (const [name, value] of Object.entries(document)) {
    checkValue(`${table}.${name}`, value, { maxDepth, field: storedName }, 1)
  }
  const bytes = getDocumentSize(definedFields(document))
  if (bytes > maxDocumentBytes) {
    throw new Error(`A document of ${table} has ${bytes} bytes; Convex stores ${maxDocumentBytes}.`)
  }
}

/** Refuses what Convex would not pass into a function, or out of it. */
export function checkPassed(what: string, value: unknown): void {
  checkValue(what, value, { maxDepth: maxPassedDepth, field: passedName }, 0)
  const bytes = getConvexSize(value as Value)
  if (bytes > maxPassedBytes) {
    throw new Error(`${what} has ${bytes} bytes; Convex passes ${maxPassedBytes}.`)
  }
}

interface Bounds {
  readonly maxDepth: number
  readonly field: RegExp
}

/** Convex keeps `$` and `_` for itself, and field names to printable ASCII. */
const storedName = /^[ -#%-^`-~][ -~]*$/
/** Rows have their `_id` with them. */
const passedName = /^[ -#%-~][ -~]*$/

function checkValue(path: string, value: unknown, bounds: Bounds, depth: number): void {
  if (depth > bounds.maxDepth) {
    throw new Error(`${path} is nested deeper than ${bounds.maxDepth} levels.`)
  }
  if (Array.isArray(value)) {
    if (value.length > maxArrayLength) {
      throw new Error(`${path} has ${value.length} items; Convex has at most ${maxArrayLength}.`)
    }
    for (const item of value) checkValue(`${path}[]`, item, bounds, depth + 1)
  } else if (isObject(value)) {
    checkFields(path, value)
    for (const [name, item] of Object.entries(value)) {
      if (!bounds.field.test(name)) {
        throw new Error(`${path} has a field named ${JSON.stringify(name)}, which Convex refuses.`)
      }
      checkValue(`${path}.${name}`, item, bounds, depth + 1)
    }
  }
}

function checkFields(what: string, value: object): void {
  const fields = Object.keys(value).length
  if (fields > maxFields) {
    throw new Error(`${what} has ${fields} fields; Convex has at most ${maxFields}.`)
  }
}

const definedFields = (document: object): Record<string, Value> =>
  Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined))

const isObject = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
