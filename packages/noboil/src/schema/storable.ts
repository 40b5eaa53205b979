/**
 * What a table can store, as data. {@link describeFields} turns a Zod object into a tree that every host reads to make its
 * columns or validators, and refuses, by table and path, whatever some host could not store.
 */
import type * as z from 'zod/v4'
import { DefinitionError } from '../errors/assert.ts'
import { specialFields } from './fields.ts'

export type AnyObject = z.ZodObject<z.core.$ZodLooseShape>

export type FieldType =
  | { readonly kind: 'string' }
  | { readonly kind: 'number'; readonly integer: boolean }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'id'; readonly table: string }
  | { readonly kind: 'file' }
  | { readonly kind: 'files' }
  | { readonly kind: 'literal'; readonly values: readonly (string | number | boolean | null)[] }
  | { readonly kind: 'array'; readonly item: Field }
  | { readonly kind: 'object'; readonly fields: Fields }
  | { readonly kind: 'record'; readonly value: Field }
  | { readonly kind: 'union'; readonly options: readonly Field[] }

/** `optional`: the field may be missing. `nullable`: it may be null. `fallback`: what a missing one is read as. */
export interface Field {
  readonly type: FieldType
  readonly optional: boolean
  readonly nullable: boolean
  readonly fallback?: () => unknown
}

export type Fields = Readonly<Record<string, Field>>

/** Names that factories give to columns and arguments of their own. `userId` may be declared; it then leaves the input. */
export const reservedFields: ReadonlySet<string> = new Set([
  '_id',
  '_creationTime',
  'id',
  'key',
  'parent',
  'seq',
  'createdAt',
  'updatedAt',
  'deletedAt',
  'idempotencyKey',
  'expectedUpdatedAt',
])

const identifier = /^[A-Za-z][A-Za-z0-9_]{0,62}$/

export function assertTableName(name: string): void {
  if (!identifier.test(name)) {
    throw new DefinitionError(
      `Table name '${name}' cannot be stored: use letters, digits and underscores, starting with a letter, at most 63.`,
    )
  }
  if (name === 'users') {
    throw new DefinitionError(
      `Table name 'users' is noboil's own table of accounts; choose another.`,
    )
  }
}

/** The columns of a table, from its Zod object. Throws {@link DefinitionError} naming the table and the path. */
export function describeFields(table: string, schema: AnyObject): Fields {
  const fields = describeObject(`Table '${table}'`, '', schema)
  for (const name of Object.keys(fields)) {
    if (reservedFields.has(name)) {
      throw new DefinitionError(
        `Table '${table}': field '${name}' is a name that noboil gives to every row; choose another.`,
      )
    }
    if (!identifier.test(name)) {
      throw new DefinitionError(
        `Table '${table}': field '${name}' cannot be a column: use letters, digits and underscores, starting with a letter.`,
      )
    }
  }
  return fields
}

const hints: Readonly<Record<string, string>> = {
  date: 'store milliseconds as a number()',
  bigint: 'store a number() or a string()',
  map: 'use a record()',
  set: 'use an array()',
  tuple: 'use an object() or an array()',
  transform:
    'transform before the call or in a before-hook; a stored value is parsed again when it is patched',
  pipe: 'transform before the call or in a before-hook; a stored value is parsed again when it is patched',
  any: 'say what it holds',
  unknown: 'say what it holds',
  undefined: 'use optional()',
  void: 'use optional()',
  null: 'use nullable()',
  file: "use file() from 'noboil/schema'",
  intersection: 'use one object()',
  catch: 'a value that does not parse must be refused, not replaced',
}

function refuse(where: string, path: string, type: string): never {
  const hint = hints[type]
  const what = path === '' ? 'the schema' : `field '${path}'`
  throw new DefinitionError(
    `${where}: ${what} is of type '${type}', which a table cannot store${hint ? `; ${hint}` : ''}.`,
  )
}

function describeObject(where: string, path: string, schema: z.core.$ZodType): Fields {
  const def = (schema as AnyObject)._zod.def
  if (def.type !== 'object') refuse(where, path, def.type)
  if (def.catchall && def.catchall._zod.def.type !== 'never') {
    throw new DefinitionError(
      `${where}: ${path === '' ? 'the schema' : `field '${path}'`} takes unknown keys (loose or catchall), which a table cannot store; use a record().`,
    )
  }
  const fields: Record<string, Field> = {}
  for (const [name, child] of Object.entries(def.shape)) {
    if (name === '__proto__' || name.startsWith('$') || name.startsWith('_')) {
      throw new DefinitionError(
        `${where}: field '${join(path, name)}' cannot be stored: names may not start with '_' or '$'.`,
      )
    }
    fields[name] = describeField(where, join(path, name), child as z.core.$ZodType)
  }
  return fields
}

function describeField(where: string, path: string, schema: z.core.$ZodType): Field {
  let optional = false
  let nullable = false
  let fallback: (() => unknown) | undefined
  let inner = schema
  for (;;) {
    const def = (inner as z.ZodType)._zod.def as z.core.$ZodTypes['_zod']['def']
    if (def.type === 'optional') optional = true
    else if (def.type === 'nullable') nullable = true
    else if (def.type === 'default' || def.type === 'prefault') {
      const outer = inner
      fallback ??= () => (outer as unknown as { parse(value: undefined): unknown }).parse(undefined)
    } else if (def.type === 'nonoptional') optional = false
    else if (def.type !== 'readonly') break
    inner = def.innerType
  }
  const type = describeType(where, path, inner)
  return { type, optional, nullable, ...(fallback ? { fallback } : {}) }
}

function describeType(where: string, path: string, schema: z.core.$ZodType): FieldType {
  const special = specialFields.get(schema)
  if (special) return special
  const def = (schema as z.ZodType)._zod.def as z.core.$ZodTypes['_zod']['def']
  switch (def.type) {
    case 'string':
    case 'template_literal':
      return { kind: 'string' }
    case 'number':
      return { kind: 'number', integer: isInteger(def) }
    case 'boolean':
      return { kind: 'boolean' }
    case 'literal':
      return { kind: 'literal', values: storableLiterals(where, path, def.values) }
    case 'enum':
      return { kind: 'literal', values: storableLiterals(where, path, Object.values(def.entries)) }
    case 'array':
      return { kind: 'array', item: element(where, `${path}[]`, def.element) }
    case 'object':
      return { kind: 'object', fields: describeObject(where, path, schema) }
    case 'record': {
      const keyType = (def.keyType as z.ZodType)._zod.def.type
      if (keyType !== 'string') refuse(where, `${path} (its keys)`, keyType)
      return { kind: 'record', value: element(where, `${path}{}`, def.valueType) }
    }
    case 'union':
      return {
        kind: 'union',
        options: def.options.map((option, at) =>
          (option as z.ZodType)._zod.def.type === 'null'
            ? { type: { kind: 'literal', values: [null] }, optional: false, nullable: false }
            : element(where, `${path}|${at}`, option),
        ),
      }
    default:
      return refuse(where, path, def.type)
  }
}

/** An element of an array, record or union: it may be null, never missing. */
function element(where: string, path: string, schema: z.core.$ZodType): Field {
  const field = describeField(where, path, schema)
  if (field.optional) {
    throw new DefinitionError(
      `${where}: field '${path}' may be missing inside a collection, which a table cannot store; use nullable().`,
    )
  }
  return field
}

function isInteger(def: z.core.$ZodNumberDef): boolean {
  const checks = [...(def.checks ?? []), def as unknown as z.core.$ZodCheck]
  return checks.some((check) => {
    const format = ((check as { _zod?: { def: unknown } })._zod?.def ?? check) as {
      format?: string
    }
    return format.format === 'safeint' || format.format === 'int32' || format.format === 'uint32'
  })
}

function storableLiterals(
  where: string,
  path: string,
  values: readonly unknown[],
): readonly (string | number | boolean | null)[] {
  return values.map((value) => {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw new DefinitionError(
      `${where}: field '${path}' has the literal ${String(value)}, which a table cannot store.`,
    )
  })
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)
