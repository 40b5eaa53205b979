/** The time since something happened, kept current while the page is open. */
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { agoText } from './time.ts'

/** The clock that screens read (ms since the Unix epoch); a host may provide the server's. */
export const ClockContext = createContext<() => number>(() => Date.now())

/** The current time (ms), rendered anew every `everyMs`. */
export function useNow(everyMs: number): number {
  const clock = useContext(ClockContext)
  const [nowMs, setNowMs] = useState(clock)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(clock()), everyMs)
    return () => clearInterval(timer)
  }, [clock, everyMs])
  return nowMs
}

export function TimeAgo({ atMs }: { readonly atMs: number }): ReactNode {
  const nowMs = useNow(20_000)
  return <time dateTime={new Date(atMs).toISOString()}>{agoText(atMs, nowMs)}</time>
}
