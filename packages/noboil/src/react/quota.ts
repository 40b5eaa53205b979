/**
 * What is left of a quota, counted down on the server's clock.
 */
import { useEffect, useState } from 'react'
import { type AnyReference, pathOf } from '../client/api.ts'
import type { ArgsObject } from '../client/entry.ts'
import type { QuotaState as Answer } from '../factories/quota/types.ts'
import type { ArgsOf } from '../schema/reference.ts'
import { useLatest } from './latest.ts'
import { useLive } from './live.ts'
import { useNoboil } from './provider.tsx'
import { viewAt } from './quota-view.ts'
import type { QuotaResult, QuotaView } from './shapes.ts'
import { nothingSelected } from './skip.ts'

/** The functions of a quota: `api.ballots`. */
export interface QuotaRefs {
  readonly check: AnyReference<'query'>
  readonly consume: AnyReference<'mutation'>
  readonly record: AnyReference<'mutation'>
}

/** Follows a quota: the caller's own unless `owner` says otherwise. `'skip'` asks for nothing. */
export function useQuota<refs extends QuotaRefs>(
  table: refs,
  target?: ArgsOf<refs['check']> | 'skip',
): QuotaResult {
  const { core, client } = useNoboil()
  const path = pathOf(table.check)
  const args = target === 'skip' ? undefined : ((target ?? {}) as ArgsObject)
  const live = useLive(args && ['noboil', path, args], () => core.watchPath(path, args ?? {}))
  const cost = typeof args?.['cost'] === 'number' ? args['cost'] : 1
  const state = useCountdown(live.data as Answer | null | undefined, cost, async () =>
    args === undefined ? null : ((await core.askPath(path, args)) as Answer | null),
  )

  const use = async (reference: AnyReference<'mutation'>): Promise<Answer> => {
    if (args === undefined) throw nothingSelected()
    const answer = (await core.callPath(pathOf(reference), args, {})) as Answer
    if (client.connection.get() !== 'live') state.ask()
    return answer
  }
  return {
    state: args === undefined ? undefined : state.view,
    isLoading: live.isLoading,
    error: live.error,
    consume: useLatest(() => use(table.consume)),
    record: useLatest(() => use(table.record)),
  }
}

interface Countdown {
  readonly view: QuotaView | undefined
  readonly ask: () => void
}

/** Waiting clients do not all come back in the same moment. */
const spreadMs = 250
/** A question that failed is asked again after this long. */
const againMs = 30_000

/**
 * Time itself changes a quota, without any commit that a stream would tell of: so the answer is asked for again when it says
 * it will change, and what it says in between is worked out here.
 */
function useCountdown(
  pushed: Answer | null | undefined,
  cost: number,
  check: () => Promise<Answer | null>,
): Countdown {
  const { core, client } = useNoboil()
  const [asked, setAsked] = useState<{ pushed: typeof pushed; answer: Answer | null }>()
  const [failures, setFailures] = useState(0)
  const [, setBeat] = useState(0)
  // What was asked for counts until the stream says something newer.
  const answer = asked !== undefined && asked.pushed === pushed ? asked.answer : pushed
  const ask = useLatest(() => {
    check().then(
      (answer) => {
        setAsked({ pushed, answer })
        setFailures(0)
      },
      () => setFailures((count) => count + 1),
    )
  })
  const now = client.serverNow()
  const view = answer ? viewAt(answer, cost, now) : undefined
  const beatMs = view?.retryAfter === undefined ? undefined : view.retryAfter % 1000 || 1000
  useEffect(() => {
    if (beatMs === undefined) return undefined
    return core.clock.after(beatMs, () => setBeat((beat) => beat + 1))
  })
  useEffect(() => {
    if (answer?.changesAt === undefined) return undefined
    const { changesAt, serverTime } = answer
    // An answer that was asked for is new: it says itself how long that is, should the clock have moved here.
    const leftMs =
      answer === pushed ? changesAt - client.serverNow() : Math.max(1000, changesAt - serverTime)
    const waitMs = Math.max(failures === 0 ? 0 : againMs, leftMs)
    return core.clock.after(waitMs + core.random.unit() * spreadMs, ask)
  }, [core, client, answer, pushed, failures, ask])
  return { view, ask }
}
