/** One visit to a film's page: where what is shown came from, and whether a newer one is being asked for. */
import { useContext, useEffect, useRef, useState } from 'react'
import { ClockContext } from '../base/time-ago.tsx'
import { useBackend } from './backend.tsx'
import type { AppError, CachedMovie, MovieEntry, Recall } from './port.ts'

export interface Origin {
  /**
   * `cache`: it was there. `catalogue`: this visit had it fetched. `refreshed`: by hand, here. `renewed`: it was stale while
   * people looked at it. `recalled`: so too, since another deployment had called it back. `elsewhere`: somebody else had it
   * fetched.
   */
  readonly from: 'cache' | 'catalogue' | 'refreshed' | 'renewed' | 'recalled' | 'elsewhere'
  /** How long the answer took, ms; missing for what nobody here waited for. */
  readonly tookMs?: number
}

/** `failed`: the catalogue was asked and nothing newer came. */
export type Check = 'none' | 'running' | 'failed'

export interface Copy {
  /** Undefined until there is a copy. */
  readonly origin: Origin | undefined
  readonly check: Check
  /** What the last refresh by hand was refused with. */
  readonly refusal: AppError | undefined
  readonly refresh: () => void
}

interface OwnRefresh {
  /** On the clock of `performance`. */
  readonly since: number
  /** When the copy was fetched that it is to replace. */
  readonly from: number
}

/** More than the server's own patience, for the way there and back and for browsers that spread what they ask. */
const graceMs = 1_500

/** `recalls`: those that were about this film, the newest first. */
export function useCopy(entry: MovieEntry, recalls: readonly Recall[] = []): Copy {
  const { errorOf } = useBackend()
  const [own, setOwn] = useState<OwnRefresh>()
  const [refusal, setRefusal] = useState<AppError>()
  const [fruitless, setFruitless] = useState<number>()
  const origin = useOrigin(entry, own, recalls)
  const waited = useWaited(entry.isStale, entry.data?.updatedAt)
  const { data } = entry

  // Ours until the row says so: the stream may tell of it after the call has answered.
  const isRefreshing = own !== undefined && own.from === data?.fetchedAt
  const refresh = async (): Promise<void> => {
    if (!data || isRefreshing) return
    setOwn({ since: performance.now(), from: data.fetchedAt })
    setRefusal(undefined)
    setFruitless(undefined)
    try {
      const now = await entry.refresh()
      if (now.fetchedAt !== data.fetchedAt) return
    } catch (thrown) {
      setRefusal(errorOf(thrown))
    }
    setFruitless(data.fetchedAt)
    setOwn(undefined)
  }

  const isFruitless = fruitless !== undefined && fruitless === data?.fetchedAt
  const isSilent = entry.isStale && (waited || Boolean(entry.error))
  const isRunning = isRefreshing || (entry.isStale && !isSilent)
  return {
    origin,
    check: isRunning ? 'running' : isFruitless || isSilent ? 'failed' : 'none',
    refusal: isFruitless ? refusal : undefined,
    refresh: () => void refresh(),
  }
}

/** Whether it was another deployment that last called back a copy of that time. */
export function isByWord(
  recalls: readonly Recall[] | undefined,
  { fetchedAt }: CachedMovie,
): boolean {
  const [latest] = recalls ?? []
  return latest !== undefined && latest.by === null && latest.at >= fetchedAt
}

function useOrigin(
  { data, isStale }: MovieEntry,
  own: OwnRefresh | undefined,
  recalls: readonly Recall[],
): Origin | undefined {
  const clock = useContext(ClockContext)
  const [opened] = useState(() => ({ at: clock(), startedAt: performance.now() }))
  const [origin, setOrigin] = useState<Origin>()
  const shown = useRef<{ data: CachedMovie | null | undefined; isStale: boolean }>(undefined)
  useEffect(() => {
    const before = shown.current
    shown.current = { data, isStale }
    if (!data || data.fetchedAt === before?.data?.fetchedAt) return
    const now = performance.now()
    if (before?.data) {
      const isOwn = own !== undefined && own.from === before.data.fetchedAt
      if (isOwn) setOrigin({ from: 'refreshed', tookMs: now - own.since })
      else if (isByWord(recalls, before.data)) setOrigin({ from: 'recalled' })
      else setOrigin({ from: before.isStale ? 'renewed' : 'elsewhere' })
      return
    }
    const from = data.fetchedAt <= opened.at ? 'cache' : 'catalogue'
    // A copy that was removed while people looked at it has been fetched for all of them.
    setOrigin((last) => (last ? { from: 'renewed' } : { from, tookMs: now - opened.startedAt }))
  }, [data, isStale, own, opened, recalls])
  return origin
}

/** True once a copy has been stale for longer than any fetch takes. `state` names what is stale. */
function useWaited(isStale: boolean, state: number | undefined): boolean {
  const { fetchTimeoutMs } = useBackend()
  const [waitedFor, setWaitedFor] = useState<number>()
  useEffect(() => {
    if (!isStale) return undefined
    const timer = setTimeout(() => setWaitedFor(state), fetchTimeoutMs + graceMs)
    return () => clearTimeout(timer)
  }, [isStale, state, fetchTimeoutMs])
  return isStale && waitedFor !== undefined && waitedFor === state
}
