/** Ballots that landed while this page was open, counted the old way: in gates of five. */
import { type ReactNode, useState } from 'react'
import { type Watch, watchTotal } from './ballot-status.ts'
import { gatesOf } from './tally.ts'

const gatesMax = 12

export interface ArrivalTallyProps {
  /** All ballots; undefined until known. */
  readonly total: number | undefined
}

export function ArrivalTally({ total }: ArrivalTallyProps): ReactNode {
  const [watch, setWatch] = useState<Watch>()
  if (total !== undefined && total !== watch?.last) setWatch(watchTotal(watch, total))
  const since = watch && total !== undefined ? Math.max(0, total - watch.startedAt) : 0
  const gates = gatesOf(since)
  const hidden = Math.max(0, gates.length - gatesMax)
  return (
    <div className="arrivals">
      <p className="arrivals__label">
        {since === 0
          ? 'Ballots that land while you watch are tallied here'
          : `${since.toLocaleString('en')} since you arrived`}
      </p>
      <div className="arrivals__gates" aria-hidden="true">
        {since === 0 && <i className="arrivals__blank" />}
        {hidden > 0 && <span className="arrivals__more">+{hidden * 5}</span>}
        {gates.slice(hidden).map((strokes, index) => (
          <Gate key={hidden + index} strokes={strokes} />
        ))}
      </div>
    </div>
  )
}

const strokePaths = [
  'M5 4 4.4 29',
  'M12 3 12.2 30',
  'M19 4.4 18.4 29.4',
  'M26 3 26.2 29.6',
  'M0 24 31 8',
]

function Gate({ strokes }: { readonly strokes: number }): ReactNode {
  return (
    <svg className="gate" viewBox="-2 0 35 33">
      {strokePaths.slice(0, strokes).map((path) => (
        <path key={path} pathLength="100" d={path} />
      ))}
    </svg>
  )
}
