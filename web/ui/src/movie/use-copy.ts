/** One visit to a film's page: where what is shown came from, and whether a newer one is being asked for. */
import { useContext, useEffect, useRef, useState } from 'react'
import { ClockContext } from '../base/time-ago.tsx'
import { useBackend } from './backend.tsx'
import { freshnessOf } from './copy.ts'
import type { AppError, CachedMovie, MovieEntry } from './port.ts'

/** `cache`: it was there. `catalogue`: this visit had it fetched. `refreshed`: by hand, here. `elsewhere`: by somebody else. */
export interface Origin {
  readonly from: 'cache' | 'catalogue' | 'refreshed' | 'elsewhere'
  /** How long the answer took; missing for what others fetched. */
  readonly tookMs?: number
}

/** `failed`: the catalogue was asked and nothing newer came. */
export type Check = 'none' | 'running' | 'failed'

export interface Copy {
  readonly origin: Origin | undefined
  readonly check: Check
  /** What the last refresh was refused with, where it was more than a silent catalogue. */
  readonly refusal: AppError | undefined
  readonly refresh: () => void
}

/** A little more than the server's own patience, for the way there and back. */
const graceMs = 1_000

export function useCopy(entry: MovieEntry): Copy {
  const { fetchTimeoutMs, errorOf } = useBackend()
  const { load } = useBackend().useActions()
  const clock = useContext(ClockContext)
  const opened = useRef({ at: clock(), startedAt: performance.now() })
  const [origin, setOrigin] = useState<Origin>()
  const [check, setCheck] = useState<Check>('none')
  const [refusal, setRefusal] = useState<AppError>()
  const shown = useRef<CachedMovie | null | undefined>(undefined)
  const ownSince = useRef<number | undefined>(undefined)
  const { data } = entry

  useEffect(() => {
    const before = shown.current
    shown.current = data
    if (!data || data.fetchedAt === before?.fetchedAt) return
    setCheck('none')
    setRefusal(undefined)
    const now = performance.now()
    if (before === undefined || before === null) {
      const isFirst = origin === undefined
      const from = data.fetchedAt <= opened.current.at ? 'cache' : 'catalogue'
      setOrigin(isFirst ? { from, tookMs: now - opened.current.startedAt } : { from: 'elsewhere' })
      if (freshnessOf(data, clock()) === 'fresh') return
      // A visit of a stale film has it fetched again; the answer arrives by itself, on the row.
      setCheck('running')
      load(data.tmdbId).catch(() => setCheck('failed'))
    } else if (ownSince.current === undefined) setOrigin({ from: 'elsewhere' })
    else setOrigin({ from: 'refreshed', tookMs: now - ownSince.current })
  }, [data, origin, clock, load])

  useEffect(() => {
    if (check !== 'running' || ownSince.current !== undefined) return undefined
    const timer = setTimeout(() => setCheck('failed'), fetchTimeoutMs + graceMs)
    return () => clearTimeout(timer)
  }, [check, fetchTimeoutMs])

  const refresh = async (): Promise<void> => {
    if (!data || ownSince.current !== undefined) return
    ownSince.current = performance.now()
    setCheck('running')
    setRefusal(undefined)
    try {
      const now = await entry.refresh()
      if (now.fetchedAt === data.fetchedAt) setCheck('failed')
    } catch (thrown) {
      setRefusal(errorOf(thrown))
      setCheck('failed')
    } finally {
      // The stream may tell of the row after the call has answered.
      setTimeout(() => (ownSince.current = undefined), graceMs)
    }
  }
  return { origin, check, refusal, refresh: () => void refresh() }
}
