/**
 * How values lie in SpacetimeDB's typed columns. A field is a column of its own type where there is one: text, numbers (doubles,
 * as in JavaScript, so that rows look the same as on every host; times and durations are milliseconds), booleans, lists and
 * nested objects. What has none is JSON text: records, unions, and values that may be both null and missing, since an
 * option knows only one kind of nothing.
 */
import { NoboilError } from '../../errors/error.ts'
import type { Field, Fields, FieldType } from '../storable.ts'

export type Shape =
  | { readonly kind: 'text' | 'number' | 'flag' | 'json' }
  | { readonly kind: 'list'; readonly item: Shape }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, Shape>> }
  | { readonly kind: 'option'; readonly value: Shape }

const json: Shape = { kind: 'json' }

/** What the fields of a type may be called. */
const identifier = /^[A-Za-z][A-Za-z0-9_]*$/

export function shapeOf(field: Field): Shape {
  if (!field.optional && !field.nullable) return shapeOfType(field.type)
  const value = field.optional && field.nullable ? json : shapeOfType(field.type)
  // JSON has a null of its own.
  return value.kind === 'json' && !field.optional ? json : { kind: 'option', value }
}

function shapeOfType(type: FieldType): Shape {
  switch (type.kind) {
    case 'string':
    case 'id':
    case 'file':
      return { kind: 'text' }
    case 'number':
      return { kind: 'number' }
    case 'boolean':
      return { kind: 'flag' }
    case 'files':
      return { kind: 'list', item: { kind: 'text' } }
    case 'literal':
      return shapeOfLiterals(type.values)
    case 'array':
      return { kind: 'list', item: shapeOf(type.item) }
    case 'object': {
      const fields = Object.entries(type.fields)
      const isNamed = fields.every(([name]) => identifier.test(name))
      if (fields.length === 0 || !isNamed) return json
      return {
        kind: 'object',
        fields: Object.fromEntries(fields.map(([name, field]) => [name, shapeOf(field)])),
      }
    }
    case 'record':
    case 'union':
      return json
  }
}

function shapeOfLiterals(values: readonly unknown[]): Shape {
  const kinds = new Set(values.map((value) => (value === null ? 'null' : typeof value)))
  const [kind] = kinds
  if (kinds.size !== 1) return json
  if (kind === 'string') return { kind: 'text' }
  if (kind === 'number') return { kind: 'number' }
  return kind === 'boolean' ? { kind: 'flag' } : json
}

/** The field as an argument: what has a default may be left out, inside as well. */
export function inputField(field: Field): Field {
  const { fallback, ...rest } = field
  return {
    ...rest,
    type: inputType(field.type),
    optional: field.optional || fallback !== undefined,
  }
}

function inputType(type: FieldType): FieldType {
  switch (type.kind) {
    case 'array':
      return { ...type, item: { ...inputField(type.item), optional: false } }
    case 'object':
      return { ...type, fields: inputFields(type.fields) }
    default:
      return type
  }
}

export const inputFields = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, inputField(field)]))

/**
 * A value as its column holds it.
 *
 * @throws NoboilError `VALIDATION_FAILED` naming the path of what no column of this type holds.
 */
export function encode(field: Field, value: unknown, path: string): unknown {
  const shape = shapeOf(field)
  if (value === undefined || value === null) return encodeNothing(field, shape, value, path)
  return encodeAs(shape.kind === 'option' ? shape.value : shape, field.type, value, path)
}

function encodeNothing(field: Field, shape: Shape, value: null | undefined, path: string): unknown {
  const inner = shape.kind === 'option' ? shape.value : shape
  if (value === null && inner.kind === 'json') return 'null'
  const allowed = value === null ? field.nullable : field.optional
  if (!allowed) throw invalid(path, value === null ? 'May not be null.' : 'Is missing.')
  return undefined
}

function encodeAs(shape: Shape, type: FieldType, value: unknown, path: string): unknown {
  switch (shape.kind) {
    case 'text':
      return storable(typed('string', 'a text', value, path) as string, path)
    case 'number':
      return typed('number', 'a number', value, path)
    case 'flag':
      return typed('boolean', 'true or false', value, path)
    case 'json':
      return jsonOf(value, path)
    case 'list':
      if (!Array.isArray(value)) throw invalid(path, 'Must be a list.')
      return value.map((item, at) => encode(itemOf(type), item, `${path}[${at}]`))
    case 'object':
      return encodeObject((type as FieldType & { kind: 'object' }).fields, value, path)
    case 'option':
      throw new TypeError('An option holds no other option.')
  }
}

function jsonOf(value: unknown, path: string): string {
  try {
    const json = JSON.stringify(value) as string | undefined
    if (json !== undefined) return json
  } catch {
    // A bigint, or an object within itself.
  }
  throw invalid(path, 'Must be a value that JSON can hold.')
}

function encodeObject(fields: Fields, value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(path, 'Must be an object.')
  }
  return encodeAll(fields, value as Record<string, unknown>, path)
}

/** An object with every field of `fields` as its column holds it. Refuses fields that are not among them. */
export function encodeAll(
  fields: Fields,
  values: Readonly<Record<string, unknown>>,
  path: string,
): Record<string, unknown> {
  const prefix = path === '' ? '' : `${path}.`
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(fields, name) && values[name] !== undefined) {
      throw invalid(`${prefix}${name}`, `Unknown field '${name}'.`)
    }
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      encode(field, Object.hasOwn(values, name) ? values[name] : undefined, `${prefix}${name}`),
    ]),
  )
}

/**
 * What {@link encode} was given: a missing value is undefined.
 *
 * @throws NoboilError `VALIDATION_FAILED` naming the path of a text that is to be JSON and is not, which only a caller's can be.
 */
export function decode(field: Field, stored: unknown, path: string): unknown {
  const shape = shapeOf(field)
  if (stored === undefined || stored === null) return field.optional ? undefined : null
  return decodeAs(shape.kind === 'option' ? shape.value : shape, field.type, stored, path)
}

function decodeAs(shape: Shape, type: FieldType, stored: unknown, path: string): unknown {
  switch (shape.kind) {
    case 'json':
      return parsed(stored as string, path)
    case 'list':
      return (stored as readonly unknown[]).map((item, at) =>
        decode(itemOf(type), item, `${path}[${at}]`),
      )
    case 'object':
      return decodeAll(
        (type as FieldType & { kind: 'object' }).fields,
        stored as Record<string, unknown>,
        path,
      )
    default:
      return stored
  }
}

function parsed(json: string, path: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw invalid(path, 'Must be JSON.')
  }
}

/** What {@link encodeAll} was given: missing fields are absent. */
export function decodeAll(
  fields: Fields,
  stored: Readonly<Record<string, unknown>>,
  path = '',
): Record<string, unknown> {
  const prefix = path === '' ? '' : `${path}.`
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const value = decode(field, stored[name], `${prefix}${name}`)
    if (value !== undefined) values[name] = value
  }
  return values
}

const text: Field = { type: { kind: 'string' }, optional: false, nullable: false }

const itemOf = (type: FieldType): Field => (type.kind === 'array' ? type.item : text)

function typed(kind: string, spoken: string, value: unknown, path: string): unknown {
  if (typeof value !== kind) throw invalid(path, `Must be ${spoken}.`)
  return value
}

/** The wire would make another text of one that is not well-formed. */
function storable(value: string, path: string): string {
  if (!value.isWellFormed()) throw invalid(path, 'The text holds half of a surrogate pair.')
  if (value.includes('\0')) throw invalid(path, 'The text holds the character U+0000.')
  return value
}

export const invalid = (path: string, message: string): NoboilError<'VALIDATION_FAILED'> =>
  new NoboilError('VALIDATION_FAILED', path === '' ? message : `${path}: ${message}`, {
    issues: [{ path, message }],
  })
