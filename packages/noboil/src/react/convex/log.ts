/**
 * The rows under one parent of a log, and their totals.
 */
import type { FunctionArgs, FunctionReference } from 'convex/server'
import { useMemo } from 'react'
import type { ArgsObject } from '../../client/entry.ts'
import {
  appendEdits,
  type Author,
  type Pending,
  removeEdits,
  shownRows,
  updateEdits,
} from '../edits.ts'
import { useLatest } from '../latest.ts'
import type { ListResult, LogOptions, LogResult, LogTarget, QueryResult } from '../shapes.ts'
import { nothingSelected } from '../skip.ts'
import { useCore } from './core.ts'
import { type ItemOf, useListAt } from './list.ts'
import { moduleOf, pathFor, referenceTo } from './names.ts'
import type { Expect } from './optimistic.ts'
import { useQueryAt } from './query.ts'

/**
 * The functions of a log table: `api.vote`. Those that `convex/vote.ts` does not export are refused by Convex when they are called.
 */
export interface LogRefs {
  readonly list: FunctionReference<'query'>
  readonly append: FunctionReference<'mutation'>
  readonly rm: FunctionReference<'mutation'>
}

type Value<refs extends LogRefs> =
  FunctionArgs<refs['append']> extends { payload: infer payload } ? payload : never
type IdOf<refs extends LogRefs> = FunctionArgs<refs['rm']> extends { id: infer id } ? id : never
/** Where `convex/vote.ts` exports `counts`, the fields that it takes. */
type Field<refs extends LogRefs> = refs extends { readonly counts: infer counts }
  ? counts extends FunctionReference<'query'>
    ? FunctionArgs<counts>['field'] & string
    : never
  : keyof Value<refs> & string

/** `convex/vote/auth.ts` and `convex/vote/pub.ts` are what make `auth` and `pub`. */
type Audience<refs extends LogRefs> =
  | 'readers'
  | (refs extends { readonly auth: object } ? 'auth' : never)
  | (refs extends { readonly pub: object } ? 'pub' : never)

/** Follows the log of one parent, newest first. `'skip'` asks for nothing. */
export function useLog<refs extends LogRefs>(
  table: refs,
  target: LogTarget<Field<refs>> | 'skip',
  options?: LogOptions<Audience<refs>>,
): LogResult<ItemOf<refs['list']>, Value<refs>, IdOf<refs>, Field<refs>> {
  const log = useLogAt(table, target, options ?? {})
  return log as LogResult<ItemOf<refs['list']>, Value<refs>, IdOf<refs>, Field<refs>>
}

/** Follows the totals of one counted field, and nothing else of the log. `'skip'` asks for nothing. */
export function useCounts<refs extends LogRefs>(
  table: refs,
  target: { readonly parent: string; readonly field: Field<refs> } | 'skip',
  options?: { readonly audience?: Audience<refs> },
): QueryResult<Record<string, number>> {
  const args = target === 'skip' ? undefined : { parent: target.parent, field: target.field }
  return useCountsAt(moduleOf(table.list), args, options?.audience)
}

const useCountsAt = (
  name: string,
  args: ArgsObject | undefined,
  audience: string | undefined,
): QueryResult<Record<string, number>> =>
  useQueryAt(useReference(pathFor(name, audience, 'counts')), args) as QueryResult<
    Record<string, number>
  >

/** The same reference from render to render. */
function useReference(path: string): FunctionReference<'query'> {
  return useMemo(() => referenceTo(path), [path])
}

function useLogAt(
  table: LogRefs,
  target: LogTarget<string> | 'skip',
  options: LogOptions<string>,
): LogResult<unknown, object, string, string> {
  const { audience, pageSize, author } = options
  const name = moduleOf(table.list)
  const parent = target === 'skip' ? undefined : target.parent
  const field = target === 'skip' ? undefined : target.counts
  const list = useListAt(
    useReference(pathFor(name, audience, 'list')),
    parent === undefined ? undefined : { parent },
    pageSize,
  ) as ListResult<Pending<object>>
  const counted = parent === undefined || field === undefined ? undefined : { parent, field }
  const { data: counts, error } = useCountsAt(name, counted, audience)
  return {
    ...list,
    error: list.error ?? error,
    counts,
    ...useLogCalls(name, parent, author),
  }
}

type LogCalls = Omit<
  LogResult<unknown, object, string, string>,
  keyof ListResult<unknown> | 'counts'
>

function useLogCalls(
  name: string,
  parent: string | undefined,
  author: Author | undefined,
): LogCalls {
  const core = useCore()
  const call = (operation: string, args: ArgsObject, expect?: Expect): Promise<never> =>
    core.mutate(referenceTo<'mutation'>(`${name}.${operation}`), args, expect)
  const under = (): string => {
    if (parent === undefined) throw nothingSelected()
    return parent
  }
  const removing =
    (parent: string, ids: ReadonlySet<unknown>): Expect =>
    (shown) =>
      removeEdits(name, parent, ids, shownRows(shown, name, ids))
  return {
    append: useLatest(async ({ payload, idempotencyKey = core.random.id(), expectedSeq }) => {
      const parent = under()
      const now = core.serverNow()
      const row = { payload: payload as ArgsObject, key: idempotencyKey, now, author }
      const args = { parent, payload, idempotencyKey, expectedSeq }
      return call('append', args, () => appendEdits(name, parent, row))
    }),
    appendBulk: useLatest(async (items) => call('appendBulk', { parent: under(), items })),
    update: useLatest(async (id, patch, options = {}) => {
      const parent = under()
      const change = { patch: patch as ArgsObject, unset: options.unset ?? [] }
      const expect: Expect = (shown) => {
        const [before] = shownRows(shown, name, new Set([id]))
        return updateEdits(name, parent, id, change, before)
      }
      return call('update', { id, patch, ...options }, expect)
    }),
    rm: useLatest(async (id, options) =>
      call('rm', { id, ...options }, removing(under(), new Set([id]))),
    ),
    rmBulk: useLatest(async (ids) => call('rmBulk', { ids }, removing(under(), new Set(ids)))),
    purge: useLatest(async () => call('purgeByParent', { parent: under() })),
    restore: useLatest(async () => call('restoreByParent', { parent: under() })),
  }
}
