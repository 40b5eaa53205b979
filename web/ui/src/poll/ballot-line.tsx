/** The line under the options. It always takes the same room, so what it says moves nothing. */
import { Check, Hand, Hourglass, Lock } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { secondsLeft, untilText } from '../base/time.ts'
import { useNow } from '../base/time-ago.tsx'
import type { Poll } from './port.ts'
import type { Casting } from './use-casting.ts'

export interface BallotLineProps {
  readonly casting: Casting
  readonly poll: Poll
}

export function BallotLine({ casting, poll }: BallotLineProps): ReactNode {
  const { status } = casting
  switch (status.kind) {
    case 'closed':
      return (
        <Line icon={<Lock size={18} aria-hidden="true" />} look="quiet">
          <span role="status">This poll is closed. What you see is the result.</span>
        </Line>
      )
    case 'limited':
      return <LimitedLine waitMs={status.waitMs} />
    case 'counted':
      return (
        <Line icon={<Check size={18} aria-hidden="true" />} look="counted" key={status.receipt.seq}>
          <span role="status">
            {status.receipt.created ? 'Counted' : 'Already counted'}: ballot no.{' '}
            {status.receipt.seq.toLocaleString('en')}, for{' '}
            <strong>{poll.options[status.receipt.optionIdx] ?? 'your option'}</strong>
            {status.left !== undefined && `. ${leftText(status.left)}.`}
          </span>
        </Line>
      )
    case 'few':
      return (
        <Line icon={<Hand size={18} aria-hidden="true" />} look="quiet">
          {leftText(status.left)}, then a short pause
        </Line>
      )
    case 'ready':
      return <ReadyLine closesAt={poll.closesAt} />
  }
}

function ReadyLine({ closesAt }: { readonly closesAt: number | undefined }): ReactNode {
  const nowMs = useNow(10_000)
  return (
    <Line icon={<Hand size={18} aria-hidden="true" />} look="quiet">
      Choose an option to cast your ballot
      {closesAt !== undefined && `. Closes ${untilText(closesAt, nowMs)}`}
    </Line>
  )
}

function LimitedLine({ waitMs }: { readonly waitMs: number }): ReactNode {
  const seconds = secondsLeft(waitMs)
  const [longest, setLongest] = useState(waitMs)
  useEffect(() => setLongest((known) => Math.max(known, waitMs)), [waitMs])
  return (
    <Line icon={<Hourglass size={18} aria-hidden="true" />} look="limited">
      <span className="sr-only" role="status">
        You have used up your ballots for the moment.
      </span>
      <span>
        Easy now. Next ballot in <span className="ballot-line__wait">{seconds} s</span>
      </span>
      <span
        className="ballot-line__meter"
        aria-hidden="true"
        style={{ transform: `scaleX(${longest > 0 ? waitMs / longest : 0})` }}
      />
    </Line>
  )
}

function leftText(left: number): string {
  return left === 1 ? 'One more for now' : `${left} more for now`
}

interface LineProps {
  readonly icon: ReactNode
  readonly look: 'quiet' | 'counted' | 'limited'
  readonly children: ReactNode
}

function Line({ icon, look, children }: LineProps): ReactNode {
  return (
    <div className={`ballot-line ballot-line--${look}`}>
      {icon}
      <div className="ballot-line__text">{children}</div>
    </div>
  )
}
