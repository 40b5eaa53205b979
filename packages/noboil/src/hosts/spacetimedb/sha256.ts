/** SHA-256 (FIPS 180-4) and HMAC (RFC 2104) over text: modules have no crypto of their own. */

const blockBytes = 64

/** The MAC of a text under a secret, as 64 hexadecimal digits. */
export function hmacSha256(secret: string, text: string): string {
  let key = utf8(secret)
  if (key.length > blockBytes) key = sha256(key)
  const inner = padded(key, 0x36)
  const outer = padded(key, 0x5c)
  return hex(sha256([...outer, ...sha256([...inner, ...utf8(text)])]))
}

const padded = (key: readonly number[], pad: number): number[] =>
  Array.from({ length: blockBytes }, (_, at) => (key[at] ?? 0) ^ pad)

const initial = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]

/** The first 32 bits of the fractions of the cube roots of the first 64 primes. */
const constants: readonly number[] = Array.from(primes(64), (prime) => {
  const root = Math.cbrt(prime)
  return Math.floor((root - Math.floor(root)) * 2 ** 32) >>> 0
})

export function sha256(bytes: readonly number[]): number[] {
  const message = [...bytes, 0x80]
  while (message.length % blockBytes !== blockBytes - 8) message.push(0)
  const bits = bytes.length * 8
  for (let shift = 56; shift >= 0; shift -= 8) message.push(Math.floor(bits / 2 ** shift) & 0xff)
  const hash = [...initial]
  for (let from = 0; from < message.length; from += blockBytes) mix(hash, message, from)
  return hash.flatMap((word) => [
    word >>> 24,
    (word >>> 16) & 0xff,
    (word >>> 8) & 0xff,
    word & 0xff,
  ])
}

function mix(hash: number[], message: readonly number[], from: number): void {
  const words = schedule(message, from)
  let [a, b, c, d, e, f, g, h] = hash as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let at = 0; at < 64; at++) {
    const high = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
    const chosen = (e & f) ^ (~e & g)
    const one = (h + high + chosen + (constants[at] as number) + (words[at] as number)) | 0
    const low = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
    const two = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0]
  }
  for (const [at, word] of [a, b, c, d, e, f, g, h].entries()) {
    hash[at] = ((hash[at] as number) + word) >>> 0
  }
}

function schedule(message: readonly number[], from: number): number[] {
  const byte = (at: number): number => message[from + at] as number
  const words = Array.from(
    { length: 16 },
    (_, at) =>
      (byte(at * 4) << 24) | (byte(at * 4 + 1) << 16) | (byte(at * 4 + 2) << 8) | byte(at * 4 + 3),
  )
  for (let at = 16; at < 64; at++) {
    const before = words[at - 15] as number
    const last = words[at - 2] as number
    const low = turn(before, 7) ^ turn(before, 18) ^ (before >>> 3)
    const high = turn(last, 17) ^ turn(last, 19) ^ (last >>> 10)
    words.push(((words[at - 16] as number) + low + (words[at - 7] as number) + high) | 0)
  }
  return words
}

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

function* primes(count: number): Iterable<number> {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.some((prime) => candidate % prime === 0)) continue
    found.push(candidate)
    yield candidate
  }
}

const hex = (bytes: readonly number[]): string =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')

function utf8(text: string): number[] {
  const bytes: number[] = []
  for (const character of text) {
    const point = character.codePointAt(0) as number
    if (point < 0x80) bytes.push(point)
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), tail(point))
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), tail(point >> 6), tail(point))
    else bytes.push(0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point))
  }
  return bytes
}

const tail = (bits: number): number => 0x80 | (bits & 0x3f)
