/**
 * References without an app: for hooks, which are part of what `api` is made of and so cannot name it.
 */
import type { References } from '../schema/reference.ts'
import type { AnyTable } from '../schema/tables.ts'
import { foreign } from './functions.ts'
import type { ApiOf } from './types.ts'

/** References to a declared table's functions, typed by the table alone: what its options declare is not known. */
export function refs<table extends AnyTable>(table: table): References<ApiOf<table, unknown>> {
  return referencesAt(table.name) as never
}

/** A tree of references that grows as it is walked: the path is all a reference needs. */
export function referencesAt(path: string): object {
  const known = new Map<string, object>()
  return new Proxy(Object.freeze({ path }), {
    get(target, name) {
      if (typeof name !== 'string' || foreign.has(name)) return undefined
      if (name === 'path') return target.path
      if (name === 'kind') return undefined
      const at = path === '' ? name : `${path}.${name}`
      const found = known.get(at) ?? referencesAt(at)
      known.set(at, found)
      return found
    },
  })
}
