/** The last ballots, newest first, as they land. */
import { type ReactNode, useState } from 'react'
import { Button } from '../base/button.tsx'
import { Avatar, Skeleton } from '../base/surfaces.tsx'
import { TimeAgo } from '../base/time-ago.tsx'
import { useIsArrival } from '../base/use-arrivals.ts'
import { useSentence } from './backend.tsx'
import { voterNameOf } from './people.ts'
import type { Poll, VoteLog } from './port.ts'

const shownFirst = 6
const moreRows = 20

export interface RecentBallotsProps {
  readonly poll: Poll
  readonly votes: VoteLog
}

export function RecentBallots({ poll, votes }: RecentBallotsProps): ReactNode {
  const [shown, setShown] = useState(shownFirst)
  const known = votes.data?.length ?? 0
  const hasMore = known > shown || votes.hasMore
  const showMore = (): void => {
    if (known < shown + moreRows && votes.hasMore) votes.loadMore(moreRows)
    setShown((count) => count + moreRows)
  }
  return (
    <section className="aside-block" aria-labelledby="recent-ballots">
      <h2 className="block-title" id="recent-ballots">
        Latest ballots
      </h2>
      <Rows poll={poll} votes={votes} shown={shown} />
      {votes.data && hasMore && (
        <Button look="plain" size="small" busy={votes.isLoading} onClick={showMore}>
          Show earlier ballots
        </Button>
      )}
    </section>
  )
}

function Rows({ poll, votes, shown }: RecentBallotsProps & { readonly shown: number }): ReactNode {
  const sentence = useSentence()
  const isArrival = useIsArrival(votes.data?.map((vote) => vote.seq))
  if (votes.error && !votes.data) return <p className="quiet">{sentence(votes.error, 'read')}</p>
  if (!votes.data) return <LoadingRows />
  if (votes.data.length === 0)
    return <p className="quiet">The box is empty. Yours could be the first.</p>
  return (
    <ol className="voters">
      {votes.data.slice(0, shown).map((vote) => {
        const name = voterNameOf(vote)
        return (
          <li key={vote._id} className={isArrival(vote.seq) ? 'voter is-arrival' : 'voter'}>
            <Avatar
              name={name}
              image={vote.author?.image ?? undefined}
              seed={vote.userId}
              sizePx={30}
            />
            <span className="voter__text">
              <strong>{name}</strong>
              <span className="voter__option">
                {poll.options[vote.optionIdx] ?? 'a former option'}
              </span>
            </span>
            <span className="voter__time">
              <TimeAgo atMs={vote.createdAt} />
            </span>
          </li>
        )
      })}
    </ol>
  )
}

export function LoadingRows(): ReactNode {
  return (
    <ol className="voters" aria-busy="true" aria-label="Loading ballots">
      {['62%', '48%', '70%', '55%'].map((width) => (
        <li key={width} className="voter">
          <Skeleton width="30px" height="30px" pill />
          <span className="voter__text">
            <Skeleton width={width} height="1rem" />
          </span>
        </li>
      ))}
    </ol>
  )
}
