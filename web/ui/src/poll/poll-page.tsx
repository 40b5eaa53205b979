/** One poll: its ballot, who voted, what they say, and the tools of whoever owns it. */
import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import { useRouter } from 'wouter'
import { Button, ButtonLink } from '../base/button.tsx'
import { CopyButton } from '../base/copy-button.tsx'
import { useTitle } from '../base/shell.tsx'
import { EmptyState, Pill, Skeleton } from '../base/surfaces.tsx'
import { TimeAgo, useNow } from '../base/time-ago.tsx'
import { useToast } from '../base/toast.tsx'
import { useBackend, useSentence } from './backend.tsx'
import { Ballot } from './ballot.tsx'
import { Comments } from './comments.tsx'
import { isClosed } from './people.ts'
import { PollTools } from './poll-tools.tsx'
import type { Poll } from './port.ts'
import { LoadingRows, RecentBallots } from './recent-ballots.tsx'
import { pollPath, routes } from './routes.ts'
import { siteName } from './site.ts'

export function PollPage({ pollId }: { readonly pollId: string }): ReactNode {
  const { data: poll, error } = useBackend().usePoll(pollId)
  const sentence = useSentence()
  useTitle(poll?.question ?? siteName, siteName)
  if (poll) return <LoadedPoll poll={poll} />
  if (error) {
    return (
      <EmptyState
        level="page"
        title="This poll did not load"
        action={<Button onClick={() => location.reload()}>Reload the page</Button>}
      >
        {sentence(error, 'read')}
      </EmptyState>
    )
  }
  if (poll === undefined) return <LoadingPoll />
  return (
    <EmptyState
      level="page"
      title="This poll is not here"
      action={<ButtonLink href={routes.home}>See all polls</ButtonLink>}
    >
      It was removed, or it is not open to you. If somebody sent you the link, ask them.
    </EmptyState>
  )
}

function LoadedPoll({ poll }: { readonly poll: Poll }): ReactNode {
  const votes = useBackend().useVotes(poll._id)
  return (
    <div className="poll-page">
      <article className="poll-page__main sheet" aria-labelledby="question">
        <PollHead poll={poll} />
        <Ballot poll={poll} votes={votes} />
      </article>
      <aside className="poll-page__aside" aria-label="About this poll">
        <Share poll={poll} />
        <RecentBallots poll={poll} votes={votes} />
        <PollTools poll={poll} votes={votes} />
      </aside>
      <div className="poll-page__comments">
        <Comments poll={poll} />
      </div>
    </div>
  )
}

function PollHead({ poll }: { readonly poll: Poll }): ReactNode {
  const connection = useBackend().useConnection()
  const closed = isClosed(poll, useNow(5_000))
  return (
    <header className="poll-head">
      <div className="poll-head__facts">
        {closed ? (
          <Pill>Closed</Pill>
        ) : (
          connection === 'live' && (
            <Pill look="live" dot>
              Live
            </Pill>
          )
        )}
        {!poll.isPublic && <Pill icon={<Lock size={13} aria-hidden="true" />}>Not listed</Pill>}
        <span>
          {poll.author && <>Asked by {poll.author.name}, </>}
          <TimeAgo atMs={poll._creationTime} />
        </span>
      </div>
      <h1 className="poll-head__question" id="question" tabIndex={-1}>
        {poll.question}
      </h1>
    </header>
  )
}

function Share({ poll }: { readonly poll: Poll }): ReactNode {
  const { base } = useRouter()
  const toast = useToast()
  const path = `${base}${pollPath(poll._id)}`
  const link = `${location.origin}${path}`
  return (
    <section className="aside-block share" aria-labelledby="share">
      <h2 className="block-title" id="share">
        Bring others in
      </h2>
      <p className="share__link">
        {location.host}
        {path}
      </p>
      <CopyButton
        text={link}
        label="Copy link"
        onRefused={() =>
          toast({
            look: 'error',
            text: 'Your browser did not allow copying. Select the link and copy it by hand.',
          })
        }
      />
    </section>
  )
}

function LoadingPoll(): ReactNode {
  return (
    <section className="poll-page" aria-busy="true" aria-labelledby="loading-poll">
      <h1 className="sr-only" id="loading-poll">
        Loading the poll
      </h1>
      <div className="poll-page__main sheet">
        <div className="poll-head">
          <Skeleton width="10rem" height="1.6rem" />
          <Skeleton width="82%" height="2.6rem" />
        </div>
        <div className="ballot">
          <div className="ballot__options">
            {['a', 'b', 'c', 'd'].map((each) => (
              <div key={each} className="option option--loading">
                <span className="option__box" />
                <Skeleton width="58%" height="1.4rem" />
              </div>
            ))}
          </div>
          <div className="ballot-line" />
          <div className="stub">
            <Skeleton width="9rem" height="2.6rem" />
          </div>
        </div>
      </div>
      <div className="poll-page__aside">
        <div className="aside-block">
          <Skeleton width="9rem" height="1.4rem" />
          <LoadingRows />
        </div>
      </div>
    </section>
  )
}
