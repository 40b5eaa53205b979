/** How much of its time a copy has left, as a ring that empties. It repeats what words beside it say. */
import type { ReactNode } from 'react'
import { freshnessOf, shareLeft } from './copy.ts'
import type { CachedMovie } from './port.ts'

export interface DialProps {
  readonly copy: Pick<CachedMovie, 'fetchedAt' | 'expiresAt'>
  readonly nowMs: number
  /** A newer one is being fetched. */
  readonly busy?: boolean
}

export function Dial({ copy, nowMs, busy = false }: DialProps): ReactNode {
  const share = shareLeft(copy, nowMs)
  const classes = ['dial', `dial--${freshnessOf(copy, nowMs)}`, busy && 'dial--busy']
  return (
    <svg viewBox="0 0 48 48" className={classes.filter(Boolean).join(' ')} aria-hidden="true">
      <circle className="dial__track" cx="24" cy="24" r="19" pathLength="100" />
      <circle
        className="dial__left"
        cx="24"
        cy="24"
        r="19"
        pathLength="100"
        // A dash of no length would still show its round ends.
        {...(share === 0 ? { opacity: 0 } : { strokeDasharray: `${share * 100} 100` })}
      />
    </svg>
  )
}
