/**
 * The films as the catalogue keeps them: looked up by number, searched by the words of title and directors.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { array, int, number, object, string, type infer as Infer } from 'zod/v4'

const filmSchema = object({
  /** Numbers of the catalogue's own, above those that TMDB gives: a cache that has seen both never mixes them. */
  id: int().min(9_000_001),
  title: string().min(1),
  year: int(),
  directors: array(string().min(1)).min(1),
  runtimeMinutes: int().min(1),
  genres: array(string().min(1)).min(1),
  countries: array(string().min(1)).min(1),
  voteAverage: number().min(0).max(10),
  overview: string().min(1),
})

export type Film = Infer<typeof filmSchema>

export interface Catalogue {
  readonly films: readonly Film[]
  readonly find: (id: number) => Film | undefined
  /** Every word of `text` begins a word of the title or of a director's name; the closest titles come first. */
  readonly search: (text: string) => readonly Film[]
}

/** One film a line, in `films.jsonl` beside the sources. */
export function readFilms(): readonly Film[] {
  const text = readFileSync(join(import.meta.dirname, '../films.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => filmSchema.parse(JSON.parse(line)))
}

export function makeCatalogue(films: readonly Film[]): Catalogue {
  const byId = new Map(films.map((film) => [film.id, film]))
  const indexed = films.map((film) => ({
    film,
    title: plain(film.title),
    words: plain([film.title, ...film.directors, film.year].join(' ')).split(' '),
  }))
  return {
    films,
    find: (id) => byId.get(id),
    search: (text) => {
      const wanted = plain(text)
      if (wanted === '') return []
      const words = wanted.split(' ')
      return indexed
        .filter((entry) => words.every((word) => entry.words.some((each) => each.startsWith(word))))
        .sort(
          (a, b) =>
            nearness(b.title, wanted) - nearness(a.title, wanted) ||
            b.film.voteAverage - a.film.voteAverage ||
            a.film.id - b.film.id,
        )
        .map(({ film }) => film)
    },
  }
}

/** 2: it is the title. 1: the title begins with it. 0: it is found elsewhere. */
function nearness(title: string, wanted: string): number {
  if (title === wanted || title === `the ${wanted}`) return 2
  return title.startsWith(wanted) || title.startsWith(`the ${wanted}`) ? 1 : 0
}

/** Small letters without accents, words apart by one space: "Amélie" is found as "amelie". */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/['’]/g, '')
    .replaceAll(/[^\p{Letter}\p{Number}]+/gu, ' ')
    .trim()
}
