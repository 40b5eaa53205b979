/**
 * What a call will change, on Convex's own optimistic updates: shown over every newer answer until the call's commit has come,
 * and gone if the call fails.
 */
import type { OptimisticUpdate } from 'convex/browser'
import type { Value } from 'convex/values'
import type { ArgsObject, Edit } from '../../client/entry.ts'
import { referenceTo } from './names.ts'

/** Says what will change, given what is shown of a query now. It is asked again over every newer answer. */
export type Expect = (shown: (path: string) => readonly unknown[]) => readonly Edit[]

export const optimisticUpdate =
  (expect: Expect): OptimisticUpdate<Record<string, Value>> =>
  (store) => {
    const answers = (path: string): { args: ArgsObject; value: unknown }[] =>
      store.getAllQueries(referenceTo(path)).filter(({ value }) => value !== undefined)
    const edits = expect((path) => answers(path).map(({ value }) => value))
    for (const { path, matches, apply } of edits) {
      for (const { args, value } of answers(path)) {
        const given = pinned(args)
        if (matches(given)) store.setQuery(referenceTo(path), args, apply(value, given))
      }
    }
  }

/** A page on Convex ends where it ended first, and grows: that is what an `endCursor` says. */
function pinned(args: ArgsObject): ArgsObject {
  const { paginationOpts } = args
  return paginationOpts === undefined
    ? args
    : { ...args, paginationOpts: { endCursor: '', ...(paginationOpts as object) } }
}
