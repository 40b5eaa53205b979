/** Says changes aloud without flooding: at most one sentence per interval, and always the newest. */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { announceInMs } from './announce.ts'

export interface LiveRegionProps {
  /** The sentence as it stands; undefined while there is nothing to say. */
  readonly text: string | undefined
  readonly everyMs?: number
}

/** The first text is not announced: the reader has just read the page that shows it. */
export function LiveRegion({ text, everyMs = 4_000 }: LiveRegionProps): ReactNode {
  const [spoken, setSpoken] = useState('')
  const known = useRef<string | undefined>(undefined)
  const spokenAt = useRef<number | undefined>(undefined)
  useEffect(() => {
    if (text === undefined || text === known.current) return undefined
    if (known.current === undefined) {
      known.current = text
      return undefined
    }
    const timer = setTimeout(
      () => {
        known.current = text
        spokenAt.current = performance.now()
        setSpoken(text)
      },
      announceInMs(performance.now(), spokenAt.current, everyMs),
    )
    return () => clearTimeout(timer)
  }, [text, everyMs])
  return (
    <span className="sr-only" role="status">
      {spoken}
    </span>
  )
}
