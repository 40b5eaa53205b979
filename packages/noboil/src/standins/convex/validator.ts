/**
 * Convex's validators, as functions export them in JSON, applied to values.
 */

/** A validator in the form of `exportArgs()` and `exportReturns()`. */
export type ValidatorJson =
  | { readonly type: 'null' | 'number' | 'bigint' | 'boolean' | 'string' | 'bytes' | 'any' }
  | { readonly type: 'literal'; readonly value: unknown }
  | { readonly type: 'id'; readonly tableName: string }
  | { readonly type: 'array'; readonly value: ValidatorJson }
  | { readonly type: 'union'; readonly value: readonly ValidatorJson[] }
  | { readonly type: 'object'; readonly value: Readonly<Record<string, FieldJson>> }
  | { readonly type: 'record'; readonly keys: ValidatorJson; readonly values: FieldJson }

interface FieldJson {
  readonly fieldType: ValidatorJson
  readonly optional: boolean
}

/** What is wrong with a value, as a sentence that begins with its path; undefined when it conforms. */
export function mismatch(
  validator: ValidatorJson,
  value: unknown,
  path = 'value',
): string | undefined {
  switch (validator.type) {
    case 'any':
      return undefined
    case 'null':
      return value === null ? undefined : says(path, 'null', value)
    case 'bytes':
      return value instanceof ArrayBuffer ? undefined : says(path, 'bytes', value)
    case 'literal':
      return value === validator.value ? undefined : says(path, shown(validator.value), value)
    case 'id':
      return typeof value === 'string' && tableOf(value) === validator.tableName
        ? undefined
        : says(path, `an id of ${validator.tableName}`, value)
    case 'array':
      if (!Array.isArray(value)) return says(path, 'an array', value)
      return firstOf(value, (item, at) => mismatch(validator.value, item, `${path}[${at}]`))
    case 'union':
      return validator.value.some((member) => mismatch(member, value) === undefined)
        ? undefined
        : says(path, `one of ${validator.value.map(({ type }) => type).join(', ')}`, value)
    case 'object':
      return isPlain(value)
        ? objectMismatch(validator.value, value, path)
        : says(path, 'an object', value)
    case 'record':
      if (!isPlain(value)) return says(path, 'a record', value)
      return firstOf(
        Object.entries(value),
        ([key, item]) =>
          mismatch(validator.keys, key, `${path}: the key ${shown(key)}`) ??
          mismatch(validator.values.fieldType, item, `${path}.${key}`),
      )
    default:
      return typeof value === validator.type ? undefined : says(path, `a ${validator.type}`, value)
  }
}

/** The table an id is of: convex-test writes ids as digits and the table's name. */
export const tableOf = (id: string): string => id.replace(/^[0-9]+/, '')

function objectMismatch(
  fields: Readonly<Record<string, FieldJson>>,
  value: Readonly<Record<string, unknown>>,
  path: string,
): string | undefined {
  const extra = Object.keys(value).find((name) => !Object.hasOwn(fields, name))
  if (extra !== undefined && value[extra] !== undefined) {
    return `${path}.${extra} is not declared by the validator.`
  }
  return firstOf(Object.entries(fields), ([name, { fieldType, optional }]) => {
    const field = value[name]
    if (field !== undefined) return mismatch(fieldType, field, `${path}.${name}`)
    return optional ? undefined : `${path}.${name} is missing.`
  })
}

function firstOf<item>(
  items: readonly item[],
  check: (item: item, at: number) => string | undefined,
): string | undefined {
  for (const [at, item] of items.entries()) {
    const wrong = check(item, at)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

const says = (path: string, expected: string, value: unknown): string =>
  `${path} must be ${expected}, not ${shown(value)}.`

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'bigint') return `${value}n`
  const text = JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'bigint' ? `${item}n` : item,
  )
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof ArrayBuffer)
