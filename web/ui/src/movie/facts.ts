/** A film's facts as a line of text. */
import type { Movie } from './port.ts'

/** "1979"; empty where nobody knows. */
export function yearOf({ releaseDate }: Pick<Movie, 'releaseDate'>): string {
  return releaseDate.slice(0, 4)
}

/** "2 h 42 min". */
export function runtimeText(minutes: number): string {
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  if (hours === 0) return `${rest} min`
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
}

/** "Agnès Varda and JR". */
export function namesText(names: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(names)
}
