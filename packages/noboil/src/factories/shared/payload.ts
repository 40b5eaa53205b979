/**
 * Payloads: what a caller writes of a row, checked by the table's own Zod object and stored as flat columns.
 */
import type * as z from 'zod/v4'
import { inspect, type Row } from '../../schema/values.ts'
import type { AnyObject, Fields } from '../../schema/storable.ts'
import { invalid, invalidAll } from './arguments.ts'

/** The checks and picks of one table's payload. */
export class Payloads {
  readonly names: readonly string[]
  readonly #schema: AnyObject
  readonly #fields: Fields
  /** `#fields` without what the server alone may say. */
  readonly #input: Fields
  readonly #stampsUser: boolean
  readonly #maxBytes: number

  constructor(schema: AnyObject, fields: Fields, maxBytes: number) {
    this.names = Object.keys(fields)
    this.#schema = schema
    this.#fields = fields
    this.#stampsUser = Object.hasOwn(fields, 'userId')
    const { userId: _, ...input } = fields
    this.#input = this.#stampsUser ? input : fields
    this.#maxBytes = maxBytes
  }

  /** A whole payload as a caller sent it. */
  parse(input: unknown, userId: string, path = 'payload'): Row {
    return this.#check(this.#input, input, userId, path)
  }

  /** The payloads of a bulk call, named by their places in `items`. */
  parseAll(items: readonly unknown[], userId: string): readonly Row[] {
    const payloads: Row[] = []
    for (let at = 0; at < items.length; at++) {
      payloads.push(this.#check(this.#input, items[at], userId, at))
    }
    return payloads
  }

  /** A whole payload as a hook returned it: it may name every declared field. */
  parseHooked(value: unknown, userId: string): Row {
    return this.#check(this.#fields, value, userId, 'payload')
  }

  /**
   * Refuses a patch for what no row could make good: what is no object, fields that there are not, values that their field
   * does not take, more bytes than there may be, and clearing what must be there.
   */
  assertPatch(patch: unknown, unset: readonly string[] = [], path = 'patch'): void {
    assertObject(patch, path)
    this.#inspect(this.#input, patch, path)
    const issues: { path: string; message: string }[] = []
    const check = (name: string, value: unknown): void => {
      const result = this.#schema.shape[name]?.safeParse(value)
      if (result === undefined || result.success) return
      for (const issue of result.error.issues) issues.push(fromZod(issue, `${path}.${name}`))
    }
    for (const [name, value] of Object.entries(patch)) if (value !== undefined) check(name, value)
    for (const name of unset) {
      if (!Object.hasOwn(this.#input, name)) throw invalid('unset', `Unknown field '${name}'.`)
      check(name, undefined)
    }
    if (issues.length > 0) throw invalidAll(issues)
  }

  /**
   * The columns to write for a patch: the whole row must parse with it, and only the patch's own fields are written (zod's
   * `.partial()` throws on refined objects and fills in defaults that nobody asked for).
   */
  patch(stored: Row, patch: unknown, unset: readonly string[] = [], path = 'patch'): Row {
    return this.#patch(this.#input, stored, patch, unset, path)
  }

  /** {@link patch} for a patch as a hook returned it. */
  patchHooked(stored: Row, patch: unknown, unset: readonly string[] = [], path = 'patch'): Row {
    return this.#patch(this.#fields, stored, patch, unset, path)
  }

  #patch(fields: Fields, stored: Row, patch: unknown, unset: readonly string[], path: string): Row {
    assertObject(patch, path)
    this.#inspect(fields, patch, path)
    const merged: Record<string, unknown> = { ...this.pick(stored), ...dropMissing(patch) }
    for (const name of unset) {
      if (!Object.hasOwn(this.#input, name)) throw invalid('unset', `Unknown field '${name}'.`)
      delete merged[name]
    }
    const parsed = this.#zod(merged, path)
    const set: Record<string, unknown> = {}
    for (const name of Object.keys(patch)) {
      if (patch[name] !== undefined) set[name] = parsed[name]
    }
    for (const name of unset) set[name] = parsed[name]
    return set
  }

  /** The payload's part of a stored row. */
  pick(row: Row): Record<string, unknown> {
    const payload: Record<string, unknown> = {}
    for (const name of this.names) {
      const value = row[name]
      if (value !== undefined) payload[name] = value
    }
    return payload
  }

  #check(fields: Fields, input: unknown, userId: string, path: Path): Row {
    assertObject(input, path)
    this.#inspect(fields, input, path)
    return this.#zod(this.#stampsUser ? { ...input, userId } : input, path)
  }

  #inspect(fields: Fields, value: object, path: Path): void {
    const issues = inspect(fields, value, this.#maxBytes)
    if (issues === undefined) return
    const under = textOf(path)
    throw invalidAll(issues.map((issue) => ({ ...issue, path: `${under}.${issue.path}` })))
  }

  #zod(value: object, path: Path): Row {
    const result = this.#schema.safeParse(value)
    if (result.success) return asStored(result.data)
    const under = textOf(path)
    throw invalidAll(result.error.issues.map((issue) => fromZod(issue, under)))
  }
}

/** What a refusal calls a payload: a name, or its place in `items`, which becomes a text only when it must. */
type Path = string | number

const textOf = (path: Path): string => (typeof path === 'number' ? `items[${path}]` : path)

function assertObject(input: unknown, path: Path): asserts input is Row {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalid(textOf(path), 'Must be an object.')
  }
}

function fromZod(issue: z.core.$ZodIssue, path: string): { path: string; message: string } {
  let at = path
  for (const step of issue.path) at += typeof step === 'number' ? `[${step}]` : `.${String(step)}`
  return { path: at, message: issue.message }
}

/** The payload as a store gives it back: what is undefined is not there, and −0 is 0. */
function asStored(row: Row): Row {
  let copy: Record<string, unknown> | undefined
  for (const name in row) {
    const value = row[name]
    const kept = withoutMinusZero(value)
    if (value !== undefined && Object.is(kept, value)) continue
    copy ??= { ...row }
    if (kept === undefined) delete copy[name]
    else copy[name] = kept
  }
  return copy ?? row
}

function withoutMinusZero(value: unknown): unknown {
  if (value === 0) return 0
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(withoutMinusZero)
    return items.every((item, at) => Object.is(item, value[at])) ? value : items
  }
  return asStored(value as Row)
}

/** A field that is undefined is a field that is not there. */
function dropMissing(row: Row): Row {
  for (const name in row) {
    if (row[name] === undefined) {
      return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
    }
  }
  return row
}
