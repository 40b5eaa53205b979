/** Literals of a query as values of the column they are compared with. */
import type { AlgebraicType, Identity } from 'spacetimedb'
import { resolveType, type Typespace } from '../definition.ts'
import type { Value } from '../datastore/value.ts'
import type { Literal } from './parse.ts'
import { QueryError } from './tokens.ts'

export function literalValue(
  literal: Literal,
  type: AlgebraicType,
  typespace: Typespace,
  sender: Identity,
): Value {
  const resolved = resolveType(type, typespace)
  const value = valueOf(literal, resolved, typespace, sender)
  if (value !== undefined) return value
  throw new QueryError(
    `The literal expression \`${literal.text}\` cannot be parsed as type \`${resolved.tag}\``,
  )
}

function valueOf(
  literal: Literal,
  type: AlgebraicType,
  typespace: Typespace,
  sender: Identity,
): Value | undefined {
  const { kind, text } = literal
  if (type.tag === 'Product') return special(literal, type, typespace, sender)
  if (type.tag === 'String') return kind === 'text' ? Buffer.from(text) : undefined
  if (type.tag === 'Bool') return kind === 'boolean' ? Number(text === 'true') : undefined
  if (type.tag === 'Array')
    return kind === 'hex' && resolveType(type.value, typespace).tag === 'U8'
      ? Buffer.from(text, 'hex')
      : undefined
  if (kind !== 'number') return undefined
  if (type.tag === 'F32' || type.tag === 'F64') return Number(text)
  return integer(text, type.tag)
}

/** Identities, connection ids and UUIDs are written as hexadecimal, timestamps as text; each wraps one number. */
function special(
  literal: Literal,
  type: Extract<AlgebraicType, { tag: 'Product' }>,
  typespace: Typespace,
  sender: Identity,
): Value | undefined {
  const [element, ...others] = type.value.elements
  if (element === undefined || others.length > 0) return undefined
  switch (element.name) {
    case '__identity__':
      if (literal.kind === 'sender') return [sender.__identity__]
      return literal.kind === 'hex' ? [BigInt(`0x${literal.text}`)] : undefined
    case '__connection_id__':
    case '__uuid__':
      return literal.kind === 'hex' ? [BigInt(`0x${literal.text}`)] : undefined
    case '__timestamp_micros_since_unix_epoch__': {
      const ms = literal.kind === 'text' ? Date.parse(literal.text) : Number.NaN
      return Number.isNaN(ms) ? undefined : [BigInt(ms) * 1000n + microsOf(literal.text)]
    }
    default:
      return undefined
  }
}

/** The digits behind the milliseconds, which `Date` drops. */
function microsOf(timestamp: string): bigint {
  const digits = /\.\d{3}(\d{1,3})/.exec(timestamp)?.[1]
  return digits === undefined ? 0n : BigInt(digits.padEnd(3, '0'))
}

function integer(text: string, tag: string): Value | undefined {
  const bits = /^([UI])(\d+)$/.exec(tag)
  if (bits === null || !/^[+-]?\d+$/.test(text)) return undefined
  const value = BigInt(text.replace('+', ''))
  const size = BigInt(bits[2] ?? 0)
  const isInRange =
    bits[1] === 'U'
      ? BigInt.asUintN(Number(size), value) === value
      : BigInt.asIntN(Number(size), value) === value
  if (!isInRange) return undefined
  return size >= 64n ? value : Number(value)
}
