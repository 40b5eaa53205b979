/**
 * Convex's validators from described fields, and what Convex can store less of than other hosts: found at definition by table and
 * path.
 */
import { type GenericValidator, v } from 'convex/values'
import { DefinitionError } from '../../errors/assert.ts'
import type { Field, Fields, FieldType } from '../../schema/storable.ts'

/** Convex's limit on nesting, less the row itself. */
const maxDepth = 15
/** Names inside values: printable ASCII that does not begin with `$` or `_`. */
const nestedName = /^(?![$_])[\x20-\x7e]+$/

/** A field as it stands in a row or in arguments: it may be missing, it may be null. */
export function fieldValidator(field: Field): GenericValidator {
  const value = valueValidator(field)
  return field.optional ? v.optional(value as never) : value
}

/** A field inside a collection, or one that is always there. */
export function valueValidator({ type, nullable }: Field): GenericValidator {
  const value = typeValidator(type)
  return nullable ? v.union(value as never, v.null()) : value
}

/** Every field of an object. */
export const fieldValidators = (fields: Fields): Record<string, GenericValidator> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldValidator(field)]))

/** Throws {@link DefinitionError} for what Convex cannot store, naming table and path. */
export function assertConvexFields(table: string, fields: Fields): void {
  for (const [name, field] of Object.entries(fields)) assertField(table, name, field, 1)
}

function typeValidator(type: FieldType): GenericValidator {
  switch (type.kind) {
    case 'string':
    case 'file':
      return v.string()
    // Ids are checked by the programs: a malformed one is a missing row on every host.
    case 'id':
      return v.string()
    case 'number':
      return v.number()
    case 'boolean':
      return v.boolean()
    case 'files':
      return v.array(v.string())
    case 'literal':
      return oneOf(type.values.map((value) => (value === null ? v.null() : v.literal(value))))
    case 'array':
      return v.array(valueValidator(type.item) as never)
    case 'object':
      return v.object(fieldValidators(type.fields) as never)
    case 'record':
      return v.record(v.string(), valueValidator(type.value) as never)
    case 'union':
      return oneOf(type.options.map(valueValidator))
  }
}

function oneOf(options: readonly GenericValidator[]): GenericValidator {
  const [first] = options
  return options.length === 1 && first !== undefined ? first : v.union(...(options as never[]))
}

function assertField(table: string, path: string, { type }: Field, depth: number): void {
  if (depth > maxDepth) {
    throw new DefinitionError(
      `Table '${table}': field '${path}' is nested more than ${maxDepth} deep, which Convex cannot store.`,
    )
  }
  switch (type.kind) {
    case 'array':
      return assertField(table, `${path}[]`, type.item, depth + 1)
    case 'record':
      return assertField(table, `${path}{}`, type.value, depth + 1)
    case 'union':
      for (const [at, option] of type.options.entries()) {
        assertField(table, `${path}|${at}`, option, depth)
      }
      return
    case 'object':
      for (const [name, field] of Object.entries(type.fields)) {
        if (!nestedName.test(name)) {
          throw new DefinitionError(
            `Table '${table}': field '${path}.${name}' cannot be stored on Convex: names are ASCII and do not begin with '$' or '_'.`,
          )
        }
        assertField(table, `${path}.${name}`, field, depth + 1)
      }
      return
    default:
  }
}
