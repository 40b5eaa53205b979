/**
 * Index entries as text. SpacetimeDB's indexes take neither optional values nor fractions, and promise no order; a tuple of values
 * becomes one text here, and texts sort by code point exactly as {@link compareValues} sorts the tuples.
 */

/** Follows every text that begins with the same whole values, and nothing else. */
const beyond = '6'

/** Ends a text value. Stored text never holds U+0000; text that asks for something may. */
const end = '\0'
const escapedEnd = '\0\uFFFF'

/** The text of a tuple: the texts of its values, one after another. */
export function keyText(values: readonly unknown[]): string {
  let text = ''
  for (const value of values) text += valueText(value)
  return text
}

/** From which entry on, and before which, a stretch lies: `from` is inside, `to` is not. */
export interface Span {
  readonly from: string
  readonly to: string
}

/** All entries that begin with these values. */
export const spanOf = (values: readonly unknown[]): Span => {
  const text = keyText(values)
  return { from: text, to: text + beyond }
}

function valueText(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return '0'
    case 'boolean':
      return value ? '3' : '2'
    case 'number':
      return `4${numberText(value)}`
    case 'string':
      return `5${value.replaceAll(end, escapedEnd)}${end}`
    default:
      if (value === null) return '1'
      throw new TypeError('Only plain values have a place in an index.')
  }
}

const bits = new DataView(new ArrayBuffer(8))

/** The bits of a double, turned so that they sort as the numbers do. */
function numberText(value: number): string {
  bits.setFloat64(0, value === 0 ? 0 : value)
  let high = bits.getUint32(0)
  let low = bits.getUint32(4)
  if (high >= 0x80000000) {
    high = ~high >>> 0
    low = ~low >>> 0
  } else high += 0x80000000
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}
