/**
 * A poster drawn from a film's facts: the genre chooses what is drawn, the decade its inks, and the number all the rest, so that
 * a film always looks the same and no two alike. A picture of the title beside it, and hidden from screen readers.
 */
import type { CSSProperties, ReactNode } from 'react'
import { namesText, yearOf } from './facts.ts'
import { inksOf } from './inks.ts'
import { drawMotif } from './motifs.tsx'
import type { Movie } from './port.ts'
import { seeded } from './seeded.ts'

export interface PosterProps {
  readonly film: Pick<
    Movie,
    'tmdbId' | 'title' | 'releaseDate' | 'directors' | 'posterPath' | 'genres'
  >
  /** Without the title, for sizes at which nobody could read it. */
  readonly small?: boolean
}

export function Poster({ film, small = false }: PosterProps): ReactNode {
  const random = seeded(film.tmdbId)
  const [ground, ink, light] = inksOf(yearOf(film), random())
  const style = { '--ground': ground, '--ink': ink, '--light': light } as CSSProperties
  return (
    <span className={small ? 'poster poster--small' : 'poster'} style={style} aria-hidden="true">
      <svg viewBox="0 0 200 300" preserveAspectRatio="xMidYMid slice">
        {drawMotif(
          film.genres.map(({ name }) => name),
          random,
        )}
      </svg>
      {!small && (
        <span className="poster__words">
          <span className={sizeOf(film.title)}>{film.title}</span>
          <span className="poster__credit">
            {[namesText(film.directors), yearOf(film)].filter(Boolean).join(', ')}
          </span>
        </span>
      )}
      {film.posterPath !== null && (
        <img
          src={`https://image.tmdb.org/t/p/${small ? 'w92' : 'w342'}${film.posterPath}`}
          alt=""
          loading="lazy"
          // What is drawn underneath stays.
          onError={(event) => event.currentTarget.remove()}
        />
      )}
    </span>
  )
}

function sizeOf(title: string): string {
  const longest = Math.max(...title.split(/\s+/).map((word) => word.length))
  if (title.length > 34 || longest > 12) return 'poster__title poster__title--long'
  return title.length > 16 || longest > 8 ? 'poster__title poster__title--medium' : 'poster__title'
}
