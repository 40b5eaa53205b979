/** Values on their way into the cache: how large they are, that nobody changes them, and that text can carry them. */
import { invalid } from './options.ts'

const objectBytes = 24
const fieldBytes = 8
const numberBytes = 8

/**
 * Roughly how many bytes a value takes; undefined as soon as it is more than `maxBytes`. Counts what an object is given, not what
 * it hides: own fields, and the contents of arrays, maps, sets and buffers.
 */
export function measure(value: unknown, maxBytes: number): number | undefined {
  const seen = new Set<object>()
  const open: unknown[] = [value]
  let bytes = 0
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'string') bytes += objectBytes + next.length
    else if (typeof next !== 'object' || next === null) bytes += numberBytes
    else if (!seen.has(next)) {
      seen.add(next)
      bytes += objectBytes + spread(next, open)
    }
    if (bytes > maxBytes) return undefined
  }
  return bytes
}

/** Freezes plain objects and arrays all the way down, so that who changes a shared value is told at once. */
export function freeze<value>(value: value): value {
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (!isPlain(next) || Object.isFrozen(next)) continue
    Object.freeze(next)
    open.push(...Object.values(next))
  }
  return value
}

/** Throws `VALIDATION_FAILED` naming the first part of a value that would come back from JSON as something else. */
export function assertJson(value: unknown): void {
  const open: (readonly [path: string, value: unknown, depth: number])[] = [['', value, 0]]
  while (open.length > 0) {
    const [path, next, depth] = open.pop() as (typeof open)[number]
    if (depth > maxDepth) {
      throw invalid(path, `A value in Redis may be nested ${maxDepth} deep; this one is deeper.`)
    }
    if (Array.isArray(next)) {
      for (const [at, item] of next.entries()) {
        if (item === undefined) throw unfit(`${path}[${at}]`, 'undefined')
        open.push([`${path}[${at}]`, item, depth + 1])
      }
    } else if (isPlain(next)) {
      for (const [name, field] of Object.entries(next)) {
        if (field !== undefined) open.push([`${path}.${name}`, field, depth + 1])
      }
    } else if (!isScalar(next)) throw unfit(path, describe(next))
  }
}

const maxDepth = 200

function spread(value: object, open: unknown[]): number {
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (value instanceof ArrayBuffer) return value.byteLength
  if (value instanceof Map) {
    for (const [key, item] of value) open.push(key, item)
    return value.size * 2 * fieldBytes
  }
  if (value instanceof Set) {
    for (const item of value) open.push(item)
    return value.size * fieldBytes
  }
  if (Array.isArray(value)) {
    for (const item of value) open.push(item)
    return value.length * fieldBytes
  }
  let fields = 0
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue
    open.push((value as Record<string, unknown>)[name])
    fields++
  }
  return fields * fieldBytes
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isScalar(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return value === null || value === undefined || ['string', 'boolean'].includes(typeof value)
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value} (${String(value)})`
  return `a ${(value.constructor as { name?: string } | undefined)?.name ?? 'object'}`
}

function unfit(path: string, what: string): Error {
  const place = path === '' ? 'it' : path.replace(/^\./, '')
  return invalid(
    path.replace(/^\./, ''),
    `A value in Redis must be JSON, and ${place} is ${what}; return plain data, or give the cache a codec.`,
  )
}
