import { type ReactNode, useEffect, useState } from 'react'
import { Pill } from './surfaces.tsx'

export type ConnectionState = 'connecting' | 'live' | 'offline'

const patienceMs = 2_500

/** Says nothing about a connection that is merely starting; speaks when it is lost or slow. */
export function ConnectionPill({ state }: { readonly state: ConnectionState }): ReactNode {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    setSlow(false)
    if (state !== 'connecting') return undefined
    const timer = setTimeout(() => setSlow(true), patienceMs)
    return () => clearTimeout(timer)
  }, [state])
  if (state === 'live' || (state === 'connecting' && !slow)) return null
  return (
    <Pill look="solid" dot>
      {state === 'offline' ? 'Offline. Reconnecting…' : 'Connecting…'}
    </Pill>
  )
}
