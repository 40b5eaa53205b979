/** The ballot: the question's options as buttons, each with its share of the vote moving behind it. */
import type { CSSProperties, ReactNode } from 'react'
import { LiveRegion } from '../base/live-region.tsx'
import { RollingNumber } from '../base/rolling-number.tsx'
import { Skeleton } from '../base/surfaces.tsx'
import { useRise } from '../base/use-arrivals.ts'
import { ArrivalTally } from './arrival-tally.tsx'
import { useBackend } from './backend.tsx'
import { BallotLine } from './ballot-line.tsx'
import { inkColor } from './inks.ts'
import type { Poll, Vote, VoteLog } from './port.ts'
import { type OptionTally, standingOf, type Tally, tallyOf } from './tally.ts'
import { type Casting, useCasting } from './use-casting.ts'

export interface BallotProps {
  readonly poll: Poll
  readonly votes: VoteLog
}

export function Ballot({ poll, votes }: BallotProps): ReactNode {
  const { useSession, useProfile } = useBackend()
  const { user } = useSession()
  const { data: profile } = useProfile()
  const casting = useCasting(poll, votes)
  const known = votes.counts !== undefined
  const tally = tallyOf(poll.options, votes.counts ?? {})
  const marked = markedOptions(votes.data, user?._id, casting, tally)
  const isShut = casting.status.kind === 'closed' || casting.status.kind === 'limited'
  return (
    <div className="ballot" style={{ '--mark-ink': inkColor(profile?.color) } as CSSProperties}>
      <ol className="ballot__options" aria-label="Options">
        {tally.options.map((option) => (
          <li key={option.index}>
            <OptionRow
              option={option}
              votes={known ? option.votes : undefined}
              isMarked={marked.has(option.index)}
              isPending={casting.pending === option.index}
              isShut={isShut}
              onCast={() => casting.cast(option.index)}
            />
          </li>
        ))}
      </ol>
      <BallotLine casting={casting} poll={poll} />
      <Stub tally={tally} known={known} />
      <LiveRegion text={known ? standingOf(tally) : undefined} />
    </div>
  )
}

interface OptionRowProps {
  readonly option: OptionTally
  /** Undefined until the counts are known. */
  readonly votes: number | undefined
  readonly isMarked: boolean
  readonly isPending: boolean
  readonly isShut: boolean
  readonly onCast: () => void
}

function OptionRow(props: OptionRowProps): ReactNode {
  const { option, votes, isMarked, isPending, isShut, onCast } = props
  const rise = useRise(votes)
  const classes = ['option', option.leads && 'is-leading', isMarked && 'is-marked']
  return (
    <button
      type="button"
      className={classes.filter(Boolean).join(' ')}
      style={{ '--share': option.share } as CSSProperties}
      aria-disabled={isShut || undefined}
      aria-busy={isPending || undefined}
      onClick={onCast}
    >
      <span className="option__bar" />
      {rise.turn > 0 && <span key={`glint-${rise.turn}`} className="option__glint" />}
      <span className="sr-only">Vote for </span>
      <span className="option__box">{(isMarked || isPending) && <Mark />}</span>
      <span className="option__label">{option.label}</span>
      {isMarked && <span className="sr-only">, you voted for this, </span>}
      <Figures percent={option.percent} votes={votes} />
      {rise.turn > 0 && (
        <span
          key={`puff-${rise.turn}`}
          className="option__puff"
          data-by={`+${rise.by}`}
          aria-hidden="true"
        />
      )}
    </button>
  )
}

interface FiguresProps {
  readonly percent: number
  readonly votes: number | undefined
}

function Figures({ percent, votes }: FiguresProps): ReactNode {
  if (votes === undefined) {
    return (
      <span className="option__figures">
        <Skeleton width="3.5rem" height="1.6rem" />
      </span>
    )
  }
  return (
    <span className="option__figures">
      <span className="option__percent">
        <RollingNumber value={percent} suffix="%" />
      </span>
      <span className="sr-only">, </span>
      <span className="option__votes">
        <RollingNumber value={votes} />
        <span className="sr-only"> ballots</span>
      </span>
    </span>
  )
}

/** A cross drawn by hand, in two strokes. */
function Mark(): ReactNode {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path pathLength="100" d="M5.5 6.8C11 11.5 18 19.6 26.8 26.4" />
      <path pathLength="100" d="M26.6 4.6C20.4 9.8 12.2 19 4.8 27.6" />
    </svg>
  )
}

function Stub({ tally, known }: { readonly tally: Tally; readonly known: boolean }): ReactNode {
  return (
    <div className="stub">
      <p className="stub__total">
        {known ? (
          <>
            <span className="stub__figure">
              <RollingNumber value={tally.total} />
            </span>{' '}
            {tally.total === 1 ? 'ballot' : 'ballots'} in the box
          </>
        ) : (
          <Skeleton width="9rem" height="2.2rem" />
        )}
      </p>
      <ArrivalTally total={known ? tally.total : undefined} />
    </div>
  )
}

function markedOptions(
  rows: readonly Vote[] | undefined,
  userId: string | undefined,
  { receipt }: Casting,
  tally: Tally,
): ReadonlySet<number> {
  const own = (rows ?? []).filter((row) => row.userId === userId).map((row) => row.optionIdx)
  // After a purge the box is empty, and the receipt no longer stands for anything in it.
  if (receipt && tally.total > 0) own.push(receipt.optionIdx)
  return new Set(own)
}
