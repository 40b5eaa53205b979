/**
 * The way from one answer to the next, in steps where the answer is a list of rows.
 */
import { canonicalJson } from '../schema/values.ts'
import type { LiveEnd, LiveStep } from './ports.ts'

/** An answer, taken apart: rows with their `_id`s, a page of such rows, or anything else. */
export type Shape =
  | { readonly kind: 'rows'; readonly rows: readonly object[]; readonly end: LiveEnd | undefined }
  | { readonly kind: 'value'; readonly value: unknown }

export function shapeOf(value: unknown): Shape {
  if (isRows(value)) return { kind: 'rows', rows: value, end: undefined }
  if (isPage(value)) {
    const { page, continueCursor, isDone } = value
    return { kind: 'rows', rows: page, end: { continueCursor, isDone } }
  }
  return { kind: 'value', value }
}

export function valueOf(shape: Shape): unknown {
  if (shape.kind === 'value') return shape.value
  return shape.end === undefined ? shape.rows : { page: shape.rows, ...shape.end }
}

export type Difference =
  | { readonly kind: 'none' }
  | { readonly kind: 'steps'; readonly steps: readonly LiveStep[]; readonly end?: LiveEnd }
  | { readonly kind: 'whole' }

export function difference(before: Shape, after: Shape): Difference {
  if (before.kind === 'value' || after.kind === 'value') {
    const same =
      before.kind === 'value' && after.kind === 'value' && isEqual(before.value, after.value)
    return { kind: same ? 'none' : 'whole' }
  }
  if ((before.end === undefined) !== (after.end === undefined)) return { kind: 'whole' }
  const steps = stepsBetween(before.rows, after.rows)
  // More steps than rows say less than the rows themselves.
  if (steps === undefined || steps.length > after.rows.length + 8) return { kind: 'whole' }
  const end = after.end && !isSameEnd(before.end, after.end) ? after.end : undefined
  if (steps.length === 0 && end === undefined) return { kind: 'none' }
  return { kind: 'steps', steps, ...(end ? { end } : {}) }
}

export const isSameEnd = (a: LiveEnd | undefined, b: LiveEnd | undefined): boolean =>
  a?.continueCursor === b?.continueCursor && a?.isDone === b?.isDone

/** Steps from one list of rows to another; undefined when an `_id` is there twice. */
export function stepsBetween(
  before: readonly object[],
  after: readonly object[],
): LiveStep[] | undefined {
  const wanted = new Set(after.map(idOf))
  const there = new Map(before.map((row) => [idOf(row), row]))
  if (wanted.size !== after.length || there.size !== before.length) return undefined
  const steps: LiveStep[] = []
  const list: string[] = before.map(idOf)
  for (let at = list.length - 1; at >= 0; at--) {
    if (wanted.has(list[at] as string)) continue
    steps.push(['-', at])
    list.splice(at, 1)
  }
  for (const [at, row] of after.entries()) {
    const id = idOf(row)
    if (list[at] !== id) {
      const from = there.has(id) ? list.indexOf(id, at) : -1
      if (from >= 0) {
        steps.push(['-', from])
        list.splice(from, 1)
      }
      steps.push(['+', at, row])
      list.splice(at, 0, id)
    } else if (!isEqual(there.get(id), row)) steps.push(['=', at, row])
  }
  return steps
}

/** What a list is after steps; for tests and for clients that want it. */
export function applySteps(rows: readonly unknown[], steps: readonly LiveStep[]): unknown[] {
  const list = [...rows]
  for (const step of steps) {
    if (step[0] === '+') list.splice(step[1], 0, step[2])
    else if (step[0] === '=') list[step[1]] = step[2]
    else list.splice(step[1], 1)
  }
  return list
}

/** Equal as JSON. Most answers keep the order of their fields, so the sorted form is rarely needed. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  const before = JSON.stringify(a)
  const after = JSON.stringify(b)
  if (before === after) return true
  return before?.length === after?.length && canonicalJson(a) === canonicalJson(b)
}

const idOf = (row: object): string => (row as { _id: string })._id

const isRows = (value: unknown): value is readonly object[] =>
  Array.isArray(value) &&
  value.every(
    (row) =>
      typeof row === 'object' && row !== null && typeof (row as { _id?: unknown })._id === 'string',
  )

function isPage(value: unknown): value is { page: readonly object[] } & LiveEnd {
  if (typeof value !== 'object' || value === null) return false
  const { page, continueCursor, isDone, ...rest } = value as Record<string, unknown>
  return (
    isRows(page) &&
    typeof continueCursor === 'string' &&
    typeof isDone === 'boolean' &&
    Object.keys(rest).length === 0
  )
}
