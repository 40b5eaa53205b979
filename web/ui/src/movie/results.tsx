/** What a search found, or why it did not. */
import { Star } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Button } from '../base/button.tsx'
import { LiveRegion } from '../base/live-region.tsx'
import { EmptyState, Notice, Pill, Skeleton } from '../base/surfaces.tsx'
import { useNow } from '../base/time-ago.tsx'
import { useBackend, useSentence } from './backend.tsx'
import { ageText } from './copy.ts'
import { namesText, yearOf } from './facts.ts'
import type { FoundMovie, KeptAnswer } from './port.ts'
import { Poster } from './poster.tsx'
import { filmPath } from './routes.ts'
import type { Search } from './use-search.ts'

export interface ResultsProps {
  readonly typed: string
  readonly search: Search
}

export function Results({ typed, search }: ResultsProps): ReactNode {
  return (
    <section className="results" aria-label="Search results">
      <LiveRegion text={spokenOf(search)} everyMs={1_000} />
      <Heading search={search} />
      <Found typed={typed} search={search} />
    </section>
  )
}

function Heading({ search: { state, answer } }: { readonly search: Search }): ReactNode {
  return (
    <div className="list-head">
      <h2 className="list-head__title">{headingOf(state, answer?.kept)}</h2>
      {state === 'found' && answer && (
        <span className="quiet results__facts">
          {answer.total > 0 && <span>{countText(answer.total, answer.results.length)}</span>}
          {answer.kept && answer.kept.status !== 'miss' && <Age kept={answer.kept} />}
        </span>
      )}
    </div>
  )
}

function headingOf(state: Search['state'], kept: KeptAnswer | undefined): string {
  if (state === 'searching') return 'Asking the catalogue…'
  if (state === 'failed') return 'No answer'
  if (kept?.hasFailed === true) return 'The catalogue does not answer; from the cache'
  return kept && kept.status !== 'miss' ? 'From the cache' : 'From the catalogue'
}

function Age({ kept }: { readonly kept: KeptAnswer }): ReactNode {
  const nowMs = useNow(1_000)
  return <span>{ageText(nowMs - kept.fetchedAt)} old</span>
}

function Found({ typed, search }: ResultsProps): ReactNode {
  const sentence = useSentence()
  const kept = useKept()
  const { state, answer } = search
  if (state === 'failed') {
    return (
      <Notice
        look="error"
        role="alert"
        actions={
          <Button look="line" size="small" onClick={search.retry}>
            Search again
          </Button>
        }
      >
        {sentence(search.error, 'search')}
      </Notice>
    )
  }
  if (!answer) return <LoadingResults />
  if (answer.results.length === 0) {
    // The answer to what was typed before says nothing about what is typed now.
    if (state === 'searching') return <LoadingResults />
    return (
      <EmptyState title={`Nothing for “${typed.trim()}”`}>
        Try fewer letters, another spelling, or the name of whoever directed it.
      </EmptyState>
    )
  }
  return (
    <ul className="result-list" aria-busy={state === 'searching'}>
      {answer.results.map((film) => (
        <li key={film.tmdbId}>
          <Result film={film} isKept={kept.has(film.tmdbId)} />
        </li>
      ))}
    </ul>
  )
}

/** Which films can be opened without asking the catalogue. */
function useKept(): ReadonlySet<number> {
  const { data } = useBackend().useShelf()
  return new Set(data?.map(({ tmdbId }) => tmdbId))
}

interface ResultProps {
  readonly film: FoundMovie
  readonly isKept: boolean
}

function Result({ film, isKept }: ResultProps): ReactNode {
  const year = yearOf(film)
  return (
    <Link href={filmPath(film.tmdbId)} className="result">
      <Poster film={film} small />
      <span className="result__text">
        <span className="result__title">{film.title}</span>
        <span className="result__facts">
          {[year, namesText(film.directors)].filter(Boolean).join(' · ')}
        </span>
      </span>
      <span className="result__side">
        {isKept && <Pill look="gold">Kept here</Pill>}
        <span className="result__vote">
          <Star size={14} aria-hidden="true" />
          <span className="sr-only">Rated </span>
          {film.voteAverage.toFixed(1)}
        </span>
      </span>
    </Link>
  )
}

function LoadingResults(): ReactNode {
  return (
    <ul className="result-list" aria-busy="true" aria-label="Searching">
      {['58%', '42%', '66%', '38%', '50%'].map((width) => (
        <li key={width}>
          <span className="result">
            <Skeleton width="44px" height="66px" />
            <span className="result__text">
              <Skeleton width={width} height="1.3rem" />
              <Skeleton width="30%" height="1rem" />
            </span>
          </span>
        </li>
      ))}
    </ul>
  )
}

function spokenOf({ state, answer }: Search): string | undefined {
  if (state === 'searching') return 'Searching.'
  if (state !== 'found' || !answer) return undefined
  return answer.total === 0
    ? 'No films found.'
    : `${countText(answer.total, answer.results.length)} found.`
}

function countText(total: number, shown: number): string {
  if (total > shown) return `The closest ${shown} of ${total} films`
  return total === 1 ? '1 film' : `${total} films`
}
