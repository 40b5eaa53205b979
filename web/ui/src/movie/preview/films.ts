/** A handful of films for the preview's catalogue. */
import type { Movie } from '../port.ts'

const genreIds: Readonly<Record<string, number>> = {
  Adventure: 12,
  Animation: 16,
  Comedy: 35,
  Crime: 80,
  Drama: 18,
  Horror: 27,
  Mystery: 9648,
  Romance: 10749,
  'Science Fiction': 878,
  Western: 37,
}

function film(
  tmdbId: number,
  title: string,
  releaseDate: string,
  director: string,
  genres: readonly string[],
  overview: string,
): Movie {
  return {
    tmdbId,
    title,
    overview,
    posterPath: null,
    releaseDate,
    voteAverage: 7 + (tmdbId % 17) / 10,
    voteCount: 1_000 + ((tmdbId * 733) % 9_000),
    runtimeMinutes: 84 + (tmdbId % 60),
    genres: genres.map((name) => ({ id: genreIds[name] ?? 0, name })),
    directors: [director],
    countries: ['France'],
  }
}

export const films: readonly Movie[] = [
  film(
    101,
    'Metropolis',
    '1927',
    'Fritz Lang',
    ['Science Fiction', 'Drama'],
    'Above ground the masters play, below the workers feed machines.',
  ),
  film(
    102,
    'The Third Man',
    '1949',
    'Carol Reed',
    ['Mystery', 'Crime'],
    'A writer arrives in divided Vienna in time for his friend’s funeral.',
  ),
  film(
    103,
    'Seven Samurai',
    '1954',
    'Akira Kurosawa',
    ['Adventure', 'Drama'],
    'Farmers who can pay only in rice hire seven swordsmen.',
  ),
  film(
    104,
    'Playtime',
    '1967',
    'Jacques Tati',
    ['Comedy'],
    'A man with a pipe gets lost in a Paris of glass.',
  ),
  film(
    105,
    'Stalker',
    '1979',
    'Andrei Tarkovsky',
    ['Science Fiction', 'Drama'],
    'A guide leads two men through a forbidden place to a room that is said to grant wishes.',
  ),
  film(
    106,
    'The Thing',
    '1982',
    'John Carpenter',
    ['Horror', 'Mystery'],
    'Men at a station in the Antarctic learn that one of them is an imitation.',
  ),
  film(
    107,
    'In the Mood for Love',
    '2000',
    'Wong Kar-wai',
    ['Romance', 'Drama'],
    'Two neighbours rehearse what they will say.',
  ),
  film(
    108,
    'Spirited Away',
    '2001',
    'Hayao Miyazaki',
    ['Animation', 'Adventure'],
    'A girl has to work in a bath house for gods and keep her name.',
  ),
  film(
    109,
    'Once Upon a Time in the West',
    '1968',
    'Sergio Leone',
    ['Western'],
    'A widow inherits land that a railway needs.',
  ),
  film(
    110,
    'Jeanne Dielman, 23, quai du Commerce, 1080 Bruxelles',
    '1975',
    'Chantal Akerman',
    ['Drama'],
    'Three days of housework, done exactly, until something slips.',
  ),
]
