/** BSATN values as the datastore compares them: in the order SpacetimeDB's indexes keep. */
import type { AlgebraicType, BinaryReader } from 'spacetimedb'
import { type ResolvedType, resolveType, type Typespace } from '../definition.ts'

/** One decoded value. Text is its UTF-8 bytes, since their order is the index's order. */
export type Value = number | bigint | Buffer | readonly Value[] | SumValue

interface SumValue {
  readonly tag: number
  readonly value: Value
}

/** Thrown by decoding what does not hold the type. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

export function readValue(type: AlgebraicType, typespace: Typespace, reader: BinaryReader): Value {
  const resolved = resolveType(type, typespace)
  switch (resolved.tag) {
    case 'Product':
      return resolved.value.elements.map(({ algebraicType }) =>
        readValue(algebraicType, typespace, reader),
      )
    case 'Sum': {
      const tag = reader.readU8()
      const variant = resolved.value.variants[tag]
      if (variant === undefined) throw new DecodeError(`A sum type has no variant ${tag}.`)
      return { tag, value: readValue(variant.algebraicType, typespace, reader) }
    }
    case 'Array':
      return readArray(resolved.value, typespace, reader)
    case 'String':
      return Buffer.from(reader.readUInt8Array())
    case 'Bool':
      return reader.readBool() ? 1 : 0
    default:
      return readNumber(resolved.tag, reader)
  }
}

/** Negative, zero or positive, as for `sort`. Both are values of the same type. */
export function compareValues(left: Value, right: Value): number {
  if (typeof left === 'number' || typeof left === 'bigint')
    return left < (right as number) ? -1 : left > (right as number) ? 1 : 0
  if (Buffer.isBuffer(left)) return Buffer.compare(left, right as Buffer)
  if (isList(left)) return compareLists(left, right as readonly Value[])
  const other = right as SumValue
  return left.tag - other.tag || compareValues(left.value, other.value)
}

/** Equal values have equal texts, within one type. */
export function valueText(value: Value): string {
  if (Buffer.isBuffer(value)) return value.toString('latin1')
  if (typeof value !== 'object') return String(value)
  if ('tag' in value) return `${value.tag}:${valueText(value.value)}`
  const texts = value.map(valueText)
  return texts.map((text) => `${text.length}:${text}`).join('')
}

type NumberTag = Exclude<ResolvedType['tag'], 'Product' | 'Sum' | 'Array' | 'String' | 'Bool'>

function readNumber(tag: NumberTag, reader: BinaryReader): Value {
  return reader[`read${tag}`]()
}

function readArray(element: AlgebraicType, typespace: Typespace, reader: BinaryReader): Value {
  if (resolveType(element, typespace).tag === 'U8') return Buffer.from(reader.readUInt8Array())
  const length = reader.readU32()
  // A few bytes of input must not ask for billions of elements.
  const most = isEmpty(element, typespace) ? MAX_EMPTY_ELEMENTS : reader.remaining
  if (length > most) throw new DecodeError('An array ends before its length.')
  return Array.from({ length }, () => readValue(element, typespace, reader))
}

/** Elements without bytes, such as units. */
const MAX_EMPTY_ELEMENTS = 65_536

function isEmpty(type: AlgebraicType, typespace: Typespace): boolean {
  const resolved = resolveType(type, typespace)
  return (
    resolved.tag === 'Product' &&
    resolved.value.elements.every(({ algebraicType }) => isEmpty(algebraicType, typespace))
  )
}

function compareLists(left: readonly Value[], right: readonly Value[]): number {
  for (const [at, value] of left.entries()) {
    const other = right[at]
    if (other === undefined) return 1
    const order = compareValues(value, other)
    if (order !== 0) return order
  }
  return left.length - right.length
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value)
