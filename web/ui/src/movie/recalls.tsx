/** What was called back lately: whose word it was, and what it meant for what is kept here. */
import { Megaphone, RadioTower } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { TimeAgo } from '../base/time-ago.tsx'
import { useIsArrival } from '../base/use-arrivals.ts'
import { useBackend } from './backend.tsx'
import type { Recall } from './port.ts'
import { filmPath } from './routes.ts'

export interface RecallsProps {
  /** Those that were about this film, alone or with all others. */
  readonly tmdbId?: number
  readonly max: number
}

/** Nothing where nothing was, and where the host does not tell. */
export function Recalls({ tmdbId, max }: RecallsProps): ReactNode {
  const recalls = useRecallsOf(tmdbId)
  const isArrival = useIsArrival(recalls?.map(({ at }) => at))
  if (!recalls || recalls.length === 0) return null
  return (
    <section className="recalls" aria-labelledby="recalls">
      <h2 className="list-head__title" id="recalls">
        Called back lately
      </h2>
      <ol className="recalls__list">
        {recalls.slice(0, max).map((recall) => (
          <li
            key={recall.at}
            className={isArrival(recall.at) ? 'recalls__item is-arrival' : 'recalls__item'}
          >
            {recall.by === null ? (
              <RadioTower size={17} aria-hidden="true" />
            ) : (
              <Megaphone size={17} aria-hidden="true" />
            )}
            <span>
              <Words recall={recall} here={tmdbId} />{' '}
              <span className="quiet recalls__time">
                <TimeAgo atMs={recall.at} />
              </span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** Undefined until it is known, and where the host does not tell. */
export function useRecallsOf(tmdbId: number | undefined): readonly Recall[] | undefined {
  // A backend has it or not for as long as it lives.
  const { useRecalls = useNothing } = useBackend()
  const recalls = useRecalls()
  if (tmdbId === undefined) return recalls
  return recalls?.filter(({ film }) => film === null || film.tmdbId === tmdbId)
}

const useNothing = (): undefined => undefined

interface WordsProps {
  readonly recall: Recall
  /** The film whose page this is. */
  readonly here: number | undefined
}

function Words({ recall: { by, film, from, what }, here }: WordsProps): ReactNode {
  if (by === null) {
    const who = from === undefined ? 'Another deployment' : `The deployment at ${from}`
    return `${who} said that films have changed, so every copy here became stale.`
  }
  if (film === null) {
    return what === 'removed' ? `${by} removed every copy.` : `${by} marked every copy as stale.`
  }
  const name =
    film.tmdbId === here ? 'this film' : <Link href={filmPath(film.tmdbId)}>{film.title}</Link>
  return what === 'removed' ? (
    <>
      {by} removed the copy of {name}.
    </>
  ) : (
    <>
      {by} marked the copy of {name} as stale.
    </>
  )
}
