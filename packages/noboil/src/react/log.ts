/**
 * The rows under one parent of a log, and their totals.
 */
import { type AnyReference, pathOf } from '../client/api.ts'
import type { ArgsObject, Edit } from '../client/entry.ts'
import type { ArgsOf, ResultOf } from '../schema/reference.ts'
import {
  appendEdits,
  type Author,
  type Pending,
  removeEdits,
  shownRows,
  updateEdits,
} from './edits.ts'
import { useLatest } from './latest.ts'
import { useListAt } from './list.ts'
import { useLive } from './live.ts'
import { useNoboil } from './provider.tsx'
import type { ListResult, LogOptions, LogResult, LogTarget, QueryResult } from './shapes.ts'
import { nothingSelected } from './skip.ts'

/** The functions of a log table: `api.vote`. */
export interface LogRefs {
  readonly list: AnyReference<'query'>
  readonly counts: AnyReference<'query'>
  readonly append: AnyReference<'mutation'>
  readonly appendBulk: AnyReference<'mutation'>
  readonly update: AnyReference<'mutation'>
  readonly rm: AnyReference<'mutation'>
  readonly rmBulk: AnyReference<'mutation'>
  readonly purgeByParent: AnyReference<'mutation'>
  readonly restoreByParent: AnyReference<'mutation'>
  readonly auth: object
  readonly pub: object | undefined
}

type RowOf<refs extends LogRefs> =
  ResultOf<refs['list']> extends { readonly page: readonly (infer row)[] } ? row : never
type Value<refs extends LogRefs> =
  ArgsOf<refs['append']> extends { payload: infer payload } ? payload : never
type IdOf<refs extends LogRefs> = ArgsOf<refs['rm']> extends { id: infer id } ? id : never
type Field<refs extends LogRefs> =
  ArgsOf<refs['counts']> extends { field: infer field } ? field : never
type Audience<refs extends LogRefs> = refs['pub'] extends object
  ? 'readers' | 'auth' | 'pub'
  : 'readers' | 'auth'

/** Follows the log of one parent, newest first. `'skip'` asks for nothing. */
export function useLog<refs extends LogRefs>(
  table: refs,
  target: LogTarget<Field<refs>> | 'skip',
  options?: LogOptions<Audience<refs>>,
): LogResult<RowOf<refs>, Value<refs>, IdOf<refs>, Field<refs>> {
  const log = useLogAt(table, target as LogTarget<string> | 'skip', options ?? {})
  return log as LogResult<RowOf<refs>, Value<refs>, IdOf<refs>, Field<refs>>
}

/** Follows the totals of one counted field, and nothing else of the log. `'skip'` asks for nothing. */
export function useCounts<refs extends LogRefs>(
  table: refs,
  target: { readonly parent: string; readonly field: Field<refs> } | 'skip',
  options?: { readonly audience?: Audience<refs> },
): QueryResult<Record<string, number>> {
  const args = target === 'skip' ? undefined : { parent: target.parent, field: target.field }
  return useCountsAt(nameOf(table), args, options?.audience)
}

/** The table's own name, whatever it is nested in. */
const nameOf = (table: LogRefs): string => pathOf(table.list).slice(0, -'.list'.length)

const pathFor = (name: string, audience: string | undefined, query: string): string =>
  audience === undefined || audience === 'readers'
    ? `${name}.${query}`
    : `${name}.${audience}.${query}`

function useCountsAt(
  name: string,
  args: ArgsObject | undefined,
  audience: string | undefined,
): QueryResult<Record<string, number>> {
  const { core } = useNoboil()
  const path = pathFor(name, audience, 'counts')
  return useLive(args && ['noboil', path, args], () =>
    core.watchPath(path, args ?? {}),
  ) as QueryResult<Record<string, number>>
}

function useLogAt(
  table: LogRefs,
  target: LogTarget<string> | 'skip',
  options: LogOptions<string>,
): LogResult<unknown, object, string, string> {
  const { audience, pageSize, author } = options
  const name = nameOf(table)
  const parent = target === 'skip' ? undefined : target.parent
  const field = target === 'skip' ? undefined : target.counts
  const list = useListAt(
    pathFor(name, audience, 'list'),
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
  const { core, client } = useNoboil()
  const call = async (
    operation: string,
    args: ArgsObject,
    edits: readonly Edit[] = [],
  ): Promise<never> => (await core.callPath(`${name}.${operation}`, args, { edits })) as never
  const under = (): string => {
    if (parent === undefined) throw nothingSelected()
    return parent
  }
  const shown = (ids: ReadonlySet<unknown>): ReturnType<typeof shownRows> =>
    shownRows((path) => core.shown(path), name, ids)
  return {
    append: useLatest(async ({ payload, idempotencyKey = core.random.id(), expectedSeq }) => {
      const parent = under()
      const now = client.serverNow()
      const row = { payload: payload as ArgsObject, key: idempotencyKey, now, author }
      const args = { parent, payload, idempotencyKey, expectedSeq }
      return call('append', args, appendEdits(name, parent, row))
    }),
    appendBulk: useLatest(async (items) => call('appendBulk', { parent: under(), items })),
    update: useLatest(async (id, patch, options = {}) => {
      const change = { patch: patch as ArgsObject, unset: options.unset ?? [] }
      const [before] = shown(new Set([id]))
      const edits = updateEdits(name, under(), id, change, before)
      return call('update', { id, patch, ...options }, edits)
    }),
    rm: useLatest(async (id, options) => {
      const ids = new Set([id])
      return call('rm', { id, ...options }, removeEdits(name, under(), ids, shown(ids)))
    }),
    rmBulk: useLatest(async (given) => {
      const ids = new Set(given)
      return call('rmBulk', { ids: given }, removeEdits(name, under(), ids, shown(ids)))
    }),
    purge: useLatest(async () => call('purgeByParent', { parent: under() })),
    restore: useLatest(async () => call('restoreByParent', { parent: under() })),
  }
}
