/** Repeatable random numbers, so that every contestant and every round does the same work. */

export interface Random {
  /** A whole number from 0 (inclusive) to `below` (exclusive). */
  int(below: number): number
  /** `length` characters of Crockford's base 32, as in the random part of a ULID. */
  base32(length: number): string
  /** A text with the shape of a UUID, 36 characters. */
  uuid(): string
}

export function seeded(seed: number): Random {
  const next = mulberry32(seed)
  const int = (below: number): number => Math.floor((next() / 0x1_0000_0000) * below)
  const bytes = Buffer.alloc(64)
  const text = (alphabet: string, length: number): string => {
    for (let at = 0; at < length; at++) bytes[at] = alphabet.charCodeAt(int(alphabet.length))
    // Decoding from bytes gives a flat string: a concatenated one would be flattened inside the timed part.
    return bytes.toString('latin1', 0, length)
  }
  const uuid = (): string => {
    const hex = text('0123456789abcdef', 32)
    const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
    bytes.write(`${parts.join('-')}-${hex.slice(20)}`, 'latin1')
    return bytes.toString('latin1', 0, 36)
  }
  return { int, base32: (length) => text('0123456789ABCDEFGHJKMNPQRSTVWXYZ', length), uuid }
}

/** Tommy Ettinger's 32-bit generator: 32 bits of state are plenty for choosing parents and keys. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}
