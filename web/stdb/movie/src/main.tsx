/** The movie app on SpacetimeDB. */
import { footer, show, StdbSiteBar } from '@noboil/web-stdb-shared/show'
import { MovieApp } from '@noboil/web-ui/movie'
import { spacetimeBackend } from './backend.ts'

show((client) => (
  <MovieApp
    backend={spacetimeBackend(client)}
    base="/movie"
    footer={footer}
    siteBar={<StdbSiteBar current="/movie" />}
  />
))
