/** The rows under one parent of a log, newest first. */
import type { ArgsOf, ReducerRef, RowOf, TableRef } from '../../wire/spacetimedb.ts'
import { useLatest } from '../latest.ts'
import type { LogResult, LogTarget } from '../shapes.ts'
import { nothingSelected } from '../skip.ts'
import type { Edit, Row } from './overlay.ts'
import { answerOf, useRows, useSpacetimeClient, useUserId } from './provider.tsx'
import { useShown } from './shown.ts'
import { tally } from './tally.ts'

type Payload<append> = ArgsOf<append> extends { payload: infer payload } ? payload : never

/** A log's table and its reducers; what is left out cannot be called. */
export interface LogTables {
  readonly table: TableRef
  readonly append: ReducerRef
  readonly bulkAppend?: ReducerRef
  readonly update?: ReducerRef
  readonly rm?: ReducerRef
  readonly bulkRm?: ReducerRef
  readonly purge?: ReducerRef
  readonly restore?: ReducerRef
}

export interface SpacetimeLogOptions {
  /** Rows of the first page, and of each further one. Default: 20. */
  readonly pageSize?: number
}

type Result<log extends LogTables> = LogResult<
  RowOf<log['table']>,
  Payload<log['append']>,
  string,
  keyof Payload<log['append']> & string
>

/** Follows the log of one parent. `'skip'` asks for nothing. */
export function useLog<log extends LogTables>(
  log: log,
  target: LogTarget<keyof Payload<log['append']> & string> | 'skip',
  { pageSize = 20 }: SpacetimeLogOptions = {},
): Result<log> {
  const parent = target === 'skip' ? undefined : target.parent
  const filter = { column: 'parent', value: parent ?? '' }
  const { rows, error } = useRows(parent === undefined ? undefined : log.table, filter)
  const { shown, hasMore, loadMore } = useShown(rows, bySeq, parent ?? '', pageSize)
  return {
    ...answerOf(shown, error, parent === undefined),
    hasMore,
    isLoadingMore: false,
    loadMore,
    counts:
      target === 'skip' || target.counts === undefined ? undefined : tally(rows, target.counts),
    ...useLogCalls(log, parent),
  } as unknown as Result<log>
}

type Calls = Pick<
  LogResult<unknown, object, string, string>,
  'append' | 'appendBulk' | 'update' | 'rm' | 'rmBulk' | 'purge' | 'restore'
>

function useLogCalls(log: LogTables, parent: string | undefined): Calls {
  const client = useSpacetimeClient()
  const userId = useUserId()
  const call = async (
    name: Exclude<keyof LogTables, 'table'>,
    args: object,
    edits: readonly Edit[] = [],
  ): Promise<never> => {
    if (parent === undefined) throw nothingSelected()
    const ref = log[name]
    if (ref === undefined) {
      throw new TypeError(`useLog was not given the reducer '${name}'.`)
    }
    const watch = client.peek(log.table, { column: 'parent', value: parent })
    return (await client.perform(ref, args, [[watch, edits]])) as never
  }
  const provisional = (payload: object, at: number): Edit => {
    const now = client.now()
    const watch = client.peek(log.table, { column: 'parent', value: parent ?? '' })
    const last = Math.max(0, ...(watch?.get().rows ?? []).map(seqOf))
    const row = {
      ...payload,
      _id: `${log.table.table}.pending.${client.newId()}`,
      _creationTime: now,
      createdAt: now,
      updatedAt: now,
      parent,
      seq: last + 1 + at,
      userId: userId ?? '',
    }
    return { kind: 'put', row }
  }
  return {
    append: useLatest(({ payload, idempotencyKey = client.newId(), expectedSeq }) =>
      call('append', { parent, payload, idempotencyKey, expectedSeq }, [provisional(payload, 0)]),
    ),
    appendBulk: useLatest((items: readonly object[]) =>
      call('bulkAppend', { parent, items }, items.map(provisional)),
    ),
    update: useLatest((id: string, patch: object, options: object = {}) =>
      call('update', { id, patch, ...options }, [{ kind: 'patch', id, set: patch as Row }]),
    ),
    rm: useLatest((id: string, options: object = {}) =>
      call('rm', { id, ...options }, [{ kind: 'remove', ids: new Set([id]) }]),
    ),
    rmBulk: useLatest((ids: readonly string[]) =>
      call('bulkRm', { ids }, [{ kind: 'remove', ids: new Set(ids) }]),
    ),
    purge: useLatest(() => call('purge', { parent }, [{ kind: 'remove', ids: 'all' }])),
    restore: useLatest(() => call('restore', { parent })),
  }
}

const bySeq = (a: Row, b: Row): number => seqOf(b) - seqOf(a)

const seqOf = (row: Row): number => row['seq'] as number
