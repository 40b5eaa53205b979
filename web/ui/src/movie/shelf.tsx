/** What is kept now, the newest copy first: films arrive, empty their rings and go, for everyone at once. */
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { ButtonLink } from '../base/button.tsx'
import { EmptyState, Notice, Skeleton } from '../base/surfaces.tsx'
import { useNow } from '../base/time-ago.tsx'
import { useIsArrival } from '../base/use-arrivals.ts'
import { useBackend, useSentence } from './backend.tsx'
import { freshnessOf, spanText } from './copy.ts'
import { Dial } from './dial.tsx'
import { yearOf } from './facts.ts'
import type { CachedMovie } from './port.ts'
import { Poster } from './poster.tsx'
import { filmPath, searchPath } from './routes.ts'

/** How many films a shelf holds at most. */
export const shelfMax = 24

export function Shelf(): ReactNode {
  const { data, error } = useBackend().useShelf()
  return (
    <section className="shelf" aria-labelledby="shelf">
      <div className="list-head">
        <h2 className="list-head__title" id="shelf">
          Kept here now
        </h2>
        {data && data.length > 0 && (
          <span className="quiet">{data.length === 1 ? '1 film' : `${data.length} films`}</span>
        )}
      </div>
      <Films data={data} error={error} />
    </section>
  )
}

/** Somewhere to begin. */
const suggestions = ['Stalker', 'Kurosawa', 'Spirited Away']

function Films({ data, error }: ReturnType<ReturnType<typeof useBackend>['useShelf']>): ReactNode {
  const sentence = useSentence()
  const nowMs = useNow(1_000)
  const isArrival = useIsArrival(data?.map((film) => film._creationTime))
  if (error && !data) {
    return (
      <Notice look="error" role="alert">
        {sentence(error, 'list')}
      </Notice>
    )
  }
  if (!data) return <LoadingShelf />
  if (data.length === 0) {
    return (
      <EmptyState
        title="Nothing is kept yet"
        action={suggestions.map((text) => (
          <ButtonLink key={text} look="line" size="small" href={searchPath(text)}>
            {text}
          </ButtonLink>
        ))}
      >
        Look for a film and open it. It appears here for everyone, and the next visit is answered
        without asking the catalogue.
      </EmptyState>
    )
  }
  return (
    <ul className="shelf__films">
      {data.map((film) => (
        <li key={film.tmdbId} className={isArrival(film._creationTime) ? 'is-arrival' : undefined}>
          <Card film={film} nowMs={nowMs} />
        </li>
      ))}
    </ul>
  )
}

function Card({ film, nowMs }: { readonly film: CachedMovie; readonly nowMs: number }): ReactNode {
  return (
    <Link href={filmPath(film.tmdbId)} className="card">
      <Poster film={film} />
      <span className="card__text">
        <span className="card__title">{film.title}</span>
        <span className="card__facts">
          <Dial copy={film} nowMs={nowMs} />
          <span>
            <span className="sr-only">{yearOf(film)}, </span>
            {standingOf(film, nowMs)}
          </span>
        </span>
      </span>
    </Link>
  )
}

function standingOf(film: CachedMovie, nowMs: number): string {
  const freshness = freshnessOf(film, nowMs)
  if (freshness !== 'fresh') return freshness === 'stale' ? 'stale' : 'marked as stale'
  return film.expiresAt === undefined ? 'fresh' : `fresh for ${spanText(film.expiresAt - nowMs)}`
}

function LoadingShelf(): ReactNode {
  return (
    <ul className="shelf__films" aria-busy="true" aria-label="Loading what is kept">
      {['a', 'b', 'c', 'd'].map((each) => (
        <li key={each}>
          <span className="card">
            <span className="poster poster--loading">
              <Skeleton height="100%" />
            </span>
            <span className="card__text">
              <Skeleton width="70%" height="1.1rem" />
            </span>
          </span>
        </li>
      ))}
    </ul>
  )
}
