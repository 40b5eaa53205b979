/** One film: its facts, and the copy they come from. */
import { Star } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Button, ButtonLink } from '../base/button.tsx'
import { RollingNumber } from '../base/rolling-number.tsx'
import { useTitle } from '../base/shell.tsx'
import { EmptyState, Pill, Skeleton } from '../base/surfaces.tsx'
import { useBackend, useSentence } from './backend.tsx'
import { CopyPanel } from './copy-panel.tsx'
import { Dial } from './dial.tsx'
import { namesText, runtimeText, yearOf } from './facts.ts'
import type { CachedMovie, MovieEntry } from './port.ts'
import { Poster } from './poster.tsx'
import { Recalls, useRecallsOf } from './recalls.tsx'
import { routes } from './routes.ts'
import { siteName } from './site.ts'
import { useCopy } from './use-copy.ts'

export function FilmPage({ tmdbId }: { readonly tmdbId: number }): ReactNode {
  const entry = useBackend().useMovie(tmdbId)
  const recalls = useRecallsOf(tmdbId)
  const copy = useCopy(entry, recalls)
  const { data: film } = entry
  useTitle(film?.title ?? siteName, siteName)
  if (film) {
    return (
      <article className="film" aria-labelledby="title">
        <div className="film__poster">
          <Poster film={film} />
        </div>
        <Facts film={film} />
        <div className="film__copy">
          <CopyPanel film={film} copy={copy} recalls={recalls} />
          <Recalls tmdbId={tmdbId} max={3} />
        </div>
      </article>
    )
  }
  if (entry.error) return <NotLoaded entry={entry} />
  return <LoadingFilm />
}

function Facts({ film }: { readonly film: CachedMovie }): ReactNode {
  const facts = [
    yearOf(film),
    film.runtimeMinutes === null ? '' : runtimeText(film.runtimeMinutes),
    namesText(film.countries),
  ]
  return (
    <>
      <div className="film__head">
        <p className="film__facts">{facts.filter(Boolean).join(' · ')}</p>
        <h1 className="film__title" id="title" tabIndex={-1}>
          {film.title}
        </h1>
        {film.directors.length > 0 && (
          <p className="film__directors">Directed by {namesText(film.directors)}</p>
        )}
      </div>
      <div className="film__text">
        <p className="film__overview">{film.overview || 'The catalogue says nothing about it.'}</p>
        <ul className="film__genres" aria-label="Genres">
          {film.genres.map(({ id, name }) => (
            <li key={id}>
              <Pill>{name}</Pill>
            </li>
          ))}
        </ul>
        <p className="film__vote">
          <Star size={22} aria-hidden="true" />
          <strong>{film.voteAverage.toFixed(1)}</strong>
          <span className="quiet">
            of 10, from <RollingNumber value={film.voteCount} /> votes
          </span>
        </p>
      </div>
    </>
  )
}

function NotLoaded({ entry }: { readonly entry: MovieEntry }): ReactNode {
  const { errorOf } = useBackend()
  const sentence = useSentence()
  const [busy, setBusy] = useState(false)
  const retry = async (): Promise<void> => {
    setBusy(true)
    // The page sees by itself what came of it.
    await entry.refresh().catch(() => undefined)
    setBusy(false)
  }
  const isMissing = errorOf(entry.error).code === 'NOT_FOUND'
  return (
    <EmptyState
      level="page"
      title={isMissing ? 'There is no such film' : 'This film did not load'}
      action={
        <>
          {!isMissing && (
            <Button busy={busy} onClick={() => void retry()}>
              Try again
            </Button>
          )}
          <ButtonLink look={isMissing ? 'solid' : 'line'} href={routes.home}>
            Look for a film
          </ButtonLink>
        </>
      }
    >
      {sentence(entry.error, 'open')}
    </EmptyState>
  )
}

const nothing = { fetchedAt: 0, expiresAt: 0 }

function LoadingFilm(): ReactNode {
  return (
    <section className="film" aria-busy="true" aria-labelledby="loading-film">
      <h1 className="sr-only" id="loading-film">
        Loading the film
      </h1>
      <div className="film__poster">
        <span className="poster poster--loading">
          <Skeleton height="100%" />
        </span>
      </div>
      <div className="film__head">
        <Skeleton width="70%" height="1.2rem" />
        <Skeleton width="90%" height="3rem" />
        <Skeleton width="80%" height="1.2rem" />
      </div>
      <div className="film__text">
        <Skeleton height="5rem" />
      </div>
      <div className="film__copy">
        <section className="copy sheet">
          <div className="copy__head">
            <div className="copy__dial">
              <Dial copy={nothing} nowMs={0} busy />
            </div>
            <p className="copy__title" role="status">
              Asking the catalogue
            </p>
          </div>
          <p className="copy__outlook">
            There is no copy here yet. The catalogue takes its time; the next visit will not.
          </p>
        </section>
      </div>
    </section>
  )
}
