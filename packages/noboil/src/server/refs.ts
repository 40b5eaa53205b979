/**
 * References without an app: for hooks, which are part of what `api` is made of and so cannot name it.
 */
import type { FunctionKind, FunctionReference, ServerFunction } from '../schema/reference.ts'
import type { AnyTable } from '../schema/tables.ts'
import type { ApiOf } from './types.ts'

/** An api as references: what clients hold, and what `ctx.db.query` and `ctx.db.mutation` take. */
export type References<api> = {
  readonly [name in keyof api]: api[name] extends ServerFunction<
    infer kind extends FunctionKind,
    infer args,
    infer result
  >
    ? FunctionReference<kind, args, result>
    : References<api[name]>
}

/** References to a declared table's functions, typed by the table alone. */
export function refs<table extends AnyTable>(
  table: table,
): References<ApiOf<table, Record<never, never>>> {
  return referencesAt(table.name) as References<ApiOf<table, Record<never, never>>>
}

/** A tree of references that grows as it is walked: the path is all a reference needs. */
export function referencesAt(path: string): object {
  const known = new Map<string, object>()
  return new Proxy(Object.freeze({ path }), {
    get(target, name) {
      if (typeof name !== 'string' || name === 'then') return undefined
      if (name === 'path') return target.path
      if (name === 'kind') return undefined
      const at = path === '' ? name : `${path}.${name}`
      const found = known.get(at) ?? referencesAt(at)
      known.set(at, found)
      return found
    },
  })
}
