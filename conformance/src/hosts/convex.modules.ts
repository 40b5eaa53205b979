/**
 * Functions as the modules of a Convex deployment: those of a group lie in a file of their own, as `vote/auth.ts` re-exports them.
 */

import * as convex from 'convex/server'

/** What `convex/_generated/server` exports, without an app's types. */
export const builders = {
  query: convex.queryGeneric,
  mutation: convex.mutationGeneric,
  action: convex.actionGeneric,
  internalQuery: convex.internalQueryGeneric,
  internalMutation: convex.internalMutationGeneric,
  internalAction: convex.internalActionGeneric,
}

/** A function as Convex registers it. */
export interface Exported {
  readonly kind: 'query' | 'mutation' | 'action'
  readonly isPublic?: true
}

export interface Deployed {
  readonly modules: Record<string, () => Promise<unknown>>
  find(name: string): Exported | undefined
}

export function modulesOf(tables: object): Deployed {
  const files = new Map<string, Record<string, Exported>>()
  const add = (path: string, group: object): void => {
    for (const [name, value] of Object.entries(group)) {
      if (typeof value === 'function') {
        const file = files.get(path) ?? {}
        files.set(path, Object.assign(file, { [name]: value }))
      } else if (value !== undefined) add(`${path}/${name}`, value as object)
    }
  }
  for (const [table, group] of Object.entries(tables)) add(table, group as object)
  const modules = [...files].map(
    ([path, file]) => [`/convex/${path}.ts`, async () => file] as const,
  )
  return {
    modules: Object.fromEntries([['/convex/_generated/api.ts', async () => ({})], ...modules]),
    find(name) {
      const [path = '', fn = ''] = name.split(':')
      return files.get(path)?.[fn]
    },
  }
}

/** Comparisons as they are written for Convex, which keeps names with a `$` to itself. */
export function withoutDollars(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDollars)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name.replace(/^\$/, ''), withoutDollars(field)]),
  )
}
