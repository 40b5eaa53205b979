/** TMDB's genres: their numbers for a source that only names them, and the other way round. */
const numbers: Readonly<Record<string, number>> = {
  Action: 28,
  Adventure: 12,
  Animation: 16,
  Comedy: 35,
  Crime: 80,
  Documentary: 99,
  Drama: 18,
  Family: 10751,
  Fantasy: 14,
  History: 36,
  Horror: 27,
  Music: 10402,
  Mystery: 9648,
  Romance: 10749,
  'Science Fiction': 878,
  Thriller: 53,
  War: 10752,
  Western: 37,
}

export function genreId(name: string): number {
  const id = numbers[name]
  if (id === undefined) throw new Error(`The catalogue names a genre that is unknown: ${name}.`)
  return id
}

/** Empty for a number that is not known: TMDB may add genres. */
export function genreOf(id: number): readonly { readonly id: number; readonly name: string }[] {
  const found = Object.entries(numbers).find(([, number]) => number === id)
  return found === undefined ? [] : [{ id, name: found[0] }]
}
