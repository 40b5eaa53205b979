/**
 * How an app says what a call will change before the server has answered.
 */
import type { FunctionReference } from '../schema/reference.ts'
import { pathOf } from './api.ts'
import { canonical, plainArgs } from './canonical.ts'
import type { ArgsObject, Edit } from './entry.ts'

/**
 * The answers on this client's screen, as an optimistic update changes them. Functions given here are applied again over every
 * newer answer until the call's own changes have arrived, so they answer a new value and leave the old one alone.
 */
export interface OptimisticStore {
  /** Changes the answer of one query. */
  update<args, result>(
    reference: FunctionReference<'query', args, result>,
    args: NoInfer<args>,
    change: (value: NoInfer<result>) => NoInfer<result>,
  ): void
  /** Changes every answer of a query whose arguments fit: all pages of a list, all searches of a table. */
  updateAll<args, result>(
    reference: FunctionReference<'query', args, result>,
    fits: (args: NoInfer<args>) => boolean,
    change: (value: NoInfer<result>, args: NoInfer<args>) => NoInfer<result>,
  ): void
}

/** Says what a call will change. */
export type Optimistic<args> = (store: OptimisticStore, args: args) => void

/** What an update said, as data. The types were checked where it was said; answers themselves are unknown. */
export function collectEdits<args>(update: Optimistic<args>, given: args): Edit[] {
  const edits: Edit[] = []
  update(
    {
      update(reference, args, change) {
        const key = canonical(plainArgs(args))
        edits.push({
          path: pathOf(reference),
          matches: (other) => canonical(other) === key,
          apply: change as (value: unknown) => unknown,
        })
      },
      updateAll(reference, fits, change) {
        edits.push({
          path: pathOf(reference),
          matches: fits as (args: never) => boolean as (args: ArgsObject) => boolean,
          apply: change as (value: never, args: never) => unknown as Edit['apply'],
        })
      },
    },
    given,
  )
  return edits
}
