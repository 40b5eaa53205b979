/** Where films come from: TMDB when there is a key, else the bundled catalogue by its address. */
import { catalogueSource } from '@noboil/backend-node/movies/catalogue'
import type { MovieSource } from '@noboil/backend-node/movies/source'
import { tmdbSource } from '@noboil/backend-node/movies/tmdb'
import { DefinitionError } from 'noboil/errors'

export function movieSource(env: Readonly<Record<string, string | undefined>>): MovieSource {
  const { TMDB_KEY, CATALOGUE_URL } = env
  if (TMDB_KEY) return tmdbSource(TMDB_KEY)
  if (CATALOGUE_URL) return catalogueSource(CATALOGUE_URL)
  throw new DefinitionError('Films come from nowhere: set TMDB_KEY, or CATALOGUE_URL.')
}
