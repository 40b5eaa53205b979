/**
 * What is left of a quota, counted down on the server's clock.
 */
import type { FunctionArgs, FunctionReference } from 'convex/server'
import { useEffect, useState } from 'react'
import type { QuotaArgs, QuotaState as Answer } from '../../factories/quota/types.ts'
import { useLatest } from '../latest.ts'
import { viewAt } from '../quota-view.ts'
import type { QueryResult, QuotaResult, QuotaView } from '../shapes.ts'
import { nothingSelected } from '../skip.ts'
import { useCore } from './core.ts'
import { useQueryAt } from './query.ts'

/** The functions of a quota: `api.ballots`. */
export interface QuotaRefs {
  readonly check: FunctionReference<'query'>
  readonly consume: FunctionReference<'mutation'>
  readonly record: FunctionReference<'mutation'>
}

/** Follows a quota: the caller's own unless `owner` says otherwise. `'skip'` asks for nothing. */
export function useQuota<refs extends QuotaRefs>(
  table: refs,
  target?: FunctionArgs<refs['check']> | 'skip',
): QuotaResult {
  return useQuotaAt(table, target === 'skip' ? undefined : (target ?? {}))
}

function useQuotaAt(table: QuotaRefs, target: QuotaArgs | undefined): QuotaResult {
  const core = useCore()
  const cost = target?.cost ?? 1
  const owner = target?.owner === undefined ? {} : { owner: target.owner }
  // Followed without the cost, asked with it: Convex answers what is followed from what it knows, and time is what it
  // does not know of.
  const live = useQueryAt(table.check, target && owner) as QueryResult<Answer | null>
  const view = useCountdown(live.data, cost, () => core.ask(table.check, { ...owner, cost }))
  const use = async (reference: FunctionReference<'mutation'>): Promise<Answer> => {
    if (target === undefined) throw nothingSelected()
    const answer: Answer = await core.mutate(reference, { ...target })
    core.heard(answer.serverTime)
    return answer
  }
  return {
    state: target === undefined ? undefined : view,
    isLoading: live.isLoading,
    error: live.error,
    consume: useLatest(() => use(table.consume)),
    record: useLatest(() => use(table.record)),
  }
}

/** Waiting clients do not all come back in the same moment. */
const spreadMs = 250
/** Clocks differ by a little: whoever asked too early asks again, in a while. */
const againMs = 1000

/**
 * Time itself changes a quota, without any commit that Convex would tell of: so the answer is asked for again when it says it
 * will change, and what it says in between is worked out here.
 */
function useCountdown(
  followed: Answer | null | undefined,
  cost: number,
  check: () => Promise<Answer | null>,
): QuotaView | undefined {
  const core = useCore()
  const [asked, setAsked] = useState<{ followed: typeof followed; answer: Answer | null }>()
  const [, setBeat] = useState(0)
  // What was asked for counts until what is followed says something newer.
  const isAsked = asked !== undefined && asked.followed === followed
  const answer = isAsked ? asked.answer : cost === 1 ? followed : undefined
  const ask = useLatest(() => {
    check().then(
      (answer) => {
        if (answer !== null) core.heard(answer.serverTime)
        setAsked({ followed, answer })
      },
      // What is followed will say, or the next beat asks again.
      () => {},
    )
  })
  useEffect(() => {
    if (followed) core.heard(followed.serverTime)
    if (followed && cost !== 1) ask()
  }, [core, followed, cost, ask])
  const view = answer ? viewAt(answer, cost, core.serverNow()) : undefined
  const beatMs = view?.retryAfter === undefined ? undefined : view.retryAfter % 1000 || 1000
  useEffect(() => {
    if (beatMs === undefined) return undefined
    return core.clock.after(beatMs, () => setBeat((beat) => beat + 1))
  })
  useEffect(() => {
    if (answer?.changesAt === undefined) return undefined
    const leftMs = answer.changesAt - core.serverNow()
    const waitMs = Math.max(isAsked ? againMs : 0, leftMs)
    return core.clock.after(waitMs + core.random.unit() * spreadMs, ask)
  }, [core, answer, isAsked, ask])
  return view
}
