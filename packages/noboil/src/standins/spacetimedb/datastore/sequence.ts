/** Integers that sequences generate, in the little-endian form of BSATN. */
import { InvariantError } from '../../../errors/assert.ts'

/** How many values SpacetimeDB takes from a sequence at once; a restart begins with the next lot. */
export const SEQUENCE_STEP = 4096n

export function integerMax(type: string): bigint {
  const { bits, signed } = integer(type)
  return (1n << (bits - (signed ? 1n : 0n))) - 1n
}

export function integerBytes(type: string, value: bigint): Uint8Array {
  const bytes = new Uint8Array(Number(integer(type).bits / 8n))
  let rest = value
  for (const at of bytes.keys()) {
    bytes[at] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

/** Where a sequence goes on after a restart: behind the lot it was taking from. */
export function afterRestart(next: bigint): bigint {
  const used = next - 1n
  return used === 0n ? next : ((used + SEQUENCE_STEP - 1n) / SEQUENCE_STEP) * SEQUENCE_STEP + 1n
}

function integer(type: string): { bits: bigint; signed: boolean } {
  const match = /^([UI])(8|16|32|64|128|256)$/.exec(type)
  if (match === null) throw new InvariantError(`${type} is not an integer type.`)
  return { bits: BigInt(match[2] ?? 0), signed: match[1] === 'I' }
}
