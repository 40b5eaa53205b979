/**
 * The values tables hold: their order, their size, and the walk that finds what Zod lets through but no host can store.
 */
import { NoboilError } from '../errors/error.ts'
import type { Issue } from '../errors/table.ts'
import type { Fields, FieldType } from './storable.ts'

export type Scalar = string | number | boolean | null
export type Json = Scalar | readonly Json[] | { readonly [name: string]: Json | undefined }

/** A row as hosts store it: flat, a missing field is absent. */
export type Row = Readonly<Record<string, unknown>>

/**
 * The one order every host keeps: missing < null < false < true < numbers < strings, strings by code point (as UTF-8 sorts, not as
 * JavaScript's `<` does).
 */
export function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b)
  return rank(a) - rank(b)
}

function rank(value: unknown): number {
  if (value === undefined) return 0
  if (value === null) return 1
  if (typeof value === 'boolean') return value ? 3 : 2
  return typeof value === 'number' ? 4 : 5
}

function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // A surrogate stands for a code point above every other unit.
    const xHigh = x >= 0xd800 && x <= 0xdfff
    const yHigh = y >= 0xd800 && y <= 0xdfff
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1
  }
  return a.length - b.length
}

/** JSON with sorted keys: equal values have equal text. */
export function canonicalJson(value: unknown): string {
  if (value === undefined) return 'null'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  let text = ''
  for (const name of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[name]
    if (field !== undefined)
      text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(field)}`
  }
  return `{${text}}`
}

/** A 64-bit FNV-1a fingerprint in base 36: for telling payloads apart, not for secrets. */
export function fingerprint(text: string): string {
  let low = 0x84222325
  let high = 0xcbf29ce4
  for (let i = 0; i < text.length; i++) {
    low = (low ^ text.charCodeAt(i)) >>> 0
    // Multiply the 64-bit value by the prime 2^40 + 0x1b3, in two 32-bit halves.
    const product = low * 0x1b3
    const carry = Math.floor(product / 0x100000000)
    high = (Math.imul(high, 0x1b3) + carry + (low << 8)) >>> 0
    low = product >>> 0
  }
  return high.toString(36) + low.toString(36)
}

/** UTF-8 bytes of a string, without encoding it. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return bytes
}

/**
 * Finds what Zod lets through but a table cannot hold: fields that are not declared, ill-formed strings, U+0000. Adds up the
 * payload's bytes on the way and throws `LIMIT_EXCEEDED` above `maxBytes`.
 */
export function inspect(fields: Fields, value: unknown, maxBytes: number): Issue[] | undefined {
  const walk = new Walk(maxBytes)
  walk.object(fields, value, '')
  return walk.issues
}

class Walk {
  issues: Issue[] | undefined
  #bytes = 0
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  object(fields: Fields, value: unknown, path: string): void {
    if (typeof value !== 'object' || value === null) return
    for (const name of Object.keys(value)) {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      const at = path === '' ? name : `${path}.${name}`
      if (field === undefined) this.#issue(at, `Unknown field '${name}'.`)
      else {
        this.#count(name.length)
        this.#value(field.type, (value as Record<string, unknown>)[name], at)
      }
    }
  }

  #value(type: FieldType, value: unknown, path: string): void {
    if (typeof value === 'string') this.#string(value, path)
    else if (typeof value !== 'object' || value === null) this.#count(8)
    else if (type.kind === 'object') this.object(type.fields, value, path)
    else if (type.kind === 'array' && Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) this.#value(type.item.type, value[i], `${path}[${i}]`)
    } else if (type.kind === 'files' && Array.isArray(value)) {
      for (const item of value) if (typeof item === 'string') this.#string(item, path)
    } else if (type.kind === 'record') {
      for (const name of Object.keys(value)) {
        this.#string(name, path)
        if (name === '__proto__') this.#issue(path, `A key may not be '__proto__'.`)
        this.#value(type.value.type, (value as Record<string, unknown>)[name], `${path}.${name}`)
      }
    } else if (type.kind === 'union')
      this.#union(
        type.options.map((option) => option.type),
        value,
        path,
      )
  }

  /** A union's members are tried in turn: the value is fine when one of them finds nothing wrong. */
  #union(options: readonly FieldType[], value: unknown, path: string): void {
    let best: Walk | undefined
    for (const option of options) {
      const attempt = new Walk(this.#maxBytes)
      attempt.#bytes = this.#bytes
      attempt.#value(option, value, path)
      if (best === undefined || (best.issues && !attempt.issues)) best = attempt
      if (!best.issues) break
    }
    if (best === undefined) return
    this.#bytes = best.#bytes
    for (const issue of best.issues ?? []) this.#issue(issue.path, issue.message)
  }

  #string(value: string, path: string): void {
    this.#count(utf8Bytes(value))
    if (!value.isWellFormed()) this.#issue(path, 'The text holds half of a surrogate pair.')
    else if (value.includes('\0')) this.#issue(path, 'The text holds the character U+0000.')
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#maxBytes) {
      throw new NoboilError(
        'LIMIT_EXCEEDED',
        `The payload is larger than ${this.#maxBytes} bytes.`,
        { limit: 'maxPayloadBytes', max: this.#maxBytes },
      )
    }
  }

  #issue(path: string, message: string): void {
    const issues = (this.issues ??= [])
    if (issues.length < 20) issues.push({ path, message })
  }
}
