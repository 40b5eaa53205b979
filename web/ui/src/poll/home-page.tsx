/** The list of polls, newest first, each with its standing as it is now. */
import { Lock, Plus } from 'lucide-react'
import { type CSSProperties, type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { Button, ButtonLink } from '../base/button.tsx'
import { Segmented } from '../base/choice.tsx'
import { RollingNumber } from '../base/rolling-number.tsx'
import { useTitle } from '../base/shell.tsx'
import { EmptyState, Notice, Pill, Skeleton } from '../base/surfaces.tsx'
import { TimeAgo, useNow } from '../base/time-ago.tsx'
import { useIsArrival, useRise, useSeen } from '../base/use-arrivals.ts'
import { useBackend, useSentence } from './backend.tsx'
import { isClosed } from './people.ts'
import type { ListResult, Poll } from './port.ts'
import { pollPath, routes } from './routes.ts'
import { siteName } from './site.ts'
import { type Tally, tallyOf } from './tally.ts'

type Scope = 'public' | 'mine'

const pageRows = 20

export function HomePage(): ReactNode {
  useTitle(siteName, siteName)
  const { user } = useBackend().useSession()
  const [chosen, setScope] = useState<Scope>('public')
  const scope = user ? chosen : 'public'
  return (
    <div className="home">
      <div className="home__intro">
        <h1 className="home__title" tabIndex={-1}>
          Ask once. <br />
          Watch it settle.
        </h1>
        <p className="home__lede">
          Put a question to everyone and see every ballot land, the moment it is cast.
        </p>
        <ButtonLink href={routes.create}>
          <Plus size={18} aria-hidden="true" />
          Ask a question
        </ButtonLink>
      </div>
      <section className="home__list" aria-label="Polls">
        <div className="home__scope">
          {user ? (
            <Segmented<Scope>
              legend="Which polls"
              value={scope}
              onChange={setScope}
              choices={[
                { value: 'public', label: 'Everyone’s' },
                { value: 'mine', label: 'Yours' },
              ]}
            />
          ) : (
            <p className="home__newest">Newest first</p>
          )}
        </div>
        <PollList key={scope} scope={scope} />
      </section>
    </div>
  )
}

function PollList({ scope }: { readonly scope: Scope }): ReactNode {
  const polls = useBackend().usePolls(scope)
  const sentence = useSentence()
  const isArrival = useIsArrival(polls.data?.map((poll) => poll._creationTime))
  if (polls.error && !polls.data) {
    return (
      <Notice
        look="error"
        role="alert"
        actions={
          <Button look="line" size="small" onClick={() => location.reload()}>
            Reload the page
          </Button>
        }
      >
        {sentence(polls.error, 'read')}
      </Notice>
    )
  }
  if (!polls.data) return <LoadingList />
  if (polls.data.length === 0) return <EmptyList scope={scope} />
  return (
    <>
      <ul className="poll-list">
        {polls.data.map((poll) => (
          <li key={poll._id} className={isArrival(poll._creationTime) ? 'is-arrival' : undefined}>
            <PollCard poll={poll} />
          </li>
        ))}
      </ul>
      <More list={polls} />
    </>
  )
}

function More({ list }: { readonly list: ListResult<Poll> }): ReactNode {
  if (!list.hasMore) return null
  return (
    <Button look="line" busy={list.isLoading} onClick={() => list.loadMore(pageRows)}>
      Show older polls
    </Button>
  )
}

function EmptyList({ scope }: { readonly scope: Scope }): ReactNode {
  const action = <ButtonLink href={routes.create}>Ask the first question</ButtonLink>
  return scope === 'mine' ? (
    <EmptyState title="You have not asked anything yet" action={action}>
      Polls you publish are kept here, listed or not.
    </EmptyState>
  ) : (
    <EmptyState title="Nobody has asked anything yet" action={action}>
      When somebody does, it appears here by itself. It may as well be you.
    </EmptyState>
  )
}

function LoadingList(): ReactNode {
  return (
    <ul className="poll-list" aria-busy="true" aria-label="Loading polls">
      {['78%', '55%', '68%', '48%'].map((width) => (
        <li key={width}>
          <div className="poll-card">
            <Skeleton width={width} height="1.9rem" />
            <Skeleton height="12px" pill />
            <span className="poll-card__facts">
              <Skeleton width="58%" height="1.2rem" />
            </span>
          </div>
        </li>
      ))}
    </ul>
  )
}

function PollCard({ poll }: { readonly poll: Poll }): ReactNode {
  const [seen, watch] = useSeen()
  const { counts } = useBackend().useTally(seen ? poll._id : 'skip')
  const tally = counts && tallyOf(poll.options, counts)
  const rise = useRise(tally?.total)
  const nowMs = useNow(20_000)
  return (
    <Link ref={watch} href={pollPath(poll._id)} className="poll-card">
      <h2 className="poll-card__question">{poll.question}</h2>
      <Strip tally={tally} options={poll.options} turn={rise.turn} />
      <span className="poll-card__facts">
        <Standing tally={tally} />
        <span className="poll-card__meta">
          {!poll.isPublic && <Pill icon={<Lock size={13} aria-hidden="true" />}>Not listed</Pill>}
          {isClosed(poll, nowMs) && <Pill>Closed</Pill>}
          {poll.author && <span>{poll.author.name}</span>}
          <TimeAgo atMs={poll._creationTime} />
        </span>
      </span>
    </Link>
  )
}

interface StripProps {
  readonly tally: Tally | undefined
  readonly options: readonly string[]
  readonly turn: number
}

/** All options side by side; the leader in gold. */
function Strip({ tally, options, turn }: StripProps): ReactNode {
  return (
    <span className="strip" aria-hidden="true">
      {options.map((option, index) => {
        const shown = tally?.options[index]
        const style = { flexGrow: shown ? shown.share * 100 : 0 } as CSSProperties
        return <i key={option} className={shown?.leads ? 'is-leading' : undefined} style={style} />
      })}
      {turn > 0 && <b key={turn} className="strip__glint" />}
    </span>
  )
}

function Standing({ tally }: { readonly tally: Tally | undefined }): ReactNode {
  if (!tally) return <Skeleton width="11rem" height="1.2em" />
  if (tally.total === 0) return <span className="poll-card__standing">No ballots yet</span>
  const leaders = tally.options.filter((option) => option.leads)
  const name = leaders.length === 1 ? leaders[0]?.label : `${leaders.length} options are level`
  return (
    <span className="poll-card__standing">
      <span className="poll-card__leader">{name}</span>
      <span className="poll-card__count">
        <RollingNumber value={tally.total} /> {tally.total === 1 ? 'ballot' : 'ballots'}
      </span>
    </span>
  )
}
