/** What is left of a quota, counted down. */
import { useCallback, useEffect, useState } from 'react'
import type { NoboilError } from '../../errors/error.ts'
import type { QuotaState as Answer } from '../../factories/quota/types.ts'
import type { ReducerRef } from '../../wire/spacetimedb.ts'
import { useLatest } from '../latest.ts'
import { viewAt } from '../quota-view.ts'
import type { QuotaResult } from '../shapes.ts'
import { useClockedClient, useConnection } from './provider.tsx'

export interface QuotaTarget {
  readonly consume: ReducerRef
  readonly record: ReducerRef
}

interface Asked {
  readonly answer: Answer | null | undefined
  readonly error: NoboilError | null
}

/** How often a countdown moves. */
const beatMs = 250

/**
 * Follows the caller's own quota: it is asked for when that may have changed (after any call of
 * theirs, when time has freed some, on every call of `again`), since a view has no clock.
 */
export function useQuota(target: QuotaTarget): QuotaResult & { readonly again: () => void } {
  const client = useClockedClient()
  const connection = useConnection()
  const table = target.consume.path.split('.')[0] as string
  const [{ answer, error }, setAsked] = useState<Asked>({ answer: undefined, error: null })
  const [, beat] = useState(0)
  const again = useCallback(() => {
    client.query(`${table}.check`, {}).then(
      (given) => setAsked({ answer: given as Answer | null, error: null }),
      (reason: unknown) => setAsked((last) => ({ ...last, error: reason as NoboilError })),
    )
  }, [client, table])
  useEffect(() => {
    if (connection !== 'live') return undefined
    again()
    // Any call of this identity may have used some of it, in whichever window.
    return client.onAnswers(again)
  }, [client, connection, again])

  const view = answer ? viewAt(answer, 1, client.now()) : undefined
  const leftMs = view?.retryAfter
  useEffect(() => {
    if (leftMs === undefined) return undefined
    const wait = Math.min(leftMs, beatMs)
    return client.clock.after(wait, () => (wait === leftMs ? again() : beat((count) => count + 1)))
  })
  const use = async (ref: ReducerRef): Promise<Answer> => {
    const given = (await client.perform(ref, {})) as Answer
    setAsked({ answer: given, error: null })
    return given
  }
  return {
    state: view,
    isLoading: answer === undefined && error === null,
    error,
    consume: useLatest(() => use(target.consume)),
    record: useLatest(() => use(target.record)),
    again,
  }
}
