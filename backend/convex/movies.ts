/** Where this deployment's films come from: TMDB when it was given a key, else a catalogue by its address. */
import { catalogueSource } from '@noboil/backend-node/movies/catalogue'
import type { MovieSource } from '@noboil/backend-node/movies/source'
import { tmdbSource } from '@noboil/backend-node/movies/tmdb'

/** Read when a film is asked for: `npx convex env set TMDB_KEY …` needs no new deployment. */
export function movieSource(): MovieSource {
  const { TMDB_KEY, CATALOGUE_URL } = process.env
  if (TMDB_KEY) return tmdbSource(TMDB_KEY)
  if (CATALOGUE_URL) return catalogueSource(CATALOGUE_URL)
  throw new Error('Films come from nowhere: set TMDB_KEY, or CATALOGUE_URL, on the deployment.')
}
